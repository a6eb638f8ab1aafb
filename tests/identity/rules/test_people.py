"""A person's values have one form, are checked, and are shown masked."""

import calendar
import contextlib
import tomllib
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from app.foundation.errors import InvalidInput
from app.identity.rules import people

ON = date(2026, 11, 21)
PERSONAS = Path(__file__).parents[3] / "fixtures" / "personas"
ID = "11010519491231002X"
"""The worked example of GB 11643-1999."""


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 138 0013 8000",
        "008613800138000",
        "+86 (138) 00138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
    ],
)
def test_every_usual_writing_of_a_phone_is_one_number(written: str) -> None:
    assert people.phone_of(written) == "+8613800138000"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "12345",
        "1380013800",
        "138001380000",
        "1380013800a",
        "010-62781234",
        "+852 9123 4567",
        "13800138000;ext=3",
        "13800138000 x5",
        "tel:13800138000",
        "1-800-FLOWERS",
        "+" * 20,
        "-----",
        "+0000000000",
        "٠١٢٣٤٥٦٧٨٩٠",
        "1380013\x008000",
        "1" * 1_000_000,
    ],
)
def test_what_is_no_mobile_number_of_the_mainland_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        people.phone_of(written)
    assert refused.value.field == "input.phone"


@given(st.text(max_size=80))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (
        people.phone_of,
        people.name_of_person,
        people.card_of_input,
        people.region_code_of,
        people.device_name_of,
        partial(people.resident_id_of, on=ON),
    ):
        with contextlib.suppress(InvalidInput):
            assert read(text) is not None


@pytest.mark.parametrize(
    "written",
    [ID, ID.lower(), f" {ID} ", "110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ"],
)
def test_every_usual_writing_of_a_resident_id_is_one_id(written: str) -> None:
    assert people.resident_id_of(written, ON) == ID


def test_the_old_form_of_fifteen_digits_is_brought_to_eighteen() -> None:
    converted = people.resident_id_of("110105491231002", ON)
    assert converted == ID


@pytest.mark.parametrize(
    "written",
    [
        "",
        "110105194912310021",  # check digit
        "110105194902310029",  # 31 February
        "990105194912310022",  # no such place
        "11010519491231002",  # seventeen
        "11010519491231002XX",
        "1101051949123100AX",
        "110105490231002",  # 31 February, old form
    ],
)
def test_a_malformed_resident_id_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        people.resident_id_of(written, ON)
    assert refused.value.field == "input.residentId"


@pytest.mark.parametrize("born", ["20261122", "19051120"])
def test_nobody_is_born_tomorrow_or_very_long_ago(born: str) -> None:
    written = f"110105{born}002"
    written += ric.calc_check_digit(f"{written}0")
    with pytest.raises(InvalidInput):
        people.resident_id_of(written, ON)


@given(st.dates(date(1910, 1, 1), ON), st.integers(0, 120))
def test_age_grows_by_one_on_each_birthday(born: date, years: int) -> None:
    year = born.year + years
    is_leap_day = (born.month, born.day) == (2, 29) and not calendar.isleap(year)
    birthday = date(year, 3, 1) if is_leap_day else born.replace(year=year)
    assert people.age_on(born, birthday) == years
    assert people.age_on(born, birthday - timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2000, 2, 29), 0),
        (date(2018, 2, 28), 17),
        (date(2018, 3, 1), 18),
        (date(2020, 2, 29), 20),
    ],
)
def test_whoever_was_born_on_a_leap_day_grows_older_on_the_first_of_march(
    on: date, age: int
) -> None:
    assert people.age_on(date(2000, 2, 29), on) == age


def test_the_birth_date_stands_in_the_id() -> None:
    assert people.birth_date_of(ID) == date(1949, 12, 31)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("石宝塬", "石宝塬"),
        (" 欧阳娜娜 ", "欧阳娜娜"),
        ("阿依•努尔", "阿依·努尔"),
        ("𠮷田", "𠮷田"),
        ("Li Mei", "Li Mei"),
    ],
)
def test_a_name_is_kept_as_on_the_id(written: str, name: str) -> None:
    assert people.name_of_person(written) == name


@pytest.mark.parametrize(
    "written",
    ["", "石", "石1", "石\u202e宝塬", "<b>石</b>", "··", "石·", "石" * 41, "😀😀", "a\x00b"],
)
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        people.name_of_person(written)


@given(st.from_regex(r"[0-9]{12,18}", fullmatch=True))
def test_a_card_is_right_by_luhn_and_one_wrong_digit_is_noticed(body: str) -> None:
    card = body + luhn.calc_check_digit(body)
    assert people.card_of_input(f" {card[:4]} {card[4:8]}-{card[8:]}") == card
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    with pytest.raises(InvalidInput):
        people.card_of_input(wrong)


@pytest.mark.parametrize("written", ["", "6", "06102X", "061029", "910629", "6106290"])
def test_a_region_code_is_six_digits(written: str) -> None:
    with pytest.raises(InvalidInput):
        people.region_code_of(written)
    assert people.region_code_of("６１０６２９") == "610629"


def test_numbers_have_bounds() -> None:
    assert people.bounded(5, 5, field="input.x") == 5
    for wrong in (-1, 6):
        with pytest.raises(InvalidInput) as refused:
            people.bounded(wrong, 5, field="input.x")
        assert refused.value.details() == {"least": 0, "most": 5}


def test_a_phones_own_name_is_kept_plain() -> None:
    assert people.device_name_of(" Redmi\n9A\x00 ") == "Redmi9A"
    assert people.device_name_of("") == ""
    with pytest.raises(InvalidInput):
        people.device_name_of("x" * 65)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_count_back_and_forth(on: date, months: int) -> None:
    assert people.months_since(people.month_before(on, months), on) == months
    assert people.months_since(None, on) is None
    assert people.months_since(on, date(1999, 1, 1)) == 0


@pytest.mark.parametrize("persona", sorted(PERSONAS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_persona_has_a_readable_identity(persona: Path) -> None:
    told = tomllib.loads(persona.read_text(encoding="utf-8"))
    identity = told["identity"]
    assert people.phone_of(told["contact"]["phone"]).endswith(told["contact"]["phone"])
    assert people.resident_id_of(identity["resident_id"], ON) == identity["resident_id"]
    assert people.name_of_person(identity["name"]) == identity["name"]
    assert people.card_of_input(identity["bank_card"]) == identity["bank_card"]
    assert people.region_code_of(identity["region_code"]) == identity["region_code"]


def test_masks_show_what_the_specification_shows() -> None:
    assert people.masked_name("张三丰") == "张*"
    assert people.masked_phone("+8613812345678") == "138****5678"
    assert people.masked_resident_id("110105194912310034") == "110***…34"
    assert people.card_tail("6200000000000013") == "0013"
    assert people.phone_tail("+8613812345678") == "5678"


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("张三丰", "张"),
        ("欧阳春", "欧阳"),
        ("司马", "司马"),
        ("诸葛亮", "诸葛"),
        ("欧明", "欧"),
        ("阿依·努尔", "阿"),
        ("Ｌiu Wei", "L"),
        ("梅", "梅"),
    ],
)
def test_a_surname_is_the_first_character_or_a_compound_one(name: str, surname: str) -> None:
    assert people.surname_of(name) == surname
    assert people.surname_and_tail(name, "+8613812345678") == f"{surname}|5678"
    assert people.surname_and_tail(name, people.lost_phone("br00000abcdefghi")) is None
