"""Each moment of a loan's life comes about by what really happens, and brings its lesson."""

from datetime import date, timedelta

import pytest

from app import worker
from app.foundation import outbox
from app.foundation.outbox import Subscription
from app.foundation.outbox.facts import subscription_of
from app.identity import operations as identity
from app.identity.errors import SessionRevoked
from app.identity.rules import RefreshSession, RequestCode, SessionTokens, SignedIn, VerifyCode
from app.literacy import operations, queries
from app.literacy.models import TaughtLoanRow
from app.literacy.rules import Moment, next_harvest_news
from app.origination import operations as origination
from tests.literacy.conftest import today_is
from tests.origination.conftest import World, small_catalog, world

__all__ = ["small_catalog", "world"]

WORLD = ("identity.deliver_code", "origination.assess", "origination.disburse")
LUOCHUAN_APPLES = (2, 0, 0, 0, 0, 0, 0, 0, 0, 6, 4, 2)


async def moments_of(borrower_id: str) -> dict[Moment, str]:
    """Deliver everything, and return which lesson each moment brought, by what the phone shows."""
    await outbox.drain()
    assert await outbox.dead_letters() == []
    shown = await queries.suggestions_of(borrower_id)
    return {one.moment: one.lesson.slug for one in shown if one.suggested_on is not None}


async def read(borrower_id: str, slug: str) -> None:
    """Read a lesson, so that it is not shown any more."""
    await operations.complete_lesson(
        operations.CompleteLesson(borrower_id=borrower_id, slug=slug, idempotency_key=slug)
    )


async def copy_session(world: World, phone: str) -> None:
    """Sign in, and use a token once more after it was renewed twice: somebody has a copy."""
    world.clock.advance(timedelta(hours=1))
    asked = await identity.request_code(RequestCode(phone=phone, idempotency_key=world.key()))
    await outbox.drain()
    typed = VerifyCode(
        challenge_id=asked.challenge_id, code=world.phone.code(), idempotency_key=world.key()
    )
    tokens = await identity.verify_code(typed)
    assert isinstance(tokens, SignedIn)
    first, token = tokens.refresh_token, tokens.refresh_token
    for _ in range(2):
        renewed = await identity.refresh_session(
            RefreshSession(refresh_token=token, idempotency_key=world.key())
        )
        assert isinstance(renewed, SessionTokens)
        token = renewed.refresh_token
    old = RefreshSession(refresh_token=first, idempotency_key=world.key())
    assert isinstance(await identity.refresh_session(old), SessionRevoked)


@pytest.mark.usefixtures("course")
async def test_five_moments_of_an_apple_farmers_year_bring_their_lessons(world: World) -> None:
    kept = [one for name in WORLD if (one := subscription_of(name)) is not None]
    assert len(kept) == len(WORLD)
    outbox.subscribe(
        [
            *kept,
            *(
                Subscription(fact_type=fact, consumer=name, local=effect)
                for fact, name, effect in operations.LOCAL_EFFECTS
            ),
        ]
    )
    borrower_id, application_id = await world.decide()
    assert await moments_of(borrower_id) == {Moment.BEFORE_SIGNING: "yearly-rate"}
    await read(borrower_id, "yearly-rate")

    await world.understand(borrower_id, application_id)
    await world.sign_now(borrower_id, application_id)
    await outbox.drain()
    await origination.accept_disbursement_notice(await world.notice(application_id))
    assert (await moments_of(borrower_id))[Moment.AFTER_DISBURSEMENT] == "changed-your-mind"
    taught = await TaughtLoanRow.get(borrower_id=borrower_id)
    assert (taught.lessons_before, taught.harvest_told_from) == (1, "2027-09-10")

    await worker.close_days(date(2026, 12, 17))
    assert Moment.BEFORE_FIRST_DUE not in await moments_of(borrower_id)
    await worker.close_days(date(2026, 12, 18))
    assert (await moments_of(borrower_id))[Moment.BEFORE_FIRST_DUE] == "first-due-date"

    await worker.close_days(date(2026, 12, 21))
    assert Moment.AFTER_MISSED not in await moments_of(borrower_id)
    await worker.close_days(date(2026, 12, 22))
    told = await moments_of(borrower_id)
    assert told[Moment.AFTER_MISSED] == "one-payment-missed"
    for slug in told.values():
        await read(borrower_id, slug)

    assert Moment.FRAUD_WARNING not in await moments_of(borrower_id)
    await copy_session(world, world.persona("orchard_farmer")["contact"]["phone"])
    assert (await moments_of(borrower_id))[Moment.FRAUD_WARNING] == "fee-before-the-loan"
    await read(borrower_id, "fee-before-the-loan")

    await today_is(date(2027, 9, 8))  # closing nine months day by day takes seconds
    await worker.close_days(date(2027, 9, 9))
    assert Moment.BEFORE_HARVEST not in await moments_of(borrower_id)
    for _ in range(2):
        await worker.close_days(date(2027, 9, 10))
        assert Moment.BEFORE_HARVEST in await moments_of(borrower_id)
    taught = await TaughtLoanRow.get(borrower_id=borrower_id)
    await prove_effect(taught.missed)
    assert taught.harvest_told_from is None, "the loan ends before the next one"


async def prove_effect(missed: int) -> None:
    """See that one loan is told of, before which one lesson was read."""
    nothing_read, some_read, much_read = (await queries.effect()).payments
    assert (some_read.borrowers, some_read.loans) == (1, 1)
    assert some_read.installments_missed == missed
    assert some_read.installments_due == 9
    assert some_read.on_time_per_mille == (9 - missed) * 1000 // 9
    assert nothing_read.loans == much_read.loans == 0
    assert much_read.on_time_per_mille is None


@pytest.mark.parametrize(
    ("weights", "since", "until", "news"),
    [
        (LUOCHUAN_APPLES, date(2026, 11, 21), date(2027, 11, 21), date(2027, 9, 10)),
        (LUOCHUAN_APPLES, date(2026, 9, 10), date(2027, 11, 21), date(2027, 9, 10)),
        (LUOCHUAN_APPLES, date(2026, 9, 9), date(2027, 11, 21), date(2026, 9, 10)),
        (LUOCHUAN_APPLES, date(2026, 11, 21), date(2027, 5, 21), None),
        ((5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), date(2026, 6, 1), date(2027, 6, 1),
         date(2026, 12, 11)),
        ((0,) * 12, date(2026, 6, 1), date(2027, 6, 1), None),
        ((), date(2026, 6, 1), date(2027, 6, 1), None),
    ],
)  # fmt: skip
def test_a_harvest_is_near_three_weeks_before_its_first_month(
    weights: tuple[int, ...], since: date, until: date, news: date | None
) -> None:
    assert next_harvest_news(weights, since=since, until=until) == news
