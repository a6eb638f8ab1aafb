"""Hand-overs to another lender: exactly what was agreed to, once, and taken back when asked."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.lenders import Knobs, LenderTwin
from app.catalog import queries as catalog_queries
from app.catalog.errors import AmountNotOffered, ProductIsReferral
from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import business_date, fetch, transaction
from app.foundation.errors import IdempotencyConflict, NotFound
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.gateway.callbacks import LenderCallback
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.events import CodeIssued
from app.origination import events, operations
from app.origination.errors import (
    HandoverConsentMissing,
    HandoverProfileNeeded,
    HandoverStepRefused,
    HandoverTextChanged,
    NoReferral,
    TooManyHandovers,
)
from app.origination.ports import LenderAnswer, LenderUnavailable
from app.origination.queries import handovers as queries
from app.origination.queries import held_of
from app.origination.rules import commands, handovers
from app.origination.rules.lender_words import (
    LENDER_HEADER,
    LenderWord,
    lender_secret,
    sign_word,
)
from app.partners.errors import PartnerNotListed
from app.privacy.operations import show_handover
from app.privacy.operations.consents import WithdrawConsent, withdraw_consent
from app.privacy.queries import looks_at
from tests.origination.conftest import World, everything, refused
from tests.support.conftest import enroll
from tests.support.test_publishing import ask

SECRET = "shared-with-lenders"
REGION = "320830"
LENDER = "mailang_bank"
SEEN_BY_STAFF = """{ handovers(first: 2) { edges { node { id state partnerCode fields reason } }
  pageInfo { hasNextPage } } }"""
ASKED = ["AMOUNT", "MONTHS", "NAME", "PHONE", "REGION"]


class Lender(LenderTwin):
    """The twin, which may be away."""

    is_away = False
    calls = 0

    async def hand_over(
        self, partner_code: str, handover_id: str, handed: Mapping[str, str]
    ) -> str:
        self.calls += 1
        if self.is_away:
            raise LenderUnavailable
        return await super().hand_over(partner_code, handover_id, handed)


@pytest.fixture
def lender(world: World, tmp_path: Path) -> Lender:
    """Run the twin, and listen to what is told."""
    knobs = Knobs(answer_seconds=0, twice_percent=100, lost_percent=100)
    made = Lender(
        tmp_path / "lenders.sqlite3",
        callback_url="http://here/callbacks/lenders",
        secret=SECRET,
        clock=world.clock,
        knobs=knobs,
    )
    told = (events.HandoverAnswered, events.HandoverStopped)
    outbox.subscribe(
        [
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=world.phone),
            ),
            Subscription(
                fact_type=events.HandoverRequested,
                consumer="origination.send_handover",
                outside=partial(operations.send_handover, lender=made),
            ),
            Subscription(
                fact_type=events.HandoverTakenBack,
                consumer="origination.recall_handover",
                outside=partial(operations.recall_handover, lender=made),
            ),
            Subscription(
                fact_type=events.HandedOver, consumer="privacy.handed_over", local=show_handover
            ),
            *(
                Subscription(fact_type=one, consumer=f"test.{one.__name__}", local=world.hear)
                for one in told
            ),
        ]
    )
    return made


def door() -> httpx.AsyncClient:
    """Return a client that reaches our callbacks and nothing else."""
    route = Route("/callbacks/lenders/{partner}", LenderCallback(SECRET).answer, methods=["POST"])
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=[route])))


async def prepare(world: World, borrower_id: str, **changes: Any) -> str:  # noqa: ANN401 - any of its fields
    offered = await catalog_queries.offered_product(
        "larger_business", REGION, await business_date()
    )
    given: dict[str, Any] = {
        "product_id": offered.version_id,
        "region_code": REGION,
        "amount_fen": 30_000_000,
        "months": 24,
        "idempotency_key": world.key(),
    }
    command = handovers.PrepareHandover(borrower_id=borrower_id, **given | changes)
    return await operations.prepare_handover(command)


def agreeing(world: World, own: queries.OwnHandover, borrower_id: str) -> Any:  # noqa: ANN401 - a command
    return handovers.ConsentToHandover(
        borrower_id=borrower_id,
        handover_id=own.seen.handover_id,
        text_sha256=handovers.words_of(own.seen.product, "zh-Hans").text.sha256,
        idempotency_key=world.key(),
    )


async def agreed(world: World, borrower_id: str) -> str:
    """Bring a hand-over to where it was agreed to and asked for."""
    handover_id = await prepare(world, borrower_id)
    own = await queries.handover(borrower_id, handover_id)
    await operations.consent_to_handover(agreeing(world, own, borrower_id))
    await operations.hand_over(asking(world, borrower_id, handover_id))
    return handover_id


def asking(world: World, borrower_id: str, handover_id: str) -> handovers.HandOver:
    return handovers.HandOver(
        borrower_id=borrower_id, handover_id=handover_id, idempotency_key=world.key()
    )


async def state(borrower_id: str, handover_id: str) -> str:
    return (await queries.handover(borrower_id, handover_id)).seen.state.value


async def leaves(world: World) -> None:
    assert world
    async with transaction() as tx:
        await tx.run(
            "UPDATE partner_version SET content = REPLACE(content, ?, ?) WHERE code = ?",
            ['"on_list_from":"2026-11-01"', '"on_list_from":"2030-01-01"', LENDER],
        )


async def test_exactly_what_was_agreed_to_goes_once_and_the_borrower_sees_it(
    world: World, lender: Lender
) -> None:
    borrower_id = await world.borrower("noodle_shop_owner")
    handover_id = await prepare(world, borrower_id)
    own = await queries.handover(borrower_id, handover_id)
    assert sorted(own.handed) == ASKED
    assert own.handed[handovers.HandedField.NAME].endswith("*")
    assert await fetch("SELECT handed FROM handover WHERE handed LIKE '%1990%'") == []

    await refused(
        HandoverConsentMissing, operations.hand_over(asking(world, borrower_id, handover_id))
    )
    command = agreeing(world, own, borrower_id)
    wrong = handovers.ConsentToHandover(
        borrower_id=borrower_id,
        handover_id=handover_id,
        text_sha256="0" * 64,
        idempotency_key=world.key(),
    )
    await refused(HandoverTextChanged, operations.consent_to_handover(wrong))
    assert await operations.consent_to_handover(command) == handover_id
    assert await operations.consent_to_handover(command) == handover_id
    (to,) = await identity_queries.consents_standing(borrower_id)
    assert (to.purpose, to.recipient, to.about) == ("HAND_OVER", LENDER, handover_id)
    await outbox.drain()
    assert lender.calls == 0

    asks = [asking(world, borrower_id, handover_id) for _ in range(2)]
    tried = await asyncio.gather(*map(operations.hand_over, asks), return_exceptions=True)
    (done,) = [ask for ask, came in zip(asks, tried, strict=True) if came == handover_id]
    assert [type(came) for came in tried if came != handover_id] == [HandoverStepRefused]
    assert await operations.hand_over(done) == handover_id
    assert await state(borrower_id, handover_id) == "REQUESTED"
    await outbox.drain()
    # The lender took it, and its answer was lost: asked again by the same id, it counts once.
    assert await state(borrower_id, handover_id) == "SENDING"
    world.clock.advance(handovers.LOOK_AFTER[handovers.HandoverState.SENDING])
    assert await operations.poll_handovers(lender) == 1
    assert lender.calls == 2
    assert await state(borrower_id, handover_id) == "SENT"
    assert await lender.fields_of(handover_id) == ASKED

    async with door() as client:
        assert await lender.send_due(client) == 2
    assert await state(borrower_id, handover_id) == "ACCEPTED"
    assert [one.answer for one in world.facts(events.HandoverAnswered)] == []
    await outbox.drain()
    assert [one.answer for one in world.facts(events.HandoverAnswered)] == ["ACCEPTED"]
    ((_, look),) = (await looks_at(borrower_id, PageAsk())).items
    assert (look.what.value, look.staff_name) == ("HANDED_OVER", "麦浪农村商业银行")
    rows = await fetch("SELECT subject_id, about FROM audit_entry WHERE kind = 'handover.sent'")
    assert [row["subject_id"] for row in rows] == [borrower_id]
    assert command.text_sha256 in rows[0]["about"]
    (copied,) = (await held_of(borrower_id))["handovers"]
    handed = copied["handed"]
    assert isinstance(handed, dict)
    assert sorted(handed) == ASKED
    assert handed["PHONE"] == "+86" + world.persona("noodle_shop_owner")["contact"]["phone"]


async def test_taken_back_nothing_more_goes_and_who_has_it_is_told(
    world: World, lender: Lender
) -> None:
    borrower_id = await world.borrower("noodle_shop_owner")
    early, late = await agreed(world, borrower_id), await agreed(world, borrower_id)
    one = handovers.WithdrawHandover(
        borrower_id=borrower_id, handover_id=early, idempotency_key="one"
    )
    assert await operations.withdraw_handover(one) == early
    assert await operations.withdraw_handover(one) == early
    await outbox.drain()
    assert await state(borrower_id, early) == "CANCELLED"
    assert await lender.fields_of(early) is None
    assert await lender.fields_of(late) == ASKED
    assert {to.about for to in await identity_queries.consents_standing(borrower_id)} == {late}

    taken = WithdrawConsent(
        caller_id=borrower_id,
        purpose=handovers.Consent.HAND_OVER,
        recipient=LENDER,
        idempotency_key="all",
    )
    assert (await withdraw_consent(taken)).was_standing
    assert await identity_queries.consents_standing(borrower_id) == {}
    assert await state(borrower_id, late) == "RECALLING"
    await operations.accept_lender_word(
        LENDER,
        LenderWord(event_id="late", handover_id=late, answer=LenderAnswer.ACCEPTED),
    )
    await outbox.drain()
    assert await state(borrower_id, late) == "RECALLED"
    assert await lender.fields_of(late) is None
    async with door() as client:
        assert await lender.send_due(client) == 0
    # Sent and taken back at the same moment: whichever came first, the lender has nothing.
    both = await agreed(world, borrower_id)
    at_once = handovers.WithdrawHandover(
        borrower_id=borrower_id, handover_id=both, idempotency_key="both"
    )
    await asyncio.gather(outbox.drain(), operations.withdraw_handover(at_once))
    await outbox.drain()
    assert await state(borrower_id, both) in {"CANCELLED", "RECALLED"}
    assert await lender.fields_of(both) is None
    # What arrives at the lender after it was told to delete it is taken no more.
    never = await agreed(world, borrower_id)
    await lender.take_back(LENDER, never)
    await outbox.drain()
    assert await lender.fields_of(never) is None
    assert await state(borrower_id, never) == "DECLINED"


async def test_a_lender_off_the_list_or_away_gets_nothing_it_should_not(
    world: World, lender: Lender
) -> None:
    borrower_id = await world.borrower("noodle_shop_owner")
    lender.is_away = True
    handover_id, prepared = await agreed(world, borrower_id), await prepare(world, borrower_id)
    await outbox.drain()
    assert await state(borrower_id, handover_id) == "SENDING"
    stopped = await agreed(world, borrower_id)
    await leaves(world)
    own = await queries.handover(borrower_id, prepared)
    before = await everything()
    for step in (
        prepare(world, borrower_id),
        operations.consent_to_handover(agreeing(world, own, borrower_id)),
    ):
        with pytest.raises(PartnerNotListed):
            await step
    assert await everything() == before
    lender.is_away = False
    await outbox.drain()
    assert await state(borrower_id, stopped) == "CANCELLED"
    assert await lender.fields_of(stopped) is None
    assert [one.reason for one in world.facts(events.HandoverStopped)] == ["PARTNER_NOT_LISTED"]
    newest = sorted([handover_id, prepared, stopped], reverse=True)[:2]
    page = await ask(await enroll(StaffRole.RISK), SEEN_BY_STAFF)
    seen = [edge["node"] for edge in page["edges"]]
    assert [one["id"] for one in seen] == newest
    assert page["pageInfo"]["hasNextPage"]
    assert sorted(seen[0]["fields"]) == ASKED
    assert world.persona("noodle_shop_owner")["identity"]["name"] not in str(page)


async def test_forged_words_and_steps_out_of_order_change_nothing(
    world: World, lender: Lender
) -> None:
    borrower_id = await world.borrower("noodle_shop_owner")
    stranger = await world.sign_in("19900000099")
    offered = await catalog_queries.offered_product("small_shop", REGION, await business_date())
    larger = await catalog_queries.offered_product("larger_business", REGION, await business_date())
    start = commands.StartApplication(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        product_id=larger.version_id,
        region_code=REGION,
    )
    handover_id = await agreed(world, borrower_id)
    before = await everything()
    for refusal, step in (
        (NoReferral, prepare(world, borrower_id, product_id=offered.version_id)),
        (AmountNotOffered, prepare(world, borrower_id, amount_fen=1_000_000)),
        (HandoverProfileNeeded, prepare(world, stranger)),
        (ProductIsReferral, operations.start_application(start)),
        (NotFound, operations.hand_over(asking(world, stranger, handover_id))),
    ):
        with pytest.raises(refusal):
            await step
    assert await everything() == before
    with pytest.raises(NotFound):
        await queries.handover(stranger, handover_id)
    first = await prepare(world, borrower_id, idempotency_key="same")
    assert await prepare(world, borrower_id, idempotency_key="same") == first
    with pytest.raises(IdempotencyConflict):
        await prepare(world, borrower_id, idempotency_key="same", months=36)
    for _ in range(3):
        await prepare(world, borrower_id)
    with pytest.raises(TooManyHandovers):
        await prepare(world, borrower_id)
    await outbox.drain()
    stood = await state(borrower_id, handover_id)
    body = f'{{"event_id":"e","handover_id":"{handover_id}","answer":"DECLINED"}}'.encode()
    now, mine = world.clock.now(), lender_secret(SECRET, LENDER)
    tries = (
        (LENDER, body, sign_word(lender_secret(SECRET, "other_bank"), body, now), 401),
        (LENDER, body + b" ", sign_word(mine, body, now), 401),
        (LENDER, body, sign_word(mine, body, now - handovers.KEPT_FOR), 401),
        (LENDER, b"{}", sign_word(mine, b"{}", now), 400),
        ("other_bank", body, sign_word(lender_secret(SECRET, "other_bank"), body, now), 200),
    )
    async with door() as client:
        for partner, sent, signature, status in tries:
            answer = await client.post(
                f"http://here/callbacks/lenders/{partner}",
                content=sent,
                headers={LENDER_HEADER: signature},
            )
            assert answer.status_code == status
        assert await state(borrower_id, handover_id) == stood
        answer = await client.post(
            f"http://here/callbacks/lenders/{LENDER}",
            content=body,
            headers={LENDER_HEADER: sign_word(mine, body, now)},
        )
    assert answer.status_code == 200
    assert await state(borrower_id, handover_id) == "DECLINED"
    assert lender.calls
