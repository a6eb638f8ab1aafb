"""A request is proven by its session's key and passes once, in any order, on both databases."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.caller import SentRequest
from app.foundation.database import fetch, transaction
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.errors import ProofInvalid, ProofReplayed, ProofRequired, SessionRevoked
from app.identity.events import SessionFamilyRevoked
from app.identity.operations.proofs import claim_counter
from app.identity.rules.proofs import window_after
from tests.identity.conftest import LAN, Heard, Person
from tests.identity.handsets import Handset, handset_of


async def prove(handset: Handset, sent: SentRequest) -> bool:
    """Prove a request by the newest access token."""
    token = handset.tokens.access_token
    return (await operations.prove(await handset.caller(), sent, token)).is_proven


async def window(handset: Handset) -> tuple[int, int]:
    (row,) = await fetch(
        "SELECT proof_high, proof_seen FROM device WHERE id = ?", [handset.device_id]
    )
    return row["proof_high"], row["proof_seen"]


async def test_a_request_is_proven_once(person: Person) -> None:
    handset = await handset_of(person)
    sent = handset.sent()
    assert await prove(handset, sent)
    before = await window(handset)
    with pytest.raises(ProofReplayed):
        await prove(handset, sent)
    assert await window(handset) == before
    with pytest.raises(ProofRequired):
        await prove(handset, replace(sent, proof=""))
    unbound = await person.sign_in(LAN)
    lan = await queries.caller_of(unbound.access_token, person.clock.now())
    assert await operations.prove(lan, sent, unbound.access_token) == lan  # pyright: ignore[reportArgumentType] - a borrower


async def test_a_proof_is_good_for_its_own_request_token_and_purpose_only(
    person: Person,
) -> None:
    """Threats 15 and 17: nothing signed for one thing passes for another."""
    handset = await handset_of(person)
    lan = await handset_of(person, LAN)
    before = await window(handset)
    good = handset.sent()
    for other in (
        replace(good, method="GET"),
        replace(good, target="/graphql?query={me}"),
        replace(good, body_hash=bytes(32)),
        replace(good, proof=good.proof[:-2] + "AA"),
        replace(good, proof="nonsense"),
        handset.sent(token=handset.tokens.refresh_token),
        handset.sent(purpose=Purpose.REFRESH),
        handset.sent(purpose=Purpose.SIGN_IN),
        handset.sent(purpose=Purpose.INTENT),
        lan.sent(token=handset.tokens.access_token),
        handset.sent(counter=0),
    ):
        with pytest.raises(ProofInvalid):
            await prove(handset, other)
    assert await window(handset) == before
    assert await prove(handset, good)


async def test_many_requests_at_once_pass_once_each_in_any_order(person: Person) -> None:
    """Threat 15, under real concurrency: of every request sent three times, one passes."""
    handset = await handset_of(person)
    requests = [handset.sent() for _ in range(20)] * 3
    random.Random(4).shuffle(requests)  # noqa: S311 - any order
    answers = await asyncio.gather(
        *(prove(handset, sent) for sent in requests), return_exceptions=True
    )
    assert sum(one is True for one in answers) == 20
    assert sum(isinstance(one, ProofReplayed) for one in answers) == 40
    assert await window(handset) == (20, 2**20 - 1)


async def test_the_database_moves_the_window_as_the_rule_says(person: Person) -> None:
    """RFC 4303 §3.4.3: 64 counters behind the highest, each once; anything older is refused."""
    handset = await handset_of(person)
    chance = random.Random(15)  # noqa: S311 - a walk
    high, seen, center = 0, 0, 1
    edges = [64, 1, 65, 2, 128, 65, 64, 2**31, 2**31 - 63, 2**31 - 64, 2**32 - 1, 1]
    walk = [
        max(1, (center := center + chance.randint(-3, 9)) + chance.randint(-70, 70))
        for _ in range(90)
    ]
    async with transaction() as tx:
        for counter in [*walk, *(high_edge + 600 for high_edge in edges[:7]), *edges[7:]]:
            expected = window_after(high, seen, counter)
            try:
                await claim_counter(tx, handset.device_id, counter)
                is_taken = True
            except ProofReplayed:
                is_taken = False
            assert is_taken == (expected is not None), (high, seen, counter)
            high, seen = expected or (high, seen)
            assert await window(handset) == (high, seen)


async def test_a_phone_that_was_ended_proves_nothing(person: Person) -> None:
    handset = await handset_of(person)
    sent, caller = handset.sent(), await handset.caller()
    await operations.revoke_device(
        rules.RevokeDevice(
            borrower_id=handset.borrower_id, device_id=handset.device_id, idempotency_key="end"
        )
    )
    with pytest.raises(ProofInvalid):
        await operations.prove(caller, sent, handset.tokens.access_token)
    async with transaction() as tx:
        with pytest.raises(ProofReplayed):
            await claim_counter(tx, handset.device_id, 9)


@pytest.mark.parametrize("theft", ["token alone", "token with a proof by another key"])
async def test_a_stolen_refresh_token_alone_gets_nothing_and_revokes_the_family(
    person: Person, heard: Heard, theft: str
) -> None:
    """Threat 13."""
    handset = await handset_of(person)
    command = handset.refresh_command(is_proven=False)
    if theft != "token alone":
        lan = await handset_of(person, LAN)
        stolen = lan.sent(purpose=Purpose.REFRESH, token=handset.tokens.refresh_token)
        command = replace(command, sent=stolen)
    answer = await operations.refresh_session(command)
    assert isinstance(answer, SessionRevoked)
    await outbox.drain()
    caller = await queries.caller_of(handset.tokens.access_token, person.clock.now())
    assert caller is None
    with pytest.raises(SessionRevoked):
        await operations.refresh_session(handset.refresh_command())
    told = [one for one in heard.facts if isinstance(one, SessionFamilyRevoked)]
    assert [one.borrower_id for one in told] == [handset.borrower_id]
    assert await handset.sign_in()  # the phone itself is back by one touch


async def test_a_bound_refresh_survives_lost_answers_and_network_repeats(
    person: Person,
) -> None:
    """Threat 14: the previous token gets the same successor, proven anew, whenever it asks."""
    handset = await handset_of(person)
    first = handset.refresh_command()
    lost = await operations.refresh_session(first)
    assert isinstance(lost, rules.SessionTokens)
    with pytest.raises(ProofReplayed):  # the same bytes once more, by the network itself
        await operations.refresh_session(first)
    person.clock.advance(timedelta(days=90))
    again = await operations.refresh_session(handset.refresh_command())
    assert isinstance(again, rules.SessionTokens)
    assert again.refresh_token == lost.refresh_token
    old = handset.refresh_command()
    handset.tokens = again
    assert isinstance(
        await operations.refresh_session(handset.refresh_command()), rules.SessionTokens
    )
    assert isinstance(await operations.refresh_session(old), SessionRevoked)


async def test_a_stolen_access_token_opens_masked_reads_at_most_and_for_ten_minutes(
    person: Person,
) -> None:
    """Threat 13: without the key it proves nothing."""
    handset = await handset_of(person)
    caller = await handset.caller()
    assert not caller.sees_all
    person.clock.advance(timedelta(minutes=10))
    assert await queries.caller_of(handset.tokens.access_token, person.clock.now()) is None
