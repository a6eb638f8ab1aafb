"""Facts that payments announces; amounts in whole fen."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentInitiated(Fact):
    """A borrower wants to pay; the rail is to be asked for an order."""

    repayment_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentTaken(Fact):
    """
    The money arrived and was allocated.

    `unapplied_fen` of it found nothing to pay and is kept for the borrower; `balance_fen` is what
    the loan still asks for.
    """

    repayment_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    unapplied_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentFailed(Fact):
    """No money was taken; `reason` is a `ports.FailureReason`, EXPIRED when nobody paid in time."""

    repayment_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentReversed(Fact):
    """A repayment was undone; `reason` is a servicing `ReversalReason`."""

    repayment_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    balance_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffCertificateIssued(Fact):
    """A payoff certificate (结清证明) was made out for a loan that is paid off."""

    certificate_id: str
    borrower_id: str
    loan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffCertificateRevoked(Fact):
    """A payoff certificate no longer holds; `reason` is a `rules.RevocationReason`."""

    certificate_id: str
    borrower_id: str
    loan_id: str
    reason: str
