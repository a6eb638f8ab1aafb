"""A surname with a phone's last four digits finds whoever has both now, and nobody else."""

from datetime import timedelta

import pytest

from app.adapters.registers import RegisterTwin
from app.foundation.audit import verify
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import InvalidInput
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.jobs.adopting import adopt_rows
from app.foundation.rekeying.shredding import shred
from app.foundation.sealing import SealBroken
from app.identity import operations, queries
from app.identity.operations.correcting import correct_profile
from app.identity.queries import finding
from app.identity.rules.continuity import StartAfresh
from app.identity.rules.correcting import ProfileField
from app.identity.rules.people import Language
from tests.identity.conftest import LAN, MEI, Person
from tests.identity.operations.test_recovery import NEW, asked_to_move, caller_of

TAIL = MEI[-4:]


async def join(person: Person, phone: str, name: str, resident_id: str) -> str:
    borrower_id = (await person.sign_in(phone)).borrower_id
    await person.complete(borrower_id, name=name, resident_id=resident_id)
    return borrower_id


async def stone(person: Person) -> str:
    return await join(person, MEI, "石宝塬", "612629198003120014")


async def find(surname: str, tail: str = TAIL) -> list[str]:
    return await queries.borrower_ids_by_surname_and_tail(surname, tail)


async def index_of(borrower_id: str) -> str | None:
    rows = await fetch("SELECT surname_tail_index FROM borrower WHERE id = ?", [borrower_id])
    return rows[0]["surname_tail_index"]


async def test_a_surname_with_the_last_four_digits_finds_who_has_both(person: Person) -> None:
    mei = await stone(person)
    other = await join(person, "13900138000", "欧阳春", "11010519491231002X")
    await person.sign_in("13700138000")
    assert await find("石") == await find(" 石宝 ", "８０００") == [mei]
    assert await find("欧阳") == [other]
    for surname, tail in (("欧", TAIL), ("石", "8001"), ("石金", TAIL), ("宝", TAIL), ("张", TAIL)):
        assert await find(surname, tail) == []


async def test_the_index_holds_sixteen_bits_and_none_before_there_is_a_name(
    person: Person,
) -> None:
    mei = (await person.sign_in()).borrower_id
    assert await index_of(mei) is None
    await person.complete(mei)
    index = await index_of(mei)
    assert index is not None
    assert len(index) == 4
    assert int(index, 16) < 2**16


async def test_whoever_only_shares_the_entry_is_opened_and_dropped(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei = await stone(person)
    index = await index_of(mei)
    assert index is not None
    made = finding.blind_indexes

    def colliding(label: str, normalized: str, *, bits: int = 128) -> list[str]:
        found = made(label, normalized, bits=bits)
        return [*found, index] if label == "borrower.surname_tail" else found

    monkeypatch.setattr(finding, "blind_indexes", colliding)
    assert await find("石") == [mei]
    assert await find("王") == []


@pytest.mark.parametrize(
    ("surname", "tail", "field"),
    [
        ("", TAIL, "surname"),
        (" ", TAIL, "surname"),
        ("石%", TAIL, "surname"),
        ("8", TAIL, "surname"),
        ("石" * 41, TAIL, "surname"),
        ("石" * 10_000, TAIL, "surname"),
        ("石", "", "lastFour"),
        ("石", "800", "lastFour"),
        ("石", "80o0", "lastFour"),
    ],
)
@pytest.mark.usefixtures("database")
async def test_a_malformed_surname_or_tail_is_refused(surname: str, tail: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await find(surname, tail)
    assert refused.value.field == field


async def test_a_corrected_name_is_found_by_its_new_surname_only(person: Person) -> None:
    mei = await stone(person)
    async with transaction() as tx:
        await correct_profile(tx, mei, ProfileField.NAME, "阿依·努尔")
    assert await find("石") == []
    assert await find("阿") == await find("阿依") == await find("阿依•努") == [mei]
    assert await find("努") == []


async def test_a_changed_number_is_found_by_its_new_digits_only(person: Person) -> None:
    mei = await person.sign_in()
    await person.complete(mei.borrower_id)
    command = await asked_to_move(person, await caller_of(person, mei))
    assert await operations.change_phone(command) is None
    assert await find("石") == []
    assert await find("石", NEW[-4:]) == [mei.borrower_id]


async def test_whose_number_went_to_somebody_else_is_found_by_it_no_more(
    person: Person, register: RegisterTwin, clock: FixedClock
) -> None:
    mei = await stone(person)
    clock.advance(timedelta(days=1))
    register.give_away(MEI, clock.now())
    stranger = await person.sign_in_later()
    fresh = await operations.start_afresh(
        StartAfresh(
            borrower_id=stranger.borrower_id,
            session_id=stranger.session_id,
            language=Language.ZH_HANS,
            idempotency_key=person.key(),
        )
    )
    assert await find("石") == []
    assert [await index_of(one) for one in (mei, fresh.borrower_id)] == [None, None]
    assert (await queries.own_profile_of(mei)).name == "石宝塬"


async def test_an_index_swapped_or_emptied_is_refused(person: Person) -> None:
    mei = await stone(person)
    lan = await join(person, LAN, "欧阳春", "11010519491231002X")
    for altered in (await index_of(lan), None):
        async with transaction() as tx:
            await tx.run("UPDATE borrower SET surname_tail_index = ? WHERE id = ?", [altered, mei])
        with pytest.raises(SealBroken):
            await queries.name_of(mei)


async def test_an_index_made_anew_still_finds(person: Person, clock: FixedClock) -> None:
    ids = [await stone(person), await join(person, LAN, "欧阳春", "11010519491231002X")]
    before = [await index_of(one) for one in ids]
    job = await jobs.begin(JobKind.REINDEX)
    while job.finished_at is None:
        job, broken = await jobs.advance(job, limit=1)
        assert broken == []
        clock.advance(timedelta(seconds=20))
    assert [await index_of(one) for one in ids] != before
    assert await find("石") == ids[:1]
    assert await find("欧阳", LAN[-4:]) == ids[1:]
    assert (await verify(None)).is_whole


async def test_a_forgotten_person_leaves_no_index(person: Person) -> None:
    mei = await stone(person)
    async with transaction() as tx:
        await shred(tx, mei)
    assert await index_of(mei) is None
    assert await find("石") == []


async def test_rows_from_before_the_index_are_given_one_by_the_migration(person: Person) -> None:
    mei = await stone(person)
    unnamed = (await person.sign_in(LAN)).borrower_id
    index = await index_of(mei)
    async with transaction() as tx:
        await tx.run(
            "UPDATE borrower SET row_seal = NULL, row_version = 0, surname_tail_index = NULL"
        )
        for table in ("audit_cell", "audit_entry", "audit_head"):
            await tx.run(f"DELETE FROM {table}")
    assert await adopt_rows(["0003_identity_and_privacy"]) >= 2
    assert [await index_of(mei), await index_of(unnamed)] == [index, None]
    assert await find("石") == [mei]
    assert (await queries.profile_of(unnamed)).name is None
    assert (await verify(None)).is_whole
