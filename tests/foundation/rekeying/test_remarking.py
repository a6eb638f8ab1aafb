"""When the keys of indexes turn, every mark is made anew or fades, and nothing stops working."""

from datetime import timedelta

from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import blind_index, key_ring
from app.foundation.sealing.keeping import look
from app.foundation.sealing.turning import SPREAD
from app.identity import operations, rules
from app.identity.errors import WrongCode
from app.payments.models import MandateRow
from tests.conftest import START
from tests.foundation.borrowers import Join
from tests.identity.conftest import Person, heard, person, phones

__all__ = ["heard", "person", "phones"]

CARD, FORMER = "6200000000000013", "6200000000000021"


async def reindexed(clock: FixedClock) -> None:
    job = await jobs.begin(JobKind.REINDEX)
    for _ in range(40):
        job, broken = await jobs.advance(job, limit=2)
        assert broken == []
        if job.finished_at is not None:
            return
        clock.advance(timedelta(seconds=10))
        await look(key_ring())
    raise AssertionError(job.cursor)


async def mandate(borrower_id: str, number: int, card: str) -> str:
    row = await MandateRow.create(
        id=f"md0000000000000{number}",
        borrower_id=borrower_id,
        loan_id="ln00000000000001",
        status="LIVE",
        consent_id="mc00000000000001",
        card_mark=blind_index("mandate.card", card),
        cap_per_debit_fen=1,
        floor_fen=1,
        set_up_at=START,
        agreed_on=START.date(),
        round_number=0,
        next_at=0,
        failures=0,
    )
    return row.id


async def mark_of(mandate_id: str) -> str:
    rows = await fetch("SELECT card_mark FROM mandate WHERE id = ?", [mandate_id])
    return rows[0]["card_mark"]


async def test_a_mandates_mark_follows_its_card_and_a_former_cards_stays(
    join: Join, clock: FixedClock
) -> None:
    ids = [await join() for _ in range(3)]
    live = [await mandate(one, n, CARD) for n, one in enumerate(ids)]
    left = await mandate(ids[0], 7, FORMER)
    old, before = blind_index("mandate.card", CARD), await mark_of(left)
    await reindexed(clock)
    assert blind_index("mandate.card", CARD) != old
    assert {await mark_of(one) for one in live} == {blind_index("mandate.card", CARD)}
    assert await mark_of(left) == before
    assert (await prove()).problems == []


async def test_a_code_on_its_way_is_still_guessed_within_its_limits_and_opens(
    person: Person, clock: FixedClock
) -> None:
    asked = await person.ask(device_id="d")
    assert isinstance(await person.type_code(asked.challenge_id, "000000"), WrongCode | None)
    await reindexed(clock)
    code = person.phones.code()
    told = await person.type_code(asked.challenge_id, "000001" if code != "000001" else "000002")
    assert isinstance(told, WrongCode)
    assert told.attempts_left == 3
    assert isinstance(await person.type_code(asked.challenge_id, code), rules.SignedIn)
    async with transaction() as tx:
        await operations.forget_limits(tx)


async def test_the_key_of_marks_that_fade_is_read_for_as_long_as_they_live(
    person: Person, clock: FixedClock
) -> None:
    label = "index:code_send.device"
    await person.ask(device_id="d")
    await reindexed(clock)
    assert key_ring().labels.versions(label) == (2, 1)
    clock.advance(timedelta(days=2) + 2 * SPREAD)
    await jobs.run(JobKind.RETIRE)
    assert key_ring().labels.versions(label) == (2,)
    assert key_ring().labels.versions("index:mandate.card") == (2,)
    assert key_ring().labels.versions("index:application.mark") == (2, 1)
