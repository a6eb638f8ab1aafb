"""The catalog as a phone reads it, without signing in."""

from dataclasses import replace
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.catalog.graphql import NODES, CatalogQuery, Product
from app.foundation.clock import local_date
from app.foundation.database import Database
from app.foundation.graphql import SCALARS, Context, anonymous_context

SCHEMA = strawberry.Schema(query=CatalogQuery, config=StrawberryConfig(scalar_map=SCALARS))

PRODUCTS = """
query ($region: String!, $need: LoanNeed) {
  products(regionCode: $region, need: $need) {
    id code need name promise suits crop method payee
    amounts { minimum maximum step typical }
    months monthsTypical annualRate annualRateMinimum annualRateMaximum
    fees { code label collectedBy base amount rate }
    lenders { code name share }
    graceDays penaltyFactor consents consentsOptional
    typicalCost {
      amount months annualRate monthlyPayment firstPayment largestPayment
      totalInterest totalFees total annualizedCost
    }
  }
}
"""


@pytest.fixture
def context(published: Database) -> Context:
    now = published.clock.now()
    return anonymous_context(now, local_date(now))


async def ask(context: Context, query: str, **variables: Any) -> dict[str, Any]:  # noqa: ANN401 - GraphQL variables
    result = await SCHEMA.execute(query, variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_anybody_can_read_the_regions_in_their_language(context: Context) -> None:
    query = "{ regions { code parentCode name note } }"

    chinese = (await ask(context, query))["regions"]
    english = (await ask(replace(context, language="en"), query))["regions"]

    luochuan = next(region for region in chinese if region["code"] == "610629")
    assert luochuan["name"] == "洛川县"
    assert luochuan["parentCode"] == "610000"
    assert "Luochuan County" in {region["name"] for region in english}
    assert {region["parentCode"] for region in chinese if region["code"].endswith("0000")} == {None}


async def test_a_product_shows_its_whole_cost_and_who_lends(context: Context) -> None:
    data = await ask(context, PRODUCTS, region="320830", need="HOME_APPLIANCE")

    (machine,) = data["products"]
    assert machine["name"] == "家电分期"
    assert machine["method"] == "EQUAL_INSTALLMENT"
    assert machine["payee"] == "MERCHANT"
    assert machine["typicalCost"] == {
        "amount": 240_000,
        "months": 6,
        "annualRate": "0.0840",
        "monthlyPayment": 40_986,
        "firstPayment": 40_986,
        "largestPayment": 40_986,
        "totalInterest": 5_915,
        "totalFees": 0,
        "total": 245_915,
        "annualizedCost": "0.0840",
    }
    assert machine["lenders"] == [{"code": "qingmiao", "name": "青苗消费金融", "share": "1"}]
    assert machine["fees"] == []
    assert machine["graceDays"] == 3
    assert machine["penaltyFactor"] == "1.5"


async def test_every_need_of_every_region_can_be_shown_in_both_languages(context: Context) -> None:
    for language in ("zh-Hans", "en"):
        for region in ("610629", "320830", "530581", "440000"):
            data = await ask(replace(context, language=language), PRODUCTS, region=region)
            assert len(data["products"]) == 5
            for product in data["products"]:
                assert product["name"]
                assert product["typicalCost"]["annualizedCost"] <= "0.1200"


async def test_a_joint_loan_names_each_lender_and_fee(context: Context) -> None:
    data = await ask(
        replace(context, language="en"), PRODUCTS, region="320830", need="MICRO_BUSINESS"
    )

    guaranteed = next(one for one in data["products"] if one["code"] == "guaranteed_stock")
    assert guaranteed["lenders"] == [
        {"code": "qingmiao", "name": "Qingmiao Consumer Finance", "share": "0.2"},
        {"code": "yunling_bank", "name": "Yunling Huimin Bank", "share": "0.8"},
    ]
    assert guaranteed["fees"] == [
        {
            "code": "guarantee",
            "label": "Guarantee fee",
            "collectedBy": "Tiansui Guarantee",
            "base": "BALANCE",
            "amount": 0,
            "rate": "0.0096",
        }
    ]
    assert guaranteed["typicalCost"]["totalFees"] > 0
    assert "SHARE_WITH_GUARANTOR" in guaranteed["consents"]


async def test_a_region_we_do_not_lend_in_is_told_so(context: Context) -> None:
    result = await SCHEMA.execute(PRODUCTS, {"region": "990000"}, context_value=context)

    assert result.errors is not None
    assert getattr(result.errors[0].original_error, "code", None) == "REGION_UNKNOWN"


@pytest.mark.parametrize("region", ["", "   ", "6106290", "x" * 100])
async def test_a_malformed_region_is_refused(context: Context, region: str) -> None:
    result = await SCHEMA.execute(PRODUCTS, {"region": region}, context_value=context)

    assert result.errors is not None
    assert getattr(result.errors[0].original_error, "field", None) == "regionCode"


async def test_a_product_can_be_looked_up_by_id_and_reckoned_for_another_amount(
    context: Context,
) -> None:
    orchard = (await ask(context, PRODUCTS, region="610629", need="FARM_INPUTS"))["products"][0]
    query = """
    query ($id: ID!, $region: String) {
      product(id: $id, regionCode: $region) {
        code crop annualRate
        more: cost(amount: 3000000, months: 12) { total annualizedCost }
        tooMuch: cost(amount: 9000000, months: 12) { total }
        tooLong: cost(amount: 3000000, months: 13) { total }
      }
    }
    """

    here = (await ask(context, query, id=orchard["id"], region="610629"))["product"]
    anywhere = (await ask(context, query, id=orchard["id"]))["product"]

    assert here["crop"] == "苹果"
    assert here["annualRate"] == "0.0600"
    assert here["more"]["total"] > 3_000_000
    assert here["tooMuch"] is None
    assert here["tooLong"] is None
    assert anywhere["annualRate"] == "0.0660"
    assert anywhere["crop"] is None


async def test_a_product_that_does_not_exist_is_null(context: Context) -> None:
    query = "query ($id: ID!) { product(id: $id) { id } }"

    assert (await ask(context, query, id="pr00000000000000"))["product"] is None
    result = await SCHEMA.execute(query, {"id": "ln00000000000000"}, context_value=context)
    assert result.errors is not None
    assert getattr(result.errors[0].original_error, "field", None) == "id"


async def test_a_product_is_a_node(context: Context) -> None:
    class Asked:
        def __init__(self, context: Context) -> None:
            self.context = context

    orchard = (await ask(context, PRODUCTS, region="610629", need="FARM_INPUTS"))["products"][0]
    info: Any = Asked(context)

    found = await NODES["pr"](info, orchard["id"])

    assert isinstance(found, Product)
    assert found.code == "orchard_inputs"
    assert await NODES["pr"](info, "pr00000000000000") is None


def test_every_description_is_there() -> None:
    for type_ in SCHEMA._schema.type_map.values():  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the built schema
        if type_.name.startswith("__") or type_.name in {"String", "Int", "Boolean", "ID"}:
            continue
        assert type_.description, type_.name
        for name, field in getattr(type_, "fields", {}).items():
            assert field.description, f"{type_.name}.{name}"
            for argument, taken in field.args.items():
                assert taken.description, f"{type_.name}.{name}({argument})"
        for name, value in getattr(type_, "values", {}).items():
            assert value.description, f"{type_.name}.{name}"
