"""A compressed body is opened up to a bound, whole or not at all."""

import gzip
from collections.abc import Callable

import brotli
import pytest
import zstandard

from app.gateway.unfolding import BrokenEncoding, TooLarge, UnknownEncoding, opened

BODY = b'{"query": "{ hello }"}' * 20
MOST = 64 * 1024
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
UNSIZED = zstandard.ZstdCompressor(write_content_size=False).compress


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_body_is_opened_whole_and_never_cut_short_or_gone_on_with(name: str) -> None:
    folded = ENCODINGS[name](BODY)
    assert opened(folded, f" {name.upper()} ", most=len(BODY)) == BODY
    for end in range(len(folded)):
        with pytest.raises(BrokenEncoding):
            opened(folded[:end], name, most=MOST)
    for more in (b"x", folded):
        with pytest.raises(BrokenEncoding):
            opened(folded + more, name, most=MOST)


def test_a_frame_of_unknown_size_is_never_cut_short_either() -> None:
    folded = UNSIZED(BODY)
    assert opened(folded, "zstd", most=MOST) == BODY
    for end in range(len(folded)):
        with pytest.raises(BrokenEncoding):
            opened(folded[:end], "zstd", most=MOST)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_decompression_bomb_is_refused_without_going_off(name: str) -> None:
    bomb = ENCODINGS[name](bytes(30_000_000))
    assert len(bomb) < MOST
    with pytest.raises(TooLarge):
        opened(bomb, name, most=MOST)
    with pytest.raises(TooLarge):
        opened(ENCODINGS[name](BODY), name, most=len(BODY) - 1)


@pytest.mark.parametrize("name", ["deflate", "gzip, gzip", "compress", "x", "zstd;q=1"])
def test_an_unknown_encoding_is_not_guessed_at(name: str) -> None:
    with pytest.raises(UnknownEncoding):
        opened(BODY, name, most=MOST)


def test_no_encoding_and_identity_change_nothing() -> None:
    assert opened(BODY, "", most=MOST) == opened(BODY, "identity", most=MOST) == BODY
