"""What a mandate allows, without a database."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.operations import FIXTURES, read_catalog
from app.catalog.rules import PolicyBook
from app.foundation.clock import SHANGHAI
from app.payments.errors import MandateStepRefused
from app.payments.rules.mandates import (
    DEBIT_STEPS,
    MANDATE_STEPS,
    Caps,
    DebitPolicy,
    DebitStatus,
    MandateStatus,
    NotSent,
    agreed_text,
    attempt_key,
    mandate_step,
    mandate_text,
)
from app.servicing.rules import LoanRef

DUE = date(2026, 12, 21)
LOAN = LoanRef(borrower_id="br00000000000mei", loan_id="ln00000000000001")
POLICY = DebitPolicy(
    attempt_days=(0, 1, 3),
    opens=time(8),
    closes=time(20),
    failures_max=3,
    notice_days=1,
    takes_part=False,
    floor_fen=80_000,
)
CAPS = Caps(per_debit_fen=100_000, per_month_fen=150_000, floor_fen=80_000)


def at(hour: int, minute: int = 0, *, day: int = 21) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


def test_the_published_policy_is_the_one_promised() -> None:
    values = [value for value, _ in read_catalog(FIXTURES).policy_values]
    assert DebitPolicy.of(PolicyBook.on_day(date(2026, 11, 21), values)) == POLICY


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        (at(8), at(8)),
        (at(19, 59), at(19, 59)),
        (at(7, 59), at(8)),
        (at(0), at(8)),
        (at(20), at(8, day=22)),
        (at(23, 59), at(8, day=22)),
    ],
)
def test_debits_keep_to_the_day(moment: datetime, first: datetime) -> None:
    assert POLICY.first_allowed(moment) == first


@pytest.mark.parametrize(
    ("number", "today", "on"),
    [
        (0, DUE.replace(day=20), DUE),
        (1, DUE, DUE.replace(day=22)),
        (2, DUE.replace(day=22), DUE.replace(day=24)),
        (2, DUE.replace(day=23), DUE.replace(day=24)),
        (1, DUE.replace(day=23), DUE.replace(day=24)),
        (1, DUE.replace(day=24), None),
        (3, DUE.replace(day=22), None),
    ],
)
def test_attempts_come_after_today_and_never_after_the_last_day(
    number: int, today: date, on: date | None
) -> None:
    assert POLICY.next_attempt_on(due_on=DUE, number=number, today=today) == on


@pytest.mark.parametrize(
    ("due_fen", "taken_fen", "takes_part", "taken"),
    [
        (100_000, 0, False, (100_000, None)),
        (100_001, 0, False, (100_001, NotSent.ABOVE_CAP)),
        (60_000, 90_000, False, (60_000, None)),
        (60_000, 90_001, False, (60_000, NotSent.ABOVE_MONTHLY_CAP)),
        (100_001, 0, True, (100_000, None)),
        (60_000, 100_000, True, (50_000, None)),
        (60_000, 150_000, True, (60_000, NotSent.ABOVE_MONTHLY_CAP)),
    ],
)
def test_caps_bound_what_is_taken(
    *, due_fen: int, taken_fen: int, takes_part: bool, taken: tuple[int, NotSent | None]
) -> None:
    assert CAPS.takes(due_fen, taken_fen=taken_fen, takes_part=takes_part) == taken


@given(
    due_fen=st.integers(1, 10**9),
    per_debit_fen=st.integers(100, 10**8),
    room_fen=st.integers(0, 10**8),
    taken_fen=st.integers(0, 10**9),
    takes_part=st.booleans(),
)
def test_never_more_is_taken_than_is_due_or_than_any_cap_leaves(
    *, due_fen: int, per_debit_fen: int, room_fen: int, taken_fen: int, takes_part: bool
) -> None:
    caps = Caps(
        per_debit_fen=per_debit_fen, per_month_fen=per_debit_fen + room_fen, floor_fen=80_000
    )
    amount_fen, above = caps.takes(due_fen, taken_fen=taken_fen, takes_part=takes_part)
    if above is None:
        assert 0 < amount_fen <= min(due_fen, per_debit_fen)
        assert taken_fen + amount_fen <= per_debit_fen + room_fen


def test_the_words_change_with_every_figure() -> None:
    def sha256(caps: Caps, policy: DebitPolicy = POLICY, tail: str = "0013") -> str:
        return mandate_text(LOAN, caps, policy, card_tail=tail, language="en").sha256

    hashes = {
        sha256(CAPS),
        sha256(Caps(per_debit_fen=100_001, per_month_fen=150_000, floor_fen=80_000)),
        sha256(Caps(per_debit_fen=100_000, per_month_fen=150_001, floor_fen=80_000)),
        sha256(Caps(per_debit_fen=100_000, per_month_fen=None, floor_fen=80_000)),
        sha256(Caps(per_debit_fen=100_000, per_month_fen=150_000, floor_fen=80_001)),
        sha256(CAPS, tail="0014"),
        sha256(
            CAPS,
            DebitPolicy(
                attempt_days=(0, 2),
                opens=time(8),
                closes=time(20),
                failures_max=3,
                notice_days=1,
                takes_part=True,
                floor_fen=80_000,
            ),
        ),
    }
    assert len(hashes) == 7


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_the_words_are_agreed_to_in_either_language(language: str) -> None:
    words = mandate_text(LOAN, CAPS, POLICY, card_tail="0013", language=language)
    assert agreed_text(LOAN, CAPS, POLICY, card_tail="0013", sha256=words.sha256) == words
    assert agreed_text(LOAN, CAPS, POLICY, card_tail="0014", sha256=words.sha256) is None


def test_an_attempt_has_one_key() -> None:
    assert attempt_key(LOAN.loan_id, DUE, 2) == "ln00000000000001.20261221.2"


@pytest.mark.parametrize("status", MandateStatus)
@pytest.mark.parametrize("wanted", MandateStatus)
def test_a_mandate_takes_only_the_steps_of_its_table(
    status: MandateStatus, wanted: MandateStatus
) -> None:
    if wanted in MANDATE_STEPS[status]:
        assert mandate_step(status, wanted) is wanted
    else:
        with pytest.raises(MandateStepRefused):
            mandate_step(status, wanted)


def test_what_is_over_stays_over() -> None:
    assert MANDATE_STEPS[MandateStatus.REVOKED] == MANDATE_STEPS[MandateStatus.ENDED] == frozenset()
    assert set(MANDATE_STEPS) == set(MandateStatus)
    assert set(DEBIT_STEPS) == set(DebitStatus)
