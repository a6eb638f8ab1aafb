"""What an explanation is made of: the figure, its rule, what went into it, how it was rounded."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from app.loanmath.explain.figures import Cause, Figure, InputName, Rule, Unit
from app.loanmath.money import Rounding, round_fen
from app.loanmath.record import Json, value_as_json
from app.loanmath.schedule.choices import FeeTiming


def exact(value: Fraction | int) -> str:
    """Write a number exactly: whole, or as p/q."""
    numerator, denominator = value.as_integer_ratio()
    whole = _digits(numerator)
    return whole if denominator == 1 else f"{whole}/{_digits(denominator)}"


_CHUNK = 4000
"""Python writes out no number of more than 4,300 digits at once."""


def _digits(number: int) -> str:
    """Write a whole number out, however long; exact plans over decades have long ones."""
    if abs(number) < 10**_CHUNK:
        return str(number)
    head, tail = divmod(abs(number), 10**_CHUNK)
    return ("-" if number < 0 else "") + _digits(head) + str(tail).zfill(_CHUNK)


@dataclass(frozen=True, slots=True)
class Input:
    """One named value a rule takes; fen and counts are whole numbers, all else is text."""

    name: InputName
    unit: Unit
    value: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """
    A stretch of unchanged balance and rate, and what it bears.

    Attributes:
        start: The first day that counts.
        end: The first day that counts no more.
        days: The days between, as far as they count.
        balance: What bears, in exact fen.
        annual_rate: The yearly rate in force, as agreed.
        rate: The yearly rate that is multiplied, exactly: another than the one agreed only where
            that is an effective rate, or a penalty's, which is a multiple of it.
        fraction: The part of a year, exactly; where an effective rate compounds over several
            months, by what part of a year it bears so much.
        amount: `balance` × `rate` × `fraction`, in exact fen.
        rounded_fen: Where the stretch is rounded by itself, what to; then that counts.
        code: Which fee bears; None for interest and penalty.
        leaves_out: Of a row of the level installment's formula: whether it leaves out PRINCIPAL or
            PRINCIPAL_AND_INTEREST.
    """

    start: date
    end: date
    days: int
    balance: str
    annual_rate: str
    rate: str
    fraction: str
    amount: str
    rounded_fen: int | None = None
    code: str | None = None
    leaves_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """
    An amount that came to a figure or went from it.

    Attributes:
        cause: Why.
        amount: How much, in exact fen; below zero where it went.
        event_id: The event behind it, if one is.
        on: The date it took effect on.
        installment_number: The installment it came from or went to.
        code: Of what was charged, which charge it is.
        left_fen: Of a step of the waterfall, how much of the repayment was left after it.
    """

    cause: Cause
    amount: str
    event_id: str | None = None
    on: date | None = None
    installment_number: int | None = None
    code: str | None = None
    left_fen: int | None = None

    def turned(self) -> "Move":
        """Return it the other way round."""
        return replace(self, amount=exact(-Fraction(self.amount)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """
    A fee that does not depend on the balance, as it falls on one installment.

    Attributes:
        timing: How it is shared over the installments; None where it came with terms agreed anew.
        code: Which charge it is; None as above.
        total_fen: Its whole amount: with each installment, or over all of them.
        rate: The part of `principal_fen` that the whole amount is; None where it is fixed.
        principal_fen: The principal that is a part of.
        count: How many installments it is shared over.
        place: The installment's place among them, from 1.
        amount_fen: What falls on this one: EACH all of `total_fen`; SPREAD an equal part, the first
            ones a fen more where it does not divide; FIRST and LAST all of it on that one.
    """

    timing: FeeTiming | None
    code: str | None
    total_fen: int
    rate: str | None
    principal_fen: int
    count: int
    place: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    Another figure that went into this one; it can be asked for its own explanation.

    Rules that are no sums have theirs for that alone: what they take is among the inputs. Of a step
    of the waterfall, `left_fen` is how much of the repayment was left after it.
    """

    figure: Figure
    amount_fen: int
    sign: int = 1
    installment_number: int | None = None
    left_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingStep:
    """
    How an exact amount became whole: round(`before`) - round(`since`).

    `since` is 0 but for principal of plans that are exact until shown: there it is the balance
    after, `before` the one before, so that no balance is more than half a fen off.
    """

    mode: Rounding
    unit_fen: int
    before: str
    since: str
    after_fen: int

    @classmethod
    def of(
        cls,
        before: Fraction | int,
        mode: Rounding,
        *,
        since: Fraction | int = 0,
        unit_fen: int = 1,
    ) -> "RoundingStep":
        """Round, and say how."""
        after_fen = unit_fen * (
            round_fen(Fraction(before) / unit_fen, mode)
            - round_fen(Fraction(since) / unit_fen, mode)
        )
        return cls(
            mode=mode,
            unit_fen=unit_fen,
            before=exact(before),
            since=exact(since),
            after_fen=after_fen,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    Why a figure is what it is, replayable from what it says.

    Attributes:
        figure: What is explained.
        installment_number: Of which installment; None for the loan's own figures.
        event_id: Of which repayment; None for all else.
        code: Of which charge, for a figure of one; None for all else.
        on: The business date it is true on.
        rule: The formula.
        inputs: The values it takes.
        segments: The stretches it sums.
        moves: The amounts that came and went.
        fees: The fees on it that do not depend on the balance.
        parts: Other figures it sums.
        rounding: How the exact amount became whole; None where nothing is rounded.
        result_fen: The figure.
    """

    figure: Figure
    on: date
    rule: Rule
    result_fen: int
    installment_number: int | None = None
    event_id: str | None = None
    code: str | None = None
    inputs: tuple[Input, ...] = ()
    segments: tuple[Segment, ...] = ()
    moves: tuple[Move, ...] = ()
    fees: tuple[FeeLine, ...] = ()
    parts: tuple[Part, ...] = ()
    rounding: RoundingStep | None = None

    def but(self, figure: Figure) -> "Explanation":
        """Return it as the explanation of a figure that is the same amount."""
        return replace(self, figure=figure)

    def with_input(self, more: Input) -> "Explanation":
        """Add an input."""
        return replace(self, inputs=(*self.inputs, more))

    def as_json(self) -> dict[str, Json]:
        """Return it for a machine: whole fen, exact fractions as text, ISO dates."""
        written = value_as_json(self)
        assert isinstance(written, dict)
        return written


def fen(name: InputName, amount_fen: int) -> Input:
    """Name an amount of whole fen."""
    return Input(name, Unit.FEN, amount_fen)


def exact_fen(name: InputName, amount: Fraction | int) -> Input:
    """Name an exact amount."""
    whole = Fraction(amount)
    return Input(name, Unit.EXACT_FEN, exact(whole))


def numbers(name: InputName, values: "tuple[Fraction | int, ...] | list[Fraction | int]") -> Input:
    """Name a list of numbers."""
    return Input(name, Unit.LIST, ",".join(exact(value) for value in values))
