"""Nothing is debited without exactly the words shown; what is agreed to can be ended at once."""

import asyncio
from dataclasses import replace

import pytest

from app.foundation import outbox
from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.identity.errors import ApprovalMissing, IntentOver, WrongCode
from app.payments import operations, queries
from app.payments.errors import (
    BankCardMissing,
    MandateExists,
    MandateStepRefused,
    MandateTextChanged,
    NothingOwed,
)
from app.payments.operations import ChangeAutoDebit, RevokeAutoDebit
from app.payments.rules.mandates import ConsentView, MandateStatus, MandateView
from app.servicing.rules import LoanRef
from tests.cards import caller_of
from tests.payments.conftest import Lend
from tests.payments.mandates.conftest import CARD, DUE, World, stored


async def change_of(world: World, view: MandateView, sha256: str | None = None) -> ChangeAutoDebit:
    """Ask for other figures."""
    return await world.change(view, 200_000, floor_fen=90_000, sha256=sha256)


def end_of(world: World, view: MandateView, key: str = "end") -> RevokeAutoDebit:
    return RevokeAutoDebit(
        caller_id=world.loan.borrower_id, mandate_id=view.mandate_id, idempotency_key=key
    )


async def test_the_words_state_every_figure_and_are_kept_as_they_were_read(world: World) -> None:
    words, caps = await queries.mandate_offered(
        world.loan,
        cap_per_debit_fen=123_456,
        cap_per_month_fen=234_567,
        floor_fen=90_000,
        language="zh-Hans",
    )
    for shown in ("1,234.56", "2,345.67", "900.00", CARD[-4:], world.loan.loan_id, "08:00"):
        assert shown in words.body
    view = await world.set_up(cap_fen=123_456, month_fen=234_567, floor_fen=90_000)
    assert view.caps == caps
    consent = await queries.mandate_consent(world.loan.borrower_id, view.consent_id)
    assert consent.words == words.whole
    assert (consent.sha256, consent.version, consent.language) == (words.sha256, 1, "zh-Hans")
    assert consent.ended_at is None


async def test_a_floor_left_out_is_the_policys(world: World) -> None:
    view = await world.set_up()
    assert view.caps.floor_fen == 80_000


async def test_the_same_wish_sent_twice_is_one_mandate(world: World) -> None:
    wish = await world.wish()
    first = await operations.set_up_auto_debit(wish)
    assert await operations.set_up_auto_debit(wish) == first
    with pytest.raises(IdempotencyConflict):
        await operations.set_up_auto_debit(replace(wish, floor_fen=90_000))
    assert len(await fetch("SELECT id FROM mandate")) == 1


async def test_ten_wishes_at_once_set_up_one_mandate(world: World) -> None:
    wishes = [await world.wish(f"key-{number}") for number in range(10)]
    answers = await asyncio.gather(
        *(operations.set_up_auto_debit(wish) for wish in wishes), return_exceptions=True
    )
    assert sum(isinstance(answer, MandateView) for answer in answers) == 1
    assert sum(isinstance(answer, MandateExists) for answer in answers) == 9
    assert len(await fetch("SELECT id FROM mandate")) == 1


async def test_words_are_agreed_to_by_approval_alone(world: World) -> None:
    wish = await world.wish()
    await refused(ApprovalMissing, replace(wish, approval=None))
    other_cap = await world.wish("other", cap_fen=500_000)
    await refused(IntentOver, replace(wish, approval=other_cap.approval))
    assert other_cap.approval is not None
    code = str(other_cap.approval.code)
    wrong = replace(other_cap.approval, code=f"{(int(code) + 1) % 1_000_000:06d}")
    answer = await operations.set_up_auto_debit(replace(other_cap, approval=wrong))
    assert isinstance(answer, WrongCode)
    assert await fetch("SELECT id FROM mandate") == []


async def refused(refusal: type[Refusal], wish: operations.SetUpAutoDebit) -> Refusal:
    """Prove that a wish is refused and changes nothing."""
    before = await stored()
    with pytest.raises(refusal) as told:
        await operations.set_up_auto_debit(wish)
    assert await stored() == before
    return told.value


async def test_other_words_than_the_ones_read_are_not_agreed_to(world: World) -> None:
    wish = await world.wish()
    await refused(MandateTextChanged, replace(wish, text_sha256="0" * 64))
    await refused(MandateTextChanged, replace(wish, cap_per_debit_fen=1_000_001))
    await refused(MandateTextChanged, replace(wish, cap_per_month_fen=2_000_000))
    await refused(MandateTextChanged, replace(wish, floor_fen=80_001))


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"cap_per_debit_fen": 99}, "input.capPerDebit"),
        ({"cap_per_debit_fen": 100_000_001}, "input.capPerDebit"),
        ({"cap_per_month_fen": 999_999}, "input.capPerMonth"),
        ({"floor_fen": 79_999}, "input.livingMoneyFloor"),
        ({"floor_fen": 10_000_001}, "input.livingMoneyFloor"),
        ({"floor_fen": -1}, "input.livingMoneyFloor"),
    ],
)
async def test_figures_out_of_bounds_are_refused(
    world: World, figures: dict[str, int], field: str
) -> None:
    wish = replace(await world.wish(), **figures)
    assert (await refused(InvalidInput, wish)).field == field


async def test_a_second_mandate_for_a_loan_is_refused_and_names_the_first(world: World) -> None:
    view = await world.set_up()
    refusal = await refused(MandateExists, await world.wish("second"))
    assert isinstance(refusal, MandateExists)
    assert refusal.mandate_id == view.mandate_id


async def test_somebody_elses_loan_and_a_closed_one_get_no_mandate(
    world: World, lend: Lend
) -> None:
    wish = await world.wish()
    other = await lend("br00000000000mei")
    stranger = LoanRef(borrower_id=world.loan.borrower_id, loan_id=other.loan_id)
    await refused(NotFound, replace(wish, loan=stranger))
    assert await queries.mandate_of(stranger) is None
    with pytest.raises(NotFound):
        await queries.mandate_offered(
            stranger,
            cap_per_debit_fen=100_000,
            cap_per_month_fen=None,
            floor_fen=None,
            language="en",
        )


async def test_without_a_card_there_is_nothing_to_agree_to(bare: World) -> None:
    with pytest.raises(BankCardMissing):
        await bare.wish()
    wish = operations.SetUpAutoDebit(
        loan=bare.loan,
        cap_per_debit_fen=100_000,
        cap_per_month_fen=None,
        floor_fen=None,
        text_sha256="0" * 64,
        idempotency_key="no-card",
        caller=caller_of(bare.loan.borrower_id),
        approval=None,
    )
    await refused(BankCardMissing, wish)


async def test_somebody_elses_consent_is_not_shown(world: World) -> None:
    view = await world.set_up()
    with pytest.raises(NotFound):
        await queries.mandate_consent("br00000000000mei", view.consent_id)


async def test_a_loan_that_is_paid_off_gets_no_mandate(world: World) -> None:
    wish = await world.wish()
    await world.pay_off()
    await refused(NothingOwed, wish)


async def test_a_change_replaces_what_was_agreed_and_keeps_the_old_words(world: World) -> None:
    view = await world.set_up()
    command = await change_of(world, view)
    changed = await operations.change_auto_debit(command)
    assert isinstance(changed, MandateView)
    assert changed.mandate_id == view.mandate_id
    assert await operations.change_auto_debit(command) == changed
    assert (changed.caps.per_debit_fen, changed.caps.floor_fen) == (200_000, 90_000)
    old = await queries.mandate_consent(world.loan.borrower_id, view.consent_id)
    assert old.ended_at is not None
    assert old.sha256 != (await consent(world, changed)).sha256


async def consent(world: World, view: MandateView) -> ConsentView:
    return await queries.mandate_consent(world.loan.borrower_id, view.consent_id)


async def test_a_change_without_its_words_or_of_anothers_mandate_changes_nothing(
    world: World,
) -> None:
    view = await world.set_up()
    other_words = await change_of(world, view, sha256="0" * 64)
    own = replace(await change_of(world, view), idempotency_key="own")
    before = await stored()
    with pytest.raises(MandateTextChanged):
        await operations.change_auto_debit(other_words)
    with pytest.raises(NotFound):
        await operations.change_auto_debit(replace(own, caller=caller_of("br00000000000mei")))
    with pytest.raises(NotFound):
        await operations.revoke_auto_debit(
            replace(end_of(world, view), caller_id="br00000000000mei")
        )
    assert await stored() == before


async def test_a_mandate_that_was_ended_can_only_be_set_up_anew(world: World) -> None:
    view = await world.set_up()
    ended = await operations.revoke_auto_debit(end_of(world, view))
    assert ended.mandate.status is MandateStatus.REVOKED
    assert ended.under_way_id is None
    assert await operations.revoke_auto_debit(end_of(world, view)) == ended
    assert (await consent(world, view)).ended_at is not None
    change = await change_of(world, view)
    before = await stored()
    with pytest.raises(MandateStepRefused):
        await operations.revoke_auto_debit(end_of(world, view, "twice"))
    with pytest.raises(MandateStepRefused):
        await operations.change_auto_debit(change)
    assert await stored() == before
    again = await world.set_up("again")
    assert again.mandate_id != view.mandate_id
    assert (await world.mandate()).mandate_id == again.mandate_id


async def test_ending_names_the_debit_that_is_with_the_bank(world: World) -> None:
    view = await world.set_up()
    await world.day(DUE)
    await operations.start_debits(world.rail)
    ended = await operations.revoke_auto_debit(end_of(world, view))
    assert ended.under_way_id == world.rail.asked[0].debit_id
    await world.settle()
    assert (await world.outcomes())[0][1] == "SUCCEEDED"
    assert (await world.mandate()).status is MandateStatus.REVOKED


async def test_the_card_stands_nowhere_in_clear(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await world.work()
    await outbox.drain()
    rows = await stored() | {"notification": await fetch("SELECT * FROM notification")}
    kept = repr(rows)
    assert CARD not in kept
    assert f"尾号 {CARD[-4:]}" not in kept
    assert f'"{CARD[-4:]}"' not in kept
