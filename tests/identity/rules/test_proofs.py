"""A proof header is written one way only, and its window is IPsec's."""

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.caller import SentRequest
from app.identity.rules.proofs import (
    COUNTER_MAX,
    Proof,
    proof_of,
    proven_parts,
    read_proof,
    window_after,
    write_proof,
)

counters = st.integers(0, COUNTER_MAX)
signatures = st.binary(min_size=64, max_size=64)


@given(counters, signatures)
def test_what_is_written_is_read_and_fits(counter: int, signature: bytes) -> None:
    written = write_proof(Proof(counter, signature))
    assert len(f"Proof: {written}") <= 100
    assert read_proof(written) == Proof(counter, signature)


@given(st.text(max_size=100) | st.binary(max_size=70).map(lambda raw: raw.hex()))
def test_nothing_else_is_read(written: str) -> None:
    read = read_proof(written)
    assert read is None or write_proof(read) == written


@given(counters, signatures, st.integers(0, 90), st.characters())
def test_a_changed_character_is_another_proof_or_none(
    counter: int, signature: bytes, at: int, other: str
) -> None:
    written = write_proof(Proof(counter, signature))
    changed = written[:at] + other + written[at + 1 :]
    assert changed == written or read_proof(changed) != Proof(counter, signature)


def request_of(proof: str) -> SentRequest:
    return SentRequest(method="POST", target="/graphql", body_hash=bytes(32), proof=proof)


def test_an_unreadable_proof_is_a_wrong_one_and_none_is_none() -> None:
    assert proof_of(None) is None
    assert proof_of(request_of("")) is None
    assert proof_of(request_of("x")) == Proof(0, b"")


def test_a_proof_covers_every_part() -> None:
    base = request_of("")
    parts = proven_parts(base, "token", 1)
    assert len(parts) == 5
    assert proven_parts(base, "token", 2) != parts
    assert proven_parts(base, "other", 1) != parts


@given(st.lists(st.integers(1, 300), max_size=120))
def test_each_counter_passes_once_unless_64_behind(walk: list[int]) -> None:
    high, seen = 0, 0
    taken: set[int] = set()
    for counter in walk:
        after = window_after(high, seen, counter)
        assert (after is not None) == (counter not in taken and counter > high - 64)
        if after is not None:
            taken.add(counter)
            high, seen = after
            assert high == max(taken)
            assert -(2**63) <= seen < 2**63
