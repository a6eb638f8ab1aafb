"""Velocity: how often what identifies an applicant was seen with other people of late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.catalog import queries as catalog
from app.catalog.rules import PolicyBook
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.sealing import blind_index, blind_indexes
from app.identity import queries as identity
from app.origination.models import ApplicationMarkRow, ApplicationRow, DisbursementRow
from app.origination.operations.recalling import note_shared
from app.origination.queries import statements_of
from app.origination.queries.assisting import agent_concentration_of
from app.origination.rules.marking import MarkKind, feature_of, normalized_address
from app.origination.rules.snapshot import Velocity
from app.payments.ports import FailureReason

APPLICATIONS_WITHIN = timedelta(days=1)
MARK_LOCKS = 5_318
"""PostgreSQL's advisory locks on marks have this first number, and no others have it."""


@dataclass(frozen=True, slots=True)
class _Carriers:
    """Who else carries a mark: the people, and their applications that were marked."""

    people: frozenset[str]
    applications: frozenset[str]


async def velocity_of(tx: Transaction, row: ApplicationRow, book: PolicyBook) -> Velocity:
    """
    Mark an applicant, and count who else carries the same marks.

    A mark is a keyed fingerprint of a value; neither it nor a count says whose it is.
    """
    helped = await agent_concentration_of(row.id)
    told = await _values(row)
    values = {kind: f"{kind.value}:{value}" for kind, value in told.items()}
    await _take_turns(tx, values)
    carriers: dict[MarkKind, _Carriers] = {}
    await ApplicationMarkRow.filter(application_id=row.id).delete()
    for kind, value in values.items():
        days = book.whole("velocity_phone_days" if kind is MarkKind.PHONE else "velocity_days")
        carriers[kind] = await _carriers(tx, row, value, within=timedelta(days=days))
        await ApplicationMarkRow.create(
            id=tx.new_id("am"),
            application_id=row.id,
            borrower_id=row.borrower_id,
            kind=kind.value,
            mark=blind_index("application.mark", value),
            noted_at=milliseconds(tx.now),
        )
    people = {kind: len(found.people) for kind, found in carriers.items()}
    for application_id, kinds in _shared_with(people, carriers, book).items():
        await note_shared(tx, application_id, kinds)
    submitted = ApplicationRow.filter(
        borrower_id=row.borrower_id, submitted_at__gt=tx.now - APPLICATIONS_WITHIN
    )
    return Velocity(
        applications=await submitted.count(),
        device=await identity.people_on_device(told[MarkKind.PHONE]),
        phone=people.get(MarkKind.PHONE, 0),
        resident_id=people.get(MarkKind.RESIDENT_ID, 0),
        # A wallet stands in for the card, and one behind many people says the same.
        bank_card=max(
            people.get(MarkKind.BANK_CARD, 0),
            people.get(MarkKind.WALLET, 0),
            await _named_anothers(tx, row, within=timedelta(days=book.whole("velocity_days"))),
        ),
        address=people.get(MarkKind.ADDRESS, 0),
        payee=people.get(MarkKind.PAYEE, 0),
        agent_bp=None if helped is None else helped.share_bp,
        agent_applications=None if helped is None else helped.by_agent,
    )


def _shared_with(
    people: Mapping[MarkKind, int], carriers: Mapping[MarkKind, _Carriers], book: PolicyBook
) -> dict[str, dict[str, int]]:
    """
    Return, by application of somebody else, which marks more people carry now than may.

    Whoever carries a mark has as many others beside them as this applicant has. A payee has no
    limit: a school is paid by many.
    """
    found: dict[str, dict[str, int]] = {}
    for kind, one in carriers.items():
        limit = f"{feature_of(kind)}_max"
        if limit in book.values and people[kind] > book.whole(limit):
            for application_id in one.applications:
                found.setdefault(application_id, {})[kind.value] = people[kind]
    return dict(sorted(found.items()))


async def _take_turns(tx: Transaction, values: Mapping[MarkKind, str]) -> None:
    """
    Let those who carry the same mark be decided one after another, so that the last sees all.

    On PostgreSQL, that is; on SQLite nobody else writes during a transaction anyhow. Always in one
    order, so that nobody waits in a circle.
    """
    if tx.dialect == "postgres":
        for mark in sorted(blind_index("application.mark", value) for value in values.values()):
            await tx.rows(f"SELECT pg_advisory_xact_lock({MARK_LOCKS}, hashtext(?))", [mark])


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
        MarkKind.WALLET: party.wallet,
        MarkKind.ADDRESS: None if address is None else normalized_address(address),
        MarkKind.PAYEE: None if merchant is None else merchant.account,
    }
    return {kind: value for kind, value in values.items() if value}


async def _named_anothers(tx: Transaction, row: ApplicationRow, *, within: timedelta) -> int:
    """Return 1 if a bank said of late that what the applicant named is another's, else 0."""
    refused = DisbursementRow.filter(
        borrower_id=row.borrower_id,
        failure_reason=FailureReason.NAME_MISMATCH.value,
        settled_at__gt=tx.now - within,
    )
    return int(await refused.exists())


async def _carriers(
    tx: Transaction, row: ApplicationRow, value: str, *, within: timedelta
) -> _Carriers:
    marks = blind_indexes("application.mark", value)
    places = ", ".join("?" for _ in marks)
    found = await tx.rows(
        "SELECT DISTINCT borrower_id, application_id FROM application_mark"
        f" WHERE mark IN ({places}) AND borrower_id <> ? AND noted_at > ?",
        [*marks, row.borrower_id, milliseconds(tx.now - within)],
    )
    return _Carriers(
        people=frozenset(one["borrower_id"] for one in found),
        applications=frozenset(one["application_id"] for one in found),
    )
