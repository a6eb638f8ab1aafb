"""
Campaigns: what a coupon is worth, how one comes by it, and what all of them may cost.

A campaign is dated policy (`reward_coupon_…`), proposed and published by two people as any other
figure. It gives interest cuts and nothing else: no coupon touches principal, a fee, a cost or a
penalty, and none is a condition for anything. What a coupon gives is taken out of the interest the
borrower is asked for, so it is inside the annualized cost that is shown, with and without it.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.catalog.rules import PolicyBook

CAMPAIGN_PREFIX = "reward_coupon_"
"""How the names of the policy values begin that are campaigns."""

LEDGER_PREFIX = "REWARD_"
"""How coupons of rewards are called in a loan's life; those of an offer have names without it."""

CODE_SHAPE = re.compile(r"[A-Z0-9_]{3,24}")


class Way(StrEnum):
    """How a borrower comes by a coupon."""

    POINTS = "POINTS"
    INVITATION = "INVITATION"
    CARE = "CARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """
    One campaign as it stands on a day.

    Attributes:
        code: Its stable name.
        way: How a borrower comes by its coupons.
        amount_fen: What one coupon takes off the interest of a loan at most.
        points: What one costs, where points buy it; else 0.
        budget_fen: What all its coupons together may cost, those not used yet included.
        person_max_fen: What those of one person may.
        valid_days: For how many days one can be used.
        until: The last day on which it gives any.
        meaning: What it is, in plain words, by language.
    """

    code: str
    way: Way
    amount_fen: int
    points: int
    budget_fen: int
    person_max_fen: int
    valid_days: int
    until: date
    meaning: dict[str, str]

    @property
    def ledger_code(self) -> str:
        """Return what its coupons are called in a loan's life."""
        return f"{LEDGER_PREFIX}{self.code}"

    def runs_on(self, day: date) -> bool:
        """Tell whether it gives coupons on a day."""
        return day <= self.until and self.amount_fen > 0

    def last_day_of(self, granted_on: date) -> date:
        """Return the last day on which a coupon given on a day can be used."""
        return granted_on + timedelta(days=self.valid_days)


def campaigns_in(book: PolicyBook) -> tuple[Campaign, ...]:
    """Return every campaign that policy names on a day, those that are over included, by code."""
    found: dict[str, Campaign] = {}
    for name, value in book.values.items():
        if not name.startswith(CAMPAIGN_PREFIX):
            continue
        table = book.table(name)
        code = str(table["code"])
        assert CODE_SHAPE.fullmatch(code), f"{name} has a code"
        assert code not in found, f"{code} is one campaign"
        meaning = value.meaning
        found[code] = Campaign(
            code=code,
            way=Way(str(table["way"])),
            amount_fen=int(table["amount_fen"]),
            points=int(table["points"]),
            budget_fen=int(table["budget_fen"]),
            person_max_fen=int(table["person_max_fen"]),
            valid_days=int(table["valid_days"]),
            until=date.fromisoformat(str(table["until"])),
            meaning=dict(meaning),
        )
    return tuple(found[code] for code in sorted(found))


def campaign_named(book: PolicyBook, code: str) -> Campaign | None:
    """Return a campaign by its code; None where policy names none."""
    return next((one for one in campaigns_in(book) if one.code == code), None)


def running(book: PolicyBook, way: Way) -> tuple[Campaign, ...]:
    """Return the campaigns that give coupons in a way today, by code."""
    return tuple(one for one in campaigns_in(book) if one.way is way and one.runs_on(book.on))
