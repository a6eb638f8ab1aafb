"""The questions are made of the certificate's own figures, and give no answer away."""

from decimal import Decimal

import pytest

from app.catalog.rules import PolicyBook, loan_terms
from app.foundation.text import LANGUAGES
from app.loanmath.schedule import amortize
from app.origination.rules.certificate import CostCertificate, certificate_of
from app.origination.rules.comprehension import Question, QuestionKind, questions_of
from app.origination.rules.offers import plan_sha256, with_fixed_dates
from tests.origination.rules.conftest import TODAY, Offer

PRODUCTS = (
    ("orchard_inputs", "610629"),
    ("home_appliance", "320830"),
    ("harvest_bridge", "410225"),
    ("small_line", "320830"),
)


def certificate(
    offer: Offer, book: PolicyBook, code: str, region: str, rate: Decimal | None = None
) -> CostCertificate:
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
    return certificate_of(
        application_id="ap00000000000001",
        offer_id="of00000000000001",
        offered=offered,
        terms=terms,
        plan_sha256=plan_sha256(amortize(terms)),
        agreement_sha256="a" * 64,
        made_on=TODAY,
    )


def right(question: Question) -> object:
    choice = next(one for one in question.choices if one.key == question.right_key)
    return choice.sentence if choice.amount_fen is None else choice.amount_fen


@pytest.mark.parametrize(("code", "region"), PRODUCTS)
def test_the_right_answers_are_the_certificates_figures(
    code: str, region: str, offer: Offer, book: PolicyBook
) -> None:
    made = certificate(offer, book, code, region)
    questions = questions_of(made, "0" * 64)
    assert [question.kind for question in questions] == list(QuestionKind)
    assert [right(question) for question in questions] == [
        made.first_payment_fen,
        made.total_fen,
        "late_costs",
    ]


@pytest.mark.parametrize(("code", "region"), PRODUCTS)
def test_each_question_has_three_choices_apart_and_words_in_both_languages(
    code: str, region: str, offer: Offer, book: PolicyBook
) -> None:
    for question in questions_of(certificate(offer, book, code, region), "0" * 64):
        assert len({choice.key for choice in question.choices}) == 3
        for language in LANGUAGES:
            words = {choice.words(language, question.data) for choice in question.choices}
            assert len(words) == 3
            assert question.asked(language)
            assert question.explained(language)


def test_the_question_fits_the_plan(offer: Offer, book: PolicyBook) -> None:
    names = [
        questions_of(certificate(offer, book, code, region), "0" * 64)[0].name
        for code, region in PRODUCTS
    ]
    assert names == ["first_payment", "monthly", "only_payment", "first_payment"]


def test_the_right_answer_has_no_place_of_its_own(offer: Offer, book: PolicyBook) -> None:
    made = certificate(offer, book, "home_appliance", "320830")
    places: dict[QuestionKind, set[int]] = {kind: set() for kind in QuestionKind}
    for number in range(40):
        for question in questions_of(made, f"{number:064x}"):
            keys = [choice.key for choice in question.choices]
            places[question.kind].add(keys.index(question.right_key))
    assert all(len(seen) > 1 for seen in places.values())


def test_a_loan_without_interest_is_asked_about_too(offer: Offer, book: PolicyBook) -> None:
    made = certificate(offer, book, "home_appliance", "320830", Decimal(0))
    questions = questions_of(made, "0" * 64)
    assert [right(question) for question in questions] == [
        made.first_payment_fen,
        made.principal_fen,
        "late_record",
    ]
    for question in questions:
        assert len({choice.key for choice in question.choices}) == 3
