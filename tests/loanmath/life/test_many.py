"""
Ten thousand random lives, each held to the laws of a loan's state and to its payoff quote.

The lives are the same on every run; `QINGMIAO_EXAMPLES=1000000 pytest tests/loanmath/life` tries a
million here, and as many on every law of `test_laws`.
"""

import random

import pytest

from app.loanmath.errors import EventRefused
from tests.loanmath.drawn import random_life
from tests.loanmath.life.checks import (
    REFUSALS,
    check_dues,
    check_money,
    check_payoff,
    check_rows,
)
from tests.loanmath.lives import EXAMPLES

LIVES = EXAMPLES or 10_000
SHARES = 20
"""Parts in which they are tried, so that several processes can share them."""


@pytest.mark.parametrize("share", range(SHARES))
def test_paying_the_payoff_quote_leaves_nothing_on_random_lives(share: int) -> None:
    refused = 0
    for seed in range(share, LIVES, SHARES):
        life, on = random_life(random.Random(seed))  # noqa: S311 - lives, not secrets
        try:
            state = life.on(on)
        except EventRefused as refusal:
            if refusal.reason not in REFUSALS:
                raise
            refused += 1
            continue
        try:
            check_rows(life, state)
            check_money(life, state)
            check_dues(state)
            check_payoff(life, state, years_later=seed % 8 == 0)
        except AssertionError as broken:
            broken.add_note(f"in life {seed}: {life!r}")
            raise
    assert refused <= 2 + LIVES / SHARES / 20, "nearly all of them are lived"
