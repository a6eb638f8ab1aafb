"""People with loans of different ages, products and counties, and the staff who serve them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum.cn import ric

from app.catalog import queries as catalog
from app.catalog.errors import ProductNotOffered
from app.catalog.rules import OfferedProduct
from app.catalog.rules.cost import loan_terms
from app.catalog.rules.policy import PolicyBook
from app.commands.simulation.world import TEMPERS, Person, World
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.identity import operations as identity
from app.identity.operations.sign_in import join
from app.identity.rules import EnrollStaff
from app.identity.rules.commands import CompleteProfile
from app.identity.rules.people import Language
from app.loanmath.schedule import Method, Terms
from app.origination.events import LoanDisbursed
from app.origination.rules.offers import charge_codes, funders_of, with_fixed_dates
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, OpenLoan

PER_TRANSACTION = 100
AGE_MOST = 31
"""Days that the oldest loan has run when it all begins: an installment is about to fall due."""
LATER_PERCENT = 25
"""Of a hundred people, how many borrow later, while the days go by."""
LEARNERS_PERCENT = 20
BIRTHPLACE = "110105"
DESK = (
    *((f"sim.agent{number}", StaffRole.AGENT) for number in range(1, 5)),
    *((f"sim.supervisor{number}", StaffRole.SUPERVISOR) for number in range(1, 3)),
    ("sim.director", StaffRole.DIRECTOR),
)
METHODS = frozenset(Method) - {Method.REVOLVING}
"""Methods whose plan stands from the first day."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is offered in a county."""

    county: str
    products: tuple[OfferedProduct, ...]


@dataclass(slots=True)
class Lending:
    """Opens loans of the products that a county is offered."""

    world: World
    shelves: Sequence[_Shelf]
    book: PolicyBook
    made: int = 0

    def county(self) -> str:
        """Choose a county; some have many borrowers and some a few."""
        weights = [len(self.shelves) * 3 - 2 * place for place in range(len(self.shelves))]
        weights[-1] = 1
        return self.world.chance.choices(self.shelves, weights)[0].county

    def terms(self, person: Person, opened_on: date) -> tuple[OfferedProduct, Terms]:
        """Choose a product, an amount, a number of months and a price."""
        chance = self.world.chance
        shelf = next(one for one in self.shelves if one.county == person.county)
        offered = chance.choice(shelf.products)
        steps = (offered.amount.max_fen - offered.amount.min_fen) // offered.amount.step_fen
        amount_fen = offered.amount.min_fen + offered.amount.step_fen * (
            min(chance.randint(0, steps), chance.randint(0, steps))
        )
        months = chance.choice(offered.terms.months)
        terms = loan_terms(
            offered,
            self.book,
            amount_fen=amount_fen,
            months=months,
            annual_rate=chance.choice(sorted(offered.tiers.values())),
            disbursed_on=opened_on,
        )
        return offered, with_fixed_dates(terms)

    async def lend(self, tx: Transaction, person: Person, opened_on: date) -> LoanRef:
        """Open a loan as if its money had arrived on a day, and tell it as disbursing would."""
        offered, terms = self.terms(person, opened_on)
        self.made += 1
        number = self.made
        ref = await servicing.open_loan(
            tx,
            OpenLoan(
                borrower_id=person.borrower_id,
                application_id=f"ap{number:014d}",
                product_code=offered.product.code,
                product_version_id=offered.version_id,
                terms=terms,
                agreement_id=f"ag{number:014d}",
                charge_codes=charge_codes(terms),
                disbursement_id=f"db{number:014d}",
                funders=funders_of(offered),
                disbursed_on=opened_on,
            ),
        )
        if opened_on == tx.today:
            await announce(
                tx,
                LoanDisbursed(
                    loan_id=ref.loan_id,
                    borrower_id=person.borrower_id,
                    application_id=f"ap{number:014d}",
                    amount_fen=terms.principal_fen,
                ),
            )
        person.loans.append(ref)
        return ref


async def lending_of(world: World) -> Lending:
    """Read what is offered where."""
    content = await catalog.published_content()
    codes = sorted({one.code for one in content.products})
    counties = [one.code for one in await catalog.regions(world.today) if not one.is_province]
    shelves: list[_Shelf] = []
    for county in counties:
        found: list[OfferedProduct] = []
        for code in codes:
            try:
                offered = await catalog.offered_product(code, county, world.today)
            except ProductNotOffered:
                continue
            if not offered.product.is_referral and offered.product.method in METHODS:
                found.append(offered)
        if found:
            shelves.append(_Shelf(county, tuple(found)))
    return Lending(world, shelves, await catalog.policy_book(world.today))


async def populate(world: World, lending: Lending, borrowers: int) -> None:
    """Let so many people join, say who they are, and most of them borrow."""
    for start in range(0, borrowers, PER_TRANSACTION):
        async with transaction() as tx:
            for number in range(start, min(borrowers, start + PER_TRANSACTION)):
                world.people.append(await _join(tx, world, lending, number))
    world.by_id = {one.borrower_id: one for one in world.people}
    for number, person in enumerate(world.people):
        await identity.complete_profile(_profile(world, person, number))
    later = [one for one in world.people if world.chance.randrange(100) < LATER_PERCENT]
    now = _without(world.people, later)
    for start in range(0, len(now), PER_TRANSACTION):
        async with transaction() as tx:
            for person in now[start : start + PER_TRANSACTION]:
                age = timedelta(days=world.chance.randint(0, AGE_MOST - 2))
                await lending.lend(tx, person, tx.today - age)
    world.later = later


def _without(people: Sequence[Person], others: Sequence[Person]) -> list[Person]:
    ids = {one.borrower_id for one in others}
    return [one for one in people if one.borrower_id not in ids]


async def _join(tx: Transaction, world: World, lending: Lending, number: int) -> Person:
    phone = f"+86199{number:08d}"
    chance = world.chance
    return Person(
        borrower_id=await join(tx, phone, Language.ZH_HANS if number % 10 else Language.EN),
        phone=phone,
        county=lending.county(),
        temper=chance.choices(list(TEMPERS), list(TEMPERS.values()))[0],
        learns=chance.randrange(100) < LEARNERS_PERCENT,
    )


def _profile(world: World, person: Person, number: int) -> CompleteProfile:
    return CompleteProfile(
        borrower_id=person.borrower_id,
        name="张三",
        resident_id=resident_id_of(number),
        purpose="种地",
        region_code=person.county,
        income_fen=300_000,
        is_student=False,
        phone_tenure_months=36,
        bank_card=None,
        address=None,
        idempotency_key=world.key("profile"),
    )


def resident_id_of(number: int) -> str:
    """Make up a resident ID, another for each number up to thirteen million."""
    years, rest = divmod(number, 12 * 28)
    months, days = divmod(rest, 28)
    born = f"{1960 + years % 40}{months + 1:02d}{days + 1:02d}"
    body = f"{BIRTHPLACE}{born}{number // (40 * 12 * 28):03d}"
    return body + ric.calc_check_digit(body + "0")


async def enroll(world: World) -> None:
    """Enroll the desk."""
    for name, role in DESK:
        enrolled = await identity.enroll_staff(
            EnrollStaff(name=name, password=f"{name}-for-a-simulation", role=role, totp_secret=None)
        )
        world.staff[name] = StaffCaller(
            staff_id=enrolled.staff_id, session_id="ss00000000000000", role=role
        )
