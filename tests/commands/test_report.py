"""Reports: sums are the ledger's to the fen, small counties stand together, nobody is in them."""

import asyncio
import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import strawberry
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from app.commands.report import REPORTS
from app.commands.reports.bars import shortened
from app.commands.reports.page import as_html
from app.commands.reports.plots import drawn, short_share, short_yuan, spread
from app.commands.reports.shapes import Plot, PlotKind, Report, Unit, share_of
from app.commands.reports.showing import as_csv, as_json, as_text
from app.commands.simulation.populating import resident_id_of
from app.foundation.anonymity import OTHERS, PEOPLE_MIN, without_small_groups
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, business_date, transaction
from app.foundation.graphql import SCALARS, Context
from app.identity import operations as identity
from app.identity.operations.sign_in import join
from app.identity.rules.commands import CompleteProfile
from app.identity.rules.people import Language
from app.ledger.queries import total
from app.literacy import operations as literacy
from app.loanmath.life import Bucket
from app.main import opened
from app.servicing import operations as servicing
from app.servicing.rules import Funder
from app.settings import Settings
from app.support.graphql.reports import StaffReportQuery
from app.support.queries.ageing import STAGES, Aged, month_ends, rolls_of
from tests.commands.conftest import Run
from tests.conftest import START
from tests.published import publish_all
from tests.servicing.conftest import opening, plain_terms

BEGAN = START - timedelta(days=38)
COUNTIES = {"610629": 6, "370783": 5, "410225": 2, "513426": 1}
SHARES = (
    Funder(code="yunling_bank", share=Decimal("0.8")),
    Funder(code="qingmiao", share=Decimal("0.2")),
)


async def lived(settings: Settings) -> dict[str, int]:
    """Lend to people of four counties, let some pay, and some weeks pass; return the ledger's."""
    clock = FixedClock(BEGAN)
    async with opened(settings, clock=clock):
        borrowers: list[str] = []
        for number, county in enumerate(Counter(COUNTIES).elements()):
            async with transaction() as tx:
                borrower_id = await join(tx, f"+86199{number:08d}", Language.ZH_HANS)
            await identity.complete_profile(_profile(borrower_id, county, number))
            borrowers.append(borrower_id)
        async with transaction() as tx:
            loans = [
                await servicing.open_loan(tx, _opening(tx.today, borrower_id, number))
                for number, borrower_id in enumerate(borrowers)
            ]
        for days in (32, 36):
            day = BEGAN.date() + timedelta(days=days)
            clock.advance(timedelta(days=1))
            await servicing.run_days(day)
            async with transaction() as tx:
                for number, loan in enumerate(loans[: 9 if days < 36 else 1]):
                    await servicing.take_payment(
                        tx,
                        loan,
                        21_001 + number if days < 36 else 120_000,
                        repayment_id=f"rp{number}-{days}",
                        received_on=day,
                    )
        await servicing.settle_days()
        return {
            "loans": await total("loan:"),
            "yunling_bank": -await total("funder:yunling_bank:", "principal"),
            "qingmiao": -await total("funder:qingmiao:", "principal"),
        }


def _profile(borrower_id: str, county: str, number: int) -> CompleteProfile:
    return CompleteProfile(
        borrower_id=borrower_id,
        name="张小满",
        resident_id=resident_id_of(number),
        purpose="种地",
        region_code=county,
        income_fen=300_000,
        is_student=False,
        phone_tenure_months=None,
        bank_card=None,
        address=None,
        idempotency_key=f"profile-{number}",
    )


def _opening(today: date, borrower_id: str, number: int) -> Any:  # noqa: ANN401 - an OpenLoan
    terms = plain_terms(disbursed_on=today, annual_rate=Decimal("0.072"))
    return opening(
        terms,
        borrower_id=borrower_id,
        application_id=f"ap{number:014d}",
        disbursement_id=f"db{number:014d}",
        product_code="small_shop" if number % 3 else "rice_inputs",
        funders=SHARES,
    )


def test_sums_are_the_ledgers_to_the_fen_and_small_counties_stand_together(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    posted = asyncio.run(lived(settings))
    since = BEGAN.date()
    made, then = asyncio.run(_reported(settings, since))
    read = {name: json.loads(as_json(one)) for name, one in made.items()}
    tables = read["portfolio"]["tables"]
    for name in ("by_product", "by_county", "by_funder", "costs", "buckets"):
        lines = tables[name]["rows"]
        assert sum(line["outstanding"] for line in lines) == posted["loans"], name
        assert tables[name]["total"]["outstanding"] == posted["loans"]
    counties = {line["group"]: line["people"] for line in tables["by_county"]["rows"]}
    assert min(counties.values()) >= PEOPLE_MIN
    assert not counties.keys() & {"410225", "513426"}
    assert OTHERS in counties
    parts = {line["group"]: line["outstanding"] for line in tables["by_funder"]["rows"]}
    assert parts == {one: posted[one] for one in ("yunling_bank", "qingmiao")}
    figures = {line["figure"]: line for line in tables["figures"]["rows"]}
    assert figures["lent"]["amount"] == 14 * 120_000
    assert (figures["closed"]["count"], figures["closed_early"]["count"]) == (1, 1)
    ages = read["ageing"]["tables"]["months"]["rows"]
    assert [line["outstanding"] for line in ages][-1] == posted["loans"]
    assert len(ages) == 2
    assert sum(line["bucket_DAYS_1_7"] for line in ages) > 0
    partners = read["funders"]["tables"]["partners"]
    assert {line["partner"]: line["outstanding"] for line in partners["rows"]} == parts
    assert partners["total"]["outstanding"] == posted["loans"]
    assert all(not one.problems for one in made.values())

    past = json.loads(as_json(then))["tables"]["by_county"]
    assert past["total"]["outstanding"] == 14 * 120_000
    assert "bad" not in past["units"]

    told = csv.DictReader(io.StringIO(as_csv(made["portfolio"])))
    outstanding = [
        int(line["value"])
        for line in told
        if (line["table"], line["figure"]) == ("by_product", "outstanding")
    ]
    assert sum(outstanding) == 2 * posted["loans"]  # the lines, and the sum over them
    assert "贷款总览" in as_text(made["portfolio"])
    for one in made.values():
        html = as_html(one)
        assert html.startswith("<!doctype html>")
        assert 'name="viewport"' in html
        assert not re.search(r"<script|<link|(?:src|href)=\"?https?:", html)
        assert not re.search(r"\b(?:br|ln)[0-9a-z]{14}\b|张小满|\+?86199", html)

    page = tmp_path / "made" / "report.html"
    days = ("--from", since.isoformat())
    shown = run(
        "report", "portfolio", *days, "--language", "en", "--format", "html", "--out", str(page)
    )
    assert shown.exit_code == 0, shown.output
    assert shown.stderr.rstrip().endswith(f"{page} written")
    assert shown.stdout == ""
    assert "Some counties together" in page.read_text(encoding="utf-8")
    asyncio.run(_lose_a_fen(settings))
    wrong = run("report", "portfolio", *days)
    assert wrong.exit_code == 1
    assert "in the ledger" in wrong.stderr


async def _reported(settings: Settings, since: date) -> tuple[dict[str, Report], Report]:
    """Make every report, and one of a day that is past."""
    async with opened(settings, clock=FixedClock(START)):
        today = await business_date()
        made = {name: await make(since, today, "zh-Hans") for name, make in REPORTS.items()}
        return made, await REPORTS["portfolio"](since, since + timedelta(days=10), "zh-Hans")


async def _lose_a_fen(settings: Settings) -> None:
    async with opened(settings, clock=FixedClock(START)), transaction() as tx:
        await tx.run(
            "UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE id = (SELECT MIN(id)"
            " FROM ledger_entry WHERE account LIKE 'funder:qingmiao:principal')"
        )


async def test_every_report_is_the_same_on_both_databases(database: Database) -> None:
    assert database.dialect
    await publish_all()
    literacy.load_course()
    async with transaction() as tx:
        loan = await servicing.open_loan(tx, _opening(tx.today, "br00000mei000000", 1))
    await servicing.run_days(START.date() + timedelta(days=33))
    async with transaction() as tx:
        await servicing.take_payment(tx, loan, 5_000, repayment_id="rp1", received_on=tx.today)
    await servicing.settle_days()
    today, owed_fen = await business_date(), await total("loan:")
    assert 115_000 < owed_fen < 120_000
    read = {
        name: json.loads(as_json(await make(START.date(), today, "en")))
        for name, make in REPORTS.items()
    }
    assert not any(one["problems"] for one in read.values())
    county = read["portfolio"]["tables"]["by_county"]["rows"]
    assert [(line["group"], line["outstanding"]) for line in county] == [(OTHERS, owed_fen)]
    ages = read["ageing"]["tables"]["buckets"]["rows"]
    assert {line["lateness"]: line["loans"] for line in ages}[Bucket.DAYS_8_30] in {0, 1}
    partners = read["funders"]["tables"]["partners"]["total"]
    assert (partners["outstanding"], partners["disbursed"]) == (owed_fen, 120_000)
    assert read["complaints"]["tables"]["by_county"]["rows"] == []


def test_days_that_cannot_be_are_refused(run: Run, settings: Settings) -> None:
    assert settings.is_development
    result = run("report", "portfolio", "--on", "2126-01-01")
    assert result.exit_code == 2
    assert "in order" in result.stderr
    both = run("report", "portfolio", "--on", "2026-01-01", "--to", "2026-01-02")
    assert both.exit_code == 2


async def asked_as(role: StaffRole, document: str) -> dict[str, Any] | None:
    """Ask the desk's reports."""
    schema = strawberry.Schema(query=StaffReportQuery, config=StrawberryConfig(scalar_map=SCALARS))
    context = Context(
        caller=StaffCaller(staff_id="st00000000000001", session_id="sf1", role=role),
        language="zh-Hans",
        now=datetime(2026, 11, 21, tzinfo=UTC),
        today=await business_date(),
    )
    result = await schema.execute(document, context_value=context)
    return None if result.errors else result.data


def test_the_desk_reads_the_book_by_county_and_partner_and_agents_do_not(
    settings: Settings,
) -> None:
    async def ask() -> None:
        async with opened(settings, clock=FixedClock(START)):
            today = await business_date()
            days = f'(since: "{BEGAN.date()}", on: "{today}")'
            county = f"{{ regionReport{days} {{ outstanding problems regions {{ region isOthers"
            county += " borrowers outstanding lent late overNinetyDays } } }"
            partner = f"{{ funderReport{days} {{ outstanding problems partners {{ partnerCode"
            partner += " outstanding shareBasisPoints settled owed } } }"
            shown = await asked_as(StaffRole.SUPERVISOR, county)
            assert shown is not None
            report = shown["regionReport"]
            assert report["outstanding"] == posted["loans"]
            lines = report["regions"]
            assert sum(line["outstanding"] for line in lines) == posted["loans"]
            assert all(line["borrowers"] >= PEOPLE_MIN for line in lines)
            assert [line["region"] for line in lines if line["isOthers"]] == [None]
            paid = await asked_as(StaffRole.AUDITOR, partner)
            assert paid is not None
            shares = {
                one["partnerCode"]: one["shareBasisPoints"]
                for one in paid["funderReport"]["partners"]
            }
            assert shares == {"qingmiao": 2_000, "yunling_bank": 8_000}
            assert await asked_as(StaffRole.AGENT, county) is None
            assert await asked_as(StaffRole.AGENT, partner) is None
            backwards = county.replace(str(BEGAN.date()), "2027-01-01")
            assert await asked_as(StaffRole.SUPERVISOR, backwards) is None

    posted = asyncio.run(lived(settings))
    asyncio.run(ask())


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 12), max_size=9))
def test_no_group_of_few_is_shown_or_can_be_worked_out(groups: dict[str, int]) -> None:
    shown = without_small_groups(
        groups, people=lambda one: one, together=lambda one, two: one + two
    )
    assert sum(shown.values()) == sum(groups.values())
    own = {name: people for name, people in shown.items() if name != OTHERS}
    assert all(groups[name] == people >= PEOPLE_MIN for name, people in own.items())
    if OTHERS in shown:
        assert len(groups) - len(own) > 1 or len(groups) == 1
        assert shown[OTHERS] >= PEOPLE_MIN or not own


def test_what_rolls_on_is_measured_between_ends_of_months() -> None:
    stage = dict.fromkeys(Bucket, (0, 0))
    days = [
        Aged(on=date(2026, 9, 30), by_bucket=stage | {Bucket.DAYS_8_30: (2, 30_000)}),
        Aged(on=date(2026, 10, 31), by_bucket=stage | {Bucket.DAYS_31_60: (1, 10_000)}),
        Aged(on=date(2026, 11, 5), by_bucket=stage),
    ]
    rolls = rolls_of(days)
    assert [(one.stage, one.basis_points) for one in rolls] == [
        (0, None), (1, 3_333), (2, None), (3, None),
    ]  # fmt: skip
    assert [one for stage in STAGES for one in stage] == list(Bucket)
    assert month_ends(date(2027, 3, 1), 3) == [
        date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28),
    ]  # fmt: skip


def test_figures_on_plots_are_short_and_shares_are_rounded() -> None:
    written = {
        0: "0", -40: "0", 999_949: "9999", 999_950: "1.0万", 1_234_567: "1.2万",
        2_758_800: "2.8万", 99_949_900: "99.9万", 99_950_000: "100万",
        123_456_789_00: "12,346万", -2_000_000: "-2.0万",
    }  # fmt: skip
    assert {fen: short_yuan(fen) for fen in written} == written
    shares = {0: "0%", 1_250: "12.5%", 1_296: "13%", 40: "0.4%", 10_000: "100%", -255: "-2.6%"}
    assert {one: short_share(one) for one in shares} == shares
    assert (share_of(1, 3), share_of(2, 3), share_of(1, 0)) == (3_333, 6_667, None)
    assert shortened("一家人出行贷款和旅游", 18) == "一家人出行贷款和旅…"


def test_no_bars_label_is_cut_and_labels_of_many_days_are_thinned_out() -> None:
    label = "借款人可能已经去世，只能给家里写信<&>"
    plot = Plot(
        name="refusals",
        kind=PlotKind.BARS,
        labels=(label, "号码停用了"),
        series={"before": (146, None), "after": (7, 0)},
        unit=Unit.COUNT,
    )
    svg = drawn(plot, title="x", number=1)
    words = [one.text for one in ET.fromstring(svg).iter()]  # noqa: S314 - our own
    assert [one for one in words if one] == [
        label, "146", "7", "号码停用了", "0", "before", "after",
    ]  # fmt: skip
    days = [f"12-{day:02d}" for day in range(1, 32)]
    every, is_level = spread(days)
    assert is_level
    assert 5 <= len(days[::every]) <= 9
    assert spread(["9:00", "10:00", "15:00"]) == (1, True)
    assert spread(["一家人出行贷款和旅游"] * 6) == (1, False), "none of a few names is left out"
