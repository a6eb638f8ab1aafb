"""The list of partners as of a day."""

from datetime import date

import pytest

from app.catalog import queries as catalog
from app.partners import queries
from app.partners.errors import PartnerNotListed

TODAY = date(2026, 11, 21)

pytestmark = pytest.mark.usefixtures("published")


async def test_funders_are_those_who_lend() -> None:
    assert [one.code for one in await queries.funders(TODAY)] == [
        "hechuan_bank",
        "qingmiao",
        "yunling_bank",
    ]


async def test_the_list_is_dated() -> None:
    assert [one.code for one in await queries.partners(date(2025, 11, 1))] == [
        "hechuan_bank",
        "qingmiao",
        "tiansui_guarantee",
    ]
    assert await queries.partners(date(2025, 1, 1)) == []


async def test_a_product_is_lent_by_partners_on_the_list_only() -> None:
    product = (await catalog.offered_product("small_shop", "320830", TODAY)).product

    assert [one.partner.code for one in await queries.lenders_of(product, TODAY)] == [
        "yunling_bank",
        "qingmiao",
    ]
    with pytest.raises(PartnerNotListed):
        await queries.lenders_of(product, date(2028, 12, 1))
