"""The life of a refund: one table of steps, and what each word from the rail does to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.identity.rules import goes_to_wallet, payee_tail
from app.loanmath.explain import Explanation, Figure, Input, InputName, Part, Rule, Unit
from app.payments.errors import RefundStepRefused
from app.payments.ports import FailureReason, RailStatus
from app.servicing.rules import LoanRef


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "REQUESTED"
    SENDING = "SENDING"
    PAID = "PAID"
    FAILED = "FAILED"
    REVERSED = "REVERSED"


class RefundFailure(StrEnum):
    """Why the money is held again."""

    PAYEE_UNREACHABLE = "PAYEE_UNREACHABLE"
    NAME_MISMATCH = "NAME_MISMATCH"
    DECLINED = "DECLINED"
    UNSTATED = "UNSTATED"
    NO_LONGER_HELD = "NO_LONGER_HELD"
    """The repayment that brought the money was undone before it was sent."""

    @classmethod
    def of(cls, reason: FailureReason | None) -> "RefundFailure":
        """Say in a refund's terms why the rail moved no money."""
        try:
            return cls((reason or FailureReason.UNSTATED).value)
        except ValueError:
            return cls.UNSTATED


REFUND_STEPS: Mapping[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.SENDING, RefundStatus.FAILED}),
    RefundStatus.SENDING: frozenset({RefundStatus.PAID, RefundStatus.FAILED}),
    RefundStatus.PAID: frozenset({RefundStatus.REVERSED}),
    # The rail's words come in any order, and the one about the latest moment says where the money
    # is: paid after a failure, or paid before it and then returned.
    RefundStatus.FAILED: frozenset({RefundStatus.PAID, RefundStatus.REVERSED}),
    RefundStatus.REVERSED: frozenset({RefundStatus.PAID}),
}
"""Every step a refund may take; there are no others."""

HELD_AGAIN = frozenset({RefundStatus.FAILED, RefundStatus.REVERSED})
"""The money is held for the borrower as before."""

RETURNS_WATCHED_FOR = timedelta(days=5)
"""How long after the wish a rail is asked whether a bank has returned the money, untold."""

RETURNS_ASKED_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRef:
    """Whose refund: it is always asked for together with its borrower."""

    borrower_id: str
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """
    Money on its way back to the borrower, as it stands.

    `settled_at` is the moment the rail's last word is about: of payment, failure or return.
    """

    refund_id: str
    loan: LoanRef
    amount_fen: int
    status: RefundStatus
    requested_at: datetime
    requested_on: date
    settled_at: datetime | None = None
    failure: RefundFailure | None = None


class RefundWay(StrEnum):
    """Which way the money goes."""

    TO_CARD = "TO_CARD"
    TO_WALLET = "TO_WALLET"
    TO_PAYER = "TO_PAYER"
    """Back the way it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayee:
    """Where a refund goes, as it may be shown; `tail` is empty where it goes back as it came."""

    way: RefundWay
    tail: str


def refund_payee(payee: str, *, goes_back: bool) -> RefundPayee:
    """Say where a refund goes by what is kept of it in clear."""
    if goes_back:
        return RefundPayee(way=RefundWay.TO_PAYER, tail="")
    way = RefundWay.TO_WALLET if goes_to_wallet(payee) else RefundWay.TO_CARD
    return RefundPayee(way=way, tail=payee_tail(payee))


HELD = Figure.LOAN_UNAPPLIED
"""What can be given back."""


def refund_explained(view: RefundView, held: Explanation | None) -> Explanation | None:
    """Explain a refund by what was held when it was asked for; None if that is not known."""
    if held is None:
        return None
    return Explanation(
        figure=Figure.REFUND_AMOUNT,
        on=view.requested_on,
        rule=Rule.REFUND,
        result_fen=min(view.amount_fen, held.result_fen),
        inputs=(
            Input(InputName.AMOUNT, Unit.FEN, view.amount_fen),
            Input(InputName.HELD, Unit.FEN, held.result_fen),
        ),
        parts=(Part(figure=HELD, amount_fen=held.result_fen),),
    )


def refund_step(status: RefundStatus, wanted: RefundStatus) -> RefundStatus:
    """
    Take a step of the table.

    Raises:
        RefundStepRefused: It is not in the table.
    """
    if wanted not in REFUND_STEPS[status]:
        raise RefundStepRefused(status.value, wanted.value)
    return wanted


def confirms(status: RefundStatus, said: RailStatus) -> bool:
    """Tell whether a word says that the money still is where it was."""
    if status is RefundStatus.PAID:
        return said is RailStatus.SUCCEEDED
    return status in HELD_AGAIN and said is RailStatus.FAILED


def contradicts(status: RefundStatus, said: RailStatus) -> bool:
    """Tell whether a word about the moment that brought a refund where it is says otherwise."""
    if status is RefundStatus.PAID:
        return said is RailStatus.FAILED
    return status in HELD_AGAIN and said is RailStatus.SUCCEEDED


def refund_step_on_word(
    status: RefundStatus, said: RailStatus, *, is_later: bool
) -> RefundStatus | None:
    """
    Return where the rail's word moves a refund; None when it says nothing new.

    Args:
        status: Where it stands.
        said: What the rail says.
        is_later: Whether the word is about a later moment than the one that brought it there.
    """
    match said, status:
        case RailStatus.SUCCEEDED, RefundStatus.FAILED:
            wanted = RefundStatus.PAID if is_later else RefundStatus.REVERSED
        case RailStatus.SUCCEEDED, RefundStatus.REVERSED:
            wanted = RefundStatus.PAID if is_later else None
        case RailStatus.SUCCEEDED, _:
            wanted = RefundStatus.PAID
        case RailStatus.FAILED, RefundStatus.PAID:
            wanted = RefundStatus.REVERSED if is_later else None
        case RailStatus.FAILED, RefundStatus.SENDING:
            wanted = RefundStatus.FAILED
        case _:
            wanted = None
    return wanted if wanted in REFUND_STEPS[status] else None
