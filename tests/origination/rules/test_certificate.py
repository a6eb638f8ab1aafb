"""The certificate holds every cost, in one spelling, bound to its plan and agreement."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.catalog.rules import OfferedProduct, PolicyBook, loan_terms
from app.loanmath import life
from app.loanmath.schedule import Fee, FeeBase, FeeTiming, Terms, amortize
from app.origination.rules.certificate import (
    CostCertificate,
    certificate_from,
    certificate_of,
)
from app.origination.rules.offers import plan_sha256, with_fixed_dates
from tests.origination.rules.conftest import TODAY, Offer

AGREEMENT_SHA256 = "a" * 64


def terms_of(offered: OfferedProduct, book: PolicyBook, **changes: Decimal) -> Terms:
    return with_fixed_dates(
        loan_terms(
            offered,
            book,
            amount_fen=offered.amount.typical_fen,
            months=offered.terms.typical,
            annual_rate=changes.get("annual_rate", offered.annual_rate),
            disbursed_on=TODAY,
        )
    )


def write(offered: OfferedProduct, terms: Terms) -> CostCertificate:
    return certificate_of(
        application_id="ap00000000000001",
        offer_id="of00000000000001",
        offered=offered,
        terms=terms,
        plan_sha256=plan_sha256(amortize(terms)),
        agreement_sha256=AGREEMENT_SHA256,
        made_on=TODAY,
    )


def test_every_party_that_collects_is_named_with_what_it_takes(
    offer: Offer, book: PolicyBook
) -> None:
    offered = offer("guaranteed_stock", "410225")
    certificate = write(offered, terms_of(offered, book))
    interest, guarantee = certificate.items
    assert interest.collected_by == ("qingmiao", "yunling_bank")
    assert guarantee.code == "guarantee"
    assert guarantee.collected_by == ("tiansui_guarantee",)
    names = {party.code: party.name["zh-Hans"] for party in certificate.parties}
    assert names["tiansui_guarantee"] == "田穗融资担保"
    assert interest.amount_fen + guarantee.amount_fen == certificate.total_cost_fen
    assert certificate.total_fen == certificate.principal_fen + certificate.total_cost_fen
    # The fee of 0.96 % a year on what is owed makes the loan dearer by just that.
    assert Decimal(guarantee.annualized) == pytest.approx(Decimal("0.0096"), abs=Decimal("1e-5"))
    assert Decimal(certificate.annualized) > Decimal(certificate.contract_rate)


def test_the_plan_in_it_is_the_plan_of_the_terms(offer: Offer, book: PolicyBook) -> None:
    offered = offer("orchard_inputs", "610629")
    terms = terms_of(offered, book)
    certificate = write(offered, terms)
    assert [sum(row[2:]) for row in certificate.plan] == [row.total_fen for row in amortize(terms)]
    assert certificate.plan_sha256 == plan_sha256(amortize(terms))
    assert certificate.agreement_sha256 == AGREEMENT_SHA256
    assert certificate.first_payment_fen == amortize(terms)[0].total_fen


def test_it_is_written_in_one_spelling_of_whole_numbers_and_text(
    offer: Offer, book: PolicyBook
) -> None:
    offered = offer("guaranteed_stock", "410225")
    certificate = write(offered, terms_of(offered, book))
    written = certificate.as_json()
    assert certificate_from(written) == certificate
    assert certificate_from(written).as_json() == written
    assert json.dumps(json.loads(written), ensure_ascii=False, sort_keys=True) == (
        json.dumps(json.loads(written), ensure_ascii=False)
    )

    def kinds(value: object) -> set[type]:
        if isinstance(value, dict):
            return {kind for one in value.values() for kind in kinds(one)}
        if isinstance(value, list):
            return {kind for one in value for kind in kinds(one)}
        return {type(value)}

    assert kinds(json.loads(written)) == {int, str}


def test_the_example_of_lateness_is_what_the_loan_would_charge(
    offer: Offer, book: PolicyBook
) -> None:
    offered = offer("home_appliance", "320830")
    terms = terms_of(offered, book)
    (late,) = write(offered, terms).if_late
    begun = life.Disbursed(
        id="ev1",
        effective_on=TODAY,
        recorded_at=datetime(2026, 11, 21, 4, tzinfo=UTC),
        amount_fen=terms.principal_fen,
    )
    state = life.fold(terms, [begun], terms.due_dates[0] + timedelta(days=late.example_days))
    assert late.example_fen == state.rows[0].penalty_fen > 0
    in_grace = life.fold(terms, [begun], terms.due_dates[0] + timedelta(days=late.grace_days))
    assert in_grace.rows[0].penalty_fen == 0


def test_a_loan_that_costs_nothing_late_says_nothing_of_lateness(
    offer: Offer, book: PolicyBook
) -> None:
    offered = offer("home_appliance", "320830")
    certificate = write(offered, terms_of(offered, book, annual_rate=Decimal(0)))
    assert certificate.if_late == ()
    assert certificate.charge_codes == ()
    assert certificate.total_cost_fen == 0


@pytest.mark.parametrize("timing", [one for one in FeeTiming if one is not FeeTiming.UP_FRONT])
@pytest.mark.parametrize("base", [FeeBase.FIXED, FeeBase.PRINCIPAL])
def test_every_kind_of_fee_is_explained(
    offer: Offer, book: PolicyBook, timing: FeeTiming, base: FeeBase
) -> None:
    offered = offer("guaranteed_stock", "410225")
    fee = Fee(
        code="guarantee",
        timing=timing,
        base=base,
        amount_fen=5_000 if base is FeeBase.FIXED else 0,
        rate=Decimal("0.001") if base is FeeBase.PRINCIPAL else Decimal(0),
    )
    certificate = write(offered, replace(terms_of(offered, book), fees=(fee,)))
    item = certificate.items[-1]
    shown = "50.00" if base is FeeBase.FIXED else "0.10%"
    assert shown in item.method["zh-Hans"]
    assert shown in item.method["en"]
    assert item.amount_fen > 0
    assert Decimal(item.annualized) > 0
