"""What somebody stands behind, and what that and their own debts weigh together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.catalog import queries as catalog
from app.foundation.sealing import unseal
from app.identity import queries as identity
from app.origination.models import ApplicationRow, GuaranteeRow, guarantee_cell
from app.origination.queries.exposure import commitments_of
from app.origination.rules.guarantees import (
    BEFORE_SIGNATURE,
    LEADS_NOWHERE,
    Burden,
    GuaranteeState,
    Overcommitted,
    overcommitted,
)
from app.origination.rules.states import ApplicationState
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary

GUARANTEES_LOOKED_AT_MAX = 500
"""Guarantees of loans that run, looked at in one step of the close of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandsFor:
    """A guarantee given that counts: for a loan wished for, signed or running."""

    guarantee_id: str
    guarantor_id: str
    application_id: str
    amount_fen: int
    """What may still be asked of the guarantor, principal."""
    is_binding: bool
    """Whether the borrower has signed, so that it cannot be stepped back from."""
    loan: LoanSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A guarantee given, and who gave it."""

    guarantee_id: str
    guarantor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Whom to write to who has no account: their number, and the language of who asks."""

    phone: str
    language: str


async def standing_of(guarantor_id: str, *, apart_from: str = "") -> list[StandsFor]:
    """Return the guarantees somebody gave that count today, one application left out."""
    given = GuaranteeRow.filter(
        guarantor_id=guarantor_id, state=GuaranteeState.GIVEN.value, live_key__not_isnull=True
    ).exclude(application_id=apart_from)
    return await _standing(await given.order_by("id"))


async def running_after(guarantee_id: str) -> tuple[list[StandsFor], str | None]:
    """Return some guarantees that count, by id after one, and the last id that was looked at."""
    given = GuaranteeRow.filter(
        id__gt=guarantee_id, state=GuaranteeState.GIVEN.value, live_key__not_isnull=True
    )
    rows = await given.order_by("id").limit(GUARANTEES_LOOKED_AT_MAX)
    return await _standing(rows), rows[-1].id if rows else None


async def guarantee_stands(guarantor_id: str) -> bool:
    """Tell whether somebody answers for a loan that is signed or runs."""
    return any(one.is_binding for one in await standing_of(guarantor_id))


async def given_for(application_id: str) -> Given | None:
    """Return the guarantee that counts for an application and who gave it; None without one."""
    row = await GuaranteeRow.get_or_none(live_key=application_id, state=GuaranteeState.GIVEN.value)
    if row is None or row.guarantor_id is None:
        return None
    return Given(guarantee_id=row.id, guarantor_id=row.guarantor_id)


async def given_for_loan(loan_id: str) -> Given | None:
    """Return the guarantee of a loan and who gave it; None without one."""
    (loan,) = await servicing.loans_by_id([loan_id])
    return None if loan is None else await given_for(loan.application_id)


async def is_late_still(guarantee_id: str, number: int) -> bool:
    """Tell whether the installment a guarantor is to hear of is still not paid."""
    row = await GuaranteeRow.get_or_none(id=guarantee_id, live_key__not_isnull=True)
    loans = [one.loan for one in await _standing([row])] if row is not None else []
    return any(one is not None and one.next_number == number for one in loans)


async def invited(guarantee_id: str) -> Invited | None:
    """Return whom to write to, as long as they have not answered and are the one who is asked."""
    row = await GuaranteeRow.get_or_none(
        id=guarantee_id, state=GuaranteeState.ASKED.value, live_key__not_isnull=True
    )
    if row is None:
        return None
    phone = await unseal(guarantee_cell(row.id, row.borrower_id), row.phone)
    contact = await identity.contact_of(row.borrower_id)
    return Invited(phone=phone, language=contact.language)


async def weighed(
    guarantor_id: str, amount_fen: int, on: date, *, apart_from: str
) -> Overcommitted | None:
    """Tell why somebody cannot stand behind an amount on a day; None if they can."""
    book = await catalog.policy_book(on)
    return overcommitted(await burden_of(guarantor_id, apart_from=apart_from), amount_fen, book)


async def burden_of(guarantor_id: str, *, apart_from: str) -> Burden:
    """Return what somebody owes and stands behind, one guarantee left out."""
    standing = await standing_of(guarantor_id, apart_from=apart_from)
    owed = await commitments_of(guarantor_id, apart_from="")
    return Burden(
        owed_fen=owed.principal_fen,
        guaranteed_fen=sum(one.amount_fen for one in standing),
        guarantees=len(standing),
        days_past_due=owed.days_past_due,
    )


async def _standing(rows: Sequence[GuaranteeRow]) -> list[StandsFor]:
    ids = [row.application_id for row in rows]
    applications = {row.id: row for row in await ApplicationRow.filter(id__in=ids)}
    loan_ids = [row.loan_id for row in applications.values() if row.loan_id is not None]
    loans = {
        one.application_id: one for one in await servicing.loans_by_id(loan_ids) if one is not None
    }
    found: list[StandsFor] = []
    for row in rows:
        state = ApplicationState(applications[row.application_id].state)
        loan = loans.get(row.application_id)
        if state in LEADS_NOWHERE or (loan is not None and loan.is_closed):
            continue
        assert row.guarantor_id is not None, "a guarantee given has a guarantor"
        agreed_fen = row.amount_fen or 0
        found.append(
            StandsFor(
                guarantee_id=row.id,
                guarantor_id=row.guarantor_id,
                application_id=row.application_id,
                amount_fen=agreed_fen if loan is None else min(agreed_fen, loan.principal_fen),
                is_binding=state not in BEFORE_SIGNATURE,
                loan=loan,
            )
        )
    return found
