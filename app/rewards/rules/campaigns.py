"""
Campaigns: what a coupon is worth, how one comes by it, and what all of them may cost.

A campaign is dated policy (`reward_coupon_…`), proposed and published by two people as any other
figure. It gives interest cuts and nothing else: no coupon touches principal, a fee, a cost or a
penalty, and none is a condition for anything. What a coupon gives is taken out of the interest the
borrower is asked for, so it is inside the annualized cost that is shown, with and without it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.catalog.rules import Fault, PolicyBook
from app.catalog.rules.policy import PolicyValue

CAMPAIGN_PREFIX = "reward_coupon_"
"""How the names of the policy values begin that are campaigns."""

CODE_SHAPE = re.compile(r"[A-Z0-9_]{3,24}")

VALID_DAYS_MAX = 730
"""For how long a coupon can be used at most: what is promised longer is no promise."""


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
        if name.startswith(CAMPAIGN_PREFIX):
            campaign = _campaign(value)
            assert campaign.code not in found, f"{campaign.code} is one campaign"
            found[campaign.code] = campaign
    return tuple(found[code] for code in sorted(found))


def campaign_faults(value: PolicyValue, book: PolicyBook) -> Iterator[Fault]:
    """Name what is wrong with a campaign that is proposed, beside the others of its first day."""
    if not value.name.startswith(CAMPAIGN_PREFIX):
        return
    try:
        campaign = _campaign(value)
    except (KeyError, TypeError, ValueError):
        yield Fault("value", "campaign_unreadable")
        return
    others = {name: one for name, one in book.values.items() if name != value.name}
    taken = {one.code for one in campaigns_in(PolicyBook(book.on, others))}
    before = book.values.get(value.name)
    if campaign.code in taken or (before is not None and _campaign(before).code != campaign.code):
        yield Fault("value.code", "campaign_code_taken")
    if not 0 < campaign.amount_fen <= campaign.person_max_fen <= campaign.budget_fen:
        yield Fault("value", "campaign_out_of_bounds")
    if not 0 < campaign.valid_days <= VALID_DAYS_MAX:
        yield Fault("value.valid_days", "campaign_days", {"most": VALID_DAYS_MAX})
    if (campaign.points > 0) is not (campaign.way is Way.POINTS):
        yield Fault("value.points", "campaign_points")


def _campaign(value: PolicyValue) -> Campaign:
    """
    Read a campaign.

    Raises:
        KeyError: A part is missing.
        TypeError: It has no parts.
        ValueError: A part is of another form.
    """
    table = value.value
    if not isinstance(table, dict):
        raise TypeError(value.name)
    code = str(table["code"])
    if not CODE_SHAPE.fullmatch(code):
        raise ValueError(code)
    return Campaign(
        code=code,
        way=Way(str(table["way"])),
        amount_fen=int(table["amount_fen"]),
        points=int(table["points"]),
        budget_fen=int(table["budget_fen"]),
        person_max_fen=int(table["person_max_fen"]),
        valid_days=int(table["valid_days"]),
        until=date.fromisoformat(str(table["until"])),
        meaning=dict(value.meaning),
    )


def ledger_code(campaign: str) -> str:
    """Return what a campaign's coupons are called in a loan's life; an offer's have other names."""
    return f"REWARD_{campaign}"


def campaign_named(book: PolicyBook, code: str) -> Campaign | None:
    """Return a campaign by its code; None where policy names none."""
    return next((one for one in campaigns_in(book) if one.code == code), None)


def running(book: PolicyBook, way: Way) -> tuple[Campaign, ...]:
    """Return the campaigns that give coupons in a way today, by code."""
    return tuple(one for one in campaigns_in(book) if one.way is way and one.runs_on(book.on))
