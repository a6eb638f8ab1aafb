"""Points fold, doubts about invitations, and campaigns as they are published: all pure."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.operations import FIXTURES
from app.catalog.operations.publishing import read_catalog
from app.catalog.rules import PolicyBook
from app.rewards.errors import CouponNotUsable
from app.rewards.rules import (
    CODE_LENGTH,
    CouponState,
    CouponStep,
    Doubt,
    PointsEntry,
    PointsKind,
    Way,
    Web,
    balance_of,
    campaign_faults,
    campaigns_in,
    code_from,
    doubts_about,
    going_by,
    ledger_code,
    next_state,
    normalized_code,
    running,
    taken_back,
)

START = date(2026, 11, 21)
DEVICE = frozenset({Doubt.SAME_DEVICE})


def entry(points: int, *, expires_in: int | None = None) -> PointsEntry:
    """Make a line of an account."""
    return PointsEntry(
        kind=PointsKind.LEARNED,
        source="any",
        points=points,
        made_at=datetime(2026, 11, 21, tzinfo=UTC),
        expires_on=None if expires_in is None else START + timedelta(days=expires_in),
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(["earn", "spend", "back", "pass"]), st.integers(1, 60)),
        max_size=40,
    )
)
@settings(max_examples=150)
def test_points_are_their_lines_and_never_below_zero_whatever_happens(
    steps: list[tuple[str, int]],
) -> None:
    lines: list[PointsEntry] = []
    day = 0
    for step, size in steps:
        balance = balance_of(lines)
        match step:
            case "earn":
                lines.append(entry(size, expires_in=day + 100))
            case "spend" if size <= balance:
                lines.append(entry(-size))
            case "back":
                lines.append(entry(-taken_back(balance, size)))
            case _:
                day += size
                over = START + timedelta(days=day - 1)
                gone = going_by(lines, over)
                assert gone <= balance
                lines.append(entry(-gone))
                assert going_by(lines, over) == 0
        assert balance_of(lines) >= 0
    today = START + timedelta(days=day)
    live = sum(one.points for one in lines if one.expires_on and one.expires_on >= today)
    assert balance_of(lines) <= live


@pytest.mark.parametrize(
    ("invited_by", "shared", "expected"),
    [
        ({}, {}, set()),
        ({"x": "a"}, {}, set()),
        ({"a": "b"}, {}, {Doubt.RING}),  # each invited the other
        ({"a": "c", "c": "b"}, {}, {Doubt.RING}),
        ({"a": "c", "c": "d", "d": "e", "e": "b"}, {}, {Doubt.RING}),
        ({"a": "c", "c": "d"}, {("b", "d"): DEVICE}, {Doubt.RING}),  # one hand closes it
        ({}, {("a", "b"): DEVICE}, {Doubt.SAME_DEVICE}),
        (
            {},
            {("a", "b"): frozenset({Doubt.SAME_ACCOUNT, Doubt.SAME_ADDRESS})},
            {Doubt.SAME_ACCOUNT, Doubt.SAME_ADDRESS},
        ),
        ({"x": "a", "y": "a"}, {("b", "x"): DEVICE}, {Doubt.STAR}),
        ({"x": "a", "y": "a"}, {("x", "y"): DEVICE}, set()),  # others' star is not theirs
        ({"x": "a"}, {("b", "z"): DEVICE, ("x", "z"): DEVICE}, {Doubt.STAR}),  # by a third
        ({"x": "q"}, {("b", "x"): DEVICE}, set()),  # another's invited one: no star of a's
    ],
)
def test_rings_stars_and_shared_marks_are_doubts(
    invited_by: dict[str, str],
    shared: dict[tuple[str, str], frozenset[Doubt]],
    expected: set[Doubt],
) -> None:
    web = Web(invited_by={"b": "a", **invited_by}, shared=shared)
    assert doubts_about("a", "b", web) == expected


@given(st.integers(2, 8))
def test_a_ring_of_any_length_is_one(length: int) -> None:
    people = [f"p{number}" for number in range(length)]
    ring = {people[place]: people[place - 1] for place in range(length)}
    for invited, inviter in ring.items():
        assert Doubt.RING in doubts_about(inviter, invited, Web(invited_by=ring))
    chain = {invited: inviter for invited, inviter in ring.items() if invited != "p0"}
    for invited, inviter in chain.items():
        assert doubts_about(inviter, invited, Web(invited_by=chain)) == frozenset()


@given(st.binary(min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_a_code_is_read_however_it_is_written(chance: bytes) -> None:
    code = code_from(chance)
    assert normalized_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert normalized_code(code[:-1]) is None
    assert normalized_code(code[:-1] + "0") is None


def test_a_coupon_is_used_once_and_given_back_with_its_loan_only() -> None:
    ways = {
        (state, step): reached
        for state in CouponState
        for step in CouponStep
        if (reached := _step(state, step)) is not None
    }
    assert ways == {
        (CouponState.GRANTED, CouponStep.REDEEM): CouponState.REDEEMED,
        (CouponState.REDEEMED, CouponStep.GIVE_BACK): CouponState.GRANTED,
        (CouponState.GRANTED, CouponStep.EXPIRE): CouponState.EXPIRED,
        (CouponState.GRANTED, CouponStep.REVOKE): CouponState.REVOKED,
    }


def _step(state: CouponState, step: CouponStep) -> CouponState | None:
    try:
        return next_state(state, step)
    except CouponNotUsable:
        return None


def test_published_campaigns_are_small_and_end() -> None:
    book = PolicyBook.on_day(START, read_catalog(FIXTURES).content.policy_values)
    campaigns = campaigns_in(book)
    assert {one.way for one in campaigns} == set(Way)
    for one in campaigns:
        assert one.amount_fen <= one.person_max_fen <= one.budget_fen
        assert (one.points > 0) is (one.way is Way.POINTS)
        assert set(one.meaning) == {"zh-Hans", "en"}
        assert len(ledger_code(one.code)) <= 32
    (invitation,) = running(book, Way.INVITATION)
    assert invitation.amount_fen <= 1_000, "a bounty would push people into debt"
    assert running(PolicyBook.on_day(date(2028, 1, 1), book.values.values()), Way.POINTS) == ()


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"amount_fen": 4_000}, ["campaign_out_of_bounds"]),
        ({"budget_fen": 10}, ["campaign_out_of_bounds"]),
        ({"valid_days": 0}, ["campaign_days"]),
        ({"points": 0}, ["campaign_points"]),
        ({"way": "LUCK"}, ["campaign_unreadable"]),
        ({"code": "small"}, ["campaign_unreadable"]),
        ({"code": "CARE_20"}, ["campaign_code_taken"]),
        ({"code": "NEW"}, ["campaign_code_taken"]),
    ],
)
def test_a_campaign_that_cannot_hold_is_refused_when_it_is_proposed(
    changes: dict[str, str | int], reasons: list[str]
) -> None:
    book = PolicyBook.on_day(START, read_catalog(FIXTURES).content.policy_values)
    value = book.value("reward_coupon_points")
    proposed = msgspec.structs.replace(value, value=book.table(value.name) | changes)
    assert [one.reason for one in campaign_faults(proposed, book)] == reasons
