"""Works a yearly rate out again from nothing but what its explanation says, as JSON."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from tests.loanmath.explain.replaying import number


def replay_rate(said: Mapping[str, Any]) -> Decimal:
    """Return the rate that an explanation's own words lead to, to twelve decimals."""
    inputs = {one["name"]: Decimal(one["value"]) for one in said["inputs"]}
    match said["rule"]:
        case "AGREED":
            return inputs["CONTRACT"]
        case "TIMES":
            return inputs["CONTRACT"] * inputs["FACTOR"]
        case "MONTHLY":
            return max(12 * solved(said, "amount_fen"), inputs["CONTRACT"])
        case "YEARLY":
            return solved(said, "amount_fen")
        case _:
            for name, amount in (("WITH_IT", "amount_fen"), ("WITHOUT_IT", "without_fen")):
                cost = max(12 * solved(said, amount), inputs["CONTRACT"])
                assert abs(cost - inputs[name]) < Decimal("1e-11")
            return inputs["WITH_IT"] - inputs["WITHOUT_IT"]


def solved(said: Mapping[str, Any], amount: str) -> Decimal:
    """Halve an interval until the rate of a period is known."""
    with localcontext() as context:
        context.prec = 50
        flows: list[tuple[int, Decimal]] = []
        for one in said["flows"]:
            periods = number(one["periods"])
            flows.append((one[amount], Decimal(periods.numerator) / periods.denominator))
        low, high = Decimal("-0.5"), Decimal(2)
        for _ in range(60):
            rate = (low + high) / 2
            growth = (1 + rate).ln()
            worth = sum((fen * (-growth * time).exp() for fen, time in flows), Decimal(0))
            # What is lent comes first, so a rate too low makes the payments worth more.
            low, high = (rate, high) if worth < 0 else (low, rate)
        return low
