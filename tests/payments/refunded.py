"""A borrower with a card and money held, a rail that pays out as told, and where refunds stand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.foundation import outbox
from app.foundation.database import current
from app.foundation.outbox import Subscription
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.identity.rules import CompleteProfile, RequestCode, SignedIn, VerifyCode
from app.loanmath.schedule import Prepayment
from app.payments import operations, queries
from app.payments.events import RefundRequested
from app.payments.operations import RefundOverpayment
from app.payments.ports import (
    FailureReason,
    GiveBackAsk,
    OrderRefused,
    OrderReport,
    PayOutOrder,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import RailNotice, RailOrderKind
from app.payments.rules.refunds import RefundRef, RefundView
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests import cards
from tests.payments.conftest import Lend, Pay, notice_of

CARD = "6200000000000013"
OTHER_CARD = "6200000000000021"
NAME = "石宝塬"
PAYEE, OTHER_PAYEE = f"{CARD} {NAME}", f"{OTHER_CARD} {NAME}"
"""What a rail is told: the card, and whose it is."""
HELD_FEN = 50_000


class _Phone:
    def __init__(self) -> None:
        self.text = ""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        assert phone
        assert message_id
        self.text = text


async def join() -> str:
    """Let somebody with a card join, and return their id."""
    return await _join("19900000001", "612629198003120014", CARD)


async def join_without_a_card() -> str:
    """Let somebody join who has named no card, and return their id."""
    return await _join("19900000002", "612629198503120029", None)


async def _join(phone: str, resident_id: str, card: str | None) -> str:
    inbox = _Phone()
    asked = await identity.request_code(RequestCode(phone=phone, idempotency_key=f"ask-{phone}"))
    issued = CodeIssued(challenge_id=asked.challenge_id, purpose="SIGN_IN")
    await identity.deliver_code(issued, "dl00000abcdefghi", sender=inbox)
    code = inbox.text.rsplit("#", 1)[1]
    signed_in = await identity.verify_code(
        VerifyCode(challenge_id=asked.challenge_id, code=code, idempotency_key=f"in-{phone}")
    )
    assert isinstance(signed_in, SignedIn)
    await identity.complete_profile(
        CompleteProfile(
            borrower_id=signed_in.borrower_id,
            name=NAME,
            resident_id=resident_id,
            region_code="610629",
            income_fen=550_000,
            purpose="买化肥",
            bank_card=card,
            is_student=False,
            phone_tenure_months=84,
            idempotency_key="profile",
        )
    )
    return signed_in.borrower_id


async def change_card(borrower_id: str, card: str = OTHER_CARD) -> None:
    """Name another card."""
    await cards.change_card(borrower_id, card)


async def overpaid(borrower_id: str, lend: Lend, pay: Pay, key: str = "too-much") -> LoanRef:
    """Return a loan paid off with 500 yuan too much."""
    loan = await lend(borrower_id, annual_rate="0")
    view = await pay(loan, 1_200_000 + HELD_FEN, key, allow_overpayment=True)
    await operations.accept_callback(notice_of(view))
    assert await held_fen(loan) == HELD_FEN
    return loan


async def ahead(borrower_id: str, lend: Lend, pay: Pay, key: str = "ahead") -> LoanRef:
    """Return a running loan, due on the 21st, with 2,000 yuan held for the dues to come."""
    loan = await lend(borrower_id, prepayment=Prepayment.HOLD)
    view = await pay(loan, 200_000, key)
    await operations.accept_callback(notice_of(view))
    assert await held_fen(loan) == 200_000
    return loan


async def held_fen(loan: LoanRef) -> int:
    """Return what is held for the borrower."""
    return (await loans.loan(loan)).unapplied_fen


async def ask(
    loan: LoanRef, amount_fen: int | None = None, key: str = "back", *, pin: str | None = None
) -> RefundView:
    """Ask for money held, and leave it at that."""
    view = await operations.refund_overpayment(
        RefundOverpayment(loan=loan, amount_fen=amount_fen, pin=pin, idempotency_key=key)
    )
    assert isinstance(view, RefundView)
    return view


async def standing(view: RefundView) -> RefundView:
    """Return how a refund stands now."""
    ref = RefundRef(borrower_id=view.loan.borrower_id, refund_id=view.refund_id)
    return await queries.refund(ref)


@dataclass
class RefundsRail:
    """A rail that pays out as a test wants it to; one order an id, however often it is asked."""

    orders: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    given_back: dict[str, GiveBackAsk] = field(default_factory=dict[str, GiveBackAsk])
    accepts: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    calls: int = 0
    reports: dict[str, OrderReport] = field(default_factory=dict[str, OrderReport])
    refusal: FailureReason | None = None
    is_away: bool = False
    loses_answers: bool = False
    before_answer: Callable[[], Awaitable[object]] | None = None

    async def pay_out(
        self, refund_id: str, amount_fen: int, payee_reference: str, /
    ) -> PayOutOrder:
        self.calls += 1
        if self.is_away:
            raise RailUnavailable
        if self.refusal is not None:
            raise OrderRefused(self.refusal)
        order = self.orders.setdefault(refund_id, (amount_fen, payee_reference))
        assert order == (amount_fen, payee_reference), "one id is one order"
        if self.before_answer is not None:
            await self.before_answer()
        if self.loses_answers:
            raise RailUnavailable
        return PayOutOrder(
            provider_ref=reference_of(refund_id), accept_in_app=self.accepts.get(refund_id)
        )

    async def give_back(self, ask: GiveBackAsk) -> str:
        self.given_back.setdefault(ask.refund_id, ask)
        assert self.given_back[ask.refund_id] == ask, "one id is one order"
        place = f"{ask.order_id}/{ask.order_fen}"
        return (await self.pay_out(ask.refund_id, ask.amount_fen, place)).provider_ref

    async def order_status(self, order_id: str) -> OrderReport:
        if self.is_away:
            raise RailUnavailable
        if order_id not in self.orders:
            return OrderReport(status=RailStatus.UNKNOWN)
        pending = OrderReport(status=RailStatus.PENDING, provider_ref=reference_of(order_id))
        return self.reports.get(order_id, pending)

    def settle(self, view: RefundView, status: RailStatus, *, at: datetime) -> None:
        """Decide how an order ended, and tell only who asks."""
        self.reports[view.refund_id] = OrderReport(
            status=status,
            provider_ref=reference_of(view.refund_id),
            amount_fen=view.amount_fen,
            settled_at=at,
        )


def reference_of(refund_id: str) -> str:
    """Return the rail's own number for a refund."""
    return f"P{refund_id}"


def connect(rail: RefundsRail) -> None:
    """Let the worker send refunds by this rail."""

    async def start(fact: RefundRequested, delivery_id: str) -> None:
        await operations.start_refund(fact, delivery_id, rail=rail)

    outbox.subscribe([Subscription(fact_type=RefundRequested, consumer="outgoing", outside=start)])


def word(
    view: RefundView,
    status: RailStatus = RailStatus.SUCCEEDED,
    *,
    event: str = "final",
    **more: object,
) -> RailNotice:
    """Write the notice the rail sends about a refund."""
    parts: dict[str, Any] = {
        "event_id": f"{view.refund_id}.{event}",
        "kind": RailOrderKind.DISBURSEMENT,
        "order_id": view.refund_id,
        "provider_ref": reference_of(view.refund_id),
        "status": status,
        "amount_fen": view.amount_fen,
        "occurred_at": current().clock.now(),
    }
    parts.update(more)
    return RailNotice(**parts)
