"""Everybody has their share of what a process can do, and who comes to pay finds a place."""

import pytest

from app.foundation.caller import Anonymous, BorrowerCaller, Caller, StaffCaller, StaffRole
from app.gateway import rates
from app.gateway.rates import BURST_SECONDS, Crowded, Places, Rates, TooOften

MEI = BorrowerCaller(borrower_id="br1", session_id="ss1")
LIN = BorrowerCaller(borrower_id="br2", session_id="ss2")
STAFF = StaffCaller(staff_id="st1", session_id="ss3", role=StaffRole.AGENT)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("caller", [MEI, STAFF], ids=["borrower", "staff"])
def test_who_has_spent_all_waits_as_long_as_it_says_and_others_do_not(
    clock: Clock, caller: Caller
) -> None:
    shares = Rates(10, clock)
    shares.spend(caller, "a", 10 * BURST_SECONDS)
    with pytest.raises(TooOften) as refused:
        shares.spend(caller, "another address", 25)
    assert refused.value.status == 429
    assert refused.value.headers == {"retry-after": "3"}
    shares.spend(LIN, "a", 25)
    clock.now += 3
    shares.spend(caller, "a", 25)


def test_what_an_operation_does_not_use_is_put_back_and_what_it_uses_beyond_is_owed(
    clock: Clock,
) -> None:
    shares = Rates(10, clock)
    spent = shares.spend(MEI, "a", 600)
    spent.settle(100)
    shares.spend(MEI, "a", 500).settle(600)
    with pytest.raises(TooOften) as refused:
        shares.spend(MEI, "a", 10)
    assert refused.value.retry_after_seconds == 11
    shares.charge(LIN, "a", 1_000)
    with pytest.raises(TooOften):
        shares.spend(LIN, "a", 1)


def test_more_than_a_bucket_ever_holds_needs_a_full_one(clock: Clock) -> None:
    shares = Rates(1, clock)
    shares.spend(MEI, "a", 5_000)
    with pytest.raises(TooOften):
        shares.spend(MEI, "a", 1)


def test_who_has_not_signed_in_shares_with_the_village_and_with_everybody(clock: Clock) -> None:
    shares = Rates(1, clock)
    village = rates.ADDRESS_TIMES * BURST_SECONDS
    shares.spend(Anonymous(), "a", village)
    with pytest.raises(TooOften):
        shares.spend(Anonymous(), "a", 1)
    for number in range(rates.ALL_TIMES // rates.ADDRESS_TIMES - 1):
        shares.spend(Anonymous(), f"b{number}", village)
    with pytest.raises(TooOften):
        shares.spend(Anonymous(), "c", 1)


def test_as_many_buckets_are_kept_as_fit_and_no_more(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "CALLERS_MAX", 3)
    shares = Rates(1, clock)
    shares.spend(MEI, "a", 60)
    shares.spend(Anonymous(), "b", 1)
    with pytest.raises(TooOften):
        shares.spend(MEI, "a", 1)
    shares.spend(Anonymous(), "c", 1)
    shares.spend(Anonymous(), "d", 1)
    shares.spend(MEI, "a", 60)


def test_rates_may_be_turned_off() -> None:
    shares = Rates(0)
    shares.charge(MEI, "a", 10**9)
    shares.spend(MEI, "a", 10**9).settle(0)


def test_the_last_places_are_kept_for_those_who_come_to_pay() -> None:
    places = Places(most=3, kept=1)
    with places.one(pays=False), places.one(pays=True):
        with pytest.raises(Crowded) as crowded, places.one(pays=False):
            pass
        assert (crowded.value.status, crowded.value.headers) == (503, {"retry-after": "2"})
        with places.one(pays=True), pytest.raises(Crowded), places.one(pays=True):
            pass
    assert places.taken == 0


def test_within_a_place_nothing_but_paying_may_use_one_that_was_kept() -> None:
    places = Places(most=2, kept=1)
    with places.one(pays=True):
        with places.within(pays=False):
            assert places.taken == 1
        with places.one(pays=True):
            with places.within(pays=True):
                assert places.taken == 2
            with pytest.raises(Crowded):
                places.within(pays=False)
