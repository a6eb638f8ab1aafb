"""What is missing is listed whole, and free text is one printable line."""

from dataclasses import replace as structs_replace

import pytest
from msgspec.structs import replace

from app.catalog.rules import OfferedProduct
from app.catalog.rules.documents import DocumentKind, RequiredDocument
from app.foundation.errors import InvalidInput
from app.origination.errors import Missing, MissingItem
from app.origination.rules.completeness import (
    Filled,
    NextStep,
    merchant_of,
    missing_of,
    monthly_fen,
    next_step,
    purpose_of,
)
from app.origination.rules.consents import ConsentKey, consents_asked
from app.origination.rules.states import ApplicationState
from tests.origination.rules.conftest import Offer

NOTHING = Filled(
    amount_fen=None,
    months=None,
    has_purpose=False,
    has_monthly_income=False,
    has_debt_payments=False,
    has_merchant=False,
)


def filled(offered: OfferedProduct, *, has_merchant: bool) -> Filled:
    return Filled(
        amount_fen=offered.amount.typical_fen,
        months=offered.terms.typical,
        has_purpose=True,
        has_monthly_income=True,
        has_debt_payments=True,
        has_merchant=has_merchant,
    )


def required(offered: OfferedProduct) -> list[ConsentKey]:
    return [ask.key for ask in consents_asked(offered) if ask.is_required]


def test_an_empty_application_lacks_everything_in_the_order_asked(offer: Offer) -> None:
    offered = offer("home_appliance", "320830")
    missing = missing_of(NOTHING, offered, [], is_profile_complete=False, has_bank_card=False)
    assert [one.item for one in missing] == [
        MissingItem.PROFILE,
        MissingItem.AMOUNT,
        MissingItem.MONTHS,
        MissingItem.PURPOSE,
        MissingItem.MONTHLY_INCOME,
        MissingItem.DEBT_PAYMENTS,
        MissingItem.MERCHANT,
        MissingItem.CONSENT,
        MissingItem.CONSENT,
        MissingItem.CONSENT,
    ]
    assert missing[-1] == Missing(item=MissingItem.CONSENT, consent="SHARE_WITH_MERCHANT")


def test_a_complete_application_lacks_nothing(offer: Offer) -> None:
    for code, region in (("home_appliance", "320830"), ("orchard_inputs", "610629")):
        offered = offer(code, region)
        missing = missing_of(
            filled(offered, has_merchant=True),
            offered,
            required(offered),
            is_profile_complete=True,
            has_bank_card=True,
        )
        assert missing == ()


def test_a_loan_to_the_borrower_needs_a_card_and_no_merchant(offer: Offer) -> None:
    offered = offer("orchard_inputs", "610629")
    missing = missing_of(
        filled(offered, has_merchant=False),
        offered,
        required(offered),
        is_profile_complete=True,
        has_bank_card=False,
    )
    assert [one.item for one in missing] == [MissingItem.BANK_CARD]


def test_an_amount_or_term_the_region_no_longer_offers_counts_as_missing(offer: Offer) -> None:
    offered = offer("orchard_inputs", "610629")
    stale = Filled(
        amount_fen=offered.amount.max_fen + offered.amount.step_fen,
        months=7,
        has_purpose=True,
        has_monthly_income=True,
        has_debt_payments=True,
        has_merchant=False,
    )
    missing = missing_of(
        stale, offered, required(offered), is_profile_complete=True, has_bank_card=True
    )
    assert [one.item for one in missing] == [MissingItem.AMOUNT, MissingItem.MONTHS]


def test_a_picture_that_is_needed_and_has_not_arrived_is_named(offer: Offer) -> None:
    plain = offer("home_appliance", "320830")
    kind = DocumentKind.PURCHASE_LIST
    why = RequiredDocument(kind=kind, why={"zh-Hans": "要看", "en": "to see"})
    product = replace(plain.product, documents_required=(why,))
    offered = replace(plain, product=product)
    whole = filled(offered, has_merchant=True)
    for arrived, lacks in (
        (frozenset[str](), [Missing(item=MissingItem.DOCUMENT, document=kind.value)]),
        (frozenset({kind.value}), []),
    ):
        missing = missing_of(
            structs_replace(whole, documents=arrived),
            offered,
            required(offered),
            is_profile_complete=True,
            has_bank_card=True,
        )
        assert list(missing) == lacks


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("买肥料和果袋", "买肥料和果袋"),
        ("  买肥料\n\n十、利率为零  ", "买肥料 十、利率为零"),
        ("ＡＢＣ１２３", "ABC123"),
    ],
)
def test_a_purpose_is_one_line(written: str, said: str) -> None:
    assert purpose_of(written, field="input.purpose") == said


@pytest.mark.parametrize("written", ["", " \n ", "买" * 61, "买\u202e肥料", "买\x07肥料"])
def test_a_purpose_that_cannot_stand_in_an_agreement_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        purpose_of(written, field="input.purpose")
    assert refused.value.field == "input.purpose"


@pytest.mark.parametrize("value", [-1, 100_000_001])
def test_a_monthly_amount_no_household_has_is_refused(value: int) -> None:
    with pytest.raises(InvalidInput):
        monthly_fen(value, field="input.monthlyIncome")
    assert monthly_fen(0, field="input.monthlyIncome") == 0
    assert monthly_fen(100_000_000, field="input.monthlyIncome") == 100_000_000


def test_a_merchant_is_read_however_the_account_is_spaced() -> None:
    merchant = merchant_of(" 贺兰技工学校 ", "6401 2200 １２３４ 5678", field="input.merchant")
    assert (merchant.name, merchant.account) == ("贺兰技工学校", "6401220012345678")
    assert merchant.account_tail == "5678"


@pytest.mark.parametrize(
    ("name", "account", "field"),
    [
        ("", "12345678", "input.merchant.name"),
        ("校" * 61, "12345678", "input.merchant.name"),
        ("学校\n十五、", "12345678", "input.merchant.name"),
        ("学校", "1234567", "input.merchant.account"),
        ("学校", "1" * 33, "input.merchant.account"),
        ("学校", "12345678x", "input.merchant.account"),
    ],
)
def test_a_merchant_nobody_could_pay_is_refused(name: str, account: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        merchant_of(name, account, field="input.merchant")
    assert refused.value.field == field


def test_every_state_has_a_next_step() -> None:
    steps = {
        state: next_step(state, is_complete=False, is_opened=False, is_understood=False)
        for state in ApplicationState
    }
    assert steps[ApplicationState.DRAFT] is NextStep.FILL_IN
    assert steps[ApplicationState.OFFER_ACCEPTED] is NextStep.READ_COST
    assert steps[ApplicationState.BOOKED] is NextStep.SEE_LOAN


def test_the_next_step_follows_what_is_done() -> None:
    draft, accepted = ApplicationState.DRAFT, ApplicationState.OFFER_ACCEPTED
    submit = next_step(draft, is_complete=True, is_opened=False, is_understood=False)
    ask = next_step(accepted, is_complete=True, is_opened=True, is_understood=False)
    confirm = next_step(accepted, is_complete=True, is_opened=True, is_understood=True)
    assert (submit, ask, confirm) == (
        NextStep.SUBMIT,
        NextStep.ANSWER_QUESTIONS,
        NextStep.CONFIRM_COST,
    )
