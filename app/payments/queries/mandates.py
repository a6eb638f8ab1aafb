"""Auto-debit mandates: what was agreed, what comes next, what was tried."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from tortoise.expressions import Q

from app.catalog.queries import policy_book
from app.foundation.database import business_date, fetch
from app.foundation.errors import NotFound
from app.foundation.paging import Key, Page, PageAsk
from app.foundation.sealing import unseal_all
from app.identity.queries import bank_card_of
from app.identity.rules import card_tail
from app.payments.errors import BankCardMissing
from app.payments.models import (
    DebitAttemptRow,
    MandateConsentRow,
    MandateRow,
    RepaymentRow,
    consent_cell,
)
from app.payments.rules import (
    AWAITED,
    RepaymentChannel,
    RepaymentView,
)
from app.payments.rules.mandates import (
    AttemptView,
    Caps,
    ConsentView,
    DebitPolicy,
    DebitStatus,
    MandateStatus,
    MandateText,
    MandateView,
    NextDebit,
    check_caps,
    mandate_text,
)
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


async def mandate_offered(
    loan: LoanRef,
    *,
    cap_per_debit_fen: int,
    cap_per_month_fen: int | None,
    floor_fen: int | None,
    language: str,
) -> tuple[MandateText, Caps]:
    """
    Return the words a borrower is asked to agree to, and the figures in them.

    Raises:
        NotFound: There is no such loan of this borrower.
        InvalidInput: A figure is out of bounds.
        BankCardMissing: The borrower has named no bank card.
    """
    ref = (await servicing.loan(loan)).ref
    policy = DebitPolicy.of(await policy_book(await business_date()))
    caps = Caps(
        per_debit_fen=cap_per_debit_fen,
        per_month_fen=cap_per_month_fen,
        floor_fen=policy.floor_fen if floor_fen is None else floor_fen,
    )
    check_caps(caps, policy, at="")
    card = await bank_card_of(ref.borrower_id)
    if card is None:
        raise BankCardMissing
    return mandate_text(ref, caps, policy, card_tail=card_tail(card), language=language), caps


async def mandate_of(loan: LoanRef) -> MandateView | None:
    """Return a loan's newest mandate, which may be over; None if there never was one."""
    rows = MandateRow.filter(borrower_id=loan.borrower_id, loan_id=loan.loan_id)
    row = await rows.filter(live_key=loan.loan_id).get_or_none() or (
        await rows.order_by("-stopped_at", "-id").first()
    )
    return None if row is None else row.as_view()


async def mandate(borrower_id: str, mandate_id: str) -> MandateView | None:
    """Return one of a borrower's mandates; None when missing or somebody else's."""
    row = await MandateRow.get_or_none(id=mandate_id, borrower_id=borrower_id)
    return None if row is None else row.as_view()


async def mandate_consent(borrower_id: str, consent_id: str) -> ConsentView:
    """
    Return what a borrower agreed to, word for word.

    Raises:
        NotFound: There is no such consent of this borrower.
    """
    row = await MandateConsentRow.get_or_none(id=consent_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound
    words, tail = await unseal_all(
        [
            (consent_cell(row.id, row.borrower_id, "words"), bytes(row.words)),
            (consent_cell(row.id, row.borrower_id, "card_tail"), bytes(row.card_tail)),
        ]
    )
    return ConsentView(
        consent_id=row.id,
        version=row.version,
        language=row.language,
        sha256=row.sha256,
        words=words,
        card_tail=tail,
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
    )


async def card_tails(consent_ids: Sequence[str]) -> dict[str, str]:
    """Return the last four digits of the cards that consents are for, by consent."""
    if not consent_ids:
        return {}
    rows = await MandateConsentRow.filter(id__in=list(consent_ids))
    tails = await unseal_all(
        [(consent_cell(row.id, row.borrower_id, "card_tail"), bytes(row.card_tail)) for row in rows]
    )
    return {row.id: tail for row, tail in zip(rows, tails, strict=True)}


async def attempts_of(view: MandateView, ask: PageAsk) -> Page[AttemptView]:
    """Return a page of a mandate's attempts to debit, newest first."""
    found = DebitAttemptRow.filter(mandate_id=view.mandate_id)
    if ask.after is not None:
        moment, last_id = datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])
        found = found.filter(Q(attempted_at__lt=moment) | Q(attempted_at=moment, id__lt=last_id))
    rows = await found.order_by("-attempted_at", "-id").limit(ask.first + 1)
    items: list[tuple[Key, AttemptView]] = [
        ((row.attempted_at.isoformat(), row.id), row.as_view()) for row in rows
    ]
    return Page[AttemptView].cut(items, ask)


async def attempt_of(repayment_id: str) -> AttemptView | None:
    """Return the attempt that a repayment came from; None if it was no debit."""
    row = await DebitAttemptRow.get_or_none(repayment_id=repayment_id)
    return None if row is None else row.as_view()


async def debit_under_way(loan: LoanRef) -> RepaymentView | None:
    """Return the debit of a loan that is with the rail, if one is."""
    row = await RepaymentRow.filter(
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        channel=RepaymentChannel.AUTO_DEBIT.value,
        status__in=[one.value for one in AWAITED],
    ).first()
    return None if row is None else row.as_view()


async def next_debit(view: MandateView) -> NextDebit | None:
    """Return what an active mandate takes next, on what day; None when nothing is known to come."""
    if view.status is not MandateStatus.ACTIVE:
        return None
    today = await business_date()
    on = view.next_on
    if on is None:
        loan = await servicing.loan(view.loan)
        on = loan.next_due_on
        if on is None or on <= today:
            return None
    return await _foreseen(view, max(on, today))


async def _foreseen(view: MandateView, on: date) -> NextDebit | None:
    due_fen = (await servicing.state_of(view.loan, on)).due_now_fen
    if due_fen == 0:
        return None
    policy = DebitPolicy.of(await policy_book(view.agreed_on))
    taken_fen, takes_part = await taken_in_month(view.mandate_id, on), policy.takes_part
    amount_fen, above = view.caps.takes(due_fen, taken_fen=taken_fen, takes_part=takes_part)
    return NextDebit(
        on=on,
        amount_fen=amount_fen,
        above=above,
        due_fen=due_fen,
        caps=view.caps,
        taken_fen=taken_fen,
        takes_part=takes_part,
    )


async def taken_in_month(mandate_id: str, on: date) -> int:
    """Return what a mandate has taken, or is taking, in the calendar month of a day."""
    begins = on.replace(day=1)
    ends = (begins + timedelta(days=31)).replace(day=1)
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) AS taken_fen FROM debit_attempt"
        " WHERE mandate_id = ? AND status IN (?, ?) AND attempted_on >= ? AND attempted_on < ?",
        [mandate_id, DebitStatus.SENT.value, DebitStatus.SUCCEEDED.value, begins, ends],
    )
    return rows[0]["taken_fen"]


async def is_debit_announced(loan_id: str, on: date) -> bool:
    """Tell whether the borrower has been told that a loan's dues of a day, if any, are debited."""
    row = await MandateRow.get_or_none(
        live_key=loan_id, announced_for=on, status=MandateStatus.ACTIVE.value
    )
    if row is None:
        return False
    return await _foreseen(row.as_view(), on) is not None
