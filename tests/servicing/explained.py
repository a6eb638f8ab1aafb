"""Explanations as the graph gives them: asking for all of a type, holding them to their words."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from tests.loanmath.explain.replaying import replay

EXPLANATION = """
fragment E on Explanation {
  figure label installmentNumber on result sentence rule
  inputs { name label unit value }
  segments { start end days balance annualRate rate fraction amount rounded code leavesOut }
  moves { cause label amount on installmentNumber eventId }
  fees { code timing total rate principal count place amount }
  parts { figure label installmentNumber sign amount explanation { result sentence } }
  rounding { mode label unit before since after }
}
"""


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


def hold(asked: dict[str, Any], amounts: Iterable[Enum]) -> None:
    """Hold every explanation to the amount shown beside it, and to its own words."""
    for name in (one.name for one in amounts):
        head, *rest = name.lower().split("_")
        shown = asked[head + "".join(word.title() for word in rest)]
        explanation = asked[f"x{name}"]
        assert explanation is not None, name
        assert explanation["result"] == shown
        assert replay(as_said(explanation)) == shown
        for part in explanation["parts"]:
            assert part["explanation"]["result"] == part["amount"]
