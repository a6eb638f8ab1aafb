"""Threat 12: nobody learns from an answer, or from how long it took, who is a borrower."""

import math
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.errors import Refusal
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.identity import operations, rules
from app.identity.errors import WrongCode
from tests.forced import DURESS, PIN, force
from tests.identity.conftest import LAN, MEI, Person
from tests.identity.operations.guessing import wrong

SAMPLES = 60
ROUNDS = 4
"""At p > 0.01 one fair round in a hundred fails by chance, and four in a row never."""
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


async def test_a_known_and_an_unknown_number_take_equally_long(
    person: Person, clock: FixedClock
) -> None:
    await person.sign_in(MEI)
    asking = Asking(person)
    p_values: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        known: list[tuple[float, float]] = []
        unknown: list[tuple[float, float]] = []
        for number in range(SAMPLES):
            clock.advance(LATER)
            pair = ((MEI, known), (LAN, unknown))
            for phone, times in pair if number % 2 else reversed(pair):
                times.append(await asking.times(phone))
        asks = ks_p([one for one, _ in known], [one for one, _ in unknown])
        guesses = ks_p([one for _, one in known], [one for _, one in unknown])
        p_values.append((asks, guesses))
        if min(asks, guesses) > 0.01:
            return
    pytest.fail(f"the times differ: {p_values}")


async def test_the_pin_for_duress_takes_as_long_as_the_right_one(person: Person) -> None:
    borrower_id = (await person.sign_in(MEI)).borrower_id
    await force(borrower_id)

    async def time_of(pin: str) -> float:
        before = perf_counter()
        guess = await operations.guess_pin(borrower_id, pin)
        async with transaction() as tx:
            assert await operations.check_pin(tx, guess) is None
        return perf_counter() - before

    set_cost(Cost(memory_kib=64, passes=1))
    try:
        for _ in range(2):
            await time_of(PIN)
            await time_of(DURESS)
        for _ in range(ROUNDS):
            right: list[float] = []
            forced: list[float] = []
            for number in range(SAMPLES):
                pair = ((PIN, right), (DURESS, forced))
                for pin, times in pair if number % 2 else reversed(pair):
                    times.append(await time_of(pin))
            if ks_p(right, forced) > 0.01:
                return
        pytest.fail("the times differ")
    finally:
        set_cost(USUAL_COST)


async def test_a_stranger_s_guess_takes_as_long_where_there_is_no_pin(person: Person) -> None:
    with_pin, without = await person.sign_in(MEI), await person.sign_in(LAN)
    await force(with_pin.borrower_id)
    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'CONTACT'", [])

    async def time_of(session: rules.SignedIn) -> float:
        before = perf_counter()
        guess = await operations.guess_in_session(
            session.borrower_id, session.session_id, wrong(PIN)
        )
        ended = perf_counter()
        async with transaction() as tx:
            await operations.give_back(tx, guess)
        return ended - before

    set_cost(Cost(memory_kib=64, passes=1))
    try:
        for _ in range(ROUNDS):
            there: list[float] = []
            nowhere: list[float] = []
            await time_of(with_pin)
            await time_of(without)
            for number in range(SAMPLES):
                pair = ((with_pin, there), (without, nowhere))
                for session, times in pair if number % 2 else reversed(pair):
                    times.append(await time_of(session))
            if ks_p(there, nowhere) > 0.01:
                return
        pytest.fail("the times differ")
    finally:
        set_cost(USUAL_COST)


async def test_a_known_and_an_unknown_number_get_the_same_words_at_every_step(
    person: Person, clock: FixedClock
) -> None:
    await person.sign_in(MEI)

    async def story(phone: str) -> list[object]:
        told: list[object] = []
        asked = await person.ask(phone)
        told.append(replace(asked, challenge_id="", masked_phone="", expires_at=clock.now()))
        code = person.phones.code()
        for typed in (wrong(code), "12345", *[wrong(code)] * 4, code):
            try:
                answer = await person.type_code(asked.challenge_id, typed)
            except Refusal as refusal:
                answer = refusal
            assert isinstance(answer, Refusal)
            told.append((answer.code, answer.field, dict(answer.details())))
        for _ in range(2):
            try:
                await person.ask(phone)
            except Refusal as refusal:
                told.append((refusal.code, dict(refusal.details())))
        return told

    clock.advance(LATER)
    assert await story(MEI) == await story(LAN)
