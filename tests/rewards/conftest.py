"""Borrowers who join, learn, invite, borrow and pay, by the app's own operations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, set_business_date, transaction
from app.foundation.outbox import Fact, Subscription
from app.identity import operations as identity
from app.identity import rules as identity_rules
from app.identity.events import CodeIssued
from app.literacy.events import PointsEarned
from app.origination.events import LoanDisbursed
from app.payments.events import RepaymentReversed, RepaymentTaken
from app.rewards import operations, queries
from app.rewards.events import CouponGranted, PointsExpiring
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, ReversalReason
from tests.published import publish_catalog
from tests.servicing.conftest import lend as lend  # noqa: PLC0414 - a fixture of this folder too
from tests.servicing.conftest import opening, plain_terms

FIRST_DUE_FEN = 20_706
"""What the first of six installments of 1,200 yuan at 12 % a year asks."""


class Phone:
    """Takes codes instead of a carrier."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        """Keep it."""
        assert phone
        assert message_id
        self.texts.append(text)

    @property
    def code(self) -> str:
        """Return the last code."""
        found = re.search(r"#([0-9]{6})$", self.texts[-1])
        assert found is not None
        return found[1]


@dataclass
class Town:
    """The people of a test, and what was told of them."""

    clock: FixedClock
    phone: Phone = field(default_factory=Phone)
    heard: list[Fact] = field(default_factory=list[Fact])
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def key(self) -> str:
        """Return a fresh idempotency key."""
        return f"key{next(self.numbers)}"

    async def hear(self, _tx: object, fact: Fact) -> None:
        """Keep a fact."""
        self.heard.append(fact)

    async def join(self, *, device: str | None = None) -> str:
        """Sign somebody new in."""
        number = next(self.numbers)
        asked = await identity.request_code(
            identity_rules.RequestCode(
                phone=f"1990000{number:04d}",
                device_id=device or f"device{number:026d}",
                idempotency_key=self.key(),
            )
        )
        await outbox.drain()
        signed_in = await identity.verify_code(
            identity_rules.VerifyCode(
                challenge_id=asked.challenge_id, code=self.phone.code, idempotency_key=self.key()
            )
        )
        await outbox.drain()
        assert isinstance(signed_in, identity_rules.SignedIn)
        return signed_in.borrower_id

    async def learn(self, borrower_id: str, points: int, source: str | None = None) -> None:
        """Earn points."""
        fact = PointsEarned(
            borrower_id=borrower_id, source=source or f"lesson:{self.key()}", points=points
        )
        await self.tell(fact)

    async def tell(self, *facts: Fact) -> None:
        """Announce facts, and have them heard."""
        async with transaction() as tx:
            for fact in facts:
                await outbox.announce(tx, fact)
        await outbox.drain()

    async def borrow(self, borrower_id: str, **changes: object) -> LoanRef:
        """Lend six installments."""
        number = next(self.numbers)
        opened = opening(
            plain_terms(),
            borrower_id=borrower_id,
            disbursement_id=f"db{number:014d}",
            **changes,
        )
        async with transaction() as tx:
            ref = await servicing.open_loan(tx, opened)
        fact = LoanDisbursed(
            loan_id=ref.loan_id,
            borrower_id=borrower_id,
            application_id=opened.application_id,
            amount_fen=120_000,
        )
        await self.tell(fact)
        return ref

    async def pay(self, loan: LoanRef, fen: int, *, returns: bool = False) -> str:
        """Pay towards a loan today."""
        repayment_id = f"rp{next(self.numbers):014d}"
        self.clock.advance(timedelta(seconds=1))
        async with transaction() as tx:
            outcome = await servicing.take_payment(
                tx, loan, fen, repayment_id=repayment_id, received_on=tx.today, returns=returns
            )
        fact = RepaymentTaken(
            repayment_id=repayment_id,
            borrower_id=loan.borrower_id,
            loan_id=loan.loan_id,
            amount_fen=fen,
            unapplied_fen=outcome.unapplied_fen,
            balance_fen=outcome.balance_fen,
        )
        await self.tell(fact)
        return repayment_id

    async def undo(self, loan: LoanRef, repayment_id: str) -> None:
        """Have a repayment charged back."""
        async with transaction() as tx:
            await servicing.reverse_payment(
                tx, loan, repayment_id=repayment_id, reason=ReversalReason.CHARGED_BACK
            )
        fact = RepaymentReversed(
            repayment_id=repayment_id,
            borrower_id=loan.borrower_id,
            loan_id=loan.loan_id,
            amount_fen=0,
            balance_fen=0,
            reason=ReversalReason.CHARGED_BACK.value,
        )
        await self.tell(fact)

    async def invite(self, inviter_id: str, invited_id: str) -> str:
        """Let somebody enter another's code."""
        code = (await queries.account_of(inviter_id)).code
        assert code is not None
        return await operations.enter_invitation(
            operations.EnterInvitation(
                borrower_id=invited_id, code=code, idempotency_key=self.key()
            )
        )

    async def keep_first_due(self, borrower_id: str) -> LoanRef:
        """Borrow, and pay the first installment at once."""
        loan = await self.borrow(borrower_id)
        await self.pay(loan, FIRST_DUE_FEN)
        return loan

    async def exchange(self, borrower_id: str, campaign: str = "POINTS_5") -> str:
        """Buy a coupon."""
        return await operations.exchange_points(
            operations.ExchangePoints(
                borrower_id=borrower_id, campaign=campaign, idempotency_key=self.key()
            )
        )

    async def redeem(
        self, loan: LoanRef, coupon_id: str, key: str | None = None
    ) -> operations.Redeemed:
        """Use a coupon."""
        return await operations.redeem_coupon(
            operations.RedeemCoupon(
                loan=loan, coupon_id=coupon_id, idempotency_key=key or self.key()
            )
        )

    async def pass_days(self, days: int) -> None:
        """Let so many days pass at one go, and end what is out of time."""
        async with transaction() as tx:
            to = tx.today + timedelta(days=days)
            await set_business_date(tx, to)
        await operations.end_of_day(to)
        await outbox.drain()


@pytest.fixture
async def town(database: Database, clock: FixedClock) -> Town:
    """Publish what policy says, and let rewards hear what is told."""
    assert database
    await publish_catalog()
    made = Town(clock)
    outbox.subscribe(
        [
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=made.phone),
            ),
            *(
                Subscription(fact_type=kind, consumer=name, local=effect)
                for kind, name, effect in operations.LOCAL_EFFECTS
            ),
            *(
                Subscription(fact_type=one, consumer=f"test.{one.__name__}", local=made.hear)
                for one in (CouponGranted, PointsExpiring)
            ),
        ]
    )
    return made


async def budget_of(code: str) -> tuple[int, int]:
    """Return what a campaign has promised and spent."""
    rows = await fetch("SELECT reserved_fen, spent_fen FROM reward_budget WHERE id = ?", [code])
    return (rows[0]["reserved_fen"], rows[0]["spent_fen"]) if rows else (0, 0)
