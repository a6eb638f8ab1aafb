"""Every worked figure in a lesson is what the arithmetic of the product says it is."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.literacy.operations import read_course
from app.loanmath.life import (
    Deferred,
    Disbursed,
    Event,
    PlanRow,
    RepaymentReceived,
    Rescheduled,
    fold,
)
from app.loanmath.schedule import Installment, Method, Prepayment, Terms, amortize

COURSE = read_course()
DISBURSED_ON = date(2026, 3, 15)
NOON = datetime(2026, 3, 15, 4, tzinfo=UTC)


def terms(
    yuan: int, annual_rate: str, months: int, method: Method = Method.EQUAL_INSTALLMENT
) -> Terms:
    return Terms(
        principal_fen=yuan * 100,
        annual_rate=Decimal(annual_rate),
        method=method,
        disbursed_on=DISBURSED_ON,
        count=months,
    )


def plan(
    yuan: int, annual_rate: str, months: int, method: Method = Method.EQUAL_INSTALLMENT
) -> tuple[Installment, ...]:
    return amortize(terms(yuan, annual_rate, months, method))


def lived(signed: Terms, paid: int, *then: Event) -> tuple[PlanRow, ...]:
    """Return the plan of a loan whose first installments were paid on their days, and then this."""
    rows = amortize(signed)
    begun = Disbursed(
        id="d", effective_on=DISBURSED_ON, recorded_at=NOON, amount_fen=signed.principal_fen
    )
    kept = [
        RepaymentReceived(
            id=f"r{row.number}",
            effective_on=row.due_on,
            recorded_at=NOON,
            amount_fen=row.total_fen,
        )
        for row in rows[:paid]
    ]
    return fold(signed, [begun, *kept, *then], rows[paid].due_on.replace(day=1)).rows


def interest_fen(rows: tuple[Installment, ...] | tuple[PlanRow, ...]) -> int:
    return sum(row.interest_fen for row in rows)


def tell(slug: str, *fen: int) -> None:
    """Prove that a lesson tells these sums in both languages."""
    for amount in fen:
        yuan, rest = divmod(amount, 100)
        plain = {f"{yuan}.{rest:02d}", *([str(yuan)] if rest == 0 else [])}
        for language, words in COURSE.by_slug[slug].texts.items():
            said = f"{words.body}\n{words.explanation}".replace(",", "")
            assert any(sum_ in said for sum_ in plain), f"{plain} in {slug}.{language}"


def rate_of(received: int, payments: list[Decimal]) -> Decimal:
    """Solve for twelve times the monthly rate at which payments are worth what was received."""
    low, high = Decimal(0), Decimal(1)
    for _ in range(100):
        middle = (low + high) / 2
        worth = sum(
            (paid / (1 + middle) ** month for month, paid in enumerate(payments, start=1)),
            Decimal(0),
        )
        low, high = (middle, high) if worth > received else (low, middle)
    return low * 12


def percent(rate: Decimal) -> str:
    return f"{rate * 100:.1f}%"


def says(slug: str, rate: str) -> None:
    for words in COURSE.by_slug[slug].texts.values():
        assert rate in words.body + words.explanation + "".join(words.options)


def test_ten_thousand_at_14_point_4_percent() -> None:
    rows = plan(10_000, "0.144", 12)
    tell("yearly-rate", rows[0].total_fen, rows[-1].total_fen, interest_fen(rows))


def test_a_monthly_fee_as_a_yearly_rate() -> None:
    principal = Decimal(10_000) / 12
    says("monthly-fee", percent(rate_of(10_000, [principal + 60] * 12)))
    says("monthly-fee", percent(rate_of(10_000, [principal + 100] * 12)))


def test_a_guarantee_fee_beside_interest() -> None:
    cheap, plain = plan(10_000, "0.12", 12), plan(10_000, "0.15", 12)
    fees_fen = 12 * 30_00
    payments = [Decimal(row.total_fen) / 100 + 30 for row in cheap]
    tell("every-charge-counts", interest_fen(cheap), interest_fen(cheap) + fees_fen)
    tell("every-charge-counts", interest_fen(plain))
    says("every-charge-counts", percent(rate_of(10_000, payments)))


def test_a_fridge_without_interest() -> None:
    says("zero-interest-offer", percent(rate_of(3_000, [Decimal(265)] * 12)))
    says("zero-interest-offer", percent(rate_of(2_800, [Decimal(265)] * 12)))
    tell("zero-interest-offer", 265_00 * 12, 170_00 * 12)


def test_two_ways_to_repay_twelve_thousand() -> None:
    level, falling = plan(12_000, "0.12", 12), plan(12_000, "0.12", 12, Method.EQUAL_PRINCIPAL)
    tell("two-ways-to-repay", level[0].total_fen, level[-1].total_fen, interest_fen(level))
    tell("two-ways-to-repay", falling[0].total_fen, falling[-1].total_fen, interest_fen(falling))
    tell("two-ways-to-repay", interest_fen(level) - interest_fen(falling))


def test_interest_first_and_principal_last() -> None:
    late, level = plan(20_000, "0.12", 12, Method.INTEREST_ONLY), plan(20_000, "0.12", 12)
    slug = "interest-first-principal-last"
    tell(slug, late[0].total_fen, late[-1].total_fen, interest_fen(late))
    tell(slug, level[0].total_fen, interest_fen(level), interest_fen(late) - interest_fen(level))


def test_a_plan_with_the_seasons() -> None:
    seasonal = amortize(
        Terms(
            principal_fen=10_000_00,
            annual_rate=Decimal("0.12"),
            method=Method.SEASONAL,
            disbursed_on=DISBURSED_ON,
            count=8,
            season_weights=(0, 0, 0, 0, 0, 0, 1, 1),
        )
    )
    level = plan(10_000, "0.12", 8)
    assert [row.interest_fen for row in seasonal] == [100_00] * 7 + [50_00]
    assert [row.due_on.month for row in seasonal[6:]] == [10, 11]
    tell("paying-with-the-seasons", interest_fen(seasonal), level[0].total_fen)
    tell("paying-with-the-seasons", interest_fen(level), seasonal[6].principal_fen)


@pytest.mark.parametrize("months", [6, 12, 24])
def test_the_same_loan_over_other_terms(months: int) -> None:
    rows = plan(6_000, "0.144", months)
    tell("shorter-or-longer", rows[0].total_fen, interest_fen(rows))


def test_choosing_two_years_without_need() -> None:
    extra = interest_fen(plan(6_000, "0.144", 24)) - interest_fen(plan(6_000, "0.144", 12))
    tell("shorter-or-longer", extra)


def test_paying_off_after_the_sixth_installment() -> None:
    rows = plan(12_000, "0.12", 12)
    tell("paying-early", sum(row.principal_fen for row in rows[6:]), interest_fen(rows[6:]))


def test_the_same_rate_over_twice_the_time() -> None:
    year, two_years = (interest_fen(plan(6_000, "0.144", months)) for months in (12, 24))
    tell("what-apr-leaves-out", year, two_years, two_years - year)


def test_a_freezer_in_installments() -> None:
    rows = plan(3_000, "0.144", 12)
    tell("line-or-loan", rows[0].total_fen, interest_fen(rows))


def test_paying_three_thousand_early_saves_more_by_fewer_installments() -> None:
    signed = terms(12_000, "0.12", 12)
    planned = plan(12_000, "0.12", 12)
    ways = {
        mode: lived(
            signed,
            6,
            RepaymentReceived(
                id="then",
                effective_on=planned[5].due_on,
                recorded_at=NOON,
                amount_fen=3_000_00,
                prepayment=mode,
            ),
        )
        for mode in (Prepayment.REDUCE_TERM, Prepayment.REDUCE_INSTALLMENT)
    }
    fewer, smaller = ways.values()
    saved = [interest_fen(planned) - interest_fen(rows) for rows in (fewer, smaller)]
    assert (len(fewer), len(smaller)) == (10, 12)
    slug = "paying-part-early"
    tell(slug, planned[0].total_fen, interest_fen(planned[6:]), fewer[-1].total_fen)
    tell(slug, smaller[7].total_fen, *saved, saved[0] - saved[1])


def test_two_ways_out_of_hard_times() -> None:
    signed = terms(6_000, "0.144", 12)
    planned = plan(6_000, "0.144", 12)
    on = date(2026, 6, 20)
    put_off = lived(signed, 3, Deferred(id="then", effective_on=on, recorded_at=NOON, periods=3))
    longer = lived(signed, 3, Rescheduled(id="then", effective_on=on, recorded_at=NOON, count=15))
    slug = "hardship-step-by-step"
    tell(slug, planned[0].total_fen, put_off[3].total_fen, longer[3].total_fen)
    tell(slug, *(interest_fen(rows) - interest_fen(planned) for rows in (put_off, longer)))


def by_day(yuan: int, daily_rate: str, days: int) -> int:
    return int(Decimal(yuan) * 100 * Decimal(daily_rate) * days)


@pytest.mark.parametrize(
    ("slug", "fen"),
    [
        ("day-by-day", by_day(2_000, "0.0004", 15)),
        ("day-by-day", by_day(1_000, "0.0005", 10)),
        ("day-by-day", by_day(2_000, "0.0004", 360)),
        ("what-late-costs", by_day(1_000, "0.0006", 30)),
        ("what-late-costs", by_day(1_000, "0.0006", 90)),
        ("grace-days", by_day(1_000, "0.0006", 1)),
        ("grace-days", by_day(1_000, "0.0006", 10)),
        ("line-or-loan", by_day(3_000, "0.0004", 1)),
        ("line-or-loan", by_day(3_000, "0.0004", 20)),
        ("line-or-loan", by_day(3_000, "0.0004", 360)),
    ],
)
def test_interest_by_the_day(slug: str, fen: int) -> None:
    tell(slug, fen)


def test_the_penalty_rate_for_a_day() -> None:
    assert Decimal("0.144") * Decimal("1.5") / 360 == Decimal("0.0006")
    says("what-late-costs", "21.6%")
    says("what-late-costs", "18%")


def test_a_part_payment_goes_to_interest_then_penalty_then_principal() -> None:
    interest, penalty, principal, paid = 60_00, 2_70, 940_00, 500_00
    to_principal = paid - interest - penalty
    tell("where-a-payment-goes", interest + penalty + principal, to_principal)
    tell("where-a-payment-goes", principal - to_principal)


def test_fertilizer_on_credit() -> None:
    says("fertilizer-on-credit", f"{12 * 2}%")
    says("fertilizer-on-credit", f"{30 * 100 // 500 * 3}%")
    tell("fertilizer-on-credit", 50 * 12_00, 5_000_00 * 12 // 100 // 2)


def test_a_harvest_sold_well_and_badly() -> None:
    jin = 10 * 1_100
    good, middling, bad = jin * 115, jin * 100, jin * 9 // 10 * 100
    tell("if-the-price-falls", good, middling, bad, good - 8_000_00, bad - 8_000_00)


def test_household_and_shop_sums() -> None:
    left = 30_000_00 - 12 * 1_500_00
    tell("a-year-on-one-page", left, left - 5_000_00, 36_000_00 - 12 * 2_200_00)
    tell("the-emergency-tin", 3 * 1_500_00, 3 * 1_200_00)
    tell("shop-money-home-money", (600 - 380 - 60 - 20) * 100)


def test_gifts_by_the_month_and_a_banquet_on_credit() -> None:
    slug, banquet = "wedding-and-funeral-money", plan(20_000, "0.12", 24)
    tell(slug, banquet[0].total_fen, interest_fen(banquet))
    tell(slug, 12 * 200_00, 18 * 200_00, 18 * 200_00 // 12)


def test_a_machine_hired_and_owned() -> None:
    hired, share = 2 * 60_00, 9_000_00 // 6
    for mu in (10, 30):
        owned = share + mu * 40_00
        tell("rent-or-buy-a-machine", mu * hired, owned, abs(owned - mu * hired))
    tell("rent-or-buy-a-machine", share, 24_000_00 // 8, 24_000_00 // 8 + 1_000_00)


def test_what_lean_months_lack_and_what_borrowing_it_costs() -> None:
    month = 1_500_00 - 800_00
    tell("lean-months", month, 3 * month, 3 * 200_00, 3 * 500_00)
    for yuan in (3 * month // 100, 5_000):
        tell("lean-months", interest_fen(plan(yuan, "0.12", 4, Method.INTEREST_ONLY)))


def test_a_month_of_wages_and_a_teacher_who_wins_daily() -> None:
    tell("wages-away-from-home", 26 * 240_00)
    tell("group-that-promises-much", 10_000_00 * 2 // 100, 560_00 - 500_00)
    tell("receiving-needs-no-password", 500_00 - 200_00)
