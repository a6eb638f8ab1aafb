"""How hard a text is, by the published formula in English and by our own in Chinese."""

import pytest

from app.literacy.rules import grade_of
from app.literacy.rules.characters import EARLY_CHARACTERS
from app.literacy.rules.reading import syllables_of

SYLLABLES = {
    1: "loan owed paid called charge rates miles rules whole phones twelve once a",
    2: "people borrowed needed handled table apples prices wishes paying business something",
    3: "interest agreement principal idea radio receiving various serious guarantee fertilized",
    4: "fertilizer situation anybody independent",
}


@pytest.mark.parametrize(
    ("word", "count"),
    [(word, count) for count, words in SYLLABLES.items() for word in words.split()],
)
def test_syllables_are_counted_as_they_are_spoken(word: str, count: int) -> None:
    assert syllables_of(word) == count


def test_english_is_graded_by_flesch_and_kincaid() -> None:
    # 11 words, 2 sentences, 11 syllables: 0.39 x 5.5 + 11.8 - 15.59 is below grade 1.
    assert grade_of("You pay the bank each month. Do not pay too late.", "en") == 1
    # 13 words, 1 sentence, 33 syllables: 0.39 x 13 + 11.8 x 33 / 13 - 15.59 = 19.43.
    hard = (
        "Borrowers must carefully evaluate every contractual provision before finally signing"
        " binding loan papers."
    )
    assert grade_of(hard, "en") == 19


def test_chinese_is_graded_by_length_of_sentences_and_share_of_rare_characters() -> None:
    assert EARLY_CHARACTERS.issuperset("我们每月还钱给家里")
    assert "赊" not in EARLY_CHARACTERS
    assert grade_of("我们每个月还一次。", "zh-Hans") == 1  # (8 - 5) / 3
    assert grade_of("我们每个月都要还一次钱给家里人", "zh-Hans") == 3  # (15 - 5) / 3 = 3.33
    assert grade_of("我们每个月都要还一次钱给家赊人", "zh-Hans") == 5  # and 30 x 1 / 15
    assert grade_of("", "zh-Hans") == grade_of("—", "en") == 1


def test_marks_of_markdown_are_not_read() -> None:
    shown = "- **Pay** on time\n- Ask for help\n\n| a | b |\n|---|---|\n| c | d |\n"
    assert grade_of(shown, "en") == grade_of("Pay on time. Ask for help. a. b. c. d.", "en")
    assert grade_of("1. 还 899.75 元", "zh-Hans") == grade_of("还七元", "zh-Hans")
