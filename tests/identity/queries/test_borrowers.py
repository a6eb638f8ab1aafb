"""Borrowers are found by what is known of them, shown masked, and opened where needed."""

from datetime import date

import pytest

from app.foundation.errors import InvalidInput, NotFound
from app.identity import queries, rules
from app.identity.queries.borrowers import phone_index, phone_tail_index
from tests.identity.conftest import LAN, MEI, MEI_E164, Person

UNKNOWN = "br00000000000000"


async def test_a_borrower_is_found_by_phone_however_it_is_written(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    assert await queries.borrower_ids_by_phone("+86 138-0013-8000") == [borrower_id]
    assert await queries.borrower_ids_by_phone(LAN) == []
    with pytest.raises(InvalidInput):
        await queries.borrower_ids_by_phone("138")


async def test_borrowers_are_found_by_the_last_four_digits_newest_first(person: Person) -> None:
    first = (await person.sign_in("13800138000")).borrower_id
    second = (await person.sign_in("13900138000")).borrower_id
    await person.sign_in(LAN)
    assert set(await queries.borrower_ids_by_phone_tail("8000")) == {first, second}
    assert await queries.borrower_ids_by_phone_tail("８００１") == []


@pytest.mark.parametrize("tail", ["", "800", "80000", "80a0", "٨٠٠٠"])
async def test_a_malformed_tail_is_refused(person: Person, tail: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await queries.borrower_ids_by_phone_tail(tail)
    assert refused.value.field == "lastFour"
    assert person.phones.texts == []
    with pytest.raises(InvalidInput) as refused:
        await queries.borrower_ids_by_phone(tail)
    assert refused.value.field == "phone"


async def test_a_tail_shares_its_entry_but_only_its_own_digits_are_found(person: Person) -> None:
    seen: dict[str, str] = {}
    for number in range(10_000):  # of ten thousand tails over 4,096 entries, some two share one
        tail = f"{number:04d}"
        entry = phone_tail_index(f"+861380013{tail}")
        if entry in seen:
            break
        seen[entry] = tail
    else:
        raise AssertionError("no two tails share an entry")
    assert len(entry) == 3
    assert len(phone_index(f"+861380013{tail}")) == 32
    borrower_id = (await person.sign_in(f"1380013{tail}")).borrower_id
    assert await queries.borrower_ids_by_phone_tail(seen[entry]) == []
    assert await queries.borrower_ids_by_phone_tail(tail) == [borrower_id]


async def test_profiles_are_read_many_at_once_in_the_order_asked(person: Person) -> None:
    mei = (await person.sign_in(MEI)).borrower_id
    lan = (await person.sign_in(LAN)).borrower_id
    await person.complete(mei)
    found = await queries.profiles_by_id([lan, UNKNOWN, mei])
    assert [profile and profile.phone for profile in found] == [
        "199****0003",
        None,
        "138****8000",
    ]
    assert await queries.profiles_by_id([]) == []
    assert await queries.profile_of(mei) == found[2]


async def test_contact_name_and_party_are_in_clear_for_whoever_must_act(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    assert await queries.name_of(borrower_id) is None
    with pytest.raises(NotFound):
        await queries.party_of(borrower_id)
    await person.complete(borrower_id)
    contact = await queries.contact_of(borrower_id)
    assert (contact.phone, contact.language) == (MEI_E164, rules.Language.ZH_HANS)
    assert await queries.name_of(borrower_id) == "石宝塬"
    party = await queries.party_of(borrower_id)
    assert party == rules.Party(
        borrower_id=borrower_id,
        name="石宝塬",
        resident_id="612629198003120014",
        phone=MEI_E164,
        bank_card="6200000000000013",
    )
    for shown in (repr(party), repr(contact)):
        assert not any(value in shown for value in ("石宝塬", "6126", "1380", "6200"))


async def test_a_decision_sees_age_and_tenure_on_its_day(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    empty = await queries.facts_for_decision(borrower_id)
    assert (empty.is_complete, empty.age, empty.income_fen, empty.phone_tenure_months) == (
        False, None, None, None,
    )  # fmt: skip
    await person.complete(borrower_id)
    facts = rules.IdentityFacts(
        borrower_id=borrower_id,
        is_complete=True,
        age=46,
        region_code="610629",
        income_fen=450_000,
        is_student=False,
        phone_tenure_months=84,
        has_payee=True,
    )
    assert await queries.facts_for_decision(borrower_id) == facts
    later = await queries.facts_for_decision(borrower_id, date(2027, 3, 12))
    assert (later.age, later.phone_tenure_months) == (47, 88)


async def test_reads_of_nobody_find_nobody(person: Person) -> None:
    for read in (
        queries.profile_of,
        queries.own_profile_of,
        queries.contact_of,
        queries.name_of,
        queries.party_of,
        queries.facts_for_decision,
    ):
        with pytest.raises(NotFound):
            await read(UNKNOWN)
    assert await queries.sessions_of(UNKNOWN, person.clock.now()) == []
