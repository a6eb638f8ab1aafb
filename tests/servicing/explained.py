"""Explanations as the graph gives them: asking for all of a type, holding them to their words."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from tests.loanmath.explain.replaying import replay
from tests.loanmath.explain.replaying_rates import replay_rate

EXPLANATION = """
fragment E on Explanation {
  figure label installmentNumber code on result sentence rule
  inputs { name label unit value }
  segments { start end days balance annualRate rate fraction amount rounded code label leavesOut }
  moves { cause label amount on installmentNumber eventId code left }
  fees { code label timing total rate principal count place amount }
  parts { figure label installmentNumber sign amount left explanation { result sentence } }
  rounding { mode label unit before since after }
}
"""

RATE_EXPLANATION = """
fragment R on RateExplanation {
  rate label code result exact sentence rule
  inputs { name label unit value } flows { on amount withoutFee periods }
}
"""


def camel(name: str) -> str:
    """Write an enum's name as the field it is about."""
    head, *rest = name.lower().split("_")
    return head + "".join(word.title() for word in rest)


def as_said(shown: dict[str, Any]) -> dict[str, Any]:
    """Read an explanation of the graph as the arithmetic writes it."""
    step = shown["rounding"]
    return {
        **shown,
        "result_fen": shown["result"],
        "segments": [{**one, "rounded_fen": one["rounded"]} for one in shown["segments"]],
        "inputs": [
            {**one, "value": int(one["value"]) if one["unit"] in {"FEN", "COUNT"} else one["value"]}
            for one in shown["inputs"]
        ],
        "fees": [
            {
                **one,
                "total_fen": one["total"],
                "principal_fen": one["principal"],
                "amount_fen": one["amount"],
            }
            for one in shown["fees"]
        ],
        "parts": [{**one, "amount_fen": one["amount"]} for one in shown["parts"]],
        "rounding": step
        and {
            "mode": step["mode"],
            "unit_fen": step["unit"],
            "before": step["before"],
            "since": step["since"],
            "after_fen": step["after"],
        },
    }


def aliased(amounts: Iterable[Enum]) -> str:
    return " ".join(f"x{one.name}: explain(of: {one.name}) {{ ...E }}" for one in amounts)


def with_explanations(amounts: Iterable[Enum]) -> str:
    """Ask for every amount of a type, and why each is what it is."""
    return " ".join(camel(one.name) for one in amounts) + " " + aliased(amounts)


def with_rates(rates: Iterable[Enum]) -> str:
    """Ask for every yearly rate of a type, and why each is what it is."""
    return " ".join(
        f"{camel(one.name)} r{one.name}: explainRate(of: {one.name}) {{ ...R }}" for one in rates
    )


def hold(asked: dict[str, Any], amounts: Iterable[Enum]) -> None:
    """Hold every explanation to the amount shown beside it, and to its own words."""
    for one in amounts:
        hold_one(asked[f"x{one.name}"], asked[camel(one.name)])


def hold_one(explanation: Any, shown: int) -> None:  # noqa: ANN401 - an answer's own
    """Hold one explanation to the amount shown, and to its own words."""
    assert explanation is not None
    assert explanation["result"] == shown
    assert replay(as_said(explanation)) == shown
    assert explanation["sentence"]
    for part in explanation["parts"]:
        assert part["explanation"]["result"] == part["amount"]


def hold_rates(asked: dict[str, Any], rates: Iterable[Enum]) -> None:
    """Hold every explanation of a rate to the rate shown beside it, and to its own words."""
    for one in rates:
        hold_rate(asked[f"r{one.name}"], asked[camel(one.name)])


def hold_rate(explanation: Any, shown: str) -> None:  # noqa: ANN401 - an answer's own
    """Hold one explanation of a rate to the rate shown, and to its own words."""
    assert explanation is not None
    flows = [
        {**one, "amount_fen": one["amount"], "without_fen": one["withoutFee"]}
        for one in explanation["flows"]
    ]
    again = replay_rate({**explanation, "flows": flows})
    assert abs(again - Decimal(explanation["exact"])) < Decimal("1e-11")
    rounded = again.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert Decimal(explanation["result"]) == Decimal(shown) == rounded
    assert explanation["sentence"]
