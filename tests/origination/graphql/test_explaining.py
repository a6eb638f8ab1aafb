"""Why an offer's and a certificate's figures are what they are, before anything is signed."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from app.foundation.database import business_date, set_business_date, transaction
from app.foundation.graphql import Rate, anonymous_context
from app.loanmath.explain import Figure, RateFigure
from app.origination.graphql.amounts import (
    CostCertificateAmount,
    CostCertificateRate,
    OfferRate,
)
from app.origination.graphql.explaining import ExplainingOffer
from app.origination.graphql.reductions import BorrowerPaysAmount
from app.servicing.graphql.amounts import OfferAmount, OfferInstallmentAmount
from tests.origination.conftest import World
from tests.origination.graphql.conftest import Ask
from tests.origination.graphql.test_borrower import Caller, begun, hand_in
from tests.servicing.explained import (
    EXPLANATION,
    RATE_EXPLANATION,
    hold,
    hold_one,
    hold_rate,
    hold_rates,
    with_explanations,
    with_rates,
)

OFFERS = f"""query Q($id: ID!) {{ application(id: $id) {{ offers {{
  {with_explanations(OfferAmount)} {with_rates(OfferRate)}
  installments {{ {with_explanations(OfferInstallmentAmount)} }} }} }} }}
  {EXPLANATION} {RATE_EXPLANATION}"""

CERTIFICATE = f"""query Q($id: ID!) {{ application(id: $id) {{ certificate {{
  {with_explanations(CostCertificateAmount)} {with_rates(CostCertificateRate)}
  items {{ code name amount annualized explain {{ ...E }} explainRate {{ ...R }} }}
  ifLate {{ exampleAmount annualized explain {{ ...E }} explainRate {{ ...R }} }} }} }} }}
  {EXPLANATION} {RATE_EXPLANATION}"""


PAID = f"""paidByOthers {{ payer payerName code name amount words parts {{ number amount }} }}
  youPay {{ {with_explanations(BorrowerPaysAmount)} annualizedCost conditions }}"""
PAID_BY_OTHERS = f"""query Q($id: ID!) {{ application(id: $id) {{
  offers {{ total annualizedCost {PAID}
    installments {{ number {with_explanations(OfferInstallmentAmount)} }} }}
  certificate {{ total {PAID} }} }} }}
  {EXPLANATION}"""


async def test_every_figure_of_every_offer_is_explained(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    await hand_in(me)

    offers = (await me.see(OFFERS))["offers"]

    assert len(offers) >= 2
    for offer in offers:
        hold(offer, OfferAmount)
        hold_rates(offer, OfferRate)
        for line in offer["installments"]:
            hold(line, OfferInstallmentAmount)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_every_figure_of_a_cost_certificate_is_explained(
    world: World, ask: Ask, language: str
) -> None:
    # A loan with a guarantor, whose fee is one of the certificate's items.
    world.persona("noodle_shop_owner")["wish"]["product"] = "guaranteed_stock"
    borrower_id, application_id = await world.decide("noodle_shop_owner")
    await world.accept(borrower_id, application_id)
    me = Caller(world, ask, borrower_id, application_id)

    certificate = (await me.see(CERTIFICATE, language=language))["certificate"]

    hold(certificate, CostCertificateAmount)
    hold_rates(certificate, CostCertificateRate)
    interest, fee = certificate["items"]
    for item in (interest, fee, *certificate["ifLate"]):
        hold_one(item["explain"], item.get("amount", item.get("exampleAmount")))
        hold_rate(item["explainRate"], item["annualized"])
    assert certificate["ifLate"][0]["exampleAmount"]
    # The fee goes by the name that the certificate gives it.
    assert {one["label"] for one in fee["explain"]["segments"]} == {fee["name"]}
    for said in (fee["explain"], fee["explainRate"]):
        assert said["code"] == fee["code"]
        assert fee["name"] in said["label"]
        assert fee["name"] in said["sentence"]
        assert fee["code"] not in said["sentence"]


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_what_others_pay_and_what_is_left_is_shown_and_explained(
    world: World, ask: Ask, language: str
) -> None:
    async with transaction() as tx:
        await set_business_date(tx, date(2026, 11, 24))
    borrower_id, application_id = await world.decide("washing_machine_family")
    await world.accept(borrower_id, application_id)
    me = Caller(world, ask, borrower_id, application_id)

    seen = await me.see(PAID_BY_OTHERS, language=language)

    payer = {"zh-Hans": "国家", "en": "the state"}[language]
    offer, certificate = seen["offers"][0], seen["certificate"]
    for shown in (offer, certificate):
        (state,) = shown["paidByOthers"]
        assert (state["payer"], state["payerName"]) == ("state", payer)
        assert payer in state["words"]
        assert sum(part["amount"] for part in state["parts"]) == state["amount"]
        pays = shown["youPay"]
        hold(pays, BorrowerPaysAmount)
        assert pays["total"] == shown["total"] - state["amount"]
        assert pays["conditions"]
    assert offer["youPay"] == certificate["youPay"]
    assert offer["youPay"]["annualizedCost"] < offer["annualizedCost"]
    by_number = {part["number"]: part["amount"] for part in offer["paidByOthers"][0]["parts"]}
    for line in offer["installments"]:
        hold(line, OfferInstallmentAmount)
        assert line["paidByOthers"] == by_number.get(line["number"], 0)
    first = offer["installments"][0]
    assert offer["youPay"]["firstPayment"] == first["total"] - first["paidByOthers"]


async def test_a_figure_that_is_another_or_of_no_offer_is_not_explained(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await world.accept(borrower_id, application_id)
    view = await world.certificate(application_id)
    today = await business_date()
    info: Any = SimpleNamespace(context=anonymous_context(world.clock.now(), today))
    known = ExplainingOffer(view.certificate)
    strange = ExplainingOffer(msgspec.structs.replace(view.certificate, offer_id="of0000000000"))

    total_fen, cost = view.certificate.total_fen, Rate("0.0600")
    assert await known.explain(info, Figure.LOAN_TOTAL, total_fen) is not None
    assert await known.explain(info, Figure.LOAN_TOTAL, total_fen + 1) is None
    assert await known.explain_rate(info, RateFigure.ANNUALIZED_COST, Rate("0.0001")) is None
    assert await known.explain_rate(info, RateFigure.ANNUALIZED_FEE, cost, code="no") is None
    assert await strange.explain(info, Figure.LOAN_TOTAL, total_fen) is None
    assert await strange.explain_lateness(info, 10, 1) is None
    assert await strange.explain_rate(info, RateFigure.ANNUALIZED_COST, cost) is None
