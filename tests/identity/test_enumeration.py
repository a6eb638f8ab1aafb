"""Threat 12: nobody learns from an answer, or from how long it took, who is a borrower."""

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from time import perf_counter

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA
from app.identity import operations, rules
from app.identity.errors import WrongCode
from tests.forced import DURESS, PIN, force
from tests.identity.conftest import LAN, MEI, Person
from tests.identity.graphql.test_borrower import REQUEST, VERIFY
from tests.identity.operations.guessing import wrong

SAMPLES = 100
"""
Times of either kind in one run, all of them in one comparison.

A steady difference of three quarters of the times' own spread is found in nine runs of ten;
four runs of 60, of which one had to look equal, found it in 56 of a hundred. (600 simulated, normal
times.)
"""
RUNS = 3
"""
Times differ when each of three runs of its own samples says p <= 0.01.

Where they are the same that happens by chance once in a million (0.01 cubed). Times taken on a busy
machine hang together, which makes it more: of two runs, both said so in one suite of a dozen.
"""
LATER = timedelta(hours=4)
"""Far enough apart for every limit on codes."""


def ks_p(one: list[float], other: list[float]) -> float:
    """
    Return the p-value of the two-sample Kolmogorov-Smirnov test, by its asymptotic distribution.

    Kolmogorov's series with Stephens' correction for small samples (Numerical Recipes, 14.3).
    """
    places = sorted({*one, *other})
    gap = max(
        abs(sum(x <= at for x in one) / len(one) - sum(x <= at for x in other) / len(other))
        for at in places
    )
    root = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (root + 0.12 + 0.11 / root) * gap
    series = sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return 1.0 if scaled < 0.2 else max(0.0, min(1.0, 2 * series))


def test_the_test_of_distributions_tells_what_it_should() -> None:
    """Figures of scipy.stats.ks_2samp(method="asymp") differ from these in the third decimal."""
    even, shifted = [float(n) for n in range(100)], [float(n) + 30 for n in range(100)]
    assert ks_p(even, even) == 1.0
    assert ks_p(even, shifted) < 0.001
    assert 0.2 < ks_p(even, [float(n) + 14 for n in range(100)]) < 0.3


class Asking:
    """Somebody who asks for codes and guesses wrong, and looks at the clock."""

    def __init__(self, person: Person) -> None:
        self._person = person

    async def times(self, phone: str) -> tuple[float, float]:
        """Return how long one request for a code took, and one wrong guess."""
        command = rules.RequestCode(phone=phone, idempotency_key=self._person.key())
        before = perf_counter()
        asked = await operations.request_code(command)
        between = perf_counter()
        guess = rules.VerifyCode(
            challenge_id=asked.challenge_id, code="000000", idempotency_key=self._person.key()
        )
        began = perf_counter()
        told = await operations.verify_code(guess)
        ended = perf_counter()
        assert isinstance(told, WrongCode | rules.SignedIn)
        return between - before, ended - began


async def check_equally_long(
    one: Callable[[], Awaitable[Sequence[float]]],
    other: Callable[[], Awaitable[Sequence[float]]],
    *,
    between: Callable[[], object] = lambda: None,
) -> None:
    """Take both kinds of times by turns, each first as often; fail if any of them differ."""
    for ask in (one, other):
        between()
        await ask()  # the first one fills what is kept
    p_values: list[list[float]] = []
    while len(p_values) < RUNS:
        times: tuple[list[Sequence[float]], ...] = ([], [])
        for number in range(SAMPLES):
            between()
            for which in (0, 1) if number % 2 else (1, 0):
                times[which].append(await (one, other)[which]())
        pairs = zip(zip(*times[0], strict=True), zip(*times[1], strict=True), strict=True)
        p_values.append([ks_p(list(mine), list(theirs)) for mine, theirs in pairs])
        if min(p_values[-1]) > 0.01:
            return
    pytest.fail(f"the times differ: {p_values}")


async def test_a_known_and_an_unknown_number_take_equally_long(
    person: Person, clock: FixedClock
) -> None:
    await person.sign_in(MEI)
    asking = Asking(person)
    await check_equally_long(
        partial(asking.times, MEI),
        partial(asking.times, LAN),
        between=partial(clock.advance, LATER),
    )


async def test_a_difference_of_a_query_would_be_found(person: Person) -> None:
    await person.sign_in(MEI)

    async def time_of(queries: int) -> Sequence[float]:
        before = perf_counter()
        for _ in range(queries):
            await fetch("SELECT phone_index FROM borrower")
        return [perf_counter() - before]

    with pytest.raises(pytest.fail.Exception, match="the times differ"):
        await check_equally_long(partial(time_of, 2), partial(time_of, 3))


async def test_the_pin_for_duress_takes_as_long_as_the_right_one(person: Person) -> None:
    borrower_id = (await person.sign_in(MEI)).borrower_id
    await force(borrower_id)

    async def time_of(pin: str) -> Sequence[float]:
        before = perf_counter()
        guess = await operations.guess_pin(borrower_id, pin)
        async with transaction() as tx:
            assert await operations.check_pin(tx, guess) is None
        return [perf_counter() - before]

    set_cost(Cost(memory_kib=64, passes=1))
    try:
        await check_equally_long(partial(time_of, PIN), partial(time_of, DURESS))
    finally:
        set_cost(USUAL_COST)


async def test_a_stranger_s_guess_takes_as_long_where_there_is_no_pin(person: Person) -> None:
    with_pin, without = await person.sign_in(MEI), await person.sign_in(LAN)
    await force(with_pin.borrower_id)
    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'CONTACT'", [])

    async def time_of(session: rules.SignedIn) -> Sequence[float]:
        before = perf_counter()
        guess = await operations.guess_in_session(
            session.borrower_id, session.session_id, wrong(PIN)
        )
        ended = perf_counter()
        async with transaction() as tx:
            await operations.give_back(tx, guess)
        return [ended - before]

    set_cost(Cost(memory_kib=64, passes=1))
    try:
        await check_equally_long(partial(time_of, with_pin), partial(time_of, without))
    finally:
        set_cost(USUAL_COST)


async def test_a_known_and_an_unknown_number_get_the_same_answers_at_every_step(
    person: Person, clock: FixedClock
) -> None:
    await person.sign_in(MEI)
    endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
    app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=["POST"])])
    transport = httpx.ASGITransport(app)

    async def story(client: httpx.AsyncClient, phone: str) -> list[tuple[int, object, bytes]]:
        """Return every answer as it went out, but for the number and what is drawn by lot."""
        own = {f"{phone[:3]}****{phone[-4:]}": "MASKED"}
        told: list[tuple[int, object, bytes]] = []

        async def ask(query: str, **given: str) -> bytes:
            given["idempotencyKey"] = person.key()
            body = {"query": query, "variables": {"input": given}}
            answer = await client.post("/graphql", json=body)
            await outbox.drain()
            told.append((answer.status_code, sorted(answer.headers.items()), answer.content))
            return answer.content

        content = await ask(REQUEST, phone=phone)
        challenge_id = orjson.loads(content)["data"]["it"]["challengeId"]
        code = person.phones.code()
        own[challenge_id], own[code] = "CHALLENGE", "CODE"
        for typed in (wrong(code), "12345", *[wrong(code)] * 4, code):
            await ask(VERIFY, challengeId=challenge_id, code=typed)
        for _ in range(2):
            await ask(REQUEST, phone=phone)
        await ask(VERIFY, challengeId="oc0000000000made", code=code)
        for drawn, name in own.items():
            told = [
                (status, headers, body.replace(drawn.encode(), name.encode()))
                for status, headers, body in told
            ]
        return told

    clock.advance(LATER)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        known, unknown = await story(client, MEI), await story(client, LAN)
    assert known == unknown
    assert len(known) == 11
    said = b"".join(body for *_, body in known)
    for word in (b"RequestOtpSuccess", b"WrongCodeProblem", b"CODE_EXPIRED"):
        assert word in said
