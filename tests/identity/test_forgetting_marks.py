"""Once somebody is forgotten, no table leads from a phone, card, ID or device of theirs to them."""

from datetime import timedelta

from app.foundation.database import fetch, transaction
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import blind_index, seal
from app.identity.models import StoppedNumberRow, stopped_cell
from app.payments.models import MandateRow
from app.payments.operations.mandates.planning import card_mark
from app.privacy.operations.closing import forget
from tests.conftest import START
from tests.identity.conftest import LAN, MEI_E164, PROFILE, Person
from tests.identity.handsets import add_phone
from tests.origination.conftest import everything

INSTALLATION = "installation-of-mei-0001"
OTHER_ID = "410225198809250022"


async def agree_to_debits(mandate_id: str, borrower_id: str, card: str) -> None:
    await MandateRow.create(
        id=mandate_id,
        borrower_id=borrower_id,
        loan_id=mandate_id,
        status="STOPPED",
        consent_id=mandate_id,
        card_mark=card_mark(card),
        cap_per_debit_fen=1,
        floor_fen=0,
        set_up_at=START,
        agreed_on=START.date(),
        round_number=0,
        next_at=0,
        failures=0,
    )


async def stop_number(phone: str) -> None:
    async with transaction() as tx:
        stop_id = tx.new_id("nm")
        await StoppedNumberRow.create(
            id=stop_id,
            phone=await seal(tx, stopped_cell(stop_id), phone),
            phone_index=blind_index("stopped_number.phone", phone),
            stopped_at=0,
        )


async def where(marks: dict[str, str]) -> set[tuple[str, str]]:
    """Look into every column of every table; return which mark stands in which table."""
    return {
        (label, table)
        for table, rows in (await everything()).items()
        for row in rows
        for value in row.values()
        for label, mark in marks.items()
        if mark in (value.decode("latin-1") if isinstance(value, bytes) else str(value))
    }


async def test_after_forgetting_no_mark_of_the_person_is_left_in_any_table(person: Person) -> None:
    mei = await person.sign_in()
    await person.complete(mei.borrower_id)
    phone = await add_phone(person, mei)
    await agree_to_debits("mm00000000000001", mei.borrower_id, str(PROFILE.bank_card))
    await stop_number(MEI_E164)
    person.clock.advance(timedelta(hours=4))
    await person.ask(device_id=INSTALLATION)
    lan = await person.sign_in(LAN)
    await person.complete(lan.borrower_id, resident_id=OTHER_ID)
    await agree_to_debits("mm00000000000002", lan.borrower_id, "6200000000000021")
    marks = {
        "borrower.phone": blind_index("borrower.phone", MEI_E164),
        "borrower.resident_id": blind_index("borrower.resident_id", str(PROFILE.resident_id)),
        "one_time_code.phone": blind_index("one_time_code.phone", MEI_E164),
        "code_send.device": blind_index("code_send.device", INSTALLATION),
        "stopped_number.phone": blind_index("stopped_number.phone", MEI_E164),
        "mandate.card": card_mark(str(PROFILE.bank_card)),
        "device.key": blind_index("device.key", str(phone.keystore.key_id)),
    }
    found = await where(marks)
    assert {label for label, _ in found} == marks.keys()
    assert ("one_time_code.phone", "sms_gate") in found

    async with transaction() as tx:
        await forget(tx, mei.borrower_id, held_until=None)
    assert await where(marks) == set()
    lost = blind_index("borrower.bank_card", str(PROFILE.bank_card))
    rows = await fetch("SELECT id FROM borrower WHERE bank_card_index = ?", [lost])
    assert [row["id"] for row in rows] == [lan.borrower_id]
    (kept,) = await MandateRow.filter(borrower_id=lan.borrower_id)
    assert kept.card_mark == card_mark("6200000000000021")
    assert (await prove()).problems == []


async def test_verifying_names_a_mark_that_came_back(person: Person) -> None:
    mei = await person.sign_in()
    await agree_to_debits("mm00000000000001", mei.borrower_id, str(PROFILE.bank_card))
    async with transaction() as tx:
        await forget(tx, mei.borrower_id, held_until=None)
    await MandateRow.filter(borrower_id=mei.borrower_id).update(card_mark=card_mark("1"))
    assert (await prove()).problems == [
        "mandate mm00000000000001: card_mark still leads to somebody forgotten"
    ]
