"""What looking at everything of one kind found: how much there was, and what of it is wrong."""

from dataclasses import dataclass

PROBLEMS_MAX = 100
"""How many problems of one kind are named; nobody reads more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    One promise, looked at again in full.

    Attributes:
        promise: What must hold, in a few words.
        looked_at: How many rows were looked at.
        problems: What is wrong, a line each that names the row; none means that it holds.
    """

    promise: str
    looked_at: int
    problems: tuple[str, ...] = ()
