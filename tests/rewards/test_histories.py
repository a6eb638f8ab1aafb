"""Random histories of points, coupons, loans, chargebacks and days: every law holds after each."""

import random

import pytest

from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.ledger import queries as ledger
from app.rewards import queries
from app.rewards.queries.proving import check_rewards
from app.rewards.rules import CouponState
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.rewards.conftest import FIRST_DUE_FEN, Town
from tests.rewards.test_coupons import folded
from tests.servicing.conftest import is_sound
from tests.servicing.reducing import OURS

PEOPLE = ("br0000000000anna", "br00000000000bao", "br0000000000chen")
STEPS = 24


class History:
    """One town's story, drawn step by step."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.rng = town, random.Random(seed)  # noqa: S311 - a story to try it on
        self.loans: list[LoanRef] = []
        self.paid: list[tuple[LoanRef, str]] = []

    async def step(self) -> None:
        """Let something happen that may be refused."""
        town, rng = self.town, self.rng
        person = rng.choice(PEOPLE)
        owned = [loan for loan in self.loans if loan.borrower_id == person]
        match rng.choice(["learn", "learn", "borrow", "pay", "pay", "undo", "buy", "use", "days"]):
            case "learn":
                await town.learn(person, rng.randint(1, 90), f"lesson:{rng.randint(1, 9)}")
            case "borrow" if len(owned) < 2:
                self.loans.append(await town.borrow(person, cooling_off_days=9))
            case "pay" if owned:
                loan = rng.choice(owned)
                gives_back = rng.random() < 0.2
                fen = 120_000 if gives_back else rng.choice([FIRST_DUE_FEN, 5_000, 60_000])
                self.paid.append((loan, await town.pay(loan, fen, returns=gives_back)))
            case "undo" if self.paid:
                place = rng.randrange(len(self.paid))
                await town.undo(*self.paid.pop(place))
            case "buy":
                await town.exchange(person)
            case "use" if owned:
                coupons = await queries.coupons_of(person)
                if coupons:
                    await town.redeem(rng.choice(owned), rng.choice(coupons).coupon_id)
            case _:
                await town.pass_days(rng.choice([1, 3, 30, 170]))


@pytest.mark.parametrize("seed", [3, 8])
async def test_every_law_holds_after_any_history(town: Town, seed: int) -> None:
    history = History(town, seed)
    refused = 0
    for _ in range(STEPS):
        try:
            await history.step()
        except Refusal:
            refused += 1
    assert refused < STEPS
    used = {loan.loan_id: 0 for loan in history.loans}
    for person in PEOPLE:
        assert await folded(person) >= 0
        promised = 0
        for one in await queries.coupons_of(person):
            promised += one.amount_fen if one.state is CouponState.GRANTED else one.used_fen
            if one.state is CouponState.REDEEMED:
                assert one.loan_id is not None
                used[one.loan_id] += one.used_fen
        rows = await fetch(
            "SELECT reserved_fen + spent_fen AS fen FROM reward_budget WHERE borrower_id = ?",
            [person],
        )
        assert sum(row["fen"] for row in rows) == promised <= 3_000
    for standing in await queries.campaigns():
        held_fen = standing.reserved_fen + standing.spent_fen
        assert 0 <= held_fen <= standing.campaign.budget_fen
        if standing.campaign.code == "POINTS_5":
            assert standing.spent_fen == sum(used.values())
    taken = await loans.reductions_by_loan(list(used))
    for (loan_id, used_fen), lines in zip(used.items(), taken, strict=True):
        assert sum(line.amount_fen for line in lines) <= used_fen, loan_id
    assert await ledger.balance(OURS) <= sum(used.values())
    assert await is_sound()
    assert (await check_rewards()).problems == ()
