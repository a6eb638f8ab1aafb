"""The personas of `fixtures/`: synthetic people for the demo, the journey and the tests."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyotp

FIXTURES = Path(__file__).parents[2] / "fixtures"


class Ending(StrEnum):
    """Where a persona's story ends, as its file says beforehand."""

    PROFILE_REFUSED = "PROFILE_REFUSED"
    """They may not borrow at all, and are told so before they apply."""
    REJECTED = "REJECTED"
    DECIDING = "DECIDING"
    """A person has yet to look at the application."""
    OFFERED = "OFFERED"
    """They look at the offers and leave it at that."""
    BOOKED = "BOOKED"
    """The money is there, and the plan too."""
    DRAWN_AGAIN = "DRAWN_AGAIN"
    """The money of a second draw on a line is there, and its plan too."""
    RETURNED = "RETURNED"
    """The loan was given back within its cooling-off days, at its principal."""
    HANDED_OVER = "HANDED_OVER"
    """Another lender has what they agreed to hand over, and goes on with it."""
    GUARANTEES = "GUARANTEES"
    """They borrow nothing and stand behind somebody else's loan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is special about a persona's story, beside borrowing on their own phone."""

    scene: str = ""
    """Whose stories belong together; none where theirs stands alone."""
    phone_shared: str | None = None
    """What the app installation calls itself that more than one of a scene sign in from."""
    number_before: str | None = None
    """The persona who had their number before."""
    guarantor: str | None = None
    """The persona who stands behind their loan."""
    assisted_by: str | None = None
    """The partner's person who fills the application in."""
    draws: Mapping[str, int] | None = None
    """How much they draw on the line once more, and for how many months."""
    sends: Mapping[str, Any] | None = None
    """Which picture they send, and how often the line breaks on the way."""
    hands_over: bool = False
    """Whether they want what another lender lends, and hand their data over to it."""
    returns: bool = False
    """Whether they give the loan back within its cooling-off days."""
    judged: Mapping[str, Any] | None = None
    """What a person at the desk finds who looks at a referred application."""
    appeals: Mapping[str, Any] | None = None
    """Why they ask for a person to look at a decline, and what that person finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A person who never existed, with a wish and what should come of it."""

    code: str
    story: str
    phone: str
    phone_tenure_months: int
    name: str
    resident_id: str
    bank_card: str
    region_code: str
    is_student: bool
    income_fen: int
    debt_service_fen: int
    product_code: str
    amount_fen: int
    months: int
    purpose: str
    outcome: str
    reasons: tuple[str, ...]
    ending: Ending = Ending.BOOKED
    part: Part = Part()
    language: str = "zh-Hans"
    consents_to_data: bool = field(default=True)

    @property
    def scene(self) -> str:
        """Return what tells the stories that belong together from the others."""
        return self.part.scene or self.code

    @property
    def profile(self) -> dict[str, Any]:
        """Return what they fill in about themselves, as `completeProfile` takes it."""
        return {
            "name": self.name,
            "residentId": self.resident_id,
            "regionCode": self.region_code,
            "monthlyIncome": self.income_fen,
            "purpose": self.purpose,
            "bankCard": self.bank_card,
            "isStudent": self.is_student,
            "phoneTenureMonths": self.phone_tenure_months,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPersona:
    """A member of the demo's service desk."""

    name: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    role: str

    def proofs(self, now: datetime) -> Mapping[str, str]:
        """Return what they sign in with at a moment."""
        code = pyotp.TOTP(self.totp_secret).at(now)
        return {"name": self.name, "password": self.password, "totp": code}


def persona(code: str) -> Persona:
    """Return a persona by the name of its file."""
    raw = tomllib.loads((FIXTURES / "personas" / f"{code}.toml").read_text(encoding="utf-8"))
    identity, income, expected = raw["identity"], raw["income"], raw["expected"]
    wish = raw.get("wish", NO_WISH)
    return Persona(
        code=raw["code"],
        story=raw["story"]["en"],
        phone=raw["contact"]["phone"],
        phone_tenure_months=raw["contact"]["phone_tenure_months"],
        name=identity["name"],
        resident_id=identity["resident_id"],
        bank_card=identity["bank_card"],
        region_code=identity["region_code"],
        is_student=identity["is_student"],
        income_fen=income["monthly_fen"],
        debt_service_fen=income["debt_service_fen"],
        product_code=wish["product"],
        amount_fen=wish["amount_fen"],
        months=wish["months"],
        purpose=wish["purpose"]["zh-Hans"],
        outcome=expected["outcome"],
        reasons=tuple(expected["reasons"]),
        ending=Ending(expected["ending"]),
        part=Part(**raw.get("part", {})),
        language=raw["language"],
    )


NO_WISH: Mapping[str, Any] = {
    "product": "",
    "amount_fen": 0,
    "months": 0,
    "purpose": {"zh-Hans": "家用"},
}
"""Of somebody who borrows nothing."""


def personas() -> list[Persona]:
    """Return every persona, in file order."""
    return [persona(path.stem) for path in sorted((FIXTURES / "personas").glob("*.toml"))]


def desk() -> list[StaffPersona]:
    """Return the demo's service desk."""
    raw = tomllib.loads((FIXTURES / "staff" / "desk.toml").read_text(encoding="utf-8"))
    return [StaffPersona(**one) for one in raw["staff"]]
