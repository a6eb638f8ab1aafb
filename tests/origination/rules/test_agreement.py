"""The agreement says everything in both languages, with amounts in figures and in capitals."""

from decimal import Decimal

from app.catalog.rules import PolicyBook, loan_terms
from app.loanmath.money import capitals, yuan
from app.loanmath.schedule import Terms, amortize
from app.origination.rules.agreement import Signatory, agreement_text
from app.origination.rules.completeness import Merchant
from app.origination.rules.offers import with_fixed_dates
from tests.origination.rules.conftest import TODAY, Offer

SIGNATORY = Signatory(name="石宝塬", resident_id="612***…14", phone="199****0001", card_tail="0013")


def written(
    offer: Offer,
    book: PolicyBook,
    code: str,
    region: str,
    *,
    merchant: Merchant | None = None,
    rate: Decimal | None = None,
) -> tuple[str, Terms]:
    offered = offer(code, region)
    terms = with_fixed_dates(
        loan_terms(
            offered,
            book,
            amount_fen=offered.amount.typical_fen,
            months=offered.terms.typical,
            annual_rate=offered.annual_rate if rate is None else rate,
            disbursed_on=TODAY,
        )
    )
    text = agreement_text(
        agreement_id="ag00000000000001",
        made_on=TODAY,
        signatory=SIGNATORY,
        purpose="买肥料和果袋",
        merchant=merchant,
        offered=offered,
        terms=terms,
    )
    return text, terms


def test_amounts_stand_in_figures_and_in_capitals(offer: Offer, book: PolicyBook) -> None:
    text, terms = written(offer, book, "orchard_inputs", "610629")
    total_fen = sum(row.total_fen for row in amortize(terms))
    for amount_fen in (terms.principal_fen, total_fen):
        assert yuan(amount_fen) in text
        assert capitals(amount_fen) in text


def test_every_installment_and_every_lender_is_in_it(offer: Offer, book: PolicyBook) -> None:
    text, terms = written(offer, book, "orchard_inputs", "610629")
    for row in amortize(terms):
        assert f"{row.due_on.isoformat()}  {yuan(row.total_fen)}" in text
    parts = ("青苗消费金融，出借比例 30.00%", "禾川农村商业银行，出借比例 70.00%")
    assert all(part in text for part in parts)


def test_both_languages_stand_clause_by_clause(offer: Offer, book: PolicyBook) -> None:
    text, _ = written(offer, book, "orchard_inputs", "610629")
    lines = text.splitlines()
    assert lines[:2] == ["个人借款合同", "Personal loan agreement"]
    assert text.endswith("\n")
    chinese = [line for line in lines if line[:1] in "一二三四五六七八九十"]
    english = [line for line in lines if line[:1].isdigit()]
    assert len(chinese) == len(english)


def test_the_payee_is_the_card_or_the_merchant_named(offer: Offer, book: PolicyBook) -> None:
    to_card, _ = written(offer, book, "orchard_inputs", "610629")
    assert "尾号 0013 的银行卡" in to_card
    merchant = Merchant(name="盱眙惠民家电城", account="3208300012345678")
    to_merchant, _ = written(offer, book, "home_appliance", "320830", merchant=merchant)
    assert "直接付给盱眙惠民家电城（收款账号尾号 5678）" in to_merchant
    assert "3208300012345678" not in to_merchant


def test_a_fee_names_who_collects_it(offer: Offer, book: PolicyBook) -> None:
    text, _ = written(offer, book, "guaranteed_stock", "410225")
    assert "担保费，由田穗融资担保收取" in text
    assert "Guarantee fee, collected by Tiansui Guarantee" in text


def test_what_costs_nothing_late_says_nothing_of_a_penalty(offer: Offer, book: PolicyBook) -> None:
    text, _ = written(offer, book, "home_appliance", "320830", rate=Decimal(0))
    assert "罚息" not in text
    assert "penalty" not in text
