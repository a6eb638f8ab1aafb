"""The state pays of the interest what was promised, once, and nothing that nobody owes."""

import asyncio
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.foundation import outbox
from app.foundation.database import fetch, set_business_date, transaction
from app.identity.errors import WrongCode
from app.ledger import queries as ledger
from app.origination import operations, queries
from app.origination.errors import ReductionChanged
from app.origination.rules.commands import SignAgreement
from app.payments.ports import RailStatus
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.cards import forget_sends
from tests.origination.conftest import World, refused

FAMILY = "washing_machine_family"
DAY = date(2026, 11, 24)
YEAR_MAX_FEN = 220
"""What the state pays a person in a year in this catalog: less than one loan would have."""
STATE, OURS = "payer:state:receivable", "expense:coupon"


@pytest.fixture
def small_catalog(small_catalog: Path, tmp_path: Path) -> Path:
    """Let the state pay 2.20 yuan a person and year, and a campaign of ours run beside it."""
    folder = tmp_path / "subsidized"
    shutil.copytree(small_catalog, folder)
    subsidy = folder / "policy" / "subsidy.toml"
    text = subsidy.read_text("utf-8").replace("= 300_000", f"= {YEAR_MAX_FEN}")
    subsidy.write_text(text, "utf-8")
    coupons = folder / "policy" / "coupons.toml"
    text = coupons.read_text("utf-8").replace("2026-12-01", "2026-11-24")
    text = text.replace("2_000", "100").replace("EDUCATION", "HOME_APPLIANCE")
    coupons.write_text(text, "utf-8")
    return folder


@pytest.fixture
async def subsidized(world: World) -> World:
    """Live on a day on which the state pays."""
    async with transaction() as tx:
        await set_business_date(tx, DAY)
    return world


async def lent(world: World, borrower_id: str, application_id: str) -> LoanRef:
    """Let the money of a signed application arrive."""
    await outbox.drain()
    notice = await world.notice(application_id, RailStatus.SUCCEEDED)
    await operations.accept_disbursement_notice(notice)
    view = await queries.application(borrower_id, application_id)
    assert view.loan_id is not None
    return LoanRef(borrower_id=borrower_id, loan_id=view.loan_id)


async def another(world: World, borrower_id: str) -> str:
    """Bring another application of the same person to its decision."""
    application_id = await world.start(borrower_id, FAMILY)
    await world.fill_in(borrower_id, application_id, FAMILY)
    await world.consent(borrower_id, application_id)
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    return application_id


async def promised(world: World, application_id: str) -> dict[str, int]:
    """Return what the certificate that counts says each payer pays."""
    certificate = (await world.certificate(application_id)).certificate
    return {one.payer: one.amount_fen for one in certificate.paid_by_others}


async def balances() -> dict[str, int]:
    found = await ledger.balances("payer:") | await ledger.balances("expense:")
    return {account: fen for account, fen in found.items() if fen}


async def all_is_right() -> None:
    assert (await loans.reconcile()).is_right
    assert (await loans.check_projections()).is_right
    assert not (await ledger.verify()).problems
    for one in await servicing.settle_days():
        assert not one.problems


async def test_the_state_and_we_pay_what_the_certificate_says_as_installments_fall_due(
    subsidized: World,
) -> None:
    world = subsidized
    borrower_id, application_id = await world.decide(FAMILY)
    await world.understand(borrower_id, application_id)
    certificate = (await world.certificate(application_id)).certificate
    assert await promised(world, application_id) == {"state": YEAR_MAX_FEN, "qingmiao": 100}
    asked = certificate.borrower_pays
    assert asked is not None
    assert asked.total_fen == certificate.total_fen - YEAR_MAX_FEN - 100
    assert asked.annualized < certificate.annualized
    begun = await world.begin_signature(borrower_id, application_id)
    assert "由国家替您付（国家贴息）" in begun.text
    assert f"{YEAR_MAX_FEN / 100:.2f} 元由国家" in begun.text
    signed = await operations.sign_agreement(
        world.signature(borrower_id, application_id, begun.sha256)
    )
    assert not isinstance(signed, WrongCode)
    loan = await lent(world, borrower_id, application_id)

    # From the first day the plan asks what was promised, and nobody owes anything yet.
    plan = (await loans.plans_by_loan([loan.loan_id]))[0]
    assert tuple(line.total_fen for line in plan) == certificate.payments_fen
    assert await balances() == {}

    # The day the first installment falls due the payers owe its part, though it is paid late.
    first = plan[0]
    await servicing.run_days(first.payable_on)
    owed = {STATE: dict(certificate.paid_by_others[0].by_installment)[1], OURS: 100}
    assert await balances() == owed
    assert (await loans.plans_by_loan([loan.loan_id]))[0][0].left_fen == first.total_fen
    await servicing.run_days(first.payable_on + timedelta(days=2))
    async with transaction() as tx:
        await servicing.take_payment(
            tx, loan, first.total_fen, repayment_id="rp1", received_on=tx.today
        )
    assert await balances() == owed
    funders = await ledger.balances("income:interest")
    assert -funders["income:interest"] == certificate.plan[0][3]
    await all_is_right()

    # Kept to its end, the loan has cost the borrower what was written, and the payers theirs.
    for line in plan[1:]:
        await servicing.run_days(line.payable_on)
        async with transaction() as tx:
            await servicing.take_payment(
                tx, loan, line.total_fen, repayment_id=f"rp{line.number}", received_on=tx.today
            )
    assert await balances() == {STATE: YEAR_MAX_FEN, OURS: 100}
    assert (await loans.loan(loan)).is_closed
    await all_is_right()
    assert {one.payer: (one.owed_fen, one.expected_fen) for one in await loans.payers()} == {
        "state": (YEAR_MAX_FEN, 0),
        "qingmiao": (100, 0),
    }


async def test_a_loan_given_back_costs_nobody_anything_and_frees_what_was_promised(
    subsidized: World,
) -> None:
    world = subsidized
    borrower_id, application_id = await world.decide(FAMILY)
    await world.understand(borrower_id, application_id)
    await world.sign_now(borrower_id, application_id)
    loan = await lent(world, borrower_id, application_id)
    second = await another(world, borrower_id)
    await world.understand(borrower_id, second)
    assert await promised(world, second) == {}  # the first loan has all there is

    summary = await loans.loan(loan)
    async with transaction() as tx:
        await servicing.take_payment(
            tx,
            loan,
            summary.principal_fen,
            repayment_id="back",
            received_on=tx.today,
            returns=True,
        )
    assert (await loans.loan(loan)).is_closed
    assert await balances() == {}
    assert await loans.reductions_of(borrower_id) == []
    await all_is_right()

    third = await another(world, borrower_id)
    await world.understand(borrower_id, third)
    assert await promised(world, third) == {"state": YEAR_MAX_FEN, "qingmiao": 100}


async def test_of_two_signatures_at_once_one_has_what_the_state_pays_and_the_other_what_is_left(
    subsidized: World,
) -> None:
    world = subsidized
    borrower_id, first = await world.decide(FAMILY, amount_fen=60_000)
    second = await another(world, borrower_id)
    for application_id in (first, second):
        await world.understand(borrower_id, application_id)
    of_first = (await promised(world, first))["state"]
    assert 0 < of_first < YEAR_MAX_FEN
    assert await promised(world, second) == {"state": YEAR_MAX_FEN, "qingmiao": 100}
    ready: list[SignAgreement] = []
    for application_id in (first, second):
        await forget_sends()
        begun = await world.begin_signature(borrower_id, application_id)
        ready.append(world.signature(borrower_id, application_id, begun.sha256))
    async with transaction() as tx:  # both may be approved, as by a key on two phones
        await tx.run("UPDATE one_time_code SET live_key = id WHERE used_at IS NULL", [])

    answers = await asyncio.gather(
        *(operations.sign_agreement(one) for one in ready), return_exceptions=True
    )

    refusals = [one for one in answers if isinstance(one, BaseException)]
    assert [type(one) for one in refusals] == [ReductionChanged]
    loser = (first, second)[answers.index(refusals[0])]
    winner = second if loser == first else first
    assert await world.state(loser) == "COST_CONFIRMED"
    kept = await fetch("SELECT application_id FROM disbursement")
    assert [row["application_id"] for row in kept] == [winner]

    # Chosen again, its certificate is new, and says what is left.
    await forget_sends()
    await refused(ReductionChanged, world.begin_signature(borrower_id, loser))
    used = (await promised(world, winner))["state"]
    await world.understand(borrower_id, loser)
    left = await promised(world, loser)
    assert left.get("state", 0) == min(
        YEAR_MAX_FEN - used, of_first if loser == first else YEAR_MAX_FEN
    )
    assert "qingmiao" not in left
    await forget_sends()
    await world.sign_now(borrower_id, loser)
    for application_id in (winner, loser):
        _ = await lent(world, borrower_id, application_id)
    lines = await loans.reductions_of(borrower_id)
    assert sum(line.amount_fen for line in lines if line.payer == "state") <= YEAR_MAX_FEN
    await all_is_right()
