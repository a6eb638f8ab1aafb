"""What is no posting is refused before anything is written."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger import rules
from app.ledger.errors import PostingImpossible
from app.ledger.rules import Account, Entry, Posting, StoredPosting, stored_entries

LOAN = "ln00000abcdefghi"
DEBIT = Entry(account=rules.loan_principal(LOAN), amount_fen=100)
CREDIT = Entry(account=rules.rail_clearing(), amount_fen=-100)


def posting(*entries: Entry) -> Posting:
    return Posting(
        kind="disbursement",
        about=LOAN,
        source="ev1",
        effective_on=date(2026, 11, 21),
        entries=entries,
    )


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (DEBIT,),
        (DEBIT, DEBIT),
        (DEBIT, replace(CREDIT, amount_fen=-99)),
        (replace(DEBIT, amount_fen=0), replace(CREDIT, amount_fen=0)),
        (replace(DEBIT, amount_fen=10**16), replace(CREDIT, amount_fen=-(10**16))),
        (replace(DEBIT, account=Account("")), CREDIT),
        (replace(DEBIT, account=Account("loan|x")), CREDIT),
        (replace(DEBIT, code=""), CREDIT),
        (replace(DEBIT, code="a b"), CREDIT),
        (DEBIT, Entry(account=rules.income_fee(), amount_fen=-100)),
        (DEBIT, CREDIT) * 50,
    ],
)
def test_impossible_entries_are_refused(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(PostingImpossible):
        posting(*entries)


@pytest.mark.parametrize(
    ("part", "value"),
    [("kind", ""), ("kind", "Kind"), ("about", "ln-1"), ("source", ""), ("source", "a|b")],
)
def test_parts_of_no_valid_shape_are_refused(part: str, value: str) -> None:
    with pytest.raises(PostingImpossible):
        replace(posting(DEBIT, CREDIT), **{part: value})


amounts = st.integers(min_value=-(10**12), max_value=10**12)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_a_posting_exists_exactly_when_its_entries_sum_to_zero(some_fen: list[int]) -> None:
    entries = [Entry(account=rules.rail_clearing(), amount_fen=fen) for fen in some_fen]
    is_possible = sum(some_fen) == 0 and all(some_fen) and len(some_fen) >= 2

    if is_possible:
        assert posting(*entries).entries == tuple(entries)
    else:
        with pytest.raises(PostingImpossible):
            posting(*entries)


STORED = StoredPosting(
    id="le00000abcdefghi",
    number=17,
    kind="disbursement",
    about=LOAN,
    source="ev1",
    effective_on="2026-11-21",
    recorded_at=1_795_226_400_000,
    prev_hash=rules.FIRST_PREV_HASH,
    entries=stored_entries((DEBIT, CREDIT)),
)


def test_the_hash_is_the_sha256_of_the_canonical_json() -> None:
    # sha256sum over the bytes below, worked out outside this code:
    # [17,"le00000abcdefghi","disbursement","ln00000abcdefghi","ev1","2026-11-21",1795226400000,
    #  [[1,"loan:ln00000abcdefghi:principal",100,null],[2,"rail:clearing",-100,null]],"000…0"]
    expected = "642fb19be0aa95d4d06a5e6d69a3d1d46d3958ea050824313536758bdd14d852"
    assert STORED.chain_hash() == expected


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("id", "le00000abcdefghj"),
        ("number", 18),
        ("kind", "repayment"),
        ("about", "ln00000abcdefghj"),
        ("source", "ev2"),
        ("effective_on", "2026-11-22"),
        ("recorded_at", 1_795_226_400_001),
        ("prev_hash", "1" + "0" * 63),
        ("entries", stored_entries((CREDIT, DEBIT))),
        ("entries", stored_entries((DEBIT, replace(CREDIT, code="INTEREST")))),
    ],
)
def test_every_part_of_a_posting_is_in_its_hash(part: str, value: object) -> None:
    assert replace(STORED, **{part: value}).chain_hash() != STORED.chain_hash()


def test_the_opposite_of_the_opposite_is_the_posting() -> None:
    first = posting(DEBIT, CREDIT)
    opposite = rules.reversal_of(
        STORED, kind="reversal", source="ev2", effective_on=first.effective_on
    )
    assert [entry.amount_fen for entry in opposite.entries] == [-100, 100]
    assert STORED.says_the_same_as(first)
    assert not STORED.says_the_same_as(opposite)
