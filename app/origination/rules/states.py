"""The life of a loan application and of its disbursement: one table each."""

from collections.abc import Mapping
from enum import StrEnum

from app.origination.errors import DisbursementStepRefused, StepOutOfOrder
from app.payments.ports import RailStatus


class ApplicationState(StrEnum):
    """Where a loan application stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    DECIDING = "DECIDING"
    OFFERED = "OFFERED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    COST_CONFIRMED = "COST_CONFIRMED"
    SIGNED = "SIGNED"
    COOLING_OFF = "COOLING_OFF"
    DISBURSING = "DISBURSING"
    BOOKED = "BOOKED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    DISBURSEMENT_FAILED = "DISBURSEMENT_FAILED"


class Move(StrEnum):
    """What can be done to a loan application."""

    EDIT = "EDIT"
    """Fill in a step, give or revoke a consent."""
    SUBMIT = "SUBMIT"
    ASK_FOR_MORE = "ASK_FOR_MORE"
    CONSIDER = "CONSIDER"
    OFFER = "OFFER"
    REJECT = "REJECT"
    OVERTURN = "OVERTURN"
    """Offer after all: a person found that the machine was wrong to decline."""
    RECALL = "RECALL"
    """Give it back to a person: others came to carry what identified the applicant."""
    ACCEPT_OFFER = "ACCEPT_OFFER"
    READ_COST = "READ_COST"
    """Open the cost certificate, answer the questions about it."""
    CONFIRM_COST = "CONFIRM_COST"
    BEGIN_SIGNATURE = "BEGIN_SIGNATURE"
    SIGN = "SIGN"
    COOL_OFF = "COOL_OFF"
    """Hold the money back for a while after the signature."""
    PAY_OUT = "PAY_OUT"
    BOOK = "BOOK"
    FAIL = "FAIL"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


_S = ApplicationState
_BEFORE_DECISION = {Move.WITHDRAW: _S.WITHDRAWN, Move.EXPIRE: _S.EXPIRED}
# An offer may be exchanged for its neighbor until the signature: whoever finds the cost too high
# on reading the certificate can still take the cheaper one, and reads and confirms anew.
_BEFORE_SIGNATURE = {
    **_BEFORE_DECISION,
    Move.ACCEPT_OFFER: _S.OFFER_ACCEPTED,
    Move.RECALL: _S.DECIDING,
}

MOVES: Mapping[ApplicationState, Mapping[Move, ApplicationState]] = {
    _S.DRAFT: {Move.EDIT: _S.DRAFT, Move.SUBMIT: _S.SUBMITTED, **_BEFORE_DECISION},
    _S.SUBMITTED: {
        Move.ASK_FOR_MORE: _S.ACTION_REQUIRED,
        Move.CONSIDER: _S.DECIDING,
        **_BEFORE_DECISION,
    },
    _S.ACTION_REQUIRED: {
        Move.EDIT: _S.ACTION_REQUIRED,
        Move.SUBMIT: _S.SUBMITTED,
        **_BEFORE_DECISION,
    },
    _S.DECIDING: {
        # A lender may leave the list while the decision is made: then there is nothing to offer.
        Move.ASK_FOR_MORE: _S.ACTION_REQUIRED,
        Move.OFFER: _S.OFFERED,
        Move.REJECT: _S.REJECTED,
        **_BEFORE_DECISION,
    },
    _S.OFFERED: _BEFORE_SIGNATURE,
    _S.OFFER_ACCEPTED: {
        Move.READ_COST: _S.OFFER_ACCEPTED,
        Move.CONFIRM_COST: _S.COST_CONFIRMED,
        **_BEFORE_SIGNATURE,
    },
    _S.COST_CONFIRMED: {
        Move.BEGIN_SIGNATURE: _S.COST_CONFIRMED,
        Move.SIGN: _S.SIGNED,
        **_BEFORE_SIGNATURE,
    },
    # Until the money is on its way the borrower may step back at no cost.
    _S.SIGNED: {
        Move.COOL_OFF: _S.COOLING_OFF,
        Move.PAY_OUT: _S.DISBURSING,
        Move.FAIL: _S.DISBURSEMENT_FAILED,
        Move.WITHDRAW: _S.WITHDRAWN,
    },
    _S.COOLING_OFF: {
        Move.PAY_OUT: _S.DISBURSING,
        Move.FAIL: _S.DISBURSEMENT_FAILED,
        Move.WITHDRAW: _S.WITHDRAWN,
    },
    _S.DISBURSING: {Move.BOOK: _S.BOOKED, Move.FAIL: _S.DISBURSEMENT_FAILED},
    _S.BOOKED: {},
    _S.REJECTED: {Move.OVERTURN: _S.OFFERED},
    _S.WITHDRAWN: {},
    _S.EXPIRED: {},
    # Money that arrives after all makes the loan it was signed for: the order in which the rail's
    # notices come must not decide whether it exists.
    _S.DISBURSEMENT_FAILED: {Move.BOOK: _S.BOOKED},
}
"""Every move a loan application may make, and where it leads; there are no others."""

SIGNED_UNPAID = frozenset({_S.SIGNED, _S.COOLING_OFF})
"""The borrower has signed, and the rail has not been asked for the money."""

AWAITS_MONEY = SIGNED_UNPAID | {_S.DISBURSING}
"""The borrower has signed, and there is no loan yet."""

RECALLABLE = SIGNED_UNPAID | {_S.DECIDING, _S.OFFERED, _S.OFFER_ACCEPTED, _S.COST_CONFIRMED}
"""While a person may still look before anything is paid."""

ENDED = frozenset({_S.BOOKED, _S.REJECTED, _S.WITHDRAWN, _S.EXPIRED, _S.DISBURSEMENT_FAILED})
"""Nothing is left for the borrower to do."""


def moved(state: ApplicationState, move: Move) -> ApplicationState:
    """
    Return where a move leads.

    Raises:
        StepOutOfOrder: The move is not in the table.
    """
    after = MOVES[state].get(move)
    if after is None:
        raise StepOutOfOrder(state.value, move.value)
    return after


class DisbursementState(StrEnum):
    """Where the money of a signed agreement stands."""

    RESERVED = "RESERVED"
    """Set aside; the rail has not been asked."""
    SENT = "SENT"
    """The rail is being asked, or has been."""
    DISPUTED = "DISPUTED"
    """The rail says it paid another amount; nothing is booked until that is cleared up."""
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    """Given up before the rail was asked."""
    EXPIRED = "EXPIRED"
    """The reservation's time ran out before the rail was asked."""


_D = DisbursementState
DISBURSEMENT_STEPS: Mapping[DisbursementState, frozenset[DisbursementState]] = {
    _D.RESERVED: frozenset({_D.SENT, _D.CANCELLED, _D.EXPIRED}),
    _D.SENT: frozenset({_D.SUCCEEDED, _D.FAILED, _D.DISPUTED}),
    # Once the rail has said it paid another amount, only the right amount settles it: a person
    # looks, whichever of its words came first.
    _D.DISPUTED: frozenset({_D.SUCCEEDED}),
    _D.SUCCEEDED: frozenset(),
    _D.FAILED: frozenset({_D.SUCCEEDED, _D.DISPUTED}),
    _D.CANCELLED: frozenset(),
    _D.EXPIRED: frozenset(),
}
"""Every step a disbursement may take; there are no others."""


def stepped(state: DisbursementState, wanted: DisbursementState) -> DisbursementState:
    """
    Take a step of a disbursement.

    Raises:
        DisbursementStepRefused: It is not in the table.
    """
    if wanted not in DISBURSEMENT_STEPS[state]:
        raise DisbursementStepRefused(state.value, wanted.value)
    return wanted


def step_on_word(
    state: DisbursementState, said: RailStatus, *, is_amount_right: bool
) -> DisbursementState | None:
    """Return where the rail's word moves a disbursement; None when it says nothing new."""
    match said:
        case RailStatus.SUCCEEDED:
            wanted = _D.SUCCEEDED if is_amount_right else _D.DISPUTED
        case RailStatus.FAILED:
            wanted = _D.FAILED
        case RailStatus.PENDING | RailStatus.UNKNOWN:
            return None
    return wanted if wanted in DISBURSEMENT_STEPS[state] else None
