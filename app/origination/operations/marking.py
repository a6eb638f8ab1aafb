"""Velocity: how often what identifies an applicant was seen with other people of late."""

from datetime import timedelta

from app.catalog import queries as catalog
from app.catalog.rules import PolicyBook
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch
from app.foundation.sealing import blind_index, blind_indexes
from app.identity import queries as identity
from app.origination.models import ApplicationMarkRow, ApplicationRow
from app.origination.queries import statements_of
from app.origination.queries.assisting import agent_concentration_of
from app.origination.rules.marking import MarkKind, normalized_address
from app.origination.rules.snapshot import Velocity

APPLICATIONS_WITHIN = timedelta(days=1)


async def velocity_of(tx: Transaction, row: ApplicationRow, book: PolicyBook) -> Velocity:
    """
    Mark an applicant, and count who else carries the same marks.

    A mark is a keyed fingerprint of a value; neither it nor a count says whose it is.
    """
    helped = await agent_concentration_of(row.id)
    values = await _values(row)
    others = dict.fromkeys(MarkKind, 0)
    await ApplicationMarkRow.filter(application_id=row.id).delete()
    for kind, value in values.items():
        days = book.whole("velocity_phone_days" if kind is MarkKind.PHONE else "velocity_days")
        others[kind] = await _others(tx, row, f"{kind.value}:{value}", within=timedelta(days=days))
        await ApplicationMarkRow.create(
            id=tx.new_id("am"),
            application_id=row.id,
            borrower_id=row.borrower_id,
            kind=kind.value,
            mark=blind_index("application.mark", f"{kind.value}:{value}"),
            noted_at=milliseconds(tx.now),
        )
    submitted = ApplicationRow.filter(
        borrower_id=row.borrower_id, submitted_at__gt=tx.now - APPLICATIONS_WITHIN
    )
    return Velocity(
        applications=await submitted.count(),
        device=await identity.people_on_device(values[MarkKind.PHONE]),
        phone=others[MarkKind.PHONE],
        resident_id=others[MarkKind.RESIDENT_ID],
        bank_card=others[MarkKind.BANK_CARD],
        address=others[MarkKind.ADDRESS],
        payee=others[MarkKind.PAYEE],
        agent_bp=None if helped is None else helped.share_bp,
        agent_applications=None if helped is None else helped.by_agent,
    )


async def forget_marks(tx: Transaction) -> None:
    """Drop marks that no count looks at any more; the close of day does this."""
    if not await ApplicationMarkRow.exists():
        return
    book = await catalog.policy_book(tx.today)
    for kinds, name in (
        ([MarkKind.PHONE], "velocity_phone_days"),
        ([kind for kind in MarkKind if kind is not MarkKind.PHONE], "velocity_days"),
    ):
        before = milliseconds(tx.now - timedelta(days=book.whole(name)))
        old = ApplicationMarkRow.filter(noted_at__lte=before, kind__in=[one.value for one in kinds])
        await old.delete()


async def _values(row: ApplicationRow) -> dict[MarkKind, str]:
    """Return what identifies an applicant, in clear, for as long as it takes to mark it."""
    party = await identity.party_of(row.borrower_id)
    address = await identity.value_in_clear(row.borrower_id, "address")
    merchant = (await statements_of([row]))[0].merchant
    values = {
        MarkKind.PHONE: party.phone,
        MarkKind.RESIDENT_ID: party.resident_id,
        MarkKind.BANK_CARD: party.bank_card,
        MarkKind.ADDRESS: None if address is None else normalized_address(address),
        MarkKind.PAYEE: None if merchant is None else merchant.account,
    }
    return {kind: value for kind, value in values.items() if value}


async def _others(tx: Transaction, row: ApplicationRow, value: str, *, within: timedelta) -> int:
    marks = blind_indexes("application.mark", value)
    places = ", ".join("?" for _ in marks)
    found = await fetch(
        "SELECT COUNT(DISTINCT borrower_id) AS people FROM application_mark"
        f" WHERE mark IN ({places}) AND borrower_id <> ? AND noted_at > ?",
        [*marks, row.borrower_id, milliseconds(tx.now - within)],
    )
    return int(found[0]["people"])
