"""A borrower's copy of their data: one document for machines, and one for people to read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import cast

import orjson

from app.foundation.canonical import sha256_of
from app.foundation.clock import SHANGHAI
from app.foundation.holding import Held, Plain, Record
from app.foundation.text import text
from app.identity.rules import card_tail, masked_resident_id, payee_number, payee_tail

FORMAT = "qingmiao-my-data"
FORMAT_VERSION = 1

AMOUNTS = frozenset({"income", "monthly_income", "debt_payments"})
"""Whole fen under a name without `_fen`."""

WORDS_BY_LANGUAGE = frozenset({"words", "reasons_in_words"})
"""What is written in both languages; the copy for people has the one they read."""

CODED = frozenset(
    {
        "act",
        "author",
        "bucket",
        "category",
        "channel",
        "contested_why",
        "field",
        "kind",
        "language",
        "means",
        "offered_by",
        "outcome",
        "purpose",
        "question",
        "reason",
        "reviewed_outcome",
        "staff_role",
        "stage",
        "state",
        "status",
        "what",
        "way",
    }
)
"""What is kept as a code; people read what it means."""

LOOK_WORDS = {"what": "what", "staff_role": "role", "reason": "why"}
"""Which words of the record of looks a code has first."""

SAID_BY = {"reasons": "reasons_in_words", "data": "words", "kind": "words"}
"""What another item of the same record says better to a person."""

ONLY_IF_ANY = frozenset(
    {
        "bytes_count",
        "cost_fen",
        "fee_fen",
        "paid_cost_fen",
        "paid_fee_fen",
        "paid_interest_fen",
        "paid_penalty_fen",
        "paid_principal_fen",
        "penalty_fen",
        "waived_fen",
    }
)
"""Numbers that say nothing while they are zero."""

OTHER_LANGUAGE = {"zh-Hans": "text_en", "en": "text_zh"}
"""Certificates have their words in two columns."""


def masked_card(number: str) -> str:
    """Show a card or account by its tail: ****0013."""
    return f"****{card_tail(number)}"


def masked_payee(reference: str) -> str:
    """Show where money goes by its tail: a card, an account or a wallet, without its owner."""
    return f"****{payee_tail(reference)}"


MASKS: Mapping[str, Callable[[str], str]] = {
    "resident_id": masked_resident_id,
    "bank_card": masked_card,
    "payee": masked_payee,
    "openid": masked_payee,
}
"""What the borrower is shown masked unless their phone's key signs for it, by item."""

MASKED_WHEREVER_MIN = 12
"""From this length on such a number is looked for in all words, where it cannot be by chance."""


def masked(rooms: Mapping[str, Held]) -> dict[str, Held]:
    """
    Mask resident IDs and numbers of cards and accounts, wherever in the rooms' records they stand.

    They are found by their items, and then in every other text too: an agreement names them, and a
    borrower may have written them to us.
    """
    found = dict(_numbers(rooms))
    wherever = {
        number: mask for number, mask in found.items() if len(number) >= MASKED_WHEREVER_MIN
    }
    return {
        room: {
            section: [
                {key: _masked(key, value, found, wherever) for key, value in record.items()}
                for record in records
            ]
            for section, records in held.items()
        }
        for room, held in rooms.items()
    }


def _numbers(rooms: Mapping[str, Held]) -> Iterator[tuple[str, str]]:
    """Give each number that is to be masked, with its mask."""
    for held in rooms.values():
        for records in held.values():
            for record in records:
                for key, value in record.items():
                    # A wish for a correction names its item, and what is to stand there.
                    item = str(record.get("field")).lower() if key == "value" else key
                    if item in MASKS and isinstance(value, str) and value:
                        yield value, MASKS[item](value)
                        if MASKS[item] is masked_payee:  # other texts have it without its owner
                            yield payee_number(value), masked_payee(value)


def _masked(key: str, value: Plain, found: Mapping[str, str], wherever: Mapping[str, str]) -> Plain:
    if isinstance(value, str):
        if (key in MASKS or key == "value") and value in found:
            return found[value]
        for number, mask in wherever.items():
            value = value.replace(number, mask)
        return value
    if isinstance(value, list):
        return [_masked("", one, found, wherever) for one in value]
    if isinstance(value, dict):
        return {name: _masked(name, one, found, wherever) for name, one in value.items()}
    return value


def portable(
    borrower_id: str, rooms: Mapping[str, Held], made_at: datetime, *, is_masked: bool
) -> str:
    """
    Write everything as one JSON document in UTF-8.

    `rooms` has sections by room and records by section; keys are the names that `readable` puts
    words to. Amounts are whole fen, moments ISO 8601 in UTC, days ISO 8601. `is_masked` says
    whether the rooms went through `masked`.
    """
    document = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "borrower_id": borrower_id,
        "made_at": made_at.isoformat(timespec="seconds"),
        "is_masked": is_masked,
        "rooms": rooms,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def readable(
    rooms: Mapping[str, Held], made_at: datetime, language: str, *, is_masked: bool
) -> str:
    """Write everything a person can read in their language, section by section."""
    about = "about_masked" if is_masked else "about"
    lines = [
        text("privacy.copy.title", language),
        text("privacy.copy.made_at", language, at=_moment(made_at)),
        text(f"privacy.copy.{about}", language),
    ]
    empty: list[str] = []
    for held in rooms.values():
        for section, records in held.items():
            title = text(f"privacy.data_section.{section}", language)
            if not records:
                empty.append(title)
                continue
            lines += ["", f"■ {title}"]
            for number, record in enumerate(records, start=1):
                if len(records) > 1:
                    lines.append(text("privacy.copy.number", language, number=number))
                lines += _lines(record, language)
    if empty:
        names = text("privacy.copy.separator", language).join(empty)
        lines += ["", text("privacy.copy.empty", language, names=names)]
    return "\n".join(lines) + "\n"


def fingerprint(document: str) -> str:
    """Return the SHA-256 by which a copy can be told from another."""
    return sha256_of(document)


def _lines(record: Record, language: str) -> list[str]:
    lines: list[str] = []
    for key, value in record.items():
        if value is None or value in ("", [], {}) or key == OTHER_LANGUAGE[language]:
            continue
        if SAID_BY.get(key) in record or (value == 0 and key in ONLY_IF_ANY):
            continue
        label = text(f"privacy.data_item.{key}", language)
        lines.append(
            text("privacy.copy.line", language, label=label, value=_said(key, value, language))
        )
    return lines


def _said(key: str, value: Plain, language: str) -> str:
    if isinstance(value, bool):
        return text(f"privacy.copy.{'yes' if value else 'no'}", language)
    if isinstance(value, int):
        is_money = key in AMOUNTS or key.endswith("_fen")
        return text("privacy.copy.yuan", language, amount_fen=value) if is_money else str(value)
    if isinstance(value, str):
        if key.endswith("_at"):
            return _moment(datetime.fromisoformat(value))
        return _in_words(key, value, language) if key in CODED else value
    if key in WORDS_BY_LANGUAGE:
        return _in(value, language)
    return text("privacy.copy.in_file", language)


def _in_words(key: str, code: str, language: str) -> str:
    """Return what a code means; the code itself where there is no word for it."""
    looked = [f"{LOOK_WORDS[key]}.{code}"] if key in LOOK_WORDS else []
    for place in (*looked, f"data_code.{key}_{code}", f"data_code.{code}"):
        with suppress(KeyError):
            return text(f"privacy.{place}", language)
    return code


def _in(value: Plain, language: str) -> str:
    """Return the words of one language, of one record or of several."""
    if isinstance(value, list):
        return " ".join(_in(one, language) for one in value)
    return str(cast("dict[str, Plain]", value)[language])


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
