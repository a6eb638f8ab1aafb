"""Choosing a media type by the Accept header (RFC 9110, section 12.5.1)."""

import re
from dataclasses import dataclass
from functools import lru_cache

GRAPHQL_MEDIA = "application/graphql-response+json"
JSON_MEDIA = "application/json"
EVENT_STREAM = "text/event-stream"
MIXED = "multipart/mixed"
"""An answer in parts, for a document that defers."""
RANGES_MAX = 40
"""Ranges beyond these are not read; browsers send eight."""
KEPT_LENGTH_MAX = 200
_NAMED_ONLY = frozenset({EVENT_STREAM, MIXED})
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_UTF8 = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True, slots=True)
class _Range:
    media: str
    weight: float
    position: int

    def specificity(self, offer: str) -> int:
        """Return how closely it names an offer; 0 if it does not cover it."""
        kind = offer.partition("/")[0]
        if self.media == offer:
            return 3
        # A stream is sent to nobody who did not name it.
        if offer in _NAMED_ONLY:
            return 0
        return {f"{kind}/*": 2, "*/*": 1}.get(self.media, 0)


def chosen(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """
    Return the offer that a client likes best; None if it takes none of them.

    The most specific range that covers an offer gives its weight, so `q=0` excludes one that a
    wildcard would let in. Of equals the one that is named beats the one that is covered by a
    wildcard, then the one named first wins, then the one offered first. A range that asks for
    another encoding than UTF-8 covers nothing. An answer in parts is given to who likes it better
    than a whole one, since who takes both equally waits less for one.
    """
    if accept is None or not accept.strip():
        return offers[0]
    if len(accept) > KEPT_LENGTH_MAX:
        return _best(accept, offers)
    return _kept(accept, offers)


def _best(accept: str, offers: tuple[str, ...]) -> str | None:
    ranges = _ranges(accept)
    best: tuple[float, bool, int, int, int] | None = None
    found: str | None = None
    for place, offer in enumerate(offers):
        covering = [one for one in ranges if one.specificity(offer)]
        if not covering:
            continue
        closest = max(covering, key=lambda one, offer=offer: (one.specificity(offer), one.weight))
        likes = closest.weight, offer != MIXED
        rank = (*likes, closest.specificity(offer), -closest.position, -place)
        if closest.weight > 0 and (best is None or rank > best):
            best, found = rank, offer
    return found


_kept = lru_cache(maxsize=500)(_best)
"""Clients of one kind send one header."""


def _ranges(accept: str) -> list[_Range]:
    found: list[_Range] = []
    for position, part in enumerate(accept.split(",", RANGES_MAX)[:RANGES_MAX]):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = (piece.strip() for piece in parameter.partition("="))
            if name == "q":
                weight = _weight(value)
                break
            if name == "charset" and value.strip('"') not in _UTF8:
                media = ""
        if media:
            found.append(_Range(media, weight, position))
    return found


def _weight(value: str) -> float:
    """Read a weight; what is none counts as unwanted."""
    return float(value) if _WEIGHT.fullmatch(value) else 0
