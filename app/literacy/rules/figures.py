"""Questions from a borrower's own figures: what *you* pay in March, and what late days cost you."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.servicing.rules import PlanLine

FIGURE_POINTS = 5
"""Points for answering one right at the first try of a day; once for each figure and day."""

OPTIONS_COUNT = 3
LATE_DAYS = 10
"""How late the question about late days has a payment: past the days of grace we give."""


class FigureKind(StrEnum):
    """What a question asks for."""

    INSTALLMENT = "INSTALLMENT"
    """What one installment asks in all."""
    LEFT_AFTER = "LEFT_AFTER"
    """How much of the principal is left after one installment."""
    LATE_DAYS = "LATE_DAYS"
    """What paying the next installment ten days late costs more."""
    TOTAL_COST = "TOTAL_COST"
    """What the whole loan costs beyond what was lent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlan:
    """
    A borrower's plan, for questions about it.

    Attributes:
        loan_id: The loan.
        disbursed_fen: What was lent.
        lines: Every installment, in order.
        late_fen: Penalty of the next installment if it is paid ten days late and nothing else
            changes; None where that is not known.
    """

    loan_id: str
    disbursed_fen: int
    lines: tuple[PlanLine, ...]
    late_fen: int | None = None

    @property
    def ahead(self) -> tuple[PlanLine, ...]:
        """Return installments of which nothing is paid or late yet."""
        return tuple(
            line
            for line in self.lines
            if line.left_fen > 0 and line.paid_fen == 0 and line.penalty_fen == 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureQuestion:
    """
    One question, with options made from the borrower's own plan.

    Attributes:
        kind: What it asks for.
        loan_id: About which loan.
        number: About which installment; 0 for the whole loan.
        payable_on: When that one is paid; None for the whole loan.
        options: Three amounts in whole fen, in an order that changes with the day.
        right_fen: The right one.
        figures: What the explanation shows, by the names of its placeholders.
    """

    kind: FigureKind
    loan_id: str
    number: int
    payable_on: date | None
    options: tuple[int, ...]
    right_fen: int
    figures: Mapping[str, object] = field(repr=False)


def questions_on(plan: OwnPlan, on: date) -> tuple[FigureQuestion, ...]:
    """
    Return a day's questions about a plan: one of each kind that it can be asked.

    The same day asks the same; over the days every installment ahead has its turn, and another
    kind comes first.
    """
    if not plan.ahead:
        return ()
    turn = on.toordinal()
    line = plan.ahead[turn // len(FigureKind) % len(plan.ahead)]
    asked = list(_questions(plan, line, turn))
    first = turn % len(asked)
    return (*asked[first:], *asked[:first])


def _questions(plan: OwnPlan, line: PlanLine, turn: int) -> Iterator[FigureQuestion]:
    beside_fen = line.fee_fen + line.cost_fen
    yield _question(
        FigureKind.INSTALLMENT,
        plan,
        line,
        turn,
        right_fen=line.total_fen,
        wrong=(line.principal_fen, line.total_fen + line.interest_fen),
        figures={
            "principal_fen": line.principal_fen,
            "interest_fen": line.interest_fen,
            "beside_fen": beside_fen,
        },
    )
    after = [one for one in plan.lines if one.number > line.number]
    if after:
        left_fen = sum(one.principal_fen for one in after)
        yield _question(
            FigureKind.LEFT_AFTER,
            plan,
            line,
            turn,
            right_fen=left_fen,
            wrong=(sum(one.total_fen for one in after), left_fen + line.principal_fen),
            figures={"later": len(after)},
        )
    if plan.late_fen:
        yield _question(
            FigureKind.LATE_DAYS,
            plan,
            plan.ahead[0],
            turn,
            right_fen=plan.late_fen,
            wrong=(plan.late_fen * LATE_DAYS, plan.ahead[0].total_fen),
            figures={"days": LATE_DAYS},
        )
    all_fen = sum(one.total_fen for one in plan.lines)
    cost_fen = all_fen - sum(one.principal_fen for one in plan.lines)
    if cost_fen > 0:
        yield _question(
            FigureKind.TOTAL_COST,
            plan,
            None,
            turn,
            right_fen=cost_fen,
            wrong=(plan.lines[0].interest_fen * len(plan.lines), plan.lines[0].interest_fen),
            figures={"disbursed_fen": plan.disbursed_fen, "all_fen": all_fen},
        )


def _question(
    kind: FigureKind,
    plan: OwnPlan,
    line: PlanLine | None,
    turn: int,
    *,
    right_fen: int,
    wrong: Sequence[int],
    figures: Mapping[str, object],
) -> FigureQuestion:
    options = sorted({right_fen, *_distractors(right_fen, wrong)})
    turned = (turn + len(plan.lines) + len(kind)) % len(options)
    number = 0 if line is None else line.number
    return FigureQuestion(
        kind=kind,
        loan_id=plan.loan_id,
        number=number,
        payable_on=None if line is None else line.payable_on,
        options=(*options[turned:], *options[:turned]),
        right_fen=right_fen,
        figures={"number": number, "right_fen": right_fen, **figures},
    )


def _distractors(right_fen: int, wrong: Sequence[int]) -> Sequence[int]:
    """Pick two other amounts above nothing: those people mistake it for, else a tenth beside it."""
    tenth_fen = right_fen // 10 + 1
    beside = (right_fen + tenth_fen, right_fen + 2 * tenth_fen)
    others = dict.fromkeys(one for one in (*wrong, *beside) if one > 0 and one != right_fen)
    return list(others)[: OPTIONS_COUNT - 1]
