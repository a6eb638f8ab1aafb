"""What the staff graph shows of corrections: the act, the loan's figures around it, problems."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Fen,
    Info,
    PlainProblem,
    Problem,
    Rate,
    enum_value,
    problem_of,
    problem_parts,
)
from app.identity.graphql import StaffRole
from app.loanmath.life.preview import PREVIEW_ID
from app.servicing import errors
from app.servicing.graphql.amounts import OfCorrection
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.words import LoanStatus
from app.servicing.queries import ToExplain
from app.servicing.rules import corrections as rules


@strawberry.enum(description="What a correction does to a loan.")
class CorrectionKind(Enum):
    """Kinds of `rules.ActKind`."""

    REVERSAL = enum_value("REVERSAL", "Undo a repayment.")
    WAIVER = enum_value("WAIVER", "Give up costs, fees, penalty or interest that is owed.")
    CHARGE = enum_value("CHARGE", "Charge a fee or cost that the cost certificate names.")
    RATE_CUT = enum_value("RATE_CUT", "Lower the contract rate.")
    DEFERRAL = enum_value("DEFERRAL", "Put the installments to come off.")
    RESCHEDULING = enum_value("RESCHEDULING", "Agree what is left anew.")
    WRITE_OFF = enum_value("WRITE_OFF", "Give the loan up in our books; the debt stays.")
    RECOVERY = enum_value("RECOVERY", "Take money that came in after a write-off.")
    REOPENING = enum_value("REOPENING", "End a write-off.")


@strawberry.enum(description="Why a loan is corrected; the borrower is told in words.")
class CorrectionReason(Enum):
    """Reasons of `rules.CorrectionReason`."""

    BOOKED_IN_ERROR = enum_value("BOOKED_IN_ERROR", "Reversals: we booked the money by mistake.")
    RAIL_REVERSED = enum_value("RAIL_REVERSED", "Reversals: the payment provider sent it back.")
    CHARGED_BACK = enum_value("CHARGED_BACK", "Reversals: the payer's bank took it back.")
    OUR_MISTAKE = enum_value("OUR_MISTAKE", "Relief, reopening: we made a mistake.")
    COMPLAINT = enum_value("COMPLAINT", "Relief: it settles a complaint.")
    HARDSHIP = enum_value("HARDSHIP", "Relief, write-off: paying is hard for the borrower.")
    DISASTER = enum_value("DISASTER", "Relief: a disaster hit home or fields.")
    GOODWILL = enum_value("GOODWILL", "Relief: a gesture.")
    AGREED = enum_value("AGREED", "Relief, reopening: agreed with the borrower.")
    LEGAL = enum_value("LEGAL", "All but reversals: the law or a court's decision asks for it.")
    COST_ARISEN = enum_value("COST_ARISEN", "Charges: a cost of the certificate arose.")
    LONG_UNPAID = enum_value("LONG_UNPAID", "Write-off: unpaid for a long time.")
    MONEY_CAME = enum_value("MONEY_CAME", "Recovery: money came in.")


@strawberry.enum(description="Where a correction stands.")
class CorrectionState(Enum):
    """States of `rules.CorrectionState`."""

    PROPOSED = enum_value("PROPOSED", "Waits for somebody else to decide.")
    APPROVED = enum_value("APPROVED", "Done; the borrower was told.")
    REJECTED = enum_value("REJECTED", "Turned down; the loan is unchanged.")
    WITHDRAWN = enum_value("WITHDRAWN", "Taken back by whoever proposed it.")
    EXPIRED = enum_value("EXPIRED", "Nobody decided in time; propose it again.")


@strawberry.type(
    description="A loan's figures on a day. What is left to pay, by part, sums to `balance`."
)
class CorrectionFigures:
    """Figures."""

    explaining: strawberry.Private[Explaining]
    status: LoanStatus = strawberry.field(description="How the loan stands.")
    annual_rate: Rate = strawberry.field(description="The yearly rate in force.")
    principal: Fen = strawberry.field(description="Principal left to pay.")
    interest: Fen = strawberry.field(description="Interest left to pay if the plan is kept.")
    fee: Fen = strawberry.field(description="Fees left to pay.")
    cost: Fen = strawberry.field(description="Costs of realizing the claim left to pay.")
    penalty: Fen = strawberry.field(description="Penalty left to pay.")
    balance: Fen = strawberry.field(description="Everything left to pay if the plan is kept.")
    due_now: Fen = strawberry.field(description="What of it is due that day or before.")
    overdue: Fen = strawberry.field(description="What of it is past due.")
    unapplied: Fen = strawberry.field(description="Money held for the borrower.")
    waived: Fen = strawberry.field(description="Everything given up so far.")
    payoff: Fen = strawberry.field(description="What would close the loan that day.")
    days_past_due: int = strawberry.field(description="Days since the oldest unpaid due date.")
    installments_left: int = strawberry.field(description="Installments not fully paid.")
    next_due_on: date | None = strawberry.field(
        description="The next due date with something to pay; null if nothing is."
    )
    next_amount: Fen = strawberry.field(description="What is to be paid on it.")
    closes_on: date = strawberry.field(description="The plan's last due date.")

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfCorrection) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @classmethod
    def of(cls, figures: rules.CorrectionFigures, explaining: Explaining) -> "CorrectionFigures":
        """Show figures; `explaining` is the loan as they have it."""
        return cls(
            explaining=explaining,
            status=LoanStatus[figures.status.name],
            annual_rate=Rate(figures.annual_rate),
            principal=Fen(figures.principal_fen),
            interest=Fen(figures.interest_fen),
            fee=Fen(figures.fee_fen),
            cost=Fen(figures.cost_fen),
            penalty=Fen(figures.penalty_fen),
            balance=Fen(figures.balance_fen),
            due_now=Fen(figures.due_now_fen),
            overdue=Fen(figures.overdue_fen),
            unapplied=Fen(figures.unapplied_fen),
            waived=Fen(figures.waived_fen),
            payoff=Fen(figures.payoff_fen),
            days_past_due=figures.days_past_due,
            installments_left=figures.installments_left,
            next_due_on=figures.next_due_on,
            next_amount=Fen(figures.next_amount_fen),
            closes_on=figures.closes_on,
        )


def figures_when_proposed(
    correction: rules.Correction,
) -> tuple[CorrectionFigures, CorrectionFigures]:
    """Show a loan's figures on the day a correction was proposed: as they were, and as made so."""
    on, loan_id = correction.proposed_on, correction.loan.loan_id
    stamp = rules.Stamp(event_id=PREVIEW_ID, effective_on=on, recorded_at=correction.proposed_at)
    before = ToExplain(loan_id=loan_id, on=on, events_known=correction.events_known)
    after = replace(before, added=(rules.event_of(correction.act, stamp),))
    return (
        CorrectionFigures.of(correction.before, Explaining.fixed(before)),
        CorrectionFigures.of(correction.after, Explaining.fixed(after)),
    )


@strawberry.type(description="A correction as the queue shows it, without the loan's figures.")
class Correction:
    """A correction."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it is about.")
    borrower_id: strawberry.ID = strawberry.field(description="Whose loan it is.")
    kind: CorrectionKind = strawberry.field(description="What it does.")
    amount: Fen = strawberry.field(
        description="How much it is about, by which its approver is found: what is undone, waived,"
        " charged, recovered or saved; else the principal left."
    )
    sentence: str = strawberry.field(
        description="What it does in one sentence, in the caller's language."
    )
    reason: CorrectionReason = strawberry.field(description="Why.")
    state: CorrectionState = strawberry.field(description="Where it stands.")
    approver: StaffRole = strawberry.field(
        description="The lowest role that could approve it when it was proposed."
    )
    maker_id: strawberry.ID = strawberry.field(description="Who proposed it.")
    maker_name: str = strawberry.field(description="That one's work name.")
    proposed_at: datetime = strawberry.field(description="When.")
    expires_on: date = strawberry.field(description="The last day on which it can be decided.")
    checker_name: str | None = strawberry.field(
        description="The work name of whoever decided; null while nobody has."
    )
    decided_at: datetime | None = strawberry.field(
        description="When it was decided or withdrawn; null while it is open, or if it lapsed."
    )

    @classmethod
    def of(cls, info: Info, correction: rules.Correction) -> "Correction":
        """Show a correction to staff."""
        return cls(
            id=strawberry.ID(correction.correction_id),
            loan_id=strawberry.ID(correction.loan.loan_id),
            borrower_id=strawberry.ID(correction.loan.borrower_id),
            kind=CorrectionKind[correction.kind.name],
            amount=Fen(correction.amount_fen),
            sentence=sentence_of(info, correction),
            reason=CorrectionReason[correction.reason.name],
            state=CorrectionState[correction.state.name],
            approver=StaffRole[correction.approver.name],
            maker_id=strawberry.ID(correction.maker_id),
            maker_name=correction.maker_name,
            proposed_at=correction.proposed_at,
            expires_on=correction.expires_on,
            checker_name=correction.checker_name,
            decided_at=correction.decided_at,
        )


def sentence_of(info: Info, correction: rules.Correction) -> str:
    """Say what a correction does."""
    act, say = correction.act, info.context.text
    amount_fen = correction.amount_fen
    match act:
        case rules.Waive() | rules.Charge():
            code = act.code if isinstance(act, rules.Charge) else ""
            key = f"{correction.kind.value}_{act.part.value}"
            said = say(f"servicing.correction.{key}", amount_fen=amount_fen, code=code)
            number = act.installment_number if isinstance(act, rules.Waive) else None
            if number is not None:
                said += say("servicing.correction.on_installment", number=number)
            return said
        case rules.UndoRepayment(repayment_id=repayment_id):
            key, data = "REVERSAL", {"repayment_id": repayment_id}
        case rules.CutRate(annual_rate=annual_rate):
            key, data = "RATE_CUT", {"percent": _percent(annual_rate)}
        case rules.Defer(periods=periods, moratorium=moratorium):
            key, data = f"DEFERRAL_{moratorium.value}", {"periods": periods}
        case rules.Reschedule(count=count):
            key, data = "RESCHEDULING", {"count": count}
        case rules.WriteOff() | rules.Recover() | rules.Reopen():
            key, data = correction.kind.value, {}
    return say(f"servicing.correction.{key}", amount_fen=amount_fen, **data)


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


@strawberry.type(description="What an open correction would do if it were approved today.")
class CorrectionToday:
    """The outlook."""

    before: CorrectionFigures = strawberry.field(description="The loan's figures today.")
    after: CorrectionFigures | None = strawberry.field(
        description="As the correction would make them; null when it can no longer be done."
    )
    is_possible: bool = strawberry.field(
        description="Whether approving it would do exactly what was proposed. If not, reject it."
    )
    events_since: int = strawberry.field(
        description="How much has happened to the loan since it was proposed."
    )

    @classmethod
    def of(
        cls, info: Info, today: rules.CorrectionToday, correction: rules.Correction
    ) -> "CorrectionToday":
        """Show the outlook."""
        on = info.context.today
        stamp = rules.Stamp(event_id=PREVIEW_ID, effective_on=on, recorded_at=info.context.now)
        before = ToExplain(loan_id=correction.loan.loan_id, on=on)
        after = replace(before, added=(rules.event_of(correction.act, stamp),))
        return cls(
            before=CorrectionFigures.of(today.before, Explaining.fixed(before)),
            after=None
            if today.after is None
            else CorrectionFigures.of(today.after, Explaining.fixed(after)),
            is_possible=today.refusal_code is None,
            events_since=today.events_since,
        )


@strawberry.type(description="The loan cannot be corrected so as it stands.")
class CorrectionImpossibleProblem(Problem):
    """It would do nothing, or not what it says."""

    most: Fen | None = strawberry.field(
        description="For a waiver of more than is owed, the most that could be waived; else null."
    )


@strawberry.type(description="The same correction of this loan waits to be decided already.")
class CorrectionProposedAlreadyProblem(Problem):
    """Look at the other one."""

    correction_id: strawberry.ID = strawberry.field(description="The one that waits.")


@strawberry.type(
    description="The loan has changed, so approving would do something else than was proposed."
    " Reject it and propose it again by the new figures."
)
class CorrectionStaleProblem(Problem):
    """Something happened in between."""

    events_since: int = strawberry.field(description="How much has happened to the loan since.")


@strawberry.type(description="The correction is decided, withdrawn or out of time.")
class CorrectionStepProblem(Problem):
    """Nothing more is done with it."""

    state: CorrectionState = strawberry.field(description="Where it stands.")


@strawberry.type(description="The correction is about more than the caller's role may approve.")
class CorrectionAboveLimitProblem(Problem):
    """Somebody else must decide."""

    amount: Fen = strawberry.field(description="How much it is about.")
    limit: Fen = strawberry.field(description="How much the role may approve.")
    approver: StaffRole = strawberry.field(description="Whose approval it takes.")


ProposalProblem = CorrectionImpossibleProblem | CorrectionProposedAlreadyProblem | PlainProblem
DecisionProblem = (
    CorrectionStaleProblem
    | CorrectionStepProblem
    | CorrectionAboveLimitProblem
    | CorrectionImpossibleProblem
    | PlainProblem
)


def proposal_problem(info: Info, refusal: Refusal) -> ProposalProblem:
    """Show why a correction was not proposed."""
    match refusal:
        case errors.CorrectionImpossible():
            return impossible_problem(info, refusal)
        case errors.CorrectionProposedAlready(correction_id=correction_id):
            return CorrectionProposedAlreadyProblem(
                **problem_parts(info, refusal), correction_id=strawberry.ID(correction_id)
            )
        case _:
            return problem_of(info, refusal)


def impossible_problem(
    info: Info, refusal: errors.CorrectionImpossible
) -> CorrectionImpossibleProblem:
    """Show why a correction cannot be done."""
    is_bounded = refusal.reason == "WAIVES_MORE_THAN_OWED"
    return CorrectionImpossibleProblem(
        **problem_parts(info, refusal), most=Fen(refusal.most_fen) if is_bounded else None
    )


def decision_problem(info: Info, refusal: Refusal) -> DecisionProblem:
    """Show why a correction was not decided."""
    match refusal:
        case errors.CorrectionStale(events_since=events_since):
            return CorrectionStaleProblem(**problem_parts(info, refusal), events_since=events_since)
        case errors.CorrectionStepRefused():
            return step_problem(info, refusal)
        case errors.CorrectionAboveLimit(amount_fen=amount_fen, limit_fen=limit_fen):
            return CorrectionAboveLimitProblem(
                **problem_parts(info, refusal),
                amount=Fen(amount_fen),
                limit=Fen(limit_fen),
                approver=StaffRole.DIRECTOR,
            )
        case errors.CorrectionImpossible():
            return impossible_problem(info, refusal)
        case _:
            return problem_of(info, refusal)


def step_problem(info: Info, refusal: errors.CorrectionStepRefused) -> CorrectionStepProblem:
    """Show that nothing more is done with a correction."""
    return CorrectionStepProblem(
        **problem_parts(info, refusal), state=CorrectionState[refusal.state]
    )
