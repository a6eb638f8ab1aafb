"""Which PINs may be chosen."""

import pytest

from app.foundation.errors import InvalidInput
from app.identity.rules import pins
from app.identity.rules.pins import OwnNumbers

OWN = OwnNumbers(phone="+8613800138259", resident_id="612629198003120014")


@pytest.mark.parametrize("written", ["482915", " 482 915", "４８２９１５"])
def test_a_pin_may_be_typed_as_people_type(written: str) -> None:
    assert pins.new_pin_of(written, OWN, field="input.pin") == "482915"


@pytest.mark.parametrize("written", ["", "48291", "4829150", "48291x", "٤٨٢٩١٥", "4" * 10_000])
def test_a_malformed_pin_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pins.pin_input(written)
    assert refused.value.reason_key == "identity.reason.pin"


@pytest.mark.parametrize(
    "pin",
    [
        "123456", "000000", "654321", "111111", "012345", "890123", "135791", "121212", "111222",
        "123123", "520520", "123321", "112233", "778899", "100000",
    ],
)  # fmt: skip
def test_a_pin_that_anybody_would_try_is_refused(pin: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pins.new_pin_of(pin, OWN, field="input.newPin")
    assert refused.value.field == "input.newPin"
    assert refused.value.reason_key == "identity.reason.pin_easy"


@pytest.mark.parametrize(
    "pin",
    ["138259", "800312", "120380", "031280", "198003", "031980", "120014"],
    ids=["phone tail", "YYMMDD", "DDMMYY", "MMDDYY", "YYYYMM", "MMYYYY", "ID tail"],
)
def test_a_pin_from_the_borrowers_own_numbers_is_refused(pin: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pins.new_pin_of(pin, OWN, field="input.pin")
    assert refused.value.reason_key == "identity.reason.pin_own"


def test_short_days_and_an_x_count_as_people_write_them() -> None:
    own = OwnNumbers(phone="+8613800138259", resident_id="11010519491231002X")
    for pin in ("310020", "231002"):
        with pytest.raises(InvalidInput):
            pins.new_pin_of(pin, own, field="input.pin")
    may = OwnNumbers(phone="+8613800138259", resident_id="61262919850501001X")
    with pytest.raises(InvalidInput):
        pins.new_pin_of("198551", may, field="input.pin")


def test_before_the_profile_only_the_phone_is_known() -> None:
    own = OwnNumbers(phone=OWN.phone, resident_id=None)
    assert pins.new_pin_of("800312", own, field="input.pin") == "800312"
    with pytest.raises(InvalidInput):
        pins.new_pin_of("138259", own, field="input.pin")


def test_refusing_easy_pins_takes_few_away() -> None:
    """One in 17 is looked at: 17 shares no factor with patterns such as abcabc = 1001 x abc."""
    easy = sum(pins.is_easy(f"{number:06d}") for number in range(0, 1_000_000, 17))
    assert easy / (1_000_000 / 17) < 0.006
