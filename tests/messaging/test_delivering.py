"""A text message goes out by day, once, in the borrower's language, or has honestly failed."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, set_business_date, transaction
from app.foundation.outbox import Subscription
from app.foundation.revision import revision_of
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules import Language, RequestCode
from app.identity.rules.continuity import NotMe
from app.loanmath.schedule import Method, Terms
from app.messaging import queries
from app.messaging.operations import (
    MessageQueued,
    Notify,
    SetNotificationPreferences,
    Switch,
    deliver,
    notify,
    set_notification_preferences,
)
from app.messaging.ports import Outgoing, Report
from app.messaging.queries import Data, Delivery
from app.messaging.rules import RETRY_SECONDS, Category, Kind, Reason, State
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, OpenLoan
from tests.messaging.conftest import MEI_PHONE, Carrier, join

DISBURSED: Data = {"loan_id": "ln00000abcdefghi", "amount_fen": 600_000}
FIRST_DUE = date(2026, 12, 20)


@pytest.fixture(autouse=True)
def listening(database: Database, carrier: Carrier) -> Iterator[None]:
    """Let the carrier take what is queued."""
    assert database.dialect
    carry = partial(deliver, providers=carrier.providers)
    outbox.subscribe([Subscription(fact_type=MessageQueued, consumer="sms", outside=carry)])
    yield
    outbox.subscribe([])


async def tell(borrower_id: str, kind: Kind = Kind.LOAN_DISBURSED, data: Data = DISBURSED) -> str:
    async with transaction() as tx:
        notification_id = await notify(
            tx, Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key="once")
        )
    assert notification_id is not None
    return notification_id


async def sms_about(notification_id: str) -> Delivery:
    message = (await queries.sms_by_notification([notification_id]))[0]
    assert message is not None
    return message


async def switch_off(borrower_id: str, category: Category) -> None:
    await set_notification_preferences(
        SetNotificationPreferences(
            caller_id=borrower_id,
            switches=(Switch(category=category, is_sms_on=False),),
            idempotency_key="off",
        )
    )


async def test_a_message_reaches_the_borrowers_phone(mei: str, carrier: Carrier) -> None:
    notification_id = await tell(mei)
    before = await revision_of(mei)
    await outbox.drain()

    message = await sms_about(notification_id)
    assert carrier.taken == {
        f"{message.message_id}.1": (
            MEI_PHONE,
            "【青苗】您借的 6,000.00 元已经打到合同写的账户。哪天还、还多少，打开青苗就能看到。",
        )
    }
    assert (message.state, message.reason, message.standing.attempts) == (State.SENT, None, 1)
    assert await revision_of(mei) == before + 1


@pytest.mark.usefixtures("policies")
async def test_a_message_is_written_in_the_borrowers_language(carrier: Carrier) -> None:
    await tell(await join(language=Language.EN))
    await outbox.drain()
    assert carrier.texts[0].startswith("【青苗】Your loan of ¥6,000.00")


async def test_a_fact_that_comes_twice_sends_one_message(mei: str, carrier: Carrier) -> None:
    message = await sms_about(await tell(mei))
    fact = MessageQueued(message_id=message.message_id)
    await deliver(fact, "dl00000abcdefghi", providers=carrier.providers)
    await deliver(fact, "dl00000abcdefghi", providers=carrier.providers)
    await outbox.drain()
    assert carrier.tries == 1


async def test_nothing_goes_out_at_night(mei: str, carrier: Carrier, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=13))  # 23:00 in China
    notification_id = await tell(mei)
    for _ in range(9):
        await outbox.drain()
        assert carrier.tries == 0
        clock.advance(timedelta(hours=1))
    await outbox.drain()  # 8:00
    assert (await sms_about(notification_id)).state is State.SENT


async def test_a_message_that_could_not_go_out_by_day_waits_for_the_morning(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    notification_id = await tell(mei)
    clock.advance(timedelta(hours=12, minutes=30))  # the worker was away until 22:30
    await outbox.drain()
    assert carrier.tries == 0
    assert (await sms_about(notification_id)).standing.attempts == 0

    clock.advance(timedelta(hours=9, minutes=30))
    await outbox.drain()
    assert (await sms_about(notification_id)).state is State.SENT


async def test_a_clock_that_is_set_back_delays_a_message_and_does_not_lose_it(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    message = await sms_about(notification_id := await tell(mei))
    clock.advance(timedelta(minutes=-5))
    await deliver(
        MessageQueued(message_id=message.message_id),
        "dl00000abcdefghi",
        providers=carrier.providers,
    )
    assert carrier.tries == 0
    clock.advance(timedelta(minutes=5))
    await outbox.drain()
    assert (await sms_about(notification_id)).state is State.SENT
    assert len(carrier.taken) == 1


async def test_a_carrier_that_comes_back_gets_the_message(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    carrier.is_down = True
    notification_id = await tell(mei)
    await outbox.drain()
    assert (await sms_about(notification_id)).state is State.QUEUED

    carrier.is_down = False
    await outbox.drain()
    assert carrier.tries == 1, "it is not tried again before its time"
    clock.advance(timedelta(seconds=RETRY_SECONDS[0]))
    await outbox.drain()

    message = await sms_about(notification_id)
    assert (message.state, message.standing.attempts, len(carrier.taken)) == (State.SENT, 2, 1)


async def test_a_carrier_that_stays_down_leaves_a_failed_message_and_no_dead_letter(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    carrier.is_down = True
    notification_id = await tell(mei)
    await outbox.drain()
    for seconds in RETRY_SECONDS:
        clock.advance(timedelta(seconds=seconds))
        await outbox.drain()
    clock.advance(timedelta(days=2))
    await outbox.drain()

    message = await sms_about(notification_id)
    assert (message.state, message.reason) == (State.FAILED, Reason.OUT_OF_TRIES)
    assert carrier.tries == message.standing.attempts == len(RETRY_SECONDS) + 1
    assert await outbox.dead_letters() == []
    assert await queries.unread_count(mei) == 1, "the inbox has it all the same"


async def test_a_message_switched_off_while_it_waits_is_not_sent(
    mei: str, carrier: Carrier
) -> None:
    notification_id = await tell(mei)
    await switch_off(mei, Category.MONEY)
    await outbox.drain()
    message = await sms_about(notification_id)
    assert (message.state, message.reason) == (State.SUPPRESSED, Reason.SWITCHED_OFF)
    assert carrier.tries == 0


async def test_nothing_waiting_goes_out_to_a_number_whose_holder_said_not_me(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    notification_id, warning = await tell(mei), await tell(mei, Kind.SIGNED_OUT_FOR_SAFETY, {})
    clock.advance(timedelta(minutes=2))
    asked = await identity.request_code(RequestCode(phone=MEI_PHONE, idempotency_key="not-me"))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    stopped = await identity.disown_number(
        NotMe(challenge_id=asked.challenge_id, code=code_in(row), idempotency_key="stop")
    )
    assert stopped is None
    await outbox.drain()
    for told in (notification_id, warning):
        message = await sms_about(told)
        assert (message.state, message.reason) == (
            State.SUPPRESSED,
            Reason.NOT_THEIR_NUMBER,
        )
    assert carrier.tries == 0


async def test_a_warning_goes_out_whatever_is_switched_off(mei: str, carrier: Carrier) -> None:
    for number, category in enumerate(Category):
        if category not in {Category.SAFETY, Category.LEARNING, Category.REWARDS}:
            await set_notification_preferences(
                SetNotificationPreferences(
                    caller_id=mei,
                    switches=(Switch(category=category, is_sms_on=False),),
                    idempotency_key=f"off-{number}",
                )
            )
    await tell(mei, Kind.SIGNED_OUT_FOR_SAFETY, {})
    await outbox.drain()
    assert len(carrier.taken) == 1


async def lend(borrower_id: str) -> LoanRef:
    """Lend ¥6,000 for six months; the first installment is due on 20 December."""
    terms = Terms(
        principal_fen=600_000,
        annual_rate=Decimal("0.12"),
        method=Method.EQUAL_INSTALLMENT,
        disbursed_on=date(2026, 11, 20),
        count=6,
        due_day=20,
    )
    command = OpenLoan(
        borrower_id=borrower_id,
        application_id="ap00000abcdefghi",
        product_code="home_appliance",
        terms=terms,
        agreement_id="ag00000abcdefghi",
        charge_codes=("INTEREST", "PENALTY"),
        disbursement_id="db00000abcdefghi",
        disbursed_on=date(2026, 11, 20),
    )
    async with transaction() as tx:
        return await servicing.open_loan(tx, command)


def due(loan: LoanRef) -> Data:
    return {
        "loan_id": loan.loan_id,
        "number": 1,
        "due_on": FIRST_DUE.isoformat(),
        "amount_fen": 100_000,
        "grace_until": FIRST_DUE.isoformat(),
    }


async def stand_on(day: date) -> None:
    async with transaction() as tx:
        await set_business_date(tx, day)


@pytest.mark.parametrize("kind", [Kind.DUE_TODAY, Kind.OVERDUE])
async def test_a_reminder_of_what_is_owed_goes_out(mei: str, carrier: Carrier, kind: Kind) -> None:
    loan = await lend(mei)
    await stand_on(FIRST_DUE + timedelta(days=kind is Kind.OVERDUE))
    await tell(mei, kind, due(loan))
    await outbox.drain()
    assert "12月20日" in carrier.texts[0]


@pytest.mark.parametrize("kind", [Kind.DUE_TODAY, Kind.OVERDUE])
async def test_nobody_is_reminded_of_what_they_have_paid(
    mei: str, carrier: Carrier, kind: Kind
) -> None:
    loan = await lend(mei)
    notification_id = await tell(mei, kind, due(loan))
    await stand_on(FIRST_DUE)
    async with transaction() as tx:
        await servicing.take_payment(
            tx, loan, 200_000, repayment_id="rp00000abcdefghi", received_on=FIRST_DUE
        )
    await outbox.drain()
    message = await sms_about(notification_id)
    assert (message.state, message.reason) == (State.SUPPRESSED, Reason.NO_LONGER_TRUE)
    assert carrier.tries == 0


async def test_due_today_is_not_said_a_day_late(mei: str, carrier: Carrier) -> None:
    loan = await lend(mei)
    notification_id = await tell(mei, Kind.DUE_TODAY, due(loan))
    await stand_on(FIRST_DUE + timedelta(days=1))
    await outbox.drain()
    assert (await sms_about(notification_id)).reason is Reason.NO_LONGER_TRUE
    assert carrier.tries == 0


async def test_while_one_worker_calls_another_sends_nothing(mei: str, carrier: Carrier) -> None:
    message = await sms_about(notification_id := await tell(mei))
    fact = MessageQueued(message_id=message.message_id)

    class SlowCarrier(Carrier):
        async def send(self, message: Outgoing) -> Report:
            """Let another worker come by, then answer."""
            await deliver(fact, "dl00000jklmnopqr", providers=self.providers)
            return await super().send(message)

    slow = SlowCarrier()
    await deliver(fact, "dl00000abcdefghi", providers=slow.providers)
    settled = await sms_about(notification_id)
    assert (settled.state, slow.tries, len(slow.taken)) == (State.SENT, 1, 1)
    await outbox.drain()
    assert await sms_about(notification_id) == settled
    assert carrier.tries == 0
