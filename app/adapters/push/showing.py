"""What a push looks like on every maker's phone."""

import hashlib
from datetime import datetime, timedelta

TITLE = "青苗"
PAYLOAD_BYTES_MAX = 4_096
"""What the makers' services take in one message; the token does not count."""
_KEPT_MIN = timedelta(minutes=1)
_PLACES = 2**31 - 1


def kept_for(expires_at: datetime, now: datetime, *, most: timedelta) -> timedelta:
    """Return how long a maker is to keep a push for a phone that is off: a minute at least."""
    return min(max(expires_at - now, _KEPT_MIN), most)


def message_of(request_id: str) -> str:
    """Return the message a request is a turn of."""
    return request_id.rpartition(".")[0] or request_id


def place_on_screen(request_id: str) -> int:
    """Return the number under which all turns of a message replace one another, 1 to 2³¹ - 1."""
    digest = hashlib.sha256(message_of(request_id).encode()).digest()
    return int.from_bytes(digest[:8], "big") % _PLACES + 1
