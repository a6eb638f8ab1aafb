"""An explanation of a figure in words: one or two sentences with the numbers in them."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from app.loanmath.explain import (
    Explanation,
    FeeLine,
    Figure,
    InputName,
    Move,
    Part,
    Rule,
    Segment,
)
from app.servicing.rules.explaining.numbers import (
    decimal_of,
    number_of,
    percent_of,
    year_part,
    yuan_of,
)

Say = Callable[..., str]
"""Returns a sentence of ours by its key, in the language of whoever asks, with values put in."""

NameOf = Callable[[str], str]
"""Returns what the cost certificate calls a fee by its code, in that language."""

SHOWN_MAX = 6
"""Longer lists are summed up in the sentence; the whole of them is in the explanation."""


def sentence_of(explanation: Explanation, say: Say, name_of: NameOf = str) -> str:
    """Say why a figure is what it is, plainly; the whole of it is in the explanation."""
    return _SENTENCES[explanation.rule](_Words(explanation, say, name_of))


def label_of(figure: Figure, installment_number: int | None, say: Say, *, charge: str = "") -> str:
    """Name a figure."""
    ending = "_OF_ONE" if installment_number is not None and figure in _EITHER else ""
    return say(
        f"servicing.explain_figure.{figure}{ending}",
        number=installment_number or 0,
        charge=charge,
    )


def cause_of(move: Move, say: Say, name_of: NameOf) -> str:
    """Name why an amount moved; a charge by its name."""
    ending = "" if move.code is None else "_BY_NAME"
    return say(
        f"servicing.explain_cause.{move.cause}{ending}",
        number=move.installment_number or 0,
        charge=_called(move.code, name_of),
    )


def _called(code: str | None, name_of: NameOf) -> str:
    return "" if code is None else name_of(code)


_EITHER = frozenset(
    {
        Figure.REPAYMENT_PRINCIPAL,
        Figure.REPAYMENT_INTEREST,
        Figure.REPAYMENT_FEE,
        Figure.REPAYMENT_COST,
        Figure.REPAYMENT_PENALTY,
        Figure.LEVEL_INSTALLMENT,
    }
)
"""Figures that there are of an installment, and of the whole."""


class _Words:
    """One explanation, ready to be put into words."""

    def __init__(self, explanation: Explanation, say: Say, name_of: NameOf) -> None:
        self.explanation = explanation
        self._say = say
        self._name_of = name_of
        self.inputs = {one.name: str(one.value) for one in explanation.inputs}

    def say(self, name: str, **data: object) -> str:
        """Return a piece of a sentence; label and result are there for all of them."""
        explanation = self.explanation
        number, charge = explanation.installment_number, _called(explanation.code, self._name_of)
        label = label_of(explanation.figure, number, self._say, charge=charge)
        return self._say(
            f"servicing.explain.{name}", label=label, result_fen=explanation.result_fen, **data
        )

    def yuan(self, name: InputName) -> str:
        """Write an input as yuan."""
        return yuan_of(self.inputs[name])

    def amount(self, name: InputName) -> Fraction:
        """Return an input."""
        return number_of(self.inputs[name])

    @property
    def rounded(self) -> str:
        """Say how it was rounded; nothing if it was whole already."""
        step = self.explanation.rounding
        if step is None:
            return ""
        is_whole = (number_of(step.before) / step.unit_fen).denominator == 1
        if is_whole and step.since == "0":
            return ""
        how = self._say(f"servicing.explain_rounding.{step.mode}")
        if step.since != "0":
            return self.say("rounded_running", how=how)
        unit = "rounded" if step.unit_fen == 1 else "rounded_to"
        return self.say(unit, how=how, unit_fen=step.unit_fen)

    def listed(self, pieces: Iterable[str]) -> str:
        """Write a list, summed up where it is long."""
        found = list(pieces)
        shown = self.say("plus").join(found[:SHOWN_MAX])
        if len(found) > SHOWN_MAX:
            shown += self.say("more", more=len(found) - SHOWN_MAX)
        return shown

    @property
    def terms(self) -> list[str]:
        """The parts, fees, segments and moves, each in words."""
        explanation = self.explanation
        return [
            *(self._part(one) for one in explanation.parts),
            *(self._fee(one) for one in explanation.fees),
            *(self.segment(one) for one in explanation.segments),
            *(self._move(one) for one in explanation.moves),
        ]

    def _part(self, part: Part) -> str:
        label = label_of(part.figure, part.installment_number, self._say)
        name = "term" if part.sign > 0 else "term_less"
        amount = yuan_of(str(part.amount_fen))
        return self.say(name, what=label, amount=amount) + self._left(part)

    def _left(self, step: Part | Move) -> str:
        """Say how much of a repayment was left after a step."""
        left_fen = step.left_fen
        is_whole = isinstance(step, Part) and left_fen == step.amount_fen
        return "" if left_fen is None or is_whole else self.say("left", left_fen=left_fen)

    def _fee(self, fee: FeeLine) -> str:
        name = "fee_brought" if fee.timing is None or fee.code is None else f"fee_{fee.timing}"
        return self.say(
            name,
            charge=_called(fee.code, self._name_of),
            amount_fen=fee.amount_fen,
            total_fen=fee.total_fen,
            count=fee.count,
        )

    def segment(self, segment: Segment) -> str:
        """Write a stretch out as a product."""
        is_plain = Fraction(segment.annual_rate) == number_of(segment.rate)
        rate = percent_of(segment.annual_rate if is_plain else segment.rate)
        return self.say(
            "segment" if segment.code is None else "segment_fee",
            start=segment.start,
            end=segment.end,
            days=segment.days,
            balance=yuan_of(segment.balance),
            rate=rate,
            part=year_part(segment),
            amount=yuan_of(segment.amount),
            charge=_called(segment.code, self._name_of),
        )

    def _move(self, move: Move) -> str:
        cause = cause_of(move, self._say, self._name_of)
        on = "" if move.on is None else self.say("on", on=move.on)
        number = number_of(move.amount)
        name = "term" if number >= 0 else "term_less"
        amount = decimal_of(abs(number) / 100, least=2)
        return self.say(name, what=f"{on}{cause}", amount=amount) + self._left(move)

    @property
    def accrued(self) -> str:
        """Write what interest or penalty was summed from, before rounding."""
        pieces = [
            *(self.segment(one) for one in self.explanation.segments),
            *(self._move(one) for one in self.explanation.moves),
        ]
        if not pieces:
            return self.say("nothing_accrued")
        step = self.explanation.rounding
        before = yuan_of(step.before) if step and step.since == "0" else ""
        if len(pieces) == 1 or not before:
            return self.listed(pieces)
        return self.say("together", pieces=self.listed(pieces), amount=before)


def _sum(words: _Words) -> str:
    terms = words.terms
    if not terms:
        return words.say("nothing")
    return words.say("sum", terms=words.listed(terms))


def _sum_not_below(words: _Words) -> str:
    explanation = words.explanation
    whole = sum((number_of(one.amount) for one in explanation.moves), Fraction(0))
    whole += sum(one.sign * one.amount_fen for one in explanation.parts)
    if whole == explanation.result_fen:
        return _sum(words)
    return words.say(
        "sum_not_below", terms=words.listed(words.terms), least=words.yuan(InputName.LEAST)
    )


def _plain(name: str) -> Callable[[_Words], str]:
    return lambda words: words.say(name) + words.rounded


def _with(name: str, *inputs: InputName) -> Callable[[_Words], str]:
    """Say a sentence that mentions inputs as yuan."""

    def said(words: _Words) -> str:
        data = {one.value.lower(): words.yuan(one) for one in inputs}
        return words.say(name, rounded=words.rounded, **data)

    return said


def _principal_of_level(words: _Words) -> str:
    level, interest = words.amount(InputName.LEVEL), words.amount(InputName.INTEREST)
    held_back = words.amount(InputName.HELD_BACK)
    wanted = level - interest
    data = {
        "level": words.yuan(InputName.LEVEL),
        "interest": words.yuan(InputName.INTEREST),
        "rounded": words.rounded,
    }
    if wanted > words.amount(InputName.BALANCE) - held_back:
        return words.say("principal_rest_of", balance=words.yuan(InputName.BALANCE))
    if wanted < words.amount(InputName.LEAST):
        return words.say("principal_least", least=words.yuan(InputName.LEAST), **data)
    return words.say("principal_of_level", **data)


def _principal_of_share(words: _Words) -> str:
    share, least = words.amount(InputName.SHARE), words.amount(InputName.LEAST)
    if share > words.amount(InputName.BALANCE) - words.amount(InputName.HELD_BACK):
        return words.say("principal_rest_of", balance=words.yuan(InputName.BALANCE))
    if share < least:
        return words.say("principal_ahead", least=words.yuan(InputName.LEAST))
    return words.say(
        "principal_of_share" if share else "principal_later",
        share=words.yuan(InputName.SHARE),
        rounded=words.rounded,
    )


def _interest(words: _Words) -> str:
    step = words.explanation.rounding
    assert step is not None, "interest is rounded"
    said = words.say("interest", accrued=words.accrued, rounded=words.rounded)
    if step.after_fen < words.explanation.result_fen:
        said += words.say("interest_not_below", least=words.yuan(InputName.LEAST))
    return said


def _interest_accrued(words: _Words) -> str:
    said = words.say("interest", accrued=words.accrued, rounded=words.rounded)
    for name in (InputName.COUPONS, InputName.PAID):
        if words.amount(name):
            said += words.say(f"interest_less_{name.lower()}", amount=words.yuan(name))
    return said


def _late(words: _Words) -> str:
    explanation = words.explanation
    if not explanation.segments:
        return words.say("nothing")
    said = words.say("late", accrued=words.accrued, rounded=words.rounded)
    step = explanation.rounding
    if step is not None and step.after_fen > explanation.result_fen:
        said += words.say("late_cap", cap=words.yuan(InputName.CAP))
    return said


def _fee(words: _Words) -> str:
    if not words.terms:
        return words.say("nothing")
    said = words.say("sum", terms=words.listed(words.terms))
    if words.inputs.get(InputName.PAID) == str(words.explanation.result_fen):
        return said + words.say("fee_paid", paid=words.yuan(InputName.PAID))
    return said


def _charge(words: _Words) -> str:
    explanation = words.explanation
    count = len(explanation.fees) + len(explanation.segments)
    return words.say("charge", count=count, terms=words.listed(words.terms))


def _debit(words: _Words) -> str:
    due_fen, takes_part = words.amount(InputName.DUE), words.amount(InputName.TAKES_PART)
    room = [words.amount(InputName.CAP)]
    if InputName.CAP_PER_MONTH in words.inputs:
        room.append(words.amount(InputName.CAP_PER_MONTH) - words.amount(InputName.TAKEN))
    name = "debit"
    if due_fen > min(room):
        name = "debit_part" if takes_part and min(room) > 0 else "debit_nothing"
    return words.say(name, due=words.yuan(InputName.DUE), room=yuan_of(str(max(min(room), 0))))


def _early_fee(words: _Words) -> str:
    return words.say(
        "early_fee",
        amount=words.yuan(InputName.AMOUNT),
        principal=words.yuan(InputName.PRINCIPAL),
        rate=percent_of(words.inputs[InputName.RATE]),
        rounded=words.rounded,
    )


def _level(name: str) -> Callable[[_Words], str]:
    def said(words: _Words) -> str:
        step = words.explanation.rounding
        assert step is not None, "a level that is solved is rounded"
        rates = {one.annual_rate for one in words.explanation.segments}
        return words.say(
            name,
            balance=words.yuan(InputName.BALANCE),
            count=words.inputs[InputName.COUNT],
            rate=percent_of(max(rates)),
            exact=yuan_of(step.before),
            rounded=words.rounded,
        )

    return said


def _share_equal(words: _Words) -> str:
    if words.inputs[InputName.PLACE] == "0":
        return words.say("principal_left_out")
    return words.say(
        "share_equal",
        balance=words.yuan(InputName.BALANCE),
        count=words.inputs[InputName.COUNT],
    )


_SENTENCES: Mapping[Rule, Callable[[_Words], str]] = {
    Rule.SUM: _sum,
    Rule.SUM_NOT_BELOW: _sum_not_below,
    Rule.AS_PAID: _plain("as_paid"),
    Rule.DOWN_PAYMENT: _plain("down_payment"),
    Rule.RECEIVED: _plain("received"),
    Rule.AGREED: _plain("agreed"),
    Rule.REFUND: _with("refund", InputName.HELD),
    Rule.DEBIT: _debit,
    Rule.PRINCIPAL_OF_LEVEL: _principal_of_level,
    Rule.PRINCIPAL_OF_SHARE: _principal_of_share,
    Rule.PRINCIPAL_REST: _with("principal_rest", InputName.BALANCE),
    Rule.PRINCIPAL_LEFT_OUT: _plain("principal_left_out"),
    Rule.PRINCIPAL_CLOSED: _with("principal_closed", InputName.BALANCE),
    Rule.INTEREST: _interest,
    Rule.INTEREST_OF_LEVEL: _with("interest_of_level", InputName.LEVEL, InputName.BALANCE),
    Rule.INTEREST_LEFT_OUT: _plain("interest_left_out"),
    Rule.INTEREST_CLOSED: _interest_accrued,
    Rule.INTEREST_ACCRUED: _interest_accrued,
    Rule.COUPON: _with("coupon", InputName.COUPONS, InputName.ASKED),
    Rule.FEE: _fee,
    Rule.CHARGE: _charge,
    Rule.FEE_TO_CLOSE: _fee,
    Rule.FEE_OWED: _with("fee_owed", InputName.OWED, InputName.PAID),
    Rule.EARLY_FEE: _early_fee,
    Rule.LATE: _late,
    Rule.LEVEL_SOLVED: _level("level_solved"),
    Rule.LEVEL_SMOOTHED: _level("level_smoothed"),
    Rule.LEVEL_HANDED_IN: _plain("level_handed_in"),
    Rule.SHARE_EQUAL: _share_equal,
    Rule.SHARE_BY_WEIGHT: _with("share_by_weight", InputName.BALANCE),
    Rule.SHARE_AS_BEFORE: _plain("share_as_before"),
}
