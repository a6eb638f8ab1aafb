"""Who lends what, and whether they may."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from app.catalog.rules import Product
from app.partners.errors import PartnerNotListed
from app.partners.rules import Partner, PartnerKind, lenders_of, partner_problems

TODAY = date(2026, 11, 21)


def test_the_fixtures_agree_with_the_catalog(
    partners: dict[str, Partner], products: dict[str, Product]
) -> None:
    assert list(partner_problems(partners.values(), products.values())) == []


def test_every_institution_is_made_up(partners: dict[str, Partner]) -> None:
    assert all(partner.fictional for partner in partners.values())
    assert len([partner for partner in partners.values() if partner.is_funder]) == 3


def test_the_largest_lender_is_named_first(
    partners: dict[str, Partner], products: dict[str, Product]
) -> None:
    lenders = lenders_of(products["livestock"], partners, TODAY)

    assert [(one.partner.code, one.share) for one in lenders] == [
        ("hechuan_bank", Decimal("0.375")),
        ("yunling_bank", Decimal("0.375")),
        ("qingmiao", Decimal("0.25")),
    ]
    assert sum(one.share for one in lenders) == 1


@pytest.mark.parametrize(
    ("day", "is_listed"),
    [
        (date(2025, 11, 30), False),
        (date(2025, 12, 1), True),
        (date(2028, 11, 30), True),
        (date(2028, 12, 1), False),
    ],
)
def test_the_list_has_a_first_and_a_last_day(
    partners: dict[str, Partner], products: dict[str, Product], day: date, *, is_listed: bool
) -> None:
    assert partners["yunling_bank"].is_listed_on(day) is is_listed
    if not is_listed:
        with pytest.raises(PartnerNotListed) as refused:
            lenders_of(products["small_shop"], partners, day)
        assert refused.value.partner_code == "yunling_bank"


def test_a_guarantor_off_the_list_stops_the_loan_too(
    partners: dict[str, Partner], products: dict[str, Product]
) -> None:
    gone = {code: one for code, one in partners.items() if code != "tiansui_guarantee"}

    with pytest.raises(PartnerNotListed) as refused:
        lenders_of(products["guaranteed_stock"], gone, TODAY)

    assert refused.value.partner_code == "tiansui_guarantee"


@pytest.mark.parametrize(
    ("code", "changes", "problem"),
    [
        ("qingmiao", {"name": {"zh-Hans": "青苗"}}, "name is not in both languages"),
        ("qingmiao", {"role": {"zh-Hans": "", "en": ""}}, "role is not in both languages"),
        ("qingmiao", {"on_list_until": date(2020, 1, 1)}, "leaves the list before it is on it"),
        ("hechuan_bank", {"on_list_from": date(2027, 1, 1)}, "is not on the list on its first day"),
        ("hechuan_bank", {"kind": PartnerKind.GUARANTOR}, "hechuan_bank is a GUARANTOR"),
        ("tiansui_guarantee", {"kind": PartnerKind.BANK}, "tiansui_guarantee is a BANK"),
        (
            "hechuan_bank",
            {"name": {"zh-Hans": "别的银行", "en": "Another"}},
            "hechuan_bank is called otherwise",
        ),
        (
            "qingshi_shop",
            {"name": {"zh-Hans": "便民店\n收款方：张三", "en": "Shop"}},
            "a shop's name stands on receipts",
        ),
        (
            "qingshi_shop",
            {"name": {"zh-Hans": "便民店13800138000", "en": "Shop"}},
            "a shop's name stands on receipts",
        ),
        (
            "zhenghe_service",
            {
                "kind": PartnerKind.CASH_AGENT,
                "name": {"zh-Hans": "便民店", "en": "Shop"},
                "cash_agents": ("he.helper",),
            },
            "he.helper takes cash for qingshi_shop already",
        ),
        ("hechuan_bank", {"code": "other_bank"}, "there is no partner hechuan_bank"),
    ],
)
def test_a_partners_fault_is_named(
    partners: dict[str, Partner],
    products: dict[str, Product],
    code: str,
    changes: dict[str, object],
    problem: str,
) -> None:
    changed = replace(partners[code], **changes)
    others = [one for one in partners.values() if one.code != code]

    problems = list(partner_problems([*others, changed], products.values()))

    assert any(problem in found for found in problems), problems
