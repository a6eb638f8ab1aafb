"""What each screen may cost, and what it should: `fixtures/budgets.toml`, only ever tightened."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[3] / "fixtures" / "budgets.toml"
MEASURES = ("trips", "up", "down", "body_up", "body_down")
GOALS = ("trips", "body_up", "body_down", "ip_bytes", "milliseconds")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one screen may cost now, every budget it had before, and what it should cost."""

    budgets: Sequence[Mapping[str, Any]]
    """The oldest first; the last one holds."""
    goal: Mapping[str, int]

    @property
    def way(self) -> str:
        """Return the way of asking that the budget holds for."""
        return self.budgets[-1]["way"]

    @property
    def budget(self) -> Mapping[str, int]:
        """Return the figures that hold."""
        return {name: self.budgets[-1][name] for name in MEASURES}


def budgets() -> dict[str, Allowed]:
    """Return what is allowed for each screen."""
    return read(PATH.read_text(encoding="utf-8"))


def read(written: str) -> dict[str, Allowed]:
    """Read the file's text."""
    return {
        code: Allowed(screen["budgets"], screen["goal"])
        for code, screen in tomllib.loads(written).items()
    }


def exceeded(allowed: Allowed, counted: Mapping[str, int]) -> list[str]:
    """Name what costs more than its budget."""
    return [
        f"{name}: {counted[name]} for {most}"
        for name, most in allowed.budget.items()
        if counted[name] > most
    ]


def loosened(before: Mapping[str, Allowed], now: Mapping[str, Allowed]) -> list[str]:
    """
    Name what was let go: a screen, a former budget, a figure that grew, or a goal that moved away.

    Former budgets stay in the file, so that each new one can be held to those before it.
    """
    found: list[str] = []
    for code, old in before.items():
        new = now.get(code)
        if new is None:
            found.append(f"{code} is gone")
            continue
        if [*new.budgets[: len(old.budgets)]] != [*old.budgets]:
            found.append(f"{code}: a former budget was changed")
        found += [
            f"{code}: the goal for {name} moved away"
            for name in GOALS
            if name in old.goal and new.goal.get(name, old.goal[name] + 1) > old.goal[name]
        ]
    return found + [line for code, one in now.items() for line in _grown(code, one)]


def _grown(code: str, allowed: Allowed) -> list[str]:
    pairs = zip(allowed.budgets, allowed.budgets[1:], strict=False)
    return [
        f"{code}: {name} grew from {earlier[name]} to {later[name]} on {later['on']}"
        for earlier, later in pairs
        for name in MEASURES
        if later[name] > earlier[name]
    ]
