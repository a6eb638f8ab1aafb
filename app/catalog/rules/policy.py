"""Dated policy values: figures that law, the central bank or we set, each from a day on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.catalog.rules.wording import ByLanguage, Content

CARRIED_UNTIL = "_carried_until"
"""
How the name of the value ends that says until when another one is carried forward: a figure others
publish month by month holds no longer than somebody has looked, and after that there is none.
"""

PolicyScalar = str | int | bool
PolicyJson = PolicyScalar | list[PolicyScalar] | dict[str, PolicyScalar]


class PolicyValueMissing(LookupError):
    """No value of this name holds on this day; the fixtures are at fault, not the borrower."""

    def __init__(self, name: str, on: date) -> None:
        super().__init__(f"no policy value {name} holds on {on.isoformat()}")
        self.name = name
        self.on = on


class PolicyKind(StrEnum):
    """How a figure relates to its source."""

    QUOTATION = "quotation"
    READING = "reading"


class PolicyValue(Content, frozen=True, kw_only=True):
    """One figure, from the day it holds until the next of the same name."""

    name: str
    effective_from: date
    value: PolicyJson
    unit: str
    kind: PolicyKind
    source: str
    meaning: ByLanguage

    @property
    def key(self) -> str:
        """Return what tells this value from every other."""
        return f"{self.name}@{self.effective_from.isoformat()}"


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Every policy value in force on one day, by name."""

    on: date
    values: dict[str, PolicyValue]

    @classmethod
    def on_day(cls, on: date, values: Iterable[PolicyValue]) -> "PolicyBook":
        """
        Keep, of each name, the latest value that holds on the day.

        Where a value `<name>_carried_until` holds too, what it names is in force up to that day
        and missing afterwards: an old figure is never taken for today's without somebody's word.
        """
        in_force: dict[str, PolicyValue] = {}
        for value in sorted(values, key=lambda value: value.effective_from):
            if value.effective_from <= on:
                in_force[value.name] = value
        for name in [name for name in in_force if name.endswith(CARRIED_UNTIL)]:
            if on > date.fromisoformat(str(in_force[name].value)):
                _ = in_force.pop(name.removesuffix(CARRIED_UNTIL), None)
        return cls(on, in_force)

    def value(self, name: str) -> PolicyValue:
        """
        Return a value with its date, unit and source.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        found = self.values.get(name)
        if found is None:
            raise PolicyValueMissing(name, self.on)
        return found

    def whole(self, name: str) -> int:
        """
        Return a value that is a whole number: fen, days, basis points, years.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        value = self.value(name).value
        assert isinstance(value, int), f"{name} is a whole number"
        assert not isinstance(value, bool), f"{name} is a number"
        return value

    def flag(self, name: str) -> bool:
        """
        Return a value that is yes or no.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        value = self.value(name).value
        assert isinstance(value, bool), f"{name} is yes or no"
        return value

    def rate(self, name: str) -> Decimal:
        """
        Return a value that is a rate or a factor.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        value = self.value(name).value
        assert isinstance(value, str), f"{name} is a decimal string"
        return Decimal(value)

    def words(self, name: str) -> tuple[str, ...]:
        """
        Return a value that is a list of words, in order.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        value = self.value(name).value
        assert isinstance(value, list), f"{name} is a list"
        return tuple(str(word) for word in value)

    def table(self, name: str) -> dict[str, PolicyScalar]:
        """
        Return a value that has named parts.

        Raises:
            PolicyValueMissing: Nothing of that name holds on the day.
        """
        value = self.value(name).value
        assert isinstance(value, dict), f"{name} has named parts"
        return value

    @property
    def cost_cap(self) -> Decimal:
        """
        Return the highest annualized cost a loan may have: the lower of the two caps.

        Raises:
            PolicyValueMissing: A cap or the loan prime rate is missing on the day.
        """
        by_prime_rate = self.rate("cost_cap_lpr_multiple") * self.rate("lpr_one_year")
        return min(self.rate("cost_cap_annual_rate"), by_prime_rate)


def policy_value_from(content: object) -> PolicyValue:
    """
    Read one policy value.

    Raises:
        msgspec.ValidationError: Something is missing, misspelled or of the wrong kind.
    """
    return msgspec.convert(content, PolicyValue)
