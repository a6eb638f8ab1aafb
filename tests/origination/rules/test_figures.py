"""Rates are written exactly and shortly."""

from decimal import Decimal

import pytest

from app.origination.rules.figures import cost_text, percent_text, rate_text


@pytest.mark.parametrize(
    ("rate", "machine", "people", "cost"),
    [
        ("0.066", "0.0660", "6.60%", "6.60%"),
        ("0.120450", "0.12045", "12.045%", "12.05%"),
        ("0.0480022869", "0.048002", "4.8002%", "4.80%"),
        ("1", "1.0000", "100.00%", "100.00%"),
        ("0", "0.0000", "0.00%", "0.00%"),
        ("0.0000005", "0.000001", "0.0001%", "0.00%"),
        ("-0.01", "-0.0100", "-1.00%", "-1.00%"),
    ],
)
def test_a_rate_is_written_for_machines_and_for_people(
    rate: str, machine: str, people: str, cost: str
) -> None:
    assert rate_text(Decimal(rate)) == machine
    assert percent_text(Decimal(rate)) == people
    assert cost_text(Decimal(rate)) == cost
