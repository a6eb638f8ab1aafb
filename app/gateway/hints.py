"""
What a client hints at about its line: by that a smaller picture is chosen.

`Save-Data` (WICG) says that its owner wants to save, `ECT` and `RTT` (Network Information API) what
the browser measured. Nothing else is chosen by them: texts and figures are short on every line.
"""

import re

from starlette.datastructures import Headers

FIELDS = "Save-Data, ECT, RTT"
"""What an answer that depends on the hints varies by."""
ASKED_FOR = {"accept-ch": "ECT, RTT"}
"""What makes a browser send them from the next request on."""
SLOW = frozenset({"slow-2g", "2g"})
RTT_SLOW_MILLISECONDS = 600
"""A round trip on 2G; browsers round theirs to 25 ms."""
_WHOLE_NUMBER = re.compile(r"[0-9]{1,6}\Z")


def is_slow(headers: Headers) -> bool:
    """Tell whether the client asks for less, or its line is slow; what is no hint is none."""
    if headers.get("save-data", "").strip().lower() == "on":
        return True
    if headers.get("ect", "").strip().lower() in SLOW:
        return True
    rtt = headers.get("rtt", "").strip()
    return bool(_WHOLE_NUMBER.match(rtt)) and int(rtt) >= RTT_SLOW_MILLISECONDS
