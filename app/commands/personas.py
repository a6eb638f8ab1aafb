"""The personas of `fixtures/`: synthetic people for the demo, the journey and the tests."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures"


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
    consents_to_data: bool = field(default=True)

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


def persona(code: str) -> Persona:
    """Return a persona by the name of its file."""
    raw = tomllib.loads((FIXTURES / "personas" / f"{code}.toml").read_text(encoding="utf-8"))
    identity, wish, income = raw["identity"], raw["wish"], raw["income"]
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
        outcome=raw["expected"]["outcome"],
        reasons=tuple(raw["expected"]["reasons"]),
    )


def personas() -> list[Persona]:
    """Return every persona, in file order."""
    return [persona(path.stem) for path in sorted((FIXTURES / "personas").glob("*.toml"))]


def desk() -> list[StaffPersona]:
    """Return the demo's service desk."""
    raw = tomllib.loads((FIXTURES / "staff" / "desk.toml").read_text(encoding="utf-8"))
    return [StaffPersona(**one) for one in raw["staff"]]
