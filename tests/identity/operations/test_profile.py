"""A profile is checked whole, kept sealed, and belongs to one person."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.foundation.revision import revision_of
from app.identity import operations, queries, rules
from app.identity.errors import (
    ApprovalMissing,
    NameFixed,
    ResidentIdFixed,
    ResidentIdTaken,
    UnderAge,
)
from app.identity.events import ProfileCompleted
from tests.cards import caller_of, change_card
from tests.identity.conftest import LAN, PROFILE, Heard, Person

MINOR = "350524201004010089"
OTHER_ID = "410225198809250022"


async def rows() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM borrower ORDER BY id")


async def test_a_complete_profile_is_shown_masked_and_to_its_owner_by_name(
    person: Person, heard: Heard
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    before = await queries.own_profile_of(borrower_id)
    assert not before.masked.is_complete
    assert (before.name, before.income_fen, before.masked.resident_id) == (None, None, None)

    await person.complete(borrower_id)
    own = await queries.own_profile_of(borrower_id)
    assert own == rules.OwnProfile(
        masked=rules.Profile(
            borrower_id=borrower_id,
            name="石*",
            phone="138****8000",
            resident_id="612***…14",
            card_tail="0013",
            region_code="610629",
            language=rules.Language.ZH_HANS,
            is_complete=True,
            joined_at=own.masked.joined_at,
        ),
        name="石宝塬",
        income_fen=450_000,
        purpose="买肥料和果袋",
        is_student=False,
    )
    assert heard.facts[-1] == ProfileCompleted(borrower_id=borrower_id)
    assert await revision_of(borrower_id) == 2


async def test_a_profile_sent_twice_is_kept_once(person: Person, heard: Heard) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    command = replace(PROFILE, borrower_id=borrower_id)
    await operations.complete_profile(command)
    before = await rows()
    await operations.complete_profile(command)
    assert await rows() == before
    with pytest.raises(IdempotencyConflict):
        await operations.complete_profile(replace(command, income_fen=1))
    assert await rows() == before
    await outbox.drain()
    assert sum(isinstance(fact, ProfileCompleted) for fact in heard.facts) == 1


async def test_a_profile_may_be_said_again_but_for_name_and_id(
    person: Person, heard: Heard
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await person.complete(borrower_id)
    await person.complete(
        borrower_id,
        income_fen=500_000,
        purpose=" 买\t树苗 ",
        bank_card=None,
        address=None,
        phone_tenure_months=None,
        is_student=True,
    )
    own = await queries.own_profile_of(borrower_id)
    assert (own.income_fen, own.purpose, own.is_student) == (500_000, "买 树苗", True)
    assert own.masked.card_tail == "0013"
    facts = await queries.facts_for_decision(borrower_id)
    assert facts.phone_tenure_months == 84
    assert sum(isinstance(fact, ProfileCompleted) for fact in heard.facts) == 1

    before = await rows()
    with pytest.raises(ResidentIdFixed):
        await person.complete(borrower_id, resident_id=OTHER_ID)
    with pytest.raises(NameFixed) as refused:
        await person.complete(borrower_id, name="石宝源", income_fen=1)
    assert refused.value.field == "input.name"
    assert await rows() == before


async def test_the_same_name_written_another_way_is_no_other_name(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await person.complete(borrower_id, name="阿依古丽·买买提")
    await person.complete(borrower_id, name=" 阿依古丽•买买提 ", income_fen=1)
    own = await queries.own_profile_of(borrower_id)
    assert (own.name, own.income_fen) == ("阿依古丽·买买提", 1)


async def test_somebody_under_age_is_refused_and_nothing_is_kept(
    person: Person, heard: Heard
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    before = await rows()
    with pytest.raises(UnderAge) as refused:
        await person.complete(borrower_id, resident_id=MINOR)
    assert refused.value.field == "input.residentId"
    await outbox.drain()
    assert await rows() == before
    assert not any(isinstance(fact, ProfileCompleted) for fact in heard.facts)


async def test_eighteen_on_the_birthday_is_of_age(person: Person, clock: FixedClock) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    clock.advance(date(2028, 3, 31) - date(2026, 11, 21))
    with pytest.raises(UnderAge):
        await person.complete(borrower_id, resident_id=MINOR)
    clock.advance(timedelta(days=1))
    await person.complete(borrower_id, resident_id=MINOR)
    assert (await queries.facts_for_decision(borrower_id)).age == 18


async def test_a_resident_id_belongs_to_one_borrower(person: Person) -> None:
    mei = (await person.sign_in()).borrower_id
    lan = (await person.sign_in(LAN)).borrower_id
    await person.complete(mei)
    before = await rows()
    with pytest.raises(ResidentIdTaken):
        await person.complete(lan, resident_id=" 612629 19800312 0014 ")
    assert await rows() == before


async def test_two_borrowers_at_once_do_not_share_a_resident_id(person: Person) -> None:
    mei = (await person.sign_in()).borrower_id
    lan = (await person.sign_in(LAN)).borrower_id
    results = await asyncio.gather(
        *(
            operations.complete_profile(
                replace(PROFILE, borrower_id=borrower_id, idempotency_key="race")
            )
            for borrower_id in (mei, lan)
        ),
        return_exceptions=True,
    )
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, ResidentIdTaken) for result in results) == 1
    complete = [row for row in await rows() if row["completed_at"] is not None]
    assert len(complete) == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "石"}, "input.name"),
        ({"name": "石" * 41}, "input.name"),
        ({"resident_id": "612629198003120015"}, "input.residentId"),
        ({"region_code": "61062"}, "input.regionCode"),
        ({"income_fen": -1}, "input.monthlyIncome"),
        ({"income_fen": 100_000_001}, "input.monthlyIncome"),
        ({"purpose": " \n "}, "input.purpose"),
        ({"purpose": "买" * 61}, "input.purpose"),
        ({"bank_card": "6200000000000014"}, "input.bankCard"),
        ({"address": ""}, "input.address"),
        ({"address": "村" * 121}, "input.address"),
        ({"phone_tenure_months": 601}, "input.phoneTenureMonths"),
        ({"idempotency_key": "ein Schlüssel"}, "input.idempotencyKey"),
    ],
)
async def test_a_malformed_value_is_named_and_nothing_is_kept(
    person: Person, changes: dict[str, object], path: str
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    before = await rows()
    with pytest.raises(Refusal) as refused:
        await person.complete(borrower_id, **changes)
    assert isinstance(refused.value, InvalidInput)
    assert refused.value.field == path
    assert await rows() == before
    assert await revision_of(borrower_id) == 1


async def test_a_bank_card_is_named_later(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await person.complete(borrower_id, bank_card=None, address=None)
    assert not (await queries.facts_for_decision(borrower_id)).has_payee
    assert (await queries.party_of(borrower_id)).bank_card is None
    command = rules.SetBankCard(
        caller=caller_of(borrower_id), bank_card="6200 0000 0000 0021", idempotency_key="card"
    )
    with pytest.raises(ApprovalMissing):
        await operations.set_bank_card(command)
    await change_card(borrower_id, "6200000000000021")
    assert (await queries.facts_for_decision(borrower_id)).has_payee
    assert (await queries.party_of(borrower_id)).bank_card == "6200000000000021"
    assert (await queries.profile_of(borrower_id)).card_tail == "0021"
    assert await revision_of(borrower_id) == 3

    before = await rows()
    with pytest.raises(InvalidInput):
        await operations.set_bank_card(
            replace(command, bank_card="6200000000000022", idempotency_key="wrong")
        )
    assert await rows() == before


async def test_messages_follow_the_language_chosen(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    command = rules.SetLanguage(
        borrower_id=borrower_id, language=rules.Language.EN, idempotency_key="en"
    )
    for _ in range(2):
        await operations.set_language(command)
    assert (await queries.contact_of(borrower_id)).language is rules.Language.EN
    assert await revision_of(borrower_id) == 2


async def test_nobody_unknown_gets_a_profile(person: Person) -> None:
    unknown = "br00000000000000"
    for attempt in (
        operations.complete_profile(replace(PROFILE, borrower_id=unknown)),
        operations.set_bank_card(
            rules.SetBankCard(
                caller=caller_of(unknown), bank_card="6200000000000013", idempotency_key="a"
            )
        ),
        operations.set_language(
            rules.SetLanguage(borrower_id=unknown, language=rules.Language.EN, idempotency_key="b")
        ),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await rows() == []
    assert person.phones.texts == []
