"""What a client says of codings and dictionaries, and the bytes of a plan."""

from collections.abc import Iterable

from app.gateway.codings import CODINGS, IDENTITY, WEIGHT_FULL, chosen, digest_held, weights_of
from app.servicing.rules.compact import PlanUnreadable, check_sum, read_plan
from tests.fuzzing.registry import target


def accepted() -> Iterable[bytes]:
    return [b"gzip, br;q=0.5, *;q=0", b"identity;q=0, zstd", b"dcz, qz-00000000;q=1.000"]


@target(seeds=accepted)
def accept_encoding(data: bytes) -> None:
    """Whatever is accepted, what is chosen is one of ours and was not refused."""
    weights = weights_of(data.decode("latin-1"))
    assert all(0 <= weight <= WEIGHT_FULL for weight in weights.values())
    coding = chosen(weights, tuple(CODINGS))
    assert coding is None or coding in CODINGS or coding == IDENTITY
    assert coding is None or weights.get(coding) != 0


def held() -> Iterable[bytes]:
    return [b":pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=:"]


@target(seeds=held)
def available_dictionary(data: bytes) -> None:
    """A hash is 32 bytes, or there is none."""
    digest = digest_held(data.decode("latin-1"))
    assert digest is None or len(digest) == 32


def plans() -> Iterable[bytes]:
    return [bytes.fromhex("000006a10c80897a9001a3111feffd0a00000000")]


@target(PlanUnreadable, seeds=plans)
def compact_plan(data: bytes) -> None:
    """What is read has the check sum that it ends in."""
    assert check_sum(read_plan(data)) == int.from_bytes(data[-4:])
