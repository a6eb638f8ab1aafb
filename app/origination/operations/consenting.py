"""What a borrower agrees to for an application, and takes back: each thing by itself."""

from app.catalog.rules import Consent, OfferedProduct
from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.identity import operations as identity
from app.identity.rules.consents import ConsentTo, ConsentWords
from app.origination.errors import ConsentNotAsked, ConsentTextChanged
from app.origination.events import ApplicationWithdrawn
from app.origination.models import ApplicationRow, ConsentRow
from app.origination.operations.handing_over import let_go_of_handovers
from app.origination.operations.stepping import advance, check_move, held
from app.origination.queries import offered_of
from app.origination.rules.commands import GiveConsent, RevokeConsent
from app.origination.rules.consents import (
    CONSENT_VERSION,
    ConsentAsk,
    ConsentKey,
    consents_asked,
    words_read,
)
from app.origination.rules.states import ApplicationState, Move

UNSIGNED = frozenset(
    {
        ApplicationState.DECIDING,
        ApplicationState.OFFERED,
        ApplicationState.OFFER_ACCEPTED,
        ApplicationState.COST_CONFIRMED,
    }
)
"""Under decision or decided, and no contract yet: without a consent it needs, it cannot go on."""


async def give_consent(command: GiveConsent, *, session_id: str | None = None) -> str:
    """
    Note the borrower's consent to one thing, with the hash of the words they read.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was handed in already, or has ended.
        ConsentNotAsked: The application asks for no such consent.
        ConsentTextChanged: The hash is of other words than today's.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.EDIT)
        key = ConsentKey(kind=command.kind, recipient=command.recipient)
        ask = _ask(offered_of(row.offered), key)
        read = words_read(ask, command.text_sha256)
        if read is None:
            raise ConsentTextChanged
        language, words = read
        if not await ConsentRow.filter(live_key=_live_key(row.id, key)).exists():
            await ConsentRow.create(
                id=tx.new_id("cs"),
                application_id=row.id,
                borrower_id=row.borrower_id,
                kind=key.kind.value,
                recipient=key.recipient,
                version=CONSENT_VERSION,
                language=language,
                text_sha256=words.sha256,
                given_at=tx.now,
                live_key=_live_key(row.id, key),
            )
        await advance(tx, row, Move.EDIT)
        await identity.note_consent(
            tx,
            row.borrower_id,
            ConsentTo(purpose=key.kind.value, recipient=key.recipient, about=row.id),
            ConsentWords(version=CONSENT_VERSION, language=language, sha256=words.sha256),
            session_id=session_id,
        )
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def revoke_consent(command: RevokeConsent, *, session_id: str | None = None) -> str:
    """
    Take a consent back; taking back what was never given changes nothing.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was handed in already, or has ended.
        ConsentNotAsked: The application asks for no such consent.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.EDIT)
        key = ConsentKey(kind=command.kind, recipient=command.recipient)
        _ask(offered_of(row.offered), key)
        given = ConsentRow.filter(live_key=_live_key(row.id, key))
        await given.update(revoked_at=tx.now, live_key=None)
        await advance(tx, row, Move.EDIT)
        await identity.note_withdrawal(
            tx, row.borrower_id, key.kind.value, key.recipient, about=row.id, session_id=session_id
        )
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def let_go_of_consent(
    tx: Transaction,
    borrower_id: str,
    kind: Consent,
    recipient: str = "",
    *,
    about: str | None = None,
) -> list[str]:
    """
    Take a consent back in every application of a borrower, or in one, wherever each stands.

    One that was not taken up yet lacks it from now on: what needs it is asked for again, what was
    voluntary is not looked at. One under decision, or decided but not signed, ends if it needs the
    consent. A signed contract goes on: its fulfillment rests on the contract (PIPL art. 13(2)).
    What was handed over to another lender is taken back there, and nothing more goes. The ledger
    itself is written by the caller.

    Returns:
        The applications that ended, oldest first.
    """
    if kind is Consent.HAND_OVER:
        await let_go_of_handovers(tx, borrower_id, recipient, about=about)
        return []
    key = ConsentKey(kind=kind, recipient=recipient)
    found = ApplicationRow.filter(borrower_id=borrower_id)
    given = ConsentRow.filter(
        borrower_id=borrower_id, kind=kind.value, recipient=recipient, live_key__not_isnull=True
    )
    if about is not None:
        found, given = found.filter(id=about), given.filter(application_id=about)
    rows = await found.order_by("id").select_for_update()
    agreed = {str(one) for one in await given.values_list("application_id", flat=True)}
    await given.update(revoked_at=tx.now, live_key=None)
    ended: list[str] = []
    for row in rows:
        is_unsigned = ApplicationState(row.state) in UNSIGNED
        if row.id in agreed and is_unsigned and _is_needed(row, key):
            await advance(tx, row, Move.WITHDRAW)
            await announce(
                tx, ApplicationWithdrawn(application_id=row.id, borrower_id=row.borrower_id)
            )
            ended.append(row.id)
    return ended


def _is_needed(row: ApplicationRow, key: ConsentKey) -> bool:
    return any(
        ask.key == key and ask.is_required for ask in consents_asked(offered_of(row.offered))
    )


def _ask(offered: OfferedProduct, key: ConsentKey) -> ConsentAsk:
    ask = next((one for one in consents_asked(offered) if one.key == key), None)
    if ask is None:
        raise ConsentNotAsked
    return ask


def _live_key(application_id: str, key: ConsentKey) -> str:
    return f"{application_id}|{key.kind}|{key.recipient}"
