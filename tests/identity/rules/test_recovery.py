"""The recovery matrix, searched through: every set of evidence for every kind of account."""

from itertools import combinations, product

import pytest

from app.foundation.caller import Trust
from app.identity.rules.recovery import (
    TABLE,
    Account,
    Evidence,
    asks_register,
    evidence_of,
    kept_of,
    opens_by_waiting,
    trust_of,
)

SETS = tuple(
    frozenset(one) for size in range(len(Evidence) + 1) for one in combinations(Evidence, size)
)
ACCOUNTS = tuple(
    Account(has_pin=pin, has_device_key=key, has_history=history)
    for pin, key, history in product((True, False), repeat=3)
)
OLD = tuple(account for account in ACCOUNTS if account.has_history)
CASES = tuple(product(SETS, OLD))

ANCHORS = frozenset({Evidence.PHONE, Evidence.DOUBTED_CODE, Evidence.DEVICE_KEY})
"""What a session begins with; without one of them there is no session."""


def test_the_whole_space_is_searched() -> None:
    assert len(SETS) == 2**8
    assert len(ACCOUNTS) == 2**3


@pytest.mark.parametrize("account", OLD)
def test_a_number_alone_opens_neither_old_data_nor_money(account: Account) -> None:
    assert trust_of({Evidence.PHONE}, account) is Trust.CONTACT
    assert trust_of({Evidence.PHONE, Evidence.WAITED}, account) is Trust.CONTACT


def test_a_code_that_may_be_guessed_opens_nothing_whatever_the_register_says_or_time() -> None:
    doubted = {Evidence.DOUBTED_CODE, Evidence.SAME_SUBSCRIBER, Evidence.WAITED}
    for shown, account in CASES:
        if shown <= doubted:
            assert trust_of(shown, account) is Trust.CONTACT
            assert not asks_register(shown, account)
            assert not opens_by_waiting(shown, account)


def test_without_the_same_subscriber_a_number_needs_something_else_to_open_anything() -> None:
    others = {Evidence.DEVICE_KEY, Evidence.OLD_SESSION, Evidence.PIN, Evidence.STAFF}
    for shown, account in CASES:
        if Evidence.SAME_SUBSCRIBER not in shown and not shown & others:
            assert trust_of(shown, account) is Trust.CONTACT


def test_the_same_subscriber_alone_never_moves_money() -> None:
    only = {Evidence.PHONE, Evidence.SAME_SUBSCRIBER}
    for account in OLD:
        assert trust_of(only, account) is not Trust.FULL


def test_waiting_opens_only_an_account_that_nothing_else_ever_proved() -> None:
    waited = {Evidence.PHONE, Evidence.SAME_SUBSCRIBER, Evidence.WAITED}
    for account in OLD:
        is_bare = not account.has_pin and not account.has_device_key
        assert (trust_of(waited, account) is Trust.FULL) is is_bare
        assert opens_by_waiting(waited - {Evidence.WAITED}, account) is is_bare


def test_a_key_alone_never_moves_money_where_there_is_a_pin() -> None:
    for shown, account in CASES:
        if account.has_pin and not shown & {Evidence.PIN, Evidence.STAFF}:
            assert trust_of(shown, account) is not Trust.FULL


def test_a_pin_or_staff_without_number_or_phone_open_nothing() -> None:
    for shown, account in CASES:
        if not shown & ANCHORS:
            assert trust_of(shown, account) is Trust.CONTACT


def test_more_evidence_never_opens_less() -> None:
    for shown, account in product(SETS, ACCOUNTS):
        trust = trust_of(shown, account)
        for one in Evidence:
            assert trust_of(shown | {one}, account).reaches(trust)


def test_more_protection_of_an_account_never_opens_more() -> None:
    for shown in SETS:
        for key, pin in product((True, False), repeat=2):
            bare = Account(has_pin=False, has_device_key=key, has_history=True)
            kept = Account(has_pin=True, has_device_key=key, has_history=True)
            assert trust_of(shown, bare).reaches(trust_of(shown, kept))
            bare = Account(has_pin=pin, has_device_key=False, has_history=True)
            kept = Account(has_pin=pin, has_device_key=True, has_history=True)
            assert trust_of(shown, bare).reaches(trust_of(shown, kept))


def test_a_number_that_is_new_here_is_trusted_at_once() -> None:
    for account in ACCOUNTS:
        if not account.has_history:
            assert trust_of({Evidence.PHONE}, account) is Trust.FULL


def test_everybody_has_a_way_back_and_it_is_never_the_number_alone() -> None:
    for account in OLD:
        ways = [shown for shown in SETS if trust_of(shown, account) is Trust.FULL]
        assert ways
        assert all(len(shown) > 1 or shown == {Evidence.DEVICE_KEY} for shown in ways)


def test_the_register_is_asked_only_where_it_could_open_something() -> None:
    for shown, account in product(SETS, ACCOUNTS):
        if asks_register(shown, account):
            assert Evidence.PHONE in shown
            assert account.has_history
            assert not account.has_pin


def test_every_row_has_a_reason_and_decides_a_case() -> None:
    for row in TABLE:
        assert row.reason.endswith(".")
        if row.gives is Trust.CONTACT:
            continue  # the least is given anyway; the row says why
        without = [other for other in TABLE if other is not row]
        assert any(
            row.fits(shown, account)
            and not any(
                other.fits(shown, account) and other.gives.reaches(row.gives) for other in without
            )
            for shown, account in product(SETS, ACCOUNTS)
        ), row


def test_evidence_is_kept_and_read_again() -> None:
    for shown in SETS:
        assert evidence_of(kept_of(shown)) == shown
        assert len(kept_of(shown)) <= 100
    assert evidence_of(None) == frozenset()
