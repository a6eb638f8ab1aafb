"""Hints of a slow line are believed where they are hints, and choose a smaller picture."""

import pytest
from starlette.datastructures import Headers

from app.gateway.hints import is_slow


@pytest.mark.parametrize(
    ("sent", "slow"),
    [
        ({"save-data": "on"}, True),
        ({"save-data": "ON "}, True),
        ({"ect": "2g"}, True),
        ({"ect": "slow-2g"}, True),
        ({"rtt": "600"}, True),
        ({"rtt": "1450", "ect": "4g"}, True),
        ({}, False),
        ({"save-data": "off", "ect": "3g", "rtt": "575"}, False),
        ({"rtt": "6e9"}, False),
        ({"rtt": "-600"}, False),
        ({"rtt": "٦٠٠"}, False),
    ],
)
def test_only_hints_that_say_so_make_a_line_slow(sent: dict[str, str], *, slow: bool) -> None:
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    assert is_slow(Headers(raw=raw)) is slow
