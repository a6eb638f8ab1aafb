"""What an explanation says, on the graph: what went into an amount, its rule, and a sentence."""

from datetime import date

import strawberry

from app.foundation.errors import InvalidInput
from app.foundation.graphql import Fen, Info, Rate, id_or_none
from app.loanmath import explain as said
from app.servicing.graphql.figures import (
    ExplainedFigure,
    ExplanationCause,
    ExplanationRounding,
    ExplanationRule,
    ExplanationUnit,
)
from app.servicing.queries import ExplainedLoan, FeeNames
from app.servicing.rules.explaining import NameOf, cause_of, label_of, sentence_of

EXPLANATIONS_MAX = 1_000
"""A request may ask for no more; parts of parts could otherwise ask for any number."""


def spend(info: Info, units: int) -> None:
    """
    Count what a request asks to be explained.

    Raises:
        InvalidInput: The request asks for more than a thousand.
    """
    if not info.context.spend("explanations", units, most=EXPLANATIONS_MAX):
        raise InvalidInput("explain", "servicing.reason.explanations", most=EXPLANATIONS_MAX)


@strawberry.type(description="One named value that a rule takes.")
class ExplanationInput:
    """An input."""

    name: str = strawberry.field(description="Its stable name, as the rule writes it.")
    label: str = strawberry.field(description="Its name in the caller's language.")
    unit: ExplanationUnit = strawberry.field(description="What the value is.")
    value: str = strawberry.field(description="The value; `unit` says how to read it.")


@strawberry.type(
    description="A stretch of unchanged balance and rate, and what it bears: balance × rate ×"
    " fraction = amount."
)
class ExplanationSegment:
    """A stretch."""

    start: date = strawberry.field(description="The first day that counts.")
    end: date = strawberry.field(description="The first day that counts no more.")
    days: int = strawberry.field(description="How many days count.")
    balance: str = strawberry.field(
        description="What bears, in exact fen: a whole number or p/q. In the formula of the level"
        " installment 1, so that `amount` is the period's rate."
    )
    annual_rate: Rate = strawberry.field(description="The yearly rate in force, as agreed.")
    rate: str = strawberry.field(
        description="The yearly rate that is multiplied, exact: another than `annualRate` only for"
        " penalty, which is a multiple of it, and where that is an effective rate."
    )
    fraction: str = strawberry.field(
        description="The part of a year, exact, such as 31/365; of an effective rate that"
        " compounds over several months, by what part of a year it bears so much."
    )
    amount: str = strawberry.field(description="What it bears, in exact fen.")
    rounded: Fen | None = strawberry.field(
        description="What it is rounded to by itself, where it is; then that counts."
    )
    code: str | None = strawberry.field(
        description="Which fee of the cost certificate bears; null for interest and penalty."
    )
    label: str | None = strawberry.field(
        description="What the cost certificate calls that fee; null as for `code`."
    )
    leaves_out: str | None = strawberry.field(
        description="In the formula of the level installment: PRINCIPAL or PRINCIPAL_AND_INTEREST"
        " where the period leaves that out; null otherwise."
    )


@strawberry.type(description="An amount that came to a figure or went from it.")
class ExplanationMove:
    """A movement."""

    cause: ExplanationCause = strawberry.field(description="Why.")
    label: str = strawberry.field(description="Why, in the caller's language.")
    amount: str = strawberry.field(
        description="How much, in exact fen: a whole number or p/q; below zero where it went."
    )
    on: date | None = strawberry.field(description="When it took effect, if that is known.")
    installment_number: int | None = strawberry.field(
        description="The installment it came from or went to, if it is about one."
    )
    event_id: strawberry.ID | None = strawberry.field(
        description="The event of the loan's timeline behind it, if one is."
    )
    code: str | None = strawberry.field(
        description="Of what was charged, which charge of the cost certificate; null otherwise."
    )
    left: Fen | None = strawberry.field(
        description="Of a step by which a repayment was allocated, how much of the repayment was"
        " left after it; null otherwise."
    )


@strawberry.type(description="A fee that does not depend on the balance, on one installment.")
class ExplanationFee:
    """A fee."""

    code: str | None = strawberry.field(
        description="Which charge of the cost certificate; null for what came with a new plan."
    )
    label: str = strawberry.field(description="What the cost certificate calls it.")
    timing: str | None = strawberry.field(
        description="EACH: all of `total` with each installment. SPREAD: an equal part, the first"
        " installments a fen more where it does not divide. FIRST, LAST: all of it there. Null as"
        " for `code`."
    )
    total: Fen = strawberry.field(description="Its whole amount.")
    rate: Rate | None = strawberry.field(
        description="The part of `principal` that `total` is, rounded half up; null if it is fixed."
    )
    principal: Fen = strawberry.field(description="The principal that `rate` is a part of.")
    count: int = strawberry.field(description="Over how many installments it is shared.")
    place: int = strawberry.field(description="Which of them this is, from 1.")
    amount: Fen = strawberry.field(description="What falls on this one.")


@strawberry.type(
    description="How an exact amount became whole: round(before) less round(since), each to the"
    " unit."
)
class ExplanationStep:
    """The rounding step."""

    mode: ExplanationRounding = strawberry.field(description="Where an amount in between goes.")
    label: str = strawberry.field(description="The same in the caller's language.")
    unit: Fen = strawberry.field(description="To what it is rounded: 1 is whole fen.")
    before: str = strawberry.field(description="The exact amount, in fen: whole or p/q.")
    since: str = strawberry.field(
        description="0, but for principal of plans that are exact until shown: the balance after."
    )
    after: Fen = strawberry.field(description="What rounding made of it.")


@strawberry.type(description="Another figure that went into one; ask for its own explanation.")
class ExplanationPart:
    """A part."""

    loan: strawberry.Private[ExplainedLoan | None]
    part: strawberry.Private[said.Part]
    figure: ExplainedFigure = strawberry.field(description="Which figure.")
    label: str = strawberry.field(description="Its name in the caller's language.")
    installment_number: int | None = strawberry.field(
        description="Of which installment; null if it is the loan's own."
    )
    sign: int = strawberry.field(description="1 where it is added, -1 where it is taken off.")
    amount: Fen = strawberry.field(description="The figure.")
    left: Fen | None = strawberry.field(
        description="Of a step by which a repayment was allocated, how much of the repayment was"
        " left after it; null otherwise."
    )

    @strawberry.field(description="Why that figure is what it is; null where that is all.")
    def explanation(self, info: Info) -> "Explanation | None":
        """Explain the part in its turn."""
        part = self.part
        loan = self.loan
        found = None if loan is None else loan.explain(part.figure, part.installment_number)
        return None if found is None else Explanation.of(info, found, loan)


@strawberry.type(
    description="Why an amount is what it is. Whoever has inputs, segments, moves, fees, parts and"
    " the rounding step can work the amount out again to the fen by the rule."
)
class Explanation:
    """An explanation."""

    figure: ExplainedFigure = strawberry.field(description="What is explained.")
    label: str = strawberry.field(description="Its name in the caller's language.")
    installment_number: int | None = strawberry.field(
        description="Of which installment; null if it is the loan's own."
    )
    code: str | None = strawberry.field(
        description="Of which charge of the cost certificate; null if it is not about one."
    )
    on: date = strawberry.field(description="The business date it is true on.")
    result: Fen = strawberry.field(description="The amount.")
    sentence: str = strawberry.field(
        description="All of it in a plain sentence or two, in the caller's language; long lists are"
        " summed up here and whole below."
    )
    rule: ExplanationRule = strawberry.field(
        description="The formula. In it, names in capitals are inputs, and Σ is the sum of what the"
        " lists below hold."
    )
    inputs: list[ExplanationInput] = strawberry.field(
        description="The values the rule takes; at most eight."
    )
    segments: list[ExplanationSegment] = strawberry.field(
        description="The stretches it sums; one for each time balance or rate changed, or for each"
        " period of the plan."
    )
    moves: list[ExplanationMove] = strawberry.field(
        description="The amounts that came and went; one for each event."
    )
    fees: list[ExplanationFee] = strawberry.field(
        description="The fees that do not depend on the balance; a handful."
    )
    parts: list[ExplanationPart] = strawberry.field(
        description="Other figures: a sum's terms, or what else to ask about; at most two for each"
        " installment."
    )
    rounding: ExplanationStep | None = strawberry.field(
        description="How the exact amount became whole fen; null where nothing is rounded."
    )

    @classmethod
    def of(cls, info: Info, found: said.Explanation, loan: ExplainedLoan | None) -> "Explanation":
        """
        Show an explanation; `loan` is what its parts are asked of.

        Raises:
            InvalidInput: The request asks for more than a thousand.
        """
        spend(info, 1)
        say, number = info.context.text, found.installment_number
        name_of = namer(info, None if loan is None else loan.fee_names)
        return cls(
            figure=ExplainedFigure[found.figure.name],
            label=label_of(found.figure, number, say, charge=name_of(found.code or "")),
            installment_number=number,
            code=found.code,
            on=found.on,
            result=Fen(found.result_fen),
            sentence=sentence_of(found, say, name_of),
            rule=ExplanationRule[found.rule.name],
            inputs=[input_of(info, one) for one in found.inputs],
            segments=[_segment(one, name_of) for one in found.segments],
            moves=[_move(info, one, name_of) for one in found.moves],
            fees=[_fee(info, one, name_of) for one in found.fees],
            parts=[_part(info, one, loan) for one in found.parts],
            rounding=None if found.rounding is None else _step(info, found.rounding),
        )


def input_of(info: Info, one: said.Input) -> ExplanationInput:
    """Show an input."""
    return ExplanationInput(
        name=one.name.value,
        label=info.context.text(f"servicing.explain_input.{one.name}"),
        unit=ExplanationUnit[one.unit.name],
        value=str(one.value),
    )


def namer(info: Info, fee_names: FeeNames | None) -> NameOf:
    """Return what names fees in the caller's language; by their code where that is all known."""
    names = fee_names or {}
    language = info.context.language
    return lambda code: names[code][language] if code in names else code


def _segment(one: said.Segment, name_of: NameOf) -> ExplanationSegment:
    return ExplanationSegment(
        start=one.start,
        end=one.end,
        days=one.days,
        balance=one.balance,
        annual_rate=Rate(one.annual_rate),
        rate=one.rate,
        fraction=one.fraction,
        amount=one.amount,
        rounded=None if one.rounded_fen is None else Fen(one.rounded_fen),
        code=one.code,
        label=None if one.code is None else name_of(one.code),
        leaves_out=one.leaves_out,
    )


def _move(info: Info, one: said.Move, name_of: NameOf) -> ExplanationMove:
    return ExplanationMove(
        cause=ExplanationCause[one.cause.name],
        label=cause_of(one, info.context.text, name_of),
        amount=one.amount,
        on=one.on,
        installment_number=one.installment_number,
        code=one.code,
        left=None if one.left_fen is None else Fen(one.left_fen),
        event_id=id_or_none(one.event_id),
    )


def _fee(info: Info, one: said.FeeLine, name_of: NameOf) -> ExplanationFee:
    brought = info.context.text("servicing.explain.fees_before")
    return ExplanationFee(
        code=one.code,
        label=brought if one.code is None else name_of(one.code),
        timing=None if one.timing is None else one.timing.value,
        total=Fen(one.total_fen),
        rate=None if one.rate is None else Rate(one.rate),
        principal=Fen(one.principal_fen),
        count=one.count,
        place=one.place,
        amount=Fen(one.amount_fen),
    )


def _part(info: Info, one: said.Part, loan: ExplainedLoan | None) -> ExplanationPart:
    return ExplanationPart(
        loan=loan,
        part=one,
        figure=ExplainedFigure[one.figure.name],
        label=label_of(one.figure, one.installment_number, info.context.text),
        installment_number=one.installment_number,
        sign=one.sign,
        amount=Fen(one.amount_fen),
        left=None if one.left_fen is None else Fen(one.left_fen),
    )


def _step(info: Info, one: said.RoundingStep) -> ExplanationStep:
    return ExplanationStep(
        mode=ExplanationRounding[one.mode.name],
        label=info.context.text(f"servicing.explain_rounding.{one.mode}"),
        unit=Fen(one.unit_fen),
        before=one.before,
        since=one.since,
        after=Fen(one.after_fen),
    )
