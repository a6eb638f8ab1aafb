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
class CardDebitWanted(Fact):
    """A borrower approved that their card is debited once, now; the rail is to be asked."""

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
    channel: str = "MOBILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentFailed(Fact):
    """No money was taken; `reason` is a `ports.FailureReason`, EXPIRED when nobody paid in time."""

    repayment_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    reason: str
    channel: str = "MOBILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(Fact):
    """A borrower asked for money held; it is set aside, and the rail is to be asked to pay it."""

    refund_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid(Fact):
    """The money has reached the borrower's card."""

    refund_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(Fact):
    """The money did not go out and is held again; `reason` is a `rules.refunds.RefundFailure`."""

    refund_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReturned(Fact):
    """The bank sent the money back after it had been paid; it is held again."""

    refund_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateAgreed(Fact):
    """A borrower agreed to automatic debits, for the first time or on other figures."""

    mandate_id: str
    consent_id: str
    borrower_id: str
    loan_id: str
    cap_fen: int
    floor_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRevoked(Fact):
    """A borrower ended automatic debits; nothing more is sent under the mandate."""

    mandate_id: str
    consent_id: str
    borrower_id: str
    loan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatePaused(Fact):
    """Automatic debits stopped by themselves; `reason` is why the last one did not work."""

    mandate_id: str
    consent_id: str
    attempt_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyAwaitsAcceptance(Fact):
    """Money is on its way to a borrower's wallet, and goes back unless they accept it there."""

    order_id: str
    borrower_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitPlanned(Fact):
    """A debit is to come; `on` is an ISO date. Above a cap, nothing is going to be taken."""

    mandate_id: str
    consent_id: str
    borrower_id: str
    loan_id: str
    on: str
    amount_fen: int
    is_above_cap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitFailed(Fact):
    """
    Nothing was taken by a debit, or it was not even sent.

    `reason` is a `ports.FailureReason` or a `rules.NotSent`; `next_on` is the ISO date of the next
    attempt, empty when there is none.
    """

    mandate_id: str
    consent_id: str
    attempt_id: str
    borrower_id: str
    loan_id: str
    amount_fen: int
    reason: str
    next_on: str
