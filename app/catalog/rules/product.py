"""A product version: what is lent, for which need, in which amounts and months, at which price."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.catalog.rules.documents import RequiredDocument
from app.catalog.rules.scorecard import Tier
from app.catalog.rules.wording import ByLanguage, Content, Wording
from app.loanmath.interest import DayCount
from app.loanmath.schedule import FeeBase, FeeTiming, Method


class Need(StrEnum):
    """What the money is for; the borrower chooses by it."""

    FARM_INPUTS = "FARM_INPUTS"
    LIVESTOCK = "LIVESTOCK"
    EDUCATION = "EDUCATION"
    MEDICAL = "MEDICAL"
    MICRO_BUSINESS = "MICRO_BUSINESS"
    HOME_APPLIANCE = "HOME_APPLIANCE"
    HOME_REPAIR = "HOME_REPAIR"
    RURAL_CONSUMPTION = "RURAL_CONSUMPTION"
    GREEN = "GREEN"
    TRAVEL = "TRAVEL"
    EVERYDAY = "EVERYDAY"

    @property
    def is_consumption(self) -> bool:
        """Whether it is consumption, which the law keeps from students."""
        return self in _CONSUMPTION


_CONSUMPTION = frozenset(
    {Need.HOME_APPLIANCE, Need.HOME_REPAIR, Need.RURAL_CONSUMPTION, Need.TRAVEL, Need.EVERYDAY}
)


class Payee(StrEnum):
    """Who receives the money."""

    BORROWER = "BORROWER"
    MERCHANT = "MERCHANT"


class Channel(StrEnum):
    """Where the product can be applied for."""

    APP = "APP"
    AGENT = "AGENT"
    MERCHANT = "MERCHANT"


class Prepayment(StrEnum):
    """What paying early costs."""

    FREE = "FREE"


class Consent(StrEnum):
    """A thing the borrower agrees to separately; each can be withdrawn."""

    CREDIT_QUERY = "CREDIT_QUERY"
    AUTOMATED_DECISION = "AUTOMATED_DECISION"
    SHARE_WITH_FUNDERS = "SHARE_WITH_FUNDERS"
    SHARE_WITH_GUARANTOR = "SHARE_WITH_GUARANTOR"
    SHARE_WITH_MERCHANT = "SHARE_WITH_MERCHANT"
    MOBILE_PAYMENT_DATA = "MOBILE_PAYMENT_DATA"
    COOPERATIVE_DATA = "COOPERATIVE_DATA"
    INCOME_DATA = "INCOME_DATA"
    FARM_DATA = "FARM_DATA"
    MERCHANT_DATA = "MERCHANT_DATA"
    PHONE_DATA = "PHONE_DATA"
    HAND_OVER = "HAND_OVER"
    MARKETING = "MARKETING"


class HandedField(StrEnum):
    """One thing about a borrower that can be handed over to another lender."""

    NAME = "NAME"
    PHONE = "PHONE"
    RESIDENT_ID = "RESIDENT_ID"
    REGION = "REGION"
    AMOUNT = "AMOUNT"
    MONTHS = "MONTHS"


class Amounts(Content, frozen=True, kw_only=True):
    """What may be borrowed."""

    min_fen: int
    max_fen: int
    step_fen: int
    typical_fen: int

    def allow(self, amount_fen: int) -> bool:
        """Tell whether an amount lies within the bounds and on a step."""
        return self.min_fen <= amount_fen <= self.max_fen and amount_fen % self.step_fen == 0


class MonthsOffered(Content, frozen=True, kw_only=True):
    """For how many months it may be borrowed."""

    months: tuple[int, ...]
    typical: int


class Price(Content, frozen=True, kw_only=True):
    """The yearly contract rate by price tier."""

    annual_rate: Decimal
    """What most borrowers pay: the rate of tier B."""
    tiers: dict[Tier, Decimal]


class Fee(Content, frozen=True, kw_only=True):
    """Something taken besides interest; it is part of the annualized cost."""

    code: str
    base: FeeBase
    timing: FeeTiming
    collected_by: str
    """The partner's code."""
    collector: ByLanguage
    label: ByLanguage
    amount_fen: int = 0
    """How much, for a fixed fee."""
    rate: Decimal = Decimal(0)
    """The part of the amount borrowed, or the yearly part of what is still owed."""


class FunderShare(Content, frozen=True, kw_only=True):
    """A lender and its exact part of every loan."""

    code: str
    share: Decimal
    name: ByLanguage


class Referral(Content, frozen=True, kw_only=True):
    """
    That another lends this product: we hand over what is declared here, and decide nothing.

    Who the lender is says the product's one funder; what it costs, its price.
    """

    data: tuple[HandedField, ...]
    """All that is handed over; never anything else."""
    answers_within_days: int
    """When the lender says at the latest whether it goes on."""


class Season(Content, frozen=True, kw_only=True):
    """The crop a seasonal plan follows."""

    crop: str
    """Which of a region's season calendars applies."""
    month_weights: tuple[int, ...]
    """How the year's income falls on the months where the region says nothing, January first."""


class Product(Content, frozen=True, kw_only=True):
    """One immutable, dated version of a product."""

    code: str
    version: int
    effective_from: date
    need: Need
    method: Method
    day_count: DayCount
    payee: Payee
    channels: tuple[Channel, ...]
    grace_policy: str
    """The policy value that holds the days of grace."""
    penalty_policy: str
    """The policy value that holds the penalty factor."""
    prepayment: Prepayment
    cooling_off_days: int
    consents: tuple[Consent, ...]
    """Without these an application cannot be decided."""
    consents_optional: tuple[Consent, ...]
    amount: Amounts
    terms: MonthsOffered
    price: Price
    funders: tuple[FunderShare, ...]
    wording: dict[str, Wording]
    fees: tuple[Fee, ...] = ()
    season: Season | None = None
    effective_until: date | None = None
    """The last day it is offered; none if no end is planned."""
    is_withdrawn: bool | msgspec.UnsetType = msgspec.UNSET
    """
    Whether this version only says that the product is offered no longer. What was kept before
    there was such a thing says nothing of it, and still reads byte for byte as it did.
    """
    referral: Referral | msgspec.UnsetType = msgspec.UNSET
    """What is handed over, where another lends; unset where we do."""

    @property
    def is_referral(self) -> bool:
        """Whether another lends it, and we only hand over."""
        return isinstance(self.referral, Referral)

    documents_required: tuple[RequiredDocument, ...] | msgspec.UnsetType = msgspec.UNSET
    """Pictures without which an application cannot be handed in; unset where there are none."""

    @property
    def key(self) -> str:
        """Return what tells this version from every other."""
        return f"{self.code}:{self.version}"

    def is_offered_on(self, day: date) -> bool:
        """Tell whether the version may be applied for on a day."""
        if self.is_withdrawn or day < self.effective_from:
            return False
        return self.effective_until is None or day <= self.effective_until


def product_from(content: object) -> Product:
    """
    Read a product version.

    Raises:
        msgspec.ValidationError: Something is missing, misspelled or of the wrong kind.
    """
    return msgspec.convert(content, Product)
