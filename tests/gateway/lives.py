"""Two borrowers: one with a row of every kind that can be asked for by its id, one who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.foundation import outbox
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.sealing import SealedTable, declared, seal, unseal
from app.identity import operations as identity
from app.identity.rules import BeginBankCardChange
from app.identity.rules.phones import RequestPhoneCode
from app.origination import operations as origination
from app.payments import operations as payments
from app.servicing.rules import LoanRef
from app.support import operations as support
from app.support.rules import Category
from tests.cards import caller_of, forget_sends
from tests.conftest import START
from tests.origination.conftest import World

KINDS: dict[str, tuple[str, str]] = {
    "application": ("ap", "loan_application"),
    "assisted": ("as", "assisted_application"),
    "attempt": ("cn", "contact_attempt"),
    "autoDebit": ("am", "mandate"),
    "cash": ("cg", "cash"),
    "certificate": ("pc", "payoff_certificate"),
    "challenge": ("oc", "one_time_code"),
    "consent": ("cr", "consent_line"),
    "correction": ("cq", "correction_request"),
    "coupon": ("cu", "reward_coupon"),
    "device": ("dv", "device"),
    "deviceChallenge": ("dc", "device_challenge"),
    "document": ("do", "application_document"),
    "guarantee": ("gt", "guarantee"),
    "handover": ("ho", "handover"),
    "intent": ("in", "intent"),
    "loan": ("ln", "servicing_loan"),
    "look": ("lk", "look"),
    "notification": ("nt", "notification"),
    "offer": ("of", "offer"),
    "payoffQuote": ("pq", "payoff_quote"),
    "refund": ("rf", "refund"),
    "repayment": ("rp", "repayment"),
    "review": ("hv", "human_review"),
    "session": ("ss", "session"),
    "ticket": ("tk", "ticket"),
}
"""Rows that are somebody's, by what the graph calls their id: its letters and its table."""
READABLE: dict[str, dict[str, object]] = {
    "contact_attempt": {"channel": "VOICE", "purpose": "REMIND", "outcome": "NO_ANSWER"},
    "look": {"what": "WHOLE_VIEW", "reason": "BORROWER_ASKED", "staff_role": "AGENT"},
    "notification": {"kind": "DATA_LOOKED_AT", "data": "{}"},
}
"""What must stand in rows that lists show, the desk's among them."""
BY_KIND: tuple[tuple[type[fields.Field[Any]], Any], ...] = (
    (fields.BooleanField, False),
    (fields.DatetimeField, START),
    (fields.DateField, date(2026, 11, 21)),
    (fields.BinaryField, b"x"),
    (fields.IntField, 1),
)


@dataclass
class Lives:
    """Whose rows they are, who asks for them, and the ids of one row of each kind."""

    world: World
    mei: str
    jun: str
    ids: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    async def begin(cls, world: World) -> "Lives":
        """Live as far as the app's operations go in a second, and plant the rest."""
        mei, application_id = await world.send()
        await origination.accept_disbursement_notice(await world.notice(application_id))
        await outbox.drain()
        await forget_sends()
        lives = cls(world, mei, await world.borrower("washing_machine_family"))
        loan = LoanRef(mei, (await fetch("SELECT id FROM servicing_loan"))[0]["id"])
        await payments.repay(
            payments.Repay(loan=loan, amount_fen=20_000, idempotency_key=world.key())
        )
        await payments.quote_payoff(payments.QuotePayoff(loan=loan, idempotency_key=world.key()))
        await support.open_ticket(
            support.OpenTicket(
                caller_id=mei,
                category=Category.QUESTION,
                loan_id=loan.loan_id,
                text="想问问",
                idempotency_key=world.key(),
            )
        )
        phone = await identity.request_phone_code(
            RequestPhoneCode(borrower_id=mei, phone="13911122444", idempotency_key=world.key())
        )
        card = BeginBankCardChange(
            caller=caller_of(mei), bank_card="6200000000000021", idempotency_key=world.key()
        )
        lives.ids["challenge"] = phone.challenge_id
        lives.ids["intent"] = (await identity.begin_bank_card_change(card)).intent_id
        for name in sorted(KINDS, key=lambda name: name not in {"application", "loan"}):
            lives.ids[name] = lives.ids.get(name) or await lives._row_of(*KINDS[name])
        return lives

    async def _row_of(self, prefix: str, table: str) -> str:
        model = _model_of(table)
        if "borrower_id" in model._meta.fields_map:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own registry
            row = await model.filter(borrower_id=self.mei).first()
            if row is not None:
                return str(row.pk)
        row_id = f"{prefix}1i9uw0planted0"
        about = {f"{kind}_id": self.ids.get(kind, self.mei) for kind in ("loan", "application")}
        async with transaction() as tx:
            given = {"borrower_id": self.mei, **about, **READABLE.get(table, {})}
            await plant(tx, table, row_id, given)
        return row_id


async def plant(
    tx: Transaction,
    table: str,
    row_id: str,
    given: Mapping[str, Any],
    like: Model | None = None,
) -> None:
    """
    Put a row into a table, with these values where it has such columns, sealed ones in clear.

    What is not given is as in another row of the table, or anything that fits.
    """
    model = _model_of(table)
    seals = next((one.seals for one in declared() if one.seals.table == table), None)
    values: dict[str, Any] = {"id": row_id}
    for name, column in model._meta.fields_map.items():  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own registry
        if name == "id":
            continue
        if seals is not None and name in seals.columns:
            subject = row_id if seals.subject == "id" else given[seals.subject]
            text = given[name] if name in given else await _text_like(seals, name, like)
            cell = seals.cell(name, row_id, subject)
            values[name] = None if text is None else await seal(tx, cell, text)
        elif name in given:
            values[name] = given[name]
        elif like is not None:
            values[name] = getattr(like, name)
        elif not column.null:
            values[name] = _filler(column, row_id)
    await model(**values).save(force_create=True)


async def _text_like(seals: SealedTable, name: str, like: Model | None) -> str | None:
    """Return what another row has sealed in a column."""
    if like is None:
        return "planted"
    sealed = getattr(like, name)
    subject = getattr(like, seals.subject)
    return None if sealed is None else await unseal(seals.cell(name, like.pk, subject), sealed)


def _filler(column: fields.Field[Any], row_id: str) -> Any:  # noqa: ANN401 - a column's value
    for kind, value in BY_KIND:
        if isinstance(column, kind):
            return value
    return row_id if column.unique else "x"


def _model_of(table: str) -> type[Model]:
    apps = current().context.apps
    assert apps is not None, "the models are loaded"
    return next(
        model
        for models in apps.values()
        for model in models.values()
        if model._meta.db_table == table  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
    )
