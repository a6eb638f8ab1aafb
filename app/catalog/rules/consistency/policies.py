"""What is wrong with a policy value, alone and beside the one before it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from app.catalog.rules.consistency.faults import Fault, language_faults
from app.catalog.rules.policy import (
    CARRIED_UNTIL,
    PolicyBook,
    PolicyJson,
    PolicyScalar,
    PolicyValue,
)
from app.loanmath.life import DUE_SOON_DAYS
from app.loanmath.waterfall import LEGAL, DueKind

DONE: Mapping[str, tuple[PolicyJson, ...]] = {
    "allocation_order": ([step.kind.value for step in LEGAL.steps[: len(DueKind)]],),
    "contact_persons": (["DEBTOR"], ["DEBTOR", "GUARANTOR"]),
    "cost_cap_measure": ("IRR_EFFECTIVE",),
    "cost_shown_measure": ("IRR_NOMINAL",),
    "due_soon_days": (DUE_SOON_DAYS,),
    "payoff_quote_hours": (24,),
}
"""
What this release does whatever is published, and so the only values that may be: agreements,
messages and the plan say the same, and another value needs a release that does it.
"""
AREAS = "special_areas"
"""Counties where nobody is asked for late money for a time: lines of `county from to`."""
_AREA = re.compile(r"([0-9]{6}) ([0-9-]{10}) ([0-9-]{10})", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?", re.ASCII)


def policy_faults(value: PolicyValue, before: PolicyValue | None) -> Iterator[Fault]:
    """Name what is wrong with a value; what reads it relies on the form of the one before it."""
    yield from language_faults("meaning", value.meaning)
    if not value.source.strip():
        yield Fault("source", "no_source")
    if value.name.endswith(CARRIED_UNTIL) and _shape(value.value) != "day":
        yield Fault("value", "policy_other_form")
    if value.name in DONE and value.value not in DONE[value.name]:
        yield Fault("value", "policy_not_done")
    if value.name == AREAS and not all(_is_area(str(part)) for part in _parts(value.value)):
        yield Fault("value", "policy_other_form")
    if before is None:
        return
    if _form(value.value) != _form(before.value):
        yield Fault("value", "policy_other_form")


def lawful_faults(value: PolicyValue, book: PolicyBook) -> Iterator[Fault]:
    """Name what a value may not be beside the others of its first day."""
    if value.name.startswith("penalty_factor_") and "penalty_factor_max" in book.values:
        most = book.rate("penalty_factor_max")
        named = _decimals(value.value)
        if any(not 1 <= factor <= most for factor in named):
            yield Fault("value", "penalty_out_of_bounds", {"most": str(most)})
    if any(number < 0 for number in _numbers(value.value)):
        yield Fault("value", "policy_below_zero")


def _is_area(line: str) -> bool:
    """Tell whether a line names a county and two days in order; a slip would reach nobody there."""
    found = _AREA.fullmatch(line)
    if found is None:
        return False
    begins, ends = found[2], found[3]
    return _shape(begins) == _shape(ends) == "day" and begins <= ends


def _form(value: PolicyJson) -> object:
    """Return of what a value is made: a number stays a number, and a table keeps its parts."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return sorted({_shape(part) for part in value})
    return _shape(value)


def _shape(value: PolicyJson) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "whole"
    if not isinstance(value, str):
        return "many"
    if _decimal(value) is not None:
        return "decimal"
    try:
        _ = date.fromisoformat(value)
    except ValueError:
        return "word"
    return "day"


def _decimal(value: PolicyScalar) -> Decimal | None:
    is_number = isinstance(value, str) and _DECIMAL.fullmatch(value) is not None
    return Decimal(value) if is_number else None


def _decimals(value: PolicyJson) -> list[Decimal]:
    parts = _parts(value)
    return [number for part in parts if (number := _decimal(part)) is not None]


def _numbers(value: PolicyJson) -> list[Decimal]:
    wholes = [Decimal(part) for part in _parts(value) if isinstance(part, int)]
    return [*wholes, *_decimals(value)]


def _parts(value: PolicyJson) -> list[PolicyScalar]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]
