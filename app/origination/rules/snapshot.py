"""Everything one decision saw: sealed with it, and enough to make it again bit for bit."""

from datetime import date
from decimal import Decimal

import msgspec

from app.catalog.rules import (
    Consent,
    OfferedProduct,
    PolicyBook,
    PolicyKind,
    PolicyValue,
    Scorecard,
    loan_terms,
)
from app.catalog.rules.policy import PolicyJson
from app.loanmath.schedule import Terms

BASIS_POINTS = 10_000
_POLICY_USED = (
    "age_max_at_end",
    "cost_cap_annual_rate",
    "cost_cap_lpr_multiple",
    "debt_service_bp_max",
    "first_due_days_min",
    "lpr_one_year",
    "person_limit_fen",
)
"""What a decision asks of the policy beside what the product and the scorecard name."""
_POLICY_USED_IF_HELD = (
    "interest_coupon",
    "interest_coupon_needs",
    "interest_coupon_until",
    "interest_subsidy",
    "interest_subsidy_needs",
    "interest_subsidy_payees",
    "interest_subsidy_until",
    "stated_over_verified_bp",
)
"""What is kept with a decision from the day on that the policy has it."""

PERSONAL = (
    "decided_on",
    "monthly_income_fen",
    "stated_debt_fen",
    "own_debt_fen",
    "exposure_fen",
    "phone_tenure_months",
    "has_bureau_file",
    "bureau_late_count",
    "bureau_active_loans",
    "bureau_debt_fen",
    "bureau_late_now_days",
    "mobile_payment_turnover_fen",
    "cooperative_years",
    "income_months",
    "verified_income_fen",
    "farm_years",
    "farm_area_mu",
    "merchant_months",
    "merchant_turnover_fen",
    "phone_months",
    "mitigations",
)
"""What of a snapshot is about the borrower and stands in no profile."""


class Velocity(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """
    How often what identifies an applicant was seen with others of late: counts, and no names.

    Attributes:
        applications: Applications this person handed in within a day.
        device: Other people who asked for codes from the same phone.
        phone: Other people who applied under this number before: it was given to somebody else.
        resident_id: Other people who applied under this resident ID.
        bank_card: Other people who applied with this bank card; at least one if a bank said of
            late that what the applicant named is another's.
        address: Other people who applied from this address.
        payee: Other people whose money was to go to the same merchant's account.
        agent_bp: The part of lately assisted applications that this helper filled in, in
            ten-thousandths; None where nobody helped.
        agent_applications: How many those are; None likewise.
    """

    applications: int = 0
    device: int = 0
    phone: int = 0
    resident_id: int = 0
    bank_card: int = 0
    address: int = 0
    payee: int = 0
    agent_bp: int | None = None
    agent_applications: int | None = None


class Snapshot(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """
    The inputs of one decision; None where nothing is known.

    What the first scorecard did not look at has a default and is left out where it has that, so
    that what was written down before reads as it did.

    Attributes:
        decided_on: The business date.
        model_version: The scorecard's version.
        offered: The product as it stood in the region when the application was handed in.
        policy: The policy values the decision may use, as they stood that day.
        amount_fen: How much the borrower asked for.
        months: For how long.
        monthly_income_fen: Income a month, as stated.
        stated_debt_fen: What other debts take a month, as stated.
        own_debt_fen: What loans with us take a month.
        exposure_fen: Principal owed to us or signed for.
        born_on: The birth date in the resident ID.
        is_student: Whether the borrower says so.
        phone_tenure_months: How long the phone number has been in use.
        region_economy_tier: The region's economy, 1 strongest to 4 weakest.
        fraud_signals: How many signs call for a check.
        has_bureau_file: Whether the bureau knows the person; the next four are 0 if not.
        bureau_late_count: Late payments in 24 months.
        bureau_active_loans: Loans not paid off.
        bureau_debt_fen: What they take a month.
        bureau_late_now_days: Days past due today.
        mobile_payment_turnover_fen: Monthly turnover, looked at with consent.
        cooperative_years: Years of membership, looked at with consent.
        model_sha256: The hash of the scorecard's content; empty before it was kept.
        income_months: The months of the year in which income comes, as stated; empty if not said.
        verified_income_fen: Monthly income as those who pay it say, looked at with consent.
        farm_years: Years in the farm register, looked at with consent.
        farm_area_mu: Area in the farm register, likewise.
        merchant_months: Months of selling as a merchant, looked at with consent.
        merchant_turnover_fen: Monthly sales as a merchant, likewise.
        phone_months: Months the number has been this person's by the carrier, with consent.
        records_silent: Sources that were asked and gave no answer in time.
        velocity: How often what identifies the applicant was seen with others.
        mitigations: What stands behind the loan besides the borrower, by the scorecard's codes.
        subsidy_used_fen: What of this year's interest subsidy the borrower has had, or was
            promised by a signature.
        subsidy_used_later: The same of later years, each with its fen.
        coupons_used: Names of the coupons the borrower has had, or was promised.
    """

    decided_on: date
    model_version: int
    offered: OfferedProduct
    policy: dict[str, PolicyJson]
    amount_fen: int
    months: int
    monthly_income_fen: int
    stated_debt_fen: int
    own_debt_fen: int
    exposure_fen: int
    born_on: date
    is_student: bool
    phone_tenure_months: int | None
    region_economy_tier: int | None
    fraud_signals: int
    has_bureau_file: bool
    bureau_late_count: int
    bureau_active_loans: int
    bureau_debt_fen: int
    bureau_late_now_days: int
    mobile_payment_turnover_fen: int | None
    cooperative_years: int | None
    model_sha256: str = ""
    income_months: tuple[int, ...] = ()
    verified_income_fen: int | None = None
    farm_years: int | None = None
    farm_area_mu: int | None = None
    merchant_months: int | None = None
    merchant_turnover_fen: int | None = None
    phone_months: int | None = None
    records_silent: tuple[str, ...] = ()
    velocity: Velocity = Velocity()
    mitigations: tuple[str, ...] = ()
    subsidy_used_fen: int = 0
    subsidy_used_later: tuple[tuple[int, int], ...] = ()
    coupons_used: tuple[str, ...] = ()

    @property
    def book(self) -> PolicyBook:
        """Return the policy as it stood that day."""
        values = {
            name: PolicyValue(
                name=name,
                effective_from=self.decided_on,
                value=value,
                unit="",
                kind=PolicyKind.READING,
                source="",
                meaning={},
            )
            for name, value in self.policy.items()
        }
        return PolicyBook(self.decided_on, values)

    @property
    def other_debt_fen(self) -> int:
        """Return what other debts take a month: as stated or as known, whichever is more."""
        return max(self.stated_debt_fen, self.bureau_debt_fen + self.own_debt_fen)

    @property
    def counted_income_fen(self) -> int:
        """
        Return the monthly income that debts are measured by: as stated, as far as records bear it.

        Records rarely show all that a household earns, so what is stated counts up to a multiple
        of what is verified (policy `stated_over_verified_bp`); without records it counts in full.
        """
        if self.verified_income_fen is None:
            return self.monthly_income_fen
        most_bp = self.book.whole("stated_over_verified_bp")
        return min(self.monthly_income_fen, self.verified_income_fen * most_bp // BASIS_POINTS)

    def age_on(self, day: date) -> int:
        """Return the borrower's full years of age on a day."""
        is_before_birthday = (day.month, day.day) < (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - is_before_birthday

    def terms(self, amount_fen: int, months: int, annual_rate: Decimal) -> Terms:
        """Return the terms the product would have for an amount, from the decision's day on."""
        return loan_terms(
            self.offered,
            self.book,
            amount_fen=amount_fen,
            months=months,
            annual_rate=annual_rate,
            disbursed_on=self.decided_on,
        )

    def as_json(self) -> str:
        """Write it down; the same snapshot always gives the same text."""
        return msgspec.json.encode(self, order="sorted").decode()


def snapshot_from(text: str) -> Snapshot:
    """Read back what `as_json` wrote."""
    return msgspec.json.decode(text, type=Snapshot)


def policy_used(
    book: PolicyBook, offered: OfferedProduct, card: Scorecard
) -> dict[str, PolicyJson]:
    """
    Pick the policy values a decision may use.

    Raises:
        PolicyValueMissing: One of them does not hold on the day.
    """
    product = offered.product
    by_rules = {
        condition.policy
        for rule in card.hard_rules
        for condition in rule.when
        if condition.policy is not None
    }
    names = {*_POLICY_USED, *by_rules, product.grace_policy, product.penalty_policy}
    names.update(name for name in _POLICY_USED_IF_HELD if name in book.values)
    return {name: book.value(name).value for name in sorted(names)}


MITIGATIONS = frozenset({"GUARANTEE_PARTNER", "CREDIT_INSURANCE", "GUARANTOR"})
"""What may stand behind a loan, by the scorecard's codes; the last is a person."""


def mitigations_of(offered: OfferedProduct) -> tuple[str, ...]:
    """Return what stands behind every loan of a product, by the scorecard's codes."""
    found: list[str] = []
    if Consent.SHARE_WITH_GUARANTOR in offered.product.consents:
        found.append("GUARANTEE_PARTNER")
    if any(fee.code == "insurance" for fee in offered.product.fees):
        found.append("CREDIT_INSURANCE")
    return tuple(found)
