"""After an older copy came back: today's forgotten are forgotten there too, in every room."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.adapters.kms import FileKms
from app.catalog.rules import Consent
from app.commands.rekeying import BESIDE
from app.foundation import audit, outbox
from app.foundation.caller import StaffRole
from app.foundation.database import current, fetch, transaction
from app.foundation.outbox import Subscription
from app.foundation.rekeying.carrying import export_keys
from app.foundation.rekeying.joining import Rooms, join_keys
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import (
    Cell,
    Forgotten,
    KeyClass,
    Vault,
    install_vault,
    key_ring,
    seal,
    unseal,
)
from app.foundation.sealing.ring import epoch_of
from app.identity import operations as identity
from app.identity import queries as borrowers
from app.identity import rules as identity_rules
from app.identity.events import BorrowerForgotten, CodeIssued
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.restoring import OWN_ROWS
from app.identity.rules.staffing import Signers
from app.messaging.operations import LOCAL_EFFECTS, Notify, notify
from app.messaging.rules import Kind
from app.origination.models import ConsentRow
from app.payments.models import RefundRow, refund_cell
from app.privacy.models import ClosingRow
from app.privacy.operations.closing import CloseAccount, close_account, forget_due
from app.privacy.operations.consents import (
    WithdrawConsent,
    give_standing_consent,
    withdraw_consent,
)
from app.privacy.operations.repeating import forget_again
from app.servicing.rules import LoanRef
from tests.origination.conftest import UNCHANGING, World
from tests.privacy.test_consents import no, yes
from tests.support.conftest import enroll, lend

ROOMS = Rooms(forget_again=forget_again, own_rows=OWN_ROWS)
PERSONAS = ("orchard_farmer", "noodle_shop_owner", "washing_machine_family")
CARD = "6200000000000013"
Copy = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def rooms(world: World) -> None:
    """Let messaging hear of whoever is forgotten, and codes be sent."""
    local = [one for one in LOCAL_EFFECTS if one[0] is BorrowerForgotten]
    outbox.subscribe(
        [
            *(Subscription(fact_type=fact, consumer=name, local=do) for fact, name, do in local),
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=world.phone),
            ),
        ]
    )


async def tables() -> set[str]:
    source = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if current().dialect == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    return {row["name"] for row in await fetch(source)} - UNCHANGING


async def copied() -> Copy:
    return {table: await fetch(f"SELECT * FROM {table}") for table in sorted(await tables())}


async def restored(copy: Copy) -> None:
    async with transaction() as tx:
        for table, rows in copy.items():
            await tx.run(f"DELETE FROM {table}")
            for row in rows:
                names, places = ", ".join(row), ", ".join("?" for _ in row)
                await tx.run(f"INSERT INTO {table} ({names}) VALUES ({places})", [*row.values()])


async def sign_in(world: World, borrower_id: str) -> None:
    phone = (await borrowers.contact_of(borrower_id)).phone
    world.clock.advance(timedelta(minutes=2))
    asked = await identity.request_code(
        identity_rules.RequestCode(phone=phone, idempotency_key=world.key())
    )
    await outbox.drain()
    await identity.verify_code(
        identity_rules.VerifyCode(
            challenge_id=asked.challenge_id, code=world.phone.code(), idempotency_key=world.key()
        )
    )


async def live_sessions(borrower_id: str) -> int:
    counted = "SELECT COUNT(*) AS n FROM session WHERE borrower_id = ? AND ended_at IS NULL"
    return (await fetch(counted, [borrower_id]))[0]["n"]


async def paid_off(loan: LoanRef) -> RefundRow:
    """End a loan without the months it takes; its refund was sealed before refunds were held."""
    cell = Cell("refund", "payee", "rf1", loan.borrower_id, KeyClass.IDENTITY)
    async with transaction() as tx:
        await tx.run(
            "UPDATE servicing_loan SET closed_on = ?, status = 'CLOSED_PAID', balance_fen = 0"
            " WHERE id = ?",
            [tx.today, loan.loan_id],
        )
        return await RefundRow.create(
            id="rf1",
            borrower_id=loan.borrower_id,
            loan_id=loan.loan_id,
            amount_fen=1,
            status="PAID",
            payee=await seal(tx, cell, CARD),
            requested_at=tx.now,
            requested_on=tx.today,
        )


async def test_an_older_copy_forgets_whom_today_forgets_and_keeps_what_the_law_does(
    world: World, keyring: FileKms, tmp_path: Path
) -> None:
    debtor, closing, other = [await world.borrower(one) for one in PERSONAS]
    party = await borrowers.party_of(debtor)
    await paid_off(await lend(debtor))
    for borrower_id in (debtor, other):
        await sign_in(world, borrower_id)
        async with transaction() as tx:
            told = Notify(
                borrower_id=borrower_id, kind=Kind.TICKET_ANSWERED, data={}, dedupe_key=borrower_id
            )
            await notify(tx, told)
    await close_account(CloseAccount(caller_id=closing, idempotency_key="closing"))
    copy = await copied()

    await close_account(CloseAccount(caller_id=debtor, idempotency_key="debtor"))
    world.clock.advance(timedelta(days=15))
    assert await forget_due() == 2
    new = await world.borrower("school_parent")
    await export_keys(tmp_path / "keys")

    await restored(copy)
    install_vault(Vault(keyring))
    assert await borrowers.party_of(debtor) == party
    await key_ring().ensure(epoch_of(world.clock.now().date()))  # as opening the copy does
    counts = await join_keys(tmp_path / "keys", ROOMS)
    assert (counts["forgotten again"], counts["values lost"]) == (2, 0)
    await outbox.drain()

    for gone in (debtor, closing):
        row = await BorrowerRow.get(id=gone)
        assert row.is_forgotten
        with pytest.raises(Forgotten):
            await unseal(borrower_cell(gone, "name"), row.name)
        assert await live_sessions(gone) == 0
    assert await borrowers.name_of(other) is not None
    assert await live_sessions(other) == 2
    assert [row["borrower_id"] for row in await fetch("SELECT borrower_id FROM notification")] == [
        other
    ]
    codes = await fetch("SELECT phone_index FROM one_time_code")
    assert (len(codes), len({row["phone_index"] for row in codes})) == (2, 1)
    assert counts["rows without key"] == 3
    refund = await RefundRow.get(id="rf1")
    assert await unseal(refund_cell("rf1", debtor), refund.payee) == CARD
    done = {row.borrower_id: row for row in await ClosingRow.all()}
    assert {row.state for row in done.values()} == {"DONE"}
    assert done[closing].kept is None
    assert done[debtor].kept is not None
    cell = ClosingRow.seals.cell("kept", done[debtor].id, debtor)
    kept = orjson.loads(await unseal(cell, done[debtor].kept))
    assert kept["resident_id"] == party.resident_id
    assert await forget_due() == 0
    assert (await prove()).problems == []
    assert (await audit.verify(None)).problems == ()
    # Keys of people who came since are there too, should their rows come from elsewhere.
    assert await fetch("SELECT 1 FROM data_key WHERE subject_id = ?", [new])


async def test_what_was_withdrawn_and_who_left_since_a_copy_is_over_in_it_too(
    world: World, tmp_path: Path
) -> None:
    decided, _ = await world.complete()
    again = await world.borrower("noodle_shop_owner")
    await give_standing_consent(yes(decided))
    for command in (yes(again, "first"), no(again), yes(again, "anew")):
        world.clock.advance(timedelta(seconds=1))
        _ = await (
            withdraw_consent(command)
            if isinstance(command, WithdrawConsent)
            else give_standing_consent(command)
        )
    agent, *signers = [
        (await enroll(role)).staff_id
        for role in (StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.DIRECTOR)
    ]
    copy = await copied()
    for number, purpose in enumerate((Consent.MARKETING, Consent.AUTOMATED_DECISION)):
        await withdraw_consent(no(decided, purpose, key=f"no-{number}"))
    await identity.end_staff("li.agent", Signers(first_id=signers[0], second_id=signers[1]))
    counts = await export_keys(tmp_path / "keys", BESIDE)
    assert (counts["withdrawals"], counts["staff_ended"]) == (3, 1)

    await restored(copy)
    assert await borrowers.has_consent(decided, "MARKETING")
    rooms = Rooms(forget_again=forget_again, own_rows=OWN_ROWS, beside=BESIDE)
    joined = await join_keys(tmp_path / "keys", rooms)
    assert (joined["withdrawals again"], joined["staff ended again"]) == (2, 1)
    assert not await borrowers.has_consent(decided, "MARKETING")
    assert not await borrowers.has_consent(decided, "AUTOMATED_DECISION")
    assert await borrowers.has_consent(again, "MARKETING"), "given anew after it was withdrawn"
    assert await ConsentRow.filter(kind="AUTOMATED_DECISION", live_key=None).count() == 1
    assert (await borrowers.staff_member(agent)).has_left
    once_more = await join_keys(tmp_path / "keys", rooms)
    assert (once_more["withdrawals again"], once_more["staff ended again"]) == (0, 0)
    assert (await audit.verify(None)).problems == ()
