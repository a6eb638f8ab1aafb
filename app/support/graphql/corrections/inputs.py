"""What a proposal of each kind takes; a decision; a withdrawal."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol

import strawberry

from app.foundation.errors import InvalidInput
from app.foundation.graphql import KEY_PER_CLICK, Fen, Rate, checked_id, checked_text
from app.loanmath.schedule import Moratorium
from app.loanmath.waterfall import DueKind
from app.servicing.graphql import CorrectionReason
from app.servicing.graphql import DueKind as ShownDueKind
from app.servicing.queries.living import PAYMENT_MAX_FEN
from app.servicing.rules import corrections as rules
from app.servicing.rules.corrections import Act, DecideCorrection, WithdrawCorrection

NOTE = "For whoever decides, never shown to the borrower; at most 1,000 characters."
CODE_MAX = 32
COUNT_MAX = 360

WAIVABLE = frozenset(DueKind) - {DueKind.PRINCIPAL}
CHARGEABLE = frozenset({DueKind.FEE, DueKind.COST})


@strawberry.enum(description="Why a repayment is undone.")
class ReversalReason(Enum):
    """The reasons of a reversal among `CorrectionReason`."""

    BOOKED_IN_ERROR = strawberry.enum_value(
        "BOOKED_IN_ERROR", description="We booked the money by mistake."
    )
    RAIL_REVERSED = strawberry.enum_value(
        "RAIL_REVERSED", description="The payment provider sent the money back."
    )
    CHARGED_BACK = strawberry.enum_value(
        "CHARGED_BACK", description="The payer's bank took the money back."
    )


@strawberry.enum(description="What the installments put off leave out.")
class DeferralKind(Enum):
    """What of `loanmath` a deferral may leave out."""

    PRINCIPAL = strawberry.enum_value(
        "PRINCIPAL", description="Principal only; interest is still paid."
    )
    PRINCIPAL_AND_INTEREST = strawberry.enum_value(
        "PRINCIPAL_AND_INTEREST", description="Everything; interest goes on and is paid later."
    )


class Proposal(Protocol):
    """What every kind of proposal can be turned into."""

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command of a member of staff.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        ...


def _command(  # noqa: PLR0917 - one command's own parts
    staff_id: str, loan_id: str, act: Act, reason: Enum, note: str, key: str
) -> rules.ProposeCorrection:
    return rules.ProposeCorrection(
        maker_id=staff_id,
        loan_id=loan_id,
        kind=rules.kind_of(act),
        act=act,
        reason=rules.CorrectionReason(reason.name),
        note=checked_text(note, field="input.note", most=rules.NOTE_MAX),
        idempotency_key=key,
    )


def _checked_amount(amount: Fen) -> int:
    if not 1 <= amount <= PAYMENT_MAX_FEN:
        raise InvalidInput("input.amount", "servicing.reason.amount", most_fen=PAYMENT_MAX_FEN)
    return amount


def _checked_count(count: int, *, field: str) -> int:
    if not 1 <= count <= COUNT_MAX:
        raise InvalidInput(field, "servicing.reason.count", most=COUNT_MAX)
    return count


@strawberry.input(description="A repayment, or a recovery, to be undone.")
class ProposeReversalInput:
    """A reversal."""

    repayment_id: strawberry.ID = strawberry.field(
        description="The repayment; a loan's timeline names those it took. For a recovery, the"
        " correction that took it."
    )
    reason: ReversalReason = strawberry.field(description="Why; the borrower is told in words.")
    note: str = strawberry.field(description=NOTE)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: The id is no repayment's or correction's, or the note empty or too long.
        """
        is_recovery = self.repayment_id.startswith(rules.CORRECTION_PREFIX)
        prefix = rules.CORRECTION_PREFIX if is_recovery else "rp"
        repayment_id = checked_id(self.repayment_id, prefix, field="input.repaymentId")
        act = rules.UndoRepayment(repayment_id=repayment_id)
        return _command(staff_id, "", act, self.reason, self.note, self.idempotency_key)


@strawberry.input(description="What every proposal about a loan names.")
class LoanProposalInput:
    """The common part; each kind of proposal adds its own."""

    loan_id: strawberry.ID = strawberry.field(description="The loan.")
    reason: CorrectionReason = strawberry.field(
        description="Why, one that fits the kind; the borrower is told in words."
    )
    note: str = strawberry.field(description=NOTE)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def proposing(self, staff_id: str, act: Act) -> rules.ProposeCorrection:
        """
        Return the command that proposes an act.

        Raises:
            InvalidInput: The id is not a loan's, or the note is empty or too long.
        """
        loan_id = checked_id(self.loan_id, "ln", field="input.loanId")
        return _command(staff_id, loan_id, act, self.reason, self.note, self.idempotency_key)


@strawberry.input(description="Something owed to be given up.")
class ProposeWaiverInput(LoanProposalInput):
    """A waiver."""

    part: ShownDueKind = strawberry.field(
        description="What of: costs, fees, penalty or interest; never principal."
    )
    amount: Fen = strawberry.field(description="How much; at most what is owed of it today.")
    installment_number: int | None = strawberry.field(
        description="On which installment; left out, the oldest first.", default=None
    )

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        part, number = DueKind(self.part.value), self.installment_number
        if part not in WAIVABLE:
            raise InvalidInput("input.part", "servicing.reason.correction_kind")
        if number is not None:
            _ = _checked_count(number, field="input.installmentNumber")
        amount_fen = _checked_amount(self.amount)
        act = rules.Waive(part=part, amount_fen=amount_fen, installment_number=number)
        return self.proposing(staff_id, act)


@strawberry.input(description="A fee or cost that arose.")
class ProposeChargeInput(LoanProposalInput):
    """A charge."""

    part: ShownDueKind = strawberry.field(description="FEE, or COST for realizing the claim.")
    code: str = strawberry.field(description="Its code in the loan's cost certificate.")
    amount: Fen = strawberry.field(description="How much.")

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        part = DueKind(self.part.value)
        if part not in CHARGEABLE:
            raise InvalidInput("input.part", "servicing.reason.charge_kind")
        code = checked_text(self.code, field="input.code", most=CODE_MAX)
        act = rules.Charge(part=part, code=code, amount_fen=_checked_amount(self.amount))
        return self.proposing(staff_id, act)


@strawberry.input(description="A lower rate from today on.")
class ProposeRateCutInput(LoanProposalInput):
    """A rate cut."""

    annual_rate: Rate = strawberry.field(description="The new yearly rate, such as 0.08.")

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        return self.proposing(staff_id, rules.CutRate(annual_rate=Decimal(self.annual_rate)))


@strawberry.input(description="Installments to be put off.")
class ProposeDeferralInput(LoanProposalInput):
    """A deferral."""

    periods: int = strawberry.field(description="By how many periods, at least 1.")
    leaves_out: DeferralKind = strawberry.field(description="What is not paid meanwhile.")

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        periods = _checked_count(self.periods, field="input.periods")
        act = rules.Defer(periods=periods, moratorium=Moratorium(self.leaves_out.value))
        return self.proposing(staff_id, act)


@strawberry.input(description="A new plan for what is left.")
class ProposeReschedulingInput(LoanProposalInput):
    """A rescheduling."""

    count: int = strawberry.field(description="How many installments there shall be.")
    first_due_on: date | None = strawberry.field(
        description="The first due date; left out, where the terms would put it.", default=None
    )
    annual_rate: Rate | None = strawberry.field(
        description="A lower yearly rate from today on; left out, as before.", default=None
    )
    includes_arrears: bool = strawberry.field(
        description="Whether what is due and unpaid joins the new plan.", default=True
    )

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        rate = self.annual_rate
        act = rules.Reschedule(
            count=_checked_count(self.count, field="input.count"),
            first_due_on=self.first_due_on,
            annual_rate=None if rate is None else Decimal(rate),
            includes_arrears=self.includes_arrears,
        )
        return self.proposing(staff_id, act)


@strawberry.input(description="A loan to be given up in our books; the debt stays.")
class ProposeWriteOffInput(LoanProposalInput):
    """A write-off."""

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        return self.proposing(staff_id, rules.WriteOff())


@strawberry.input(description="Money that came in on a loan that was written off.")
class ProposeRecoveryInput(LoanProposalInput):
    """A recovery."""

    amount: Fen = strawberry.field(description="How much came in.")

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        return self.proposing(staff_id, rules.Recover(amount_fen=_checked_amount(self.amount)))


@strawberry.input(description="A write-off to be ended; the loan accrues again from that day.")
class ProposeReopeningInput(LoanProposalInput):
    """A reopening."""

    def as_command(self, staff_id: str) -> rules.ProposeCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: A value is malformed or out of bounds; it says which.
        """
        return self.proposing(staff_id, rules.Reopen())


@strawberry.input(description="A decision on what somebody else proposed.")
class DecideCorrectionInput:
    """A decision."""

    correction_id: strawberry.ID = strawberry.field(description="The correction; an open one.")
    is_approved: bool = strawberry.field(description="Whether it shall happen; rejected if not.")
    note: str = strawberry.field(description="Why, for staff; at most 1,000 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> DecideCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a correction's, or the note is empty or too long.
        """
        return DecideCorrection(
            checker_id=staff_id,
            correction_id=checked_id(self.correction_id, "co", field="input.correctionId"),
            is_approved=self.is_approved,
            note=checked_text(self.note, field="input.note", most=rules.NOTE_MAX),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="A proposal to be taken back.")
class WithdrawCorrectionInput:
    """A withdrawal."""

    correction_id: strawberry.ID = strawberry.field(description="The correction; one's own.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> WithdrawCorrection:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a correction's.
        """
        return WithdrawCorrection(
            maker_id=staff_id,
            correction_id=checked_id(self.correction_id, "co", field="input.correctionId"),
            idempotency_key=self.idempotency_key,
        )
