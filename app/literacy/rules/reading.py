"""How hard a text is to read, as a school grade: one formula for each language we teach in."""

import re
from fractions import Fraction
from functools import lru_cache

from app.literacy.rules.characters import EARLY_CHARACTERS

PLAIN_GRADE_MAX = {"zh-Hans": 4, "en": 5}
"""The school grade whose pupils can read a plain version, at most."""

_TABLE_RULE = re.compile(r"^[\s|:-]+$", re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:#+|[-*]|\d+[.)])\s+", re.MULTILINE)
_MARKS = re.compile(r"[*_`#>]")
_FIGURE = re.compile(r"[¥$]?\d+(?:[,.:/-]\d+)*%?")
_STOP_EN = re.compile(r"[.!?:;\n|]+")
_STOP_ZH = re.compile(r"[。！？；：…\n|]+")
_WORD_EN = re.compile(r"[A-Za-z0]+(?:['’-][A-Za-z]+)*")
_WORD_ZH = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FIGURE_WORD = "0"

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"[^aeiouy]e$(?<![^aeiouyl]le)"  # one, large; but ta-ble
    r"|[^aeiouysxzcg]es$(?<![^aeiouyl]les)(?<!ches)(?<!shes)"  # rates; but pri-ces, wish-es
    r"|[^aeiouytd]ed$(?<![^aeiouyl]led)"  # asked; but need-ed, han-dled
    r"|[^aeiouyl]e(?=(?:ly|ment|ful|less|thing|times?|body|where)(?:ly|s)?$)"  # safely, something
    r"|usi(?=ness)"  # busi-ness
)
_APART = re.compile(
    r"[aeiouy](?=ing)"  # pay-ing
    r"|(?<![tcsg])(?<!ll)i(?=a|o|um|en[ct]|et)|(?<!g)u(?=a|ou)"  # ra-di-o, cli-ent, us-u-al
    r"|e(?=a$|ate)|y(?=one$)|[^o]eo(?!ple)(?!n$)"  # i-de-a, cre-ate, an-y-one
)


def grade_of(text: str, language: str) -> int:
    """
    Return the school grade whose pupils read a text without help, 1 or more.

    Chinese and English are measured by formulas of their own and must not be compared.

    Args:
        text: Plain Markdown; its marks are not read.
        language: One of those we teach in.
    """
    grade = _grade_zh(text) if language == "zh-Hans" else _grade_en(text)
    return max(1, int(grade + Fraction(1, 2)))


def _grade_en(text: str) -> Fraction:
    """
    Return the Flesch-Kincaid grade level.

    Source: Kincaid, Fishburne, Rogers and Chissom, Derivation of New Readability Formulas for Navy
    Enlisted Personnel, 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59. A colon, a
    semicolon and the end of a line end a sentence too; a figure is a word of one syllable.
    """
    sentences = [words for part in _parts(text, _STOP_EN) if (words := _WORD_EN.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return Fraction(0)
    syllables = sum(map(syllables_of, words))
    return (
        Fraction(39, 100) * Fraction(len(words), len(sentences))
        + Fraction(118, 10) * Fraction(syllables, len(words))
        - Fraction(1559, 100)
    )


def _grade_zh(text: str) -> Fraction:
    """
    Return our reading aid for Chinese: a third of a grade a character, 0.3 a percent of rare ones.

    (Mean characters a sentence - 5) / 3 + 30 x the share of characters that are not among the
    1,600 early ones. No formula for Chinese is as settled as Flesch-Kincaid is for English. This
    one keeps the two measures on which the published ones agree, length of sentences and share of
    uncommon characters, and was set by us, not fitted to pupils: sentences of 8 characters are
    grade 1, of 14 grade 3 and of 20 grade 5, about as primary readers lengthen theirs; each 3.3 %
    of uncommon characters adds a grade. A figure counts as one character; a colon, a semicolon
    and the end of a line end a sentence too.
    """
    sentences = [found for part in _parts(text, _STOP_ZH) if (found := _WORD_ZH.findall(part))]
    characters = [one for sentence in sentences for one in sentence]
    if not characters:
        return Fraction(0)
    rare = sum(bool(_HAN.match(one)) and one not in EARLY_CHARACTERS for one in characters)
    return (
        Fraction(len(characters), 3 * len(sentences))
        - Fraction(5, 3)
        + Fraction(30 * rare, len(characters))
    )


@lru_cache(8192)  # a course has few words, often
def syllables_of(word: str) -> int:
    """Count the syllables of an English word, as its letters suggest; a figure has one."""
    letters = re.sub(r"['’]", "", word.lower())
    return sum(map(_syllables, letters.split("-")))


def _syllables(word: str) -> int:
    vowels = len(_VOWELS.findall(word))
    return max(1, vowels + len(_APART.findall(word)) - len(_SILENT.findall(word)))


def _parts(text: str, stop: re.Pattern[str]) -> list[str]:
    plain = _LIST_MARK.sub("", _TABLE_RULE.sub("", text))
    return stop.split(_FIGURE.sub(_FIGURE_WORD, _MARKS.sub("", plain)))
