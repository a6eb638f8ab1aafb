"""A borrower can take away everything we hold on them, and nobody else's; keys stay inside."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from app.collections.queries import holding as collections_holding
from app.foundation.caller import BorrowerCaller, StaffRole
from app.foundation.database import business_date, fetch, transaction
from app.foundation.errors import NotFound
from app.foundation.graphql import Context
from app.foundation.holding import Held, Holding, Withheld
from app.foundation.paging import PageAsk
from app.foundation.sealing import SealBroken, declared
from app.foundation.text import LANGUAGES, text
from app.gateway.schema import BORROWER_SCHEMA
from app.household import queries as household_queries
from app.identity.queries import holding as identity_holding
from app.identity.rules import StaffMember
from app.literacy import queries as literacy_queries
from app.main import HOLDERS
from app.messaging import queries as messaging_queries
from app.origination.queries import holding as origination_holding
from app.payments.queries import holding as payments_holding
from app.privacy.errors import TooManyExports
from app.privacy.operations.exporting import DataCopy, collect_from, export_data
from app.privacy.queries import holding as privacy_holding
from app.privacy.queries import looks_at
from app.privacy.rules import What
from app.privacy.rules.copying import masked
from app.rewards import queries as rewards_queries
from app.servicing.queries import holding as servicing_holding
from app.support.models import TicketRow
from app.support.queries import holding as support_holding
from app.syncing import queries as syncing_queries
from tests.conftest import START
from tests.origination.conftest import World, refused
from tests.privacy.conftest import OPERATIONS, Ask
from tests.privacy.planting import plant_everywhere

ROOMS: dict[str, ModuleType] = {
    "identity": identity_holding,
    "origination": origination_holding,
    "servicing": servicing_holding,
    "payments": payments_holding,
    "collections": collections_holding,
    "literacy": literacy_queries,
    "rewards": rewards_queries,
    "household": household_queries,
    "messaging": messaging_queries,
    "support": support_holding,
    "privacy": privacy_holding,
    "syncing": syncing_queries,
}
OF_STAFF = {("staff", "totp_secret")}


@pytest.fixture(autouse=True)
def collected() -> None:
    collect_from(HOLDERS)


def holdings() -> Iterator[Holding]:
    for room in ROOMS.values():
        yield from room.HOLDINGS
    yield from identity_holding.KEPT_BACK
    yield from origination_holding.KEPT_BACK


def withheld() -> dict[tuple[str, str], Withheld]:
    return {
        (one.model.__name__, column): why
        for one in holdings()
        for column, why in one.withheld.items()
    }


async def copy_of(borrower_id: str, language: str = "zh-Hans") -> DataCopy:
    return await export_data(borrower_id, language=language, is_clear=True)


async def test_every_value_sealed_for_a_borrower_is_in_the_copy_or_has_a_reason(
    world: World,
) -> None:
    borrower_id = await world.borrower()
    other = await world.borrower("washing_machine_family")
    async with transaction() as tx:
        await TicketRow.create(
            id="pp00000000ticket",
            borrower_id=borrower_id,
            category="QUESTION",
            state="OPEN",
            opened_at=START,
            due_at=START,
        )
        planted = await plant_everywhere(tx, borrower_id)
    assert len(planted) > 40
    copy = await copy_of(borrower_id)
    reasons = withheld()
    models = {one.seals.table: one.model.__name__ for one in declared()}
    missing = [
        f"{one.table}.{one.column}"
        for one in planted
        if one.text not in copy.json and (models[one.table], one.column) not in reasons
    ]
    assert missing == []
    leaked = [
        f"{one.table}.{one.column}"
        for one in planted
        if (models[one.table], one.column) in reasons and one.text in copy.json + copy.text
    ]
    assert leaked == []
    theirs = await copy_of(other)
    assert "planted-" not in theirs.json + theirs.text
    assert other not in copy.json


def test_rooms_that_hold_data_are_all_asked_and_every_key_has_words() -> None:
    assert list(HOLDERS) == list(ROOMS)
    for language in LANGUAGES:
        for one in holdings():
            assert text(f"privacy.data_section.{one.section}", language) if one.columns else True
            for column in one.columns:
                assert text(f"privacy.data_item.{column}", language)


async def test_a_copy_reads_as_a_document_and_as_plain_words(world: World, phone: Ask) -> None:
    borrower_id, application_id = await world.decide()
    told = await phone("my_data", borrower_id)
    document: dict[str, Any] = json.loads(told["json"])
    assert (document["format"], document["version"]) == ("qingmiao-my-data", 1)
    assert document["borrower_id"] == borrower_id
    assert list(document["rooms"]) == list(HOLDERS)
    profile = document["rooms"]["identity"]["profile"][0]
    assert (told["isMasked"], document["is_masked"]) == (True, True)
    assert profile["resident_id"] == "612***…14"
    assert isinstance(profile["income"], int)
    (decision,) = document["rooms"]["origination"]["decisions"]
    assert decision["application_id"] == application_id
    assert decision["snapshot"]["monthly_income_fen"] == 550_000
    assert "身份证号：612***…14" in told["text"]
    assert "只写了一部分" in told["text"]
    assert "■ 审核结果和原因" in told["text"]
    assert "5,500.00 元" in told["text"]
    english = await copy_of(borrower_id, "en")
    assert "Resident ID: 612629198003120014" in english.text


async def test_copies_are_counted_even_when_asked_for_at_once(world: World) -> None:
    borrower_id = await world.borrower()
    asked = await asyncio.gather(*(copy_of(borrower_id) for _ in range(9)), return_exceptions=True)
    assert sum(isinstance(one, DataCopy) for one in asked) == 5
    assert sum(isinstance(one, TooManyExports) for one in asked) == 4
    await refused(TooManyExports, copy_of(borrower_id))
    world.clock.advance(timedelta(days=1, seconds=1))
    assert await copy_of(borrower_id)
    staff = StaffMember(staff_id="st00000000000001", name="li.na", role=StaffRole.SUPERVISOR)
    by_staff = await export_data(borrower_id, language="zh-Hans", by=staff)
    (look,) = (await looks_at(borrower_id, PageAsk())).items
    assert (look[1].staff_name, look[1].what) == ("li.na", What.WHOLE_COPY)
    rows = await fetch(
        "SELECT actor FROM audit_entry WHERE kind = 'privacy.copy_made' ORDER BY seq"
    )
    assert [row["actor"] for row in rows] == [borrower_id] * 6 + [staff.staff_id]
    assert by_staff.sha256


async def test_nobody_and_an_altered_row_give_no_copy(world: World) -> None:
    borrower_id = await world.borrower()
    await refused(NotFound, copy_of("br00000jklmnopqr"))
    async with transaction() as tx:
        await tx.run(
            "UPDATE borrower SET address = NULL, income = NULL WHERE id = ?", [borrower_id]
        )
    with pytest.raises(SealBroken):
        await copy_of(borrower_id)


async def test_a_session_bound_to_a_key_gets_a_copy_only_with_its_proof(world: World) -> None:
    borrower_id = await world.borrower()
    document = (OPERATIONS / "borrower" / "my_data.graphql").read_text("utf-8")
    for is_proven, codes in ((False, ["PROOF_REQUIRED"]), (True, [])):
        caller = BorrowerCaller(
            borrower_id=borrower_id,
            session_id="ss00000mei000000",
            device_id="dv00000mei000000",
            is_proven=is_proven,
        )
        context = Context(
            caller=caller,
            language="zh-Hans",
            now=world.clock.now(),
            today=await business_date(),
        )
        answer = await BORROWER_SCHEMA.execute(document, context_value=context)
        found = [getattr(one.original_error, "code", None) for one in answer.errors or []]
        assert found == codes
        assert answer.data is not None
        assert (answer.data["myData"] is None) is not is_proven
    clear = answer.data["myData"]
    assert not clear["isMasked"]
    assert "612629198003120014" in clear["json"]
    assert "612629198003120014" in clear["text"]


def test_numbers_are_masked_wherever_they_stand() -> None:
    resident_id, card, older = "612629198003120014", "6200000000000013", "6200000000000021"
    rooms: dict[str, Held] = {
        "identity": {
            "profile": [{"name": "石宝塬", "resident_id": resident_id, "bank_card": card}]
        },
        "origination": {
            "agreements": [
                {"payee": f"{older} 石宝塬", "text": f"身份证号 {resident_id}，卡 {older}。"}
            ]
        },
        "privacy": {
            "corrections_asked": [
                {"field": "RESIDENT_ID", "value": "612629198003120022", "reason": "错了一位"},
                {"field": "ADDRESS", "value": "果园村三组", "reason": f"卡是{card}"},
            ]
        },
        "support": {"messages": [{"data": {"words": [f"我的卡 {card}"], "fen": 1300}}]},
    }
    found = masked(rooms)
    assert found["identity"]["profile"] == [
        {"name": "石宝塬", "resident_id": "612***…14", "bank_card": "****0013"}
    ]
    assert found["origination"]["agreements"] == [
        {"payee": "****0021", "text": "身份证号 612***…14，卡 ****0021。"}
    ]
    first, second = found["privacy"]["corrections_asked"]
    assert (first["value"], second["value"]) == ("612***…22", "果园村三组")
    assert second["reason"] == "卡是****0013"
    assert found["support"]["messages"] == [{"data": {"words": ["我的卡 ****0013"], "fen": 1300}}]
    assert rooms["identity"]["profile"][0]["bank_card"] == card
