"""Peace at night and when asked for, few interruptions, news by consent, pushes for one phone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.collections.operations import hold
from app.collections.rules import HoldReason
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import InvalidInput
from app.foundation.outbox import Subscription
from app.identity import operations as identity
from app.identity.events import DeviceEnded
from app.identity.queries import sessions_of
from app.identity.rules.consents import ConsentTo, ConsentWords
from app.messaging import queries
from app.messaging.operations import (
    MessageQueued,
    Notify,
    accept_receipt,
    deliver,
    notify,
    tend,
)
from app.messaging.operations.news import News, tell_news
from app.messaging.operations.pushing import (
    ForgetPush,
    RegisterPush,
    forget_ended_device,
    forget_push,
    register_push,
)
from app.messaging.operations.wanting import Told, count_towards_cap
from app.messaging.operations.wishing import (
    SetNewsPersonal,
    SetQuietHours,
    set_news_personal,
    set_quiet_hours,
)
from app.messaging.ports import Answer, Channel, Providers, Receipt
from app.messaging.queries import Data
from app.messaging.rules import CAPS, Category, Kind, Reason, State
from tests.messaging.conftest import Carrier, join

DISBURSED: Data = {"loan_id": "ln00000abcdefghi", "amount_fen": 600_000}


@pytest.fixture
def push() -> Carrier:
    return Carrier(name="push")


@pytest.fixture
def providers(carrier: Carrier, push: Carrier) -> Providers:
    return {Channel.PUSH: (push,), Channel.SMS: (carrier,)}


@pytest.fixture(autouse=True)
def listening(database: Database, providers: Providers) -> Iterator[None]:
    assert database.dialect
    carry = partial(deliver, providers=providers)
    outbox.subscribe([Subscription(fact_type=MessageQueued, consumer="sms", outside=carry)])
    yield
    outbox.subscribe([])


async def tell(
    borrower_id: str, kind: Kind = Kind.LOAN_DISBURSED, data: Data = DISBURSED, *, key: str = "a"
) -> str:
    async with transaction() as tx:
        told = Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key=key)
        notification_id = await notify(tx, told)
    assert notification_id is not None
    return notification_id


async def states(notification_id: str) -> list[tuple[Channel, State, Reason | None]]:
    found = (await queries.deliveries_by_notification([notification_id]))[0]
    return [(one.channel, one.state, one.reason) for one in found]


async def session_of(borrower_id: str, clock: FixedClock) -> str:
    return (await sessions_of(borrower_id, clock.now()))[0].session_id


def hours(begins: str | None, ends: str | None, *, caller: str, key: str = "h") -> SetQuietHours:
    return SetQuietHours(caller_id=caller, begins=begins, ends=ends, idempotency_key=key)


async def test_own_quiet_hours_add_to_the_night_and_a_warning_comes_in_spite_of_both(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    wishes = await set_quiet_hours(hours("18:00", "08:00", caller=mei))
    assert wishes.quiet_hours is not None
    clock.advance(timedelta(hours=8, minutes=30))  # 18:30
    evening = await tell(mei)
    await outbox.drain()
    assert carrier.tries == 0
    warning = await tell(mei, Kind.SIGNED_OUT_FOR_SAFETY, {})
    await outbox.drain()
    assert await states(warning) == [(Channel.SMS, State.SENT, None)]
    clock.advance(timedelta(hours=13, minutes=30))  # 8:00
    await outbox.drain()
    assert await states(evening) == [(Channel.SMS, State.SENT, None)]

    assert (await set_quiet_hours(hours(None, None, caller=mei, key="off"))).quiet_hours is None
    for begins, ends in [
        ("20:00", "20:00"),
        ("10:00", "09:00"),
        ("25:00", "08:00"),
        ("20:00", None),
    ]:
        with pytest.raises(InvalidInput):
            await set_quiet_hours(hours(begins, ends, caller=mei, key="wrong"))
    assert (await queries.wishes_of(mei)).quiet_hours is None


async def test_nobody_is_suggested_a_lesson_by_push_twice_a_day(
    mei: str, push: Carrier, clock: FixedClock
) -> None:
    await register(mei, clock)
    told = [
        await tell(mei, Kind.LESSON_SUGGESTED, {"lesson_slug": "none"}, key=key) for key in "abc"
    ]
    await outbox.drain()
    assert CAPS[Category.LEARNING].most == len(push.taken) == 1
    waits = [(await states(one))[0][1] for one in told]
    assert sorted(waits) == [State.QUEUED, State.QUEUED, State.SENT], "whichever came first"
    clock.advance(timedelta(hours=22))  # 8:00 next day
    await outbox.drain()
    assert len(push.taken) == 2
    assert {(await states(one))[0][2] for one in told} == {None, Reason.TOO_MANY}
    assert await queries.unread_count(mei) == 3, "the inbox has them all"


async def test_news_come_by_consent_alone_and_chosen_only_for_who_wishes(
    mei: str, carrier: Carrier
) -> None:
    version = (await fetch("SELECT id FROM product_version ORDER BY id LIMIT 1"))[0]["id"]

    async def news(campaign: str) -> str | None:
        async with transaction() as tx:
            told = News(borrower_id=mei, campaign=campaign, version_id=version)
            return await tell_news(tx, told)

    assert await news("spring") is None
    await consent(mei)
    same = await news("spring")
    assert same is not None
    assert await news("spring") is None
    told = await queries.notification(mei, same)
    assert told is not None
    assert told.link("product_version_id") is None
    personal = SetNewsPersonal(caller_id=mei, is_personal=True, idempotency_key="p")
    assert (await set_news_personal(personal)).is_news_personal
    chosen_id = await news("summer")
    assert chosen_id is not None
    chosen = await queries.notification(mei, chosen_id)
    assert chosen is not None
    assert "也许对您有用" in chosen.body("zh-Hans")
    assert chosen.body("en") != told.body("en")
    await outbox.drain()
    assert len(carrier.taken) == 1, "one a week"
    assert "也许" not in carrier.texts[0], "on a shared phone nobody reads what was chosen"


async def test_news_that_waits_for_the_morning_leaves_whoever_complains_meanwhile_in_peace(
    mei: str, carrier: Carrier, clock: FixedClock
) -> None:
    await consent(mei)
    clock.advance(timedelta(hours=14))  # midnight
    async with transaction() as tx:
        news_id = await tell_news(tx, News(borrower_id=mei, campaign="spring", version_id=None))
    assert news_id is not None
    async with transaction() as tx:
        await hold(tx, borrower_id=mei, reason=HoldReason.COMPLAINT, reference="tk00000abcdefghi")
    clock.advance(timedelta(hours=10))
    await outbox.drain()
    assert await states(news_id) == [(Channel.SMS, State.SUPPRESSED, Reason.NOT_PERMITTED)]
    assert carrier.tries == 0


async def consent(borrower_id: str) -> None:
    words = ConsentWords(version=2, language="zh-Hans", sha256="0" * 64)
    async with transaction() as tx:
        await identity.note_consent(
            tx, borrower_id, ConsentTo(purpose="MARKETING"), words, session_id=None
        )


def phone_key() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    private = ec.generate_private_key(ec.SECP256R1())
    return private, private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


async def register(
    borrower_id: str,
    clock: FixedClock,
    *,
    target: str = "token-1",
    box_key: bytes | None = None,
    box_secret: bytes | None = None,
) -> None:
    command = RegisterPush(
        caller_id=borrower_id,
        session_id=await session_of(borrower_id, clock),
        device_id="dv00000abcdefghi",
        vendor="HUAWEI",
        token=target,
        box_key=box_key,
        box_secret=box_secret,
        idempotency_key=f"register-{target[:40].strip()}",
    )
    await register_push(command)


async def test_a_push_shows_nothing_on_a_locked_screen_and_all_to_the_phone_that_has_the_key(
    mei: str, push: Carrier, carrier: Carrier, clock: FixedClock
) -> None:
    private, public = phone_key()
    secret = bytes(range(16))
    await register(mei, clock, box_key=public, box_secret=secret)
    told = await tell(mei)
    await outbox.drain()
    (sent,) = push.outgoing
    assert (sent.to, sent.vendor, sent.sentence) == (
        "token-1",
        "HUAWEI",
        "您有一条新消息，点开看看。",
    )
    assert sent.expires_at == clock.now() + timedelta(minutes=10)  # a text message follows
    assert sent.sealed is not None
    delta = orjson.loads(opened(private, public, secret, sent.sealed))
    assert delta["notification"]["id"] == told
    assert "6,000.00" in delta["notification"]["body"]
    assert (delta["notification"]["loanId"], delta["unreadCount"]) == ("ln00000abcdefghi", 1)
    assert carrier.tries == 0
    rows = await fetch("SELECT token, box_key FROM push_token")
    assert b"token-1" not in bytes(rows[0]["token"])


def opened(
    private: ec.EllipticCurvePrivateKey, public: bytes, secret: bytes, sealed: bytes
) -> bytes:
    """Open a push as a phone does: RFC 8291, section 3.4, and RFC 8188."""
    salt, theirs, box = sealed[:16], sealed[21 : 21 + sealed[20]], sealed[21 + sealed[20] :]

    def derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)

    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    shared = private.exchange(ec.ECDH(), point)
    material = derived(shared, secret, b"WebPush: info\0" + public + theirs, 32)
    key = derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derived(material, salt, b"Content-Encoding: nonce\0", 12)
    plain = AESGCM(key).decrypt(nonce, box, None)
    assert plain.endswith(b"\x02")
    return plain[:-1]


@pytest.mark.parametrize("fate", ["arrives", "sleeps", "gone", "rejected", "off", "signed out"])
async def test_what_a_push_could_not_deliver_goes_by_text_message_once(
    mei: str,
    providers: Providers,
    clock: FixedClock,
    fate: str,
) -> None:
    push, carrier = (providers[channel][0] for channel in (Channel.PUSH, Channel.SMS))
    assert isinstance(push, Carrier)
    assert isinstance(carrier, Carrier)
    await register(mei, clock)
    push.rejects = fate in {"gone", "rejected"}
    push.finds_nobody = fate == "gone"
    if fate == "off":
        await fetch_none(
            "INSERT INTO notification_preference (id, borrower_id, category, is_sms_on, is_push_on)"
            f" VALUES ('{mei}:MONEY', '{mei}', 'MONEY', TRUE, FALSE)"
        )
    if fate == "signed out":
        await fetch_none("UPDATE session SET ended_at = 1")
    told = await tell(mei)
    await outbox.drain()
    if fate == "arrives":
        push.arrived = dict.fromkeys(push.taken, Answer.DELIVERED)
    for _ in range(4):
        clock.advance(timedelta(minutes=5))
        await tend(providers)
        await outbox.drain()
    first, sms = {
        "arrives": ((State.DELIVERED, None), None),
        "sleeps": ((State.SENT, None), State.SENT),
        "gone": ((State.FAILED, Reason.REJECTED), State.SENT),
        "rejected": ((State.FAILED, Reason.REJECTED), State.SENT),
        "off": ((State.SUPPRESSED, Reason.SWITCHED_OFF), State.SENT),
        "signed out": ((State.FAILED, Reason.REJECTED), State.SENT),
    }[fate]
    wanted = [(Channel.PUSH, *first)] + ([] if sms is None else [(Channel.SMS, sms, None)])
    assert await states(told) == wanted
    assert len(carrier.taken) == (0 if sms is None else 1)
    is_forgotten = fate in {"gone", "signed out"}
    assert len(await queries.push_tokens_of(mei)) == (0 if is_forgotten else 1)


async def test_a_receipt_that_says_an_app_is_gone_forgets_it_once_and_no_other(
    mei: str, push: Carrier, providers: Providers, clock: FixedClock
) -> None:
    await register(mei, clock)
    told = await tell(mei)
    await outbox.drain()
    (sent,) = push.outgoing
    gone = Receipt(request_id=sent.request_id, answer=Answer.UNDELIVERED, is_address_gone=True)
    never_asked = replace(gone, request_id=sent.request_id.replace(".1", ".2"))
    await accept_receipt(never_asked, providers)
    assert len(await queries.push_tokens_of(mei)) == 1
    await accept_receipt(gone, providers)
    assert await queries.push_tokens_of(mei) == []
    await register(mei, clock, target="token-2")
    await accept_receipt(gone, providers)
    assert len(await queries.push_tokens_of(mei)) == 1
    await outbox.drain()
    assert await states(told) == [
        (Channel.PUSH, State.FAILED, Reason.UNDELIVERED),
        (Channel.SMS, State.SENT, None),
    ]


async def fetch_none(sql: str) -> None:
    async with transaction() as tx:
        await tx.run(sql)


async def test_a_phone_that_somebody_else_registers_gets_only_theirs(
    mei: str, clock: FixedClock
) -> None:
    await register(mei, clock)
    jun = await join("+8613900139000")
    await register(jun, clock)
    assert await queries.push_tokens_of(mei) == []
    (theirs,) = await queries.push_tokens_of(jun)
    assert not theirs.is_sealed
    for target in ("", "with space", "x" * 513):
        with pytest.raises(InvalidInput):
            await register(jun, clock, target=target)
    with pytest.raises(InvalidInput):
        await register(jun, clock, target="token-2", box_key=b"short")
    async with transaction() as tx:
        await forget_ended_device(
            tx, DeviceEnded(borrower_id=jun, device_id="dv00000abcdefghi", reason="REVOKED")
        )
    assert await queries.push_tokens_of(jun) == []
    await register(jun, clock, target="token-3")
    command = ForgetPush(
        caller_id=jun, session_id=await session_of(jun, clock), idempotency_key="forget"
    )
    assert await forget_push(command) == []


async def test_however_many_count_at_once_the_cap_holds(mei: str) -> None:
    told = Told(kind=Kind.OVERDUE, borrower_id=mei, notification=None)

    async def count() -> bool:
        async with transaction() as tx:
            return await count_towards_cap(tx, told)

    counted = await asyncio.gather(*(count() for _ in range(12)))
    assert sum(counted) == CAPS[Category.REMINDERS].most
