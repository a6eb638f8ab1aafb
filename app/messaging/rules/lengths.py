"""How long a text message is as carriers count it, and what may stand in one at all."""

import unicodedata

SEGMENT_UNITS = 70
"""UCS-2 units in a text message of one segment (3GPP TS 23.038); 【青苗】 makes all ours UCS-2."""

JOINED_SEGMENT_UNITS = 67
"""UCS-2 units in each segment of a longer message; its header takes the other three."""

SEGMENT_SEPTETS = 160
JOINED_SEGMENT_SEPTETS = 153
"""The same for what the default alphabet can write."""

SEGMENTS_MAX = 2

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""GSM 7-bit default alphabet and its extension, whose signs take two septets."""


def sms_segments(sentence: str) -> int:
    """Return how many segments a carrier charges for: GSM 7-bit where it fits, UCS-2 otherwise."""
    signs = set(sentence)
    if signs <= _BASIC | _EXTENDED:
        sizes = [2 if sign in _EXTENDED else 1 for sign in sentence]
        return _packed(sizes, SEGMENT_SEPTETS, JOINED_SEGMENT_SEPTETS)
    sizes = [len(sign.encode("utf-16-be", "surrogatepass")) // 2 for sign in sentence]
    return _packed(sizes, SEGMENT_UNITS, JOINED_SEGMENT_UNITS)


def sendable(sentence: str) -> str:
    """
    Return a sentence without what no phone shows and some carriers choke on.

    NUL and other control characters, halves of signs and invisible marks of direction go; line
    breaks and emoji stay.
    """
    kept = [
        sign
        for sign in unicodedata.normalize("NFC", sentence)
        if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cs", "Cf"} or sign == "\u200d"
    ]
    return "".join(kept)


def _packed(sizes: list[int], alone: int, joined: int) -> int:
    """Fill one segment after another; a sign is never cut in two."""
    if sum(sizes) <= alone:
        return 1
    segments, left = 1, joined
    for size in sizes:
        if size > left:
            segments, left = segments + 1, joined
        left -= size
    return segments
