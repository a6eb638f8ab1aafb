"""A decision made anew by a person: the facts put right, the score judged, the rules kept."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from app.catalog.rules import Outcome, Scorecard
from app.origination.errors import NothingToOffer, RuleStands
from app.origination.rules.decision import Verdict, decide, signs_of
from app.origination.rules.picks import picks_of
from app.origination.rules.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """What a person found who looked at a decline: how much to lend, on which facts, and why."""

    amount_fen: int
    """The most to offer."""
    reason: str = field(repr=False)
    monthly_income_fen: int | None = field(default=None, repr=False)
    """Where the evidence says otherwise than the machine saw; None leaves it as it was."""
    other_debts_fen: int | None = field(default=None, repr=False)
    """What debts elsewhere take a month, likewise."""
    late_now_days: int | None = field(default=None, repr=False)
    """Days past due elsewhere today, likewise."""


def put_right(
    snapshot: Snapshot,
    found: NewDecision,
    *,
    decided_on: date,
    own_debt_fen: int,
    exposure_fen: int,
) -> Snapshot:
    """
    Return what the machine saw, with the facts that evidence put right, as of today.

    What the borrower owes us is what they owe now.
    """
    changes: dict[str, Any] = {
        "decided_on": decided_on,
        "own_debt_fen": own_debt_fen,
        "exposure_fen": exposure_fen,
    }
    if found.monthly_income_fen is not None:
        changes["monthly_income_fen"] = found.monthly_income_fen
        changes["verified_income_fen"] = None  # a person verified it
    if found.other_debts_fen is not None:
        changes["stated_debt_fen"] = changes["bureau_debt_fen"] = found.other_debts_fen
    if found.late_now_days is not None:
        changes["bureau_late_now_days"] = found.late_now_days
    return msgspec.structs.replace(snapshot, **changes)


def decided_anew(snapshot: Snapshot, card: Scorecard, *, most_fen: int) -> Verdict:
    """
    Approve what a person found a machine wrong to decline.

    A person may look past a score, which is an average of others. A rule that refuses stands: age,
    students' consumption, days past due, debts and what one person may owe are the law's and the
    policy's, and only other facts change what they say. What can be carried stays as it is, too.

    Args:
        snapshot: The facts as put right.
        card: The scorecard that declined.
        most_fen: The most the person lets be offered.

    Raises:
        RuleStands: A rule refuses on these facts too.
        NothingToOffer: No loan of the product can be carried within these limits.
    """
    held = signs_of(snapshot, card)
    for rule in card.hard_rules:
        if rule.code in held and rule.outcome is Outcome.DECLINE:
            raise RuleStands(rule.code)
    again = decide(snapshot, card)
    left_fen = snapshot.book.whole("person_limit_fen") - snapshot.exposure_fen
    limit_fen = max(0, min(most_fen, left_fen))
    picks = picks_of(snapshot, limit_fen=limit_fen, annual_rate=snapshot.offered.tiers[again.tier])
    if not picks:
        raise NothingToOffer
    return msgspec.structs.replace(
        again, outcome=Outcome.APPROVE, limit_fen=limit_fen, reasons=(), picks=picks
    )
