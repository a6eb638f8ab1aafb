"""What a borrower said of their household, and what it comes to beside their loans."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from app.catalog.queries import policy, region
from app.catalog.rules import ByLanguage
from app.foundation.errors import NotFound
from app.foundation.holding import Held, Holding, held_by
from app.foundation.sealing import unseal
from app.household.models import HouseholdRow, TightWarningRow, calendar_cell
from app.household.rules import Household, HouseholdPlan, planned, year_shares
from app.origination import queries as origination
from app.servicing import queries as servicing

FLOOR = "living_floor_person_fen"

HOLDINGS = (
    Holding(
        section="household", model=HouseholdRow, columns=("calendar", "saved_at"), of="borrower_id"
    ),
    Holding(section="tight_month_warnings", model=TightWarningRow, columns=("month", "told_on")),
)
"""Each table, with what of it is handed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a modest life costs one person in a month, and who says so."""

    person_fen: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CropYear:
    """How a crop's income falls on the months in a county."""

    code: str
    crop: ByLanguage
    shares: tuple[int, ...]


async def household_of(borrower_id: str) -> Household | None:
    """Return what a borrower said of their household; None if nothing."""
    row = await HouseholdRow.get_or_none(borrower_id=borrower_id)
    return None if row is None else await household_from(row)


async def household_from(row: HouseholdRow) -> Household:
    """Open what a row keeps."""
    written = await unseal(calendar_cell(row.borrower_id), bytes(row.calendar))
    return msgspec.json.decode(written, type=Household)


async def floor_on(today: date) -> Floor:
    """Return the floor that holds on a day."""
    found = await policy(FLOOR, today)
    assert isinstance(found.value, int), "a floor is whole fen"
    return Floor(person_fen=found.value, source=found.source)


async def plan_of(
    borrower_id: str, today: date, *, offer_id: str | None = None
) -> HouseholdPlan | None:
    """
    Lay a borrower's year beside what falls due on all their loans; None if they said nothing.

    Args:
        borrower_id: Whose.
        today: The business date.
        offer_id: An offer that is not signed yet, to see what its installments would leave.

    Raises:
        NotFound: There is no such offer, it is somebody else's, or is a loan by now.
    """
    household = await household_of(borrower_id)
    offered = () if offer_id is None else await _dues_of_offer(borrower_id, offer_id)
    if household is None:
        return None
    owed = (await dues_by_borrower([borrower_id]))[borrower_id]
    floor = await floor_on(today)
    plan = planned(household, [*owed, *offered], today=today, floor_fen=floor.person_fen)
    return replace(plan, has_loan=bool(owed))


async def dues_by_borrower(borrower_ids: Sequence[str]) -> dict[str, list[tuple[date, int]]]:
    """Return the day of each unpaid installment of some borrowers, and what is left of it."""
    loans = await servicing.loans_by_borrower(borrower_ids)
    open_loans = [one for theirs in loans.values() for one in theirs if not one.is_closed]
    plans = await servicing.plans_by_loan([one.ref.loan_id for one in open_loans])
    dues: dict[str, list[tuple[date, int]]] = {one: [] for one in borrower_ids}
    for loan, plan in zip(open_loans, plans, strict=True):
        left = [(line.payable_on, line.left_fen) for line in plan if line.left_fen > 0]
        dues[loan.ref.borrower_id] += left
    return dues


async def _dues_of_offer(borrower_id: str, offer_id: str) -> Sequence[tuple[date, int]]:
    offer = await origination.own_offer(borrower_id, offer_id)
    loans = await servicing.loans_of(borrower_id)
    if offer is None or offer.application_id in {one.application_id for one in loans}:
        raise NotFound("offerId")
    return [(line.due_on, line.total_fen) for line in offer.cost.installments]


async def crops_of(region_code: str, today: date) -> list[CropYear]:
    """
    Return the crops of a county, or else its province, and how each one's income falls on months.

    Raises:
        RegionUnknown: There is no such region.
    """
    found: dict[str, CropYear] = {}
    for pack in (await region(region_code, today)).packs:
        for code, season in pack.seasons.items():
            shares = year_shares(season.month_weights)
            found[code] = CropYear(code=code, crop=season.crop, shares=shares)
    return [found[code] for code in sorted(found)]


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
