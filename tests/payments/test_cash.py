"""Cash over a shop's counter: found by a code, confirmed on one's own phone, owed by the shop."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.caller import Anonymous, Caller, StaffCaller, StaffRole
from app.foundation.clock import FixedClock, local_date
from app.foundation.database import business_date, current, fetch, transaction
from app.foundation.errors import Forbidden, NotFound
from app.foundation.graphql import Context
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.foundation.revision import revise
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.identity.errors import IntentOver
from app.identity.events import StaffEnded
from app.identity.operations import opened
from app.ledger import queries as ledger
from app.ledger.rules import rail_agent, rail_bank, rail_clearing
from app.messaging import operations as messaging
from app.messaging import queries as inbox
from app.messaging.rules import Kind
from app.payments import operations
from app.payments.errors import (
    CashAboveOwed,
    CashCodesLocked,
    CashCodeWrong,
    CashOver,
    RepaymentStepRefused,
)
from app.payments.operations import ReverseRepayment, ShowCashCode, StartCash
from app.payments.queries import proving
from app.payments.queries.cash import cash_by_repayment, cash_waiting_for, out_there
from app.payments.rules import RepaymentRef, RepaymentView
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import LoanRef, ReversalReason
from tests.cards import approval_of, caller_of, forget_sends
from tests.messaging.conftest import join
from tests.payments.conftest import Lend, balance_of, postings
from tests.published import publish_all
from tests.support.conftest import enroll

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
SHOP = "qingshi_shop"
TABLES = ("cash", "cash_code", "cash_handover", "repayment", "ledger_posting", "outbox_fact")


@dataclass
class Shop:
    """A borrower with a loan, and the shop's agent across the counter."""

    loan: LoanRef
    agent: StaffCaller
    clock: FixedClock

    async def show(self, loan: LoanRef | None = None, key: str = "show") -> str:
        command = ShowCashCode(loan=loan or self.loan, idempotency_key=key)
        return (await operations.show_cash_code(command)).code

    def counted(self, code: str, amount_fen: int = 100_000, key: str = "count") -> StartCash:
        return StartCash(caller=self.agent, code=code, amount_fen=amount_fen, idempotency_key=key)

    async def taken(self, amount_fen: int = 100_000, key: str = "k") -> str:
        """Count cash of somebody who shows a code."""
        command = self.counted(await self.show(key=f"{key}-show"), amount_fen, f"{key}-count")
        cash_id = await operations.start_cash(command)
        assert isinstance(cash_id, str)
        return cash_id

    async def approved(self, cash_id: str, key: str = "k") -> operations.ConfirmCash:
        """Read what the phone shows, and the code of the text message."""
        await forget_sends()
        caller = caller_of(self.loan.borrower_id)
        asked = operations.BeginCashConfirmation(
            cash_id=cash_id, caller=caller, idempotency_key=f"{key}-ask"
        )
        return operations.ConfirmCash(
            cash_id=cash_id,
            caller=caller,
            approval=await approval_of(await operations.begin_cash_confirmation(asked)),
            idempotency_key=f"{key}-yes",
        )


@pytest.fixture
async def shop(lend: Lend, clock: FixedClock) -> Shop:
    await publish_all()
    borrower_id = await join()
    outbox.subscribe(
        [
            Subscription(fact_type=fact_type, consumer=consumer, local=effect)
            for fact_type, consumer, effect in messaging.LOCAL_EFFECTS
        ]
    )
    agent = await enroll(StaffRole.PARTNER_AGENT, name="he.helper")
    return Shop(loan=await lend(borrower_id, annual_rate="0"), agent=agent, clock=clock)


async def stored() -> dict[str, list[dict[str, Any]]]:
    return {table: sorted(await fetch(f"SELECT * FROM {table}"), key=str) for table in TABLES}


async def ask(caller: Caller, document: str, **variables: object) -> Any:  # noqa: ANN401 - of any field
    """Ask the graph of whoever asks, and return its only field."""
    schema = STAFF_SCHEMA if isinstance(caller, StaffCaller) else BORROWER_SCHEMA
    context = Context(
        caller=caller,
        language="zh-Hans",
        now=current().clock.now(),
        today=await business_date(),
    )
    text = (OPERATIONS / f"{document}.graphql").read_text(encoding="utf-8")
    result = await schema.execute(text, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return next(iter(result.data.values()))


async def check(number: str, code: str) -> Any:  # noqa: ANN401 - what the graph says
    return await ask(Anonymous(), "borrower/check_cash_receipt", number=number, code=code)


async def owed() -> tuple[int, int, int]:
    """Return what the shop has of our cash, what reached us, and what came by the rail."""
    accounts = (rail_agent(SHOP), rail_bank(), rail_clearing())
    shop, bank, rail = [await ledger.balance(account) for account in accounts]
    return shop, bank, rail


async def test_cash_is_counted_confirmed_and_receipted_and_the_shop_owes_it(shop: Shop) -> None:
    mei, lent_fen = caller_of(shop.loan.borrower_id), await balance_of(shop.loan)
    (_, _, rail_before) = await owed()
    given: dict[str, Any] = {"loanId": shop.loan.loan_id, "idempotencyKey": "show"}
    shown = await ask(mei, "borrower/show_cash_code", input=given)
    assert await ask(mei, "borrower/show_cash_code", input=given) == shown
    full_width = shown["digits"].translate({ord("0") + at: ord("０") + at for at in range(10)})
    typed = f"{full_width[:4]} {full_width[4:]}"
    given = {"code": typed, "amount": 100_000, "idempotencyKey": "count"}
    counted = await ask(shop.agent, "staff/start_cash", input=given)
    assert await ask(shop.agent, "staff/start_cash", input=given) == counted
    assert counted["cash"]["state"] == "COUNTED"
    (waiting,) = await ask(mei, "borrower/cash_waiting")
    assert "青石村便民店" in waiting["warning"]
    assert (await owed())[0] == 0, "nothing counts before the borrower says so"

    given = {"to": {"payCash": {"cashId": waiting["id"]}}, "idempotencyKey": "ask"}
    intent = (await ask(mei, "borrower/begin_intent", input=given))["intent"]
    for fact in (
        "在店里交现金还款",
        "1,000.00",
        "壹仟元整",
        "青石村便民店",
        shop.loan.loan_id[-6:],
    ):
        assert fact in intent["text"]
    begun = await opened(intent["id"], mei.borrower_id)
    approval = {"intentId": intent["id"], "code": (await approval_of(begun)).code}
    given = {"cashId": waiting["id"], "approval": approval, "idempotencyKey": "yes"}
    booked = await asyncio.gather(
        *(ask(mei, "borrower/confirm_cash", input=given) for _ in range(3))
    )
    assert booked[0] == booked[1] == booked[2]
    repaid = booked[0]["repayment"]
    receipt = repaid["cashReceipt"]
    assert (repaid["channel"], repaid["status"]) == ("AGENT_CASH", "ALLOCATED")
    assert (receipt["number"], receipt["shop"]) == (waiting["id"], "青石村便民店")
    assert await balance_of(shop.loan) == lent_fen - 100_000
    assert await owed() == (100_000, 0, rail_before)
    assert await postings("repayment") == 1

    seen = await ask(shop.agent, "staff/cash_by_me")
    assert (seen["takenToday"], seen["counted"][0]["receipt"]["number"]) == (100_000, waiting["id"])
    assert shop.loan.loan_id not in str(seen)
    assert shop.loan.borrower_id not in str(seen)
    genuine = await check(receipt["number"].upper(), receipt["code"].lower())
    assert (genuine["isGenuine"], genuine["amount"]) == (True, 100_000)
    assert not (await check(receipt["number"], "0000-0000-0000-0000"))["isGenuine"]
    await outbox.drain()
    page = await inbox.inbox_of(mei.borrower_id, PageAsk(first=5))
    (told,) = [one for _, one in page.items if one.kind is Kind.CASH_RECEIVED]
    assert receipt["number"] in told.body("zh-Hans")
    nobody: Any = None
    book = operations.repayment_book(nobody, nobody)
    moved = await book.moved_since(shop.clock.now() - timedelta(days=1))
    assert moved == [], "no statement of the provider's is asked for cash"
    assert await unsound() == []


async def test_cash_that_somebody_noted_who_left_is_noted_again_by_another(shop: Shop) -> None:
    await operations.confirm_cash(await shop.approved(await shop.taken()))
    leaver, stays = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    other = await enroll(StaffRole.RISK)
    given = {"partnerCode": SHOP, "amount": 60_000, "reference": "ICBC-01"}
    name = "staff/propose_cash_handover"
    noted = (await ask(leaver, name, input={**given, "idempotencyKey": "in"}))["handover"]
    async with transaction() as tx:
        await operations.withdraw_proposals(tx, StaffEnded(staff_id=leaver.staff_id))
    late = {"handoverId": noted["id"], "isConfirmed": True, "idempotencyKey": "late"}
    refused = await ask(stays, "staff/decide_cash_handover", input=late)
    assert refused["code"] == "CASH_HANDOVER_STEP_REFUSED"
    assert (await owed())[:2] == (100_000, 0)

    anew = (await ask(other, name, input={**given, "idempotencyKey": "anew"}))["handover"]
    yes = {"handoverId": anew["id"], "isConfirmed": True, "idempotencyKey": "yes"}
    settled = await ask(stays, "staff/decide_cash_handover", input=yes)
    assert settled["handover"]["state"] == "CONFIRMED"
    assert (await owed())[:2] == (40_000, 60_000)


async def test_two_people_clear_what_a_shop_owes_and_a_wrong_booking_is_undone(shop: Shop) -> None:
    lent_fen, (_, _, rail_before) = await balance_of(shop.loan), await owed()
    cash_id = await shop.taken()
    repaid = await operations.confirm_cash(await shop.approved(cash_id))
    assert isinstance(repaid, RepaymentView)
    maker, checker = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    given = {"partnerCode": SHOP, "amount": 60_000, "reference": "ICBC-01", "idempotencyKey": "in"}
    noted = (await ask(maker, "staff/propose_cash_handover", input=given))["handover"]
    assert (await owed())[:2] == (100_000, 0)
    word: dict[str, Any] = {"handoverId": noted["id"], "isConfirmed": True}
    own = await ask(maker, "staff/decide_cash_handover", input={**word, "idempotencyKey": "own"})
    assert own["code"] == "CASH_HANDOVER_NEEDS_ANOTHER"
    for _ in range(2):
        given = {**word, "idempotencyKey": "other"}
        settled = await ask(checker, "staff/decide_cash_handover", input=given)
        assert settled["handover"]["state"] == "CONFIRMED"
    assert await owed() == (40_000, 60_000, rail_before)
    same_slip = {"partnerCode": SHOP, "amount": 1, "reference": "icbc-01"}
    refused = await ask(
        checker, "staff/propose_cash_handover", input={**same_slip, "idempotencyKey": "slip"}
    )
    assert refused["message"] == "这个单据号已经登记过了，一张单据只能算一次。"
    too_much = {"partnerCode": SHOP, "amount": 40_001, "reference": "ICBC-02"}
    given = {**too_much, "idempotencyKey": "more"}
    refused = await ask(maker, "staff/propose_cash_handover", input=given)
    assert refused["code"] == "CASH_HANDOVER_ABOVE_OWED"
    assert [till["outstanding"] for till in await ask(maker, "staff/cash_tills")] == [40_000]
    assert await unsound() == []

    ref = RepaymentRef(borrower_id=shop.loan.borrower_id, repayment_id=repaid.repayment_id)
    for reason in (ReversalReason.CHARGED_BACK, ReversalReason.RAIL_REVERSED):
        with pytest.raises(RepaymentStepRefused):
            async with transaction() as tx:
                await operations.reverse(tx, ReverseRepayment(repayment=ref, reason=reason))
    assert await owed() == (40_000, 60_000, rail_before), "no bank takes cash back"
    async with transaction() as tx:
        undone = ReverseRepayment(repayment=ref, reason=ReversalReason.BOOKED_IN_ERROR)
        await operations.reverse(tx, undone)
    assert await balance_of(shop.loan) == lent_fen
    assert await owed() == (-60_000, 60_000, rail_before)
    given = {"partnerCode": SHOP, "amount": 1, "reference": "ICBC-03", "idempotencyKey": "gone"}
    refused = await ask(maker, "staff/propose_cash_handover", input=given)
    assert "只欠我们 0.00 元" in refused["message"]
    (undone_cash,) = await cash_by_repayment([repaid.repayment_id])
    assert undone_cash is not None
    assert (await check(cash_id, undone_cash.check_code or ""))["state"] == "REVERSED"
    assert await unsound() == []


async def states_seen(shop: Shop) -> set[str]:
    """Return where what the agent counted stands, as they see it."""
    seen = await ask(shop.agent, "staff/cash_by_me")
    return {one["state"] for one in seen["counted"]}


async def unsound() -> list[str]:
    """Return what `audit money` finds wrong of cash, repayments and postings."""
    found = [await proving.check_cash(), await proving.check_once(), await proving.check_steps()]
    problems = [problem for proof in found for problem in proof.problems]
    return [*problems, *(await ledger.verify()).problems, *(await loans.reconcile()).problems]


async def test_however_many_count_at_once_the_bounds_hold_and_cash_is_booked_once(
    shop: Shop, lend: Lend
) -> None:
    owing = [await lend(shop.loan.borrower_id, annual_rate="0") for _ in range(5)]
    codes = [await shop.show(loan, f"show-{at}") for at, loan in enumerate(owing)]
    each = [shop.counted(code, 500_000, f"count-{at}") for at, code in enumerate(codes)]
    found = await asyncio.gather(*map(operations.start_cash, each), return_exceptions=True)
    kinds = sorted(type(one).__name__ for one in found)
    assert kinds == ["CashLimitReached", "str", "str", "str", "str"], "¥20,000 a day"
    cash_id = next(one for one in found if isinstance(one, str))
    wish = await shop.approved(cash_id)
    both = [wish, replace(wish, idempotency_key="twice")]
    looks = asyncio.gather(*(proving.check_cash() for _ in range(8)))
    ended = await asyncio.gather(*map(operations.confirm_cash, both), return_exceptions=True)
    assert [look.problems for look in await looks] == [()] * 8, "what is being booked is no alarm"
    assert sorted(type(one).__name__ for one in ended) == ["CashOver", "RepaymentView"]
    assert await postings("repayment") == await postings("agent_cash") == 1
    assert await unsound() == []

    last = await shop.show(owing[-1], "last")
    shop.clock.advance(timedelta(minutes=15))
    assert await states_seen(shop) == {"RECEIVED", "COUNTED"}, "a word may be on its way"
    shop.clock.advance(timedelta(minutes=1))
    assert await operations.drop_old_cash_codes() >= 1
    assert (await stored())["cash_code"] == []
    assert isinstance(await operations.start_cash(shop.counted(last, key="old")), CashCodeWrong)
    other = await cash_waiting_for(shop.loan.borrower_id)
    assert other == [], "what waited is over, and counts no more"
    assert await out_there(SHOP, shop.clock.now()) == 500_000
    assert await states_seen(shop) == {"RECEIVED", "EXPIRED"}


async def test_what_is_nobodys_code_too_much_too_late_or_not_approved_books_nothing(
    shop: Shop, lend: Lend
) -> None:
    async with transaction() as tx:
        day = f"{shop.agent.staff_id}:{local_date(tx.now).isoformat()}"
        await tx.run("INSERT INTO cash_miss (id, misses) VALUES (?, 18)", [day])
    code = await shop.show()
    first = await shop.taken(key="first")
    gone = await operations.start_cash(shop.counted(code, key="old"))
    assert isinstance(gone, CashCodeWrong), "a newer code replaced it"
    second = await shop.taken(key="second")
    small = await lend(shop.loan.borrower_id, annual_rate="0", principal_fen=150_000)
    little = await shop.show(small, "little-show")
    before = await stored()
    with pytest.raises(NotFound):
        await operations.confirm_cash(
            replace(await shop.approved(first, "a"), caller=caller_of("br000000000wang0"))
        )
    swapped = replace(await shop.approved(second, "b"), cash_id=first)
    with pytest.raises(IntentOver):
        await operations.confirm_cash(swapped)
    other = await enroll(StaffRole.PARTNER_AGENT, name="somebody.else")
    desk = await enroll(StaffRole.SUPERVISOR)
    for caller in (other, desk):
        with pytest.raises(Forbidden):
            await operations.start_cash(replace(shop.counted("12345678"), caller=caller))
    assert await stored() == {**before, "outbox_fact": (await stored())["outbox_fact"]}

    for _ in range(2):
        above = await operations.start_cash(shop.counted(little, 150_001, "little"))
        assert isinstance(above, CashAboveOwed)
    assert (await stored())["cash_code"] == [], "nobody tries amounts until they know what is owed"
    assert (await stored())["cash"] == before["cash"]

    paid_off = await shop.show(small, "all")
    twice = await operations.start_cash(shop.counted(paid_off, 150_000, "all"))
    again = await shop.show(small, "again")
    other_word = await operations.start_cash(shop.counted(again, 100_000, "again"))
    assert isinstance(twice, str)
    assert isinstance(other_word, str)
    assert isinstance(await operations.confirm_cash(await shop.approved(twice, "p")), RepaymentView)
    with pytest.raises(CashOver):
        await operations.confirm_cash(await shop.approved(other_word, "q"))
    assert await unsound() == []

    late = await shop.approved(first, "late")
    shop.clock.advance(timedelta(minutes=15))
    with pytest.raises(CashOver):
        await operations.confirm_cash(late)
    missed = await operations.start_cash(shop.counted("00000000", key="miss"))
    assert isinstance(missed, CashCodeWrong)
    with pytest.raises(CashCodesLocked):
        await operations.start_cash(shop.counted(await shop.show(key="new"), key="locked"))
    assert [row["loan_id"] for row in (await stored())["repayment"]] == [small.loan_id]


async def test_a_loan_has_one_code_and_cash_and_other_money_never_wait_for_each_other(
    shop: Shop,
) -> None:
    await asyncio.gather(*(shop.show(key=f"tap-{at}") for at in range(6)))
    assert len((await stored())["cash_code"]) == 1, "however fast one taps"
    wish = await shop.approved(await shop.taken())
    is_held = asyncio.Event()

    async def other_money() -> None:
        async with transaction() as tx:
            await servicing.hold_loan(shop.loan)
            is_held.set()
            await asyncio.sleep(0.05)
            await revise(tx, shop.loan.borrower_id)

    async def confirm() -> object:
        await is_held.wait()
        return await operations.confirm_cash(wish)

    _, booked = await asyncio.gather(other_money(), confirm())
    assert isinstance(booked, RepaymentView)
