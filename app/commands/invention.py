"""What nobody's answers say: texts with figures filled in, products, lessons, drawn names."""

import random
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from app.foundation.text import DATE_FORMS, TEXTS, filled
from app.literacy.operations import read_course
from app.literacy.rules import Course, Moment, Suggestion, lesson_for, suggestions_from

FIXTURES = Path(__file__).parents[2] / "fixtures"
START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 700
DAY_MICROSECONDS = 86_400 * 10**6
LIKELY = 0.8
"""How often all is well: nothing is late, a message is new, a profile is complete."""
ROWS_MAX = 12
LIST_MAX = 3

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "秀英桂兰建国志强小梅春花文军玉珍丽华海燕"
_SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PREFIXES = {"Loan": "ln", "LoanApplication": "ap", "Notification": "nt", "Repayment": "rp"}
_SECTIONS: Mapping[str, tuple[str, str]] = {
    "Loan.explanation": ("servicing", "standing"),
    "LoanEvent.text": ("servicing", "event"),
    "BetterOffer.words": ("origination", "better"),
    "Guarantee.stateWords": ("origination", "guarantee_state"),
}
"""Which texts a field shows; of a problem's message see `_problem`."""
_AS_WRITTEN = {
    "method": "method",
    "payee": "payee",
    "consents": "consents",
    "consentsOptional": "consents_optional",
}
"""A product's fields that its file has as they are shown."""
_CONSENTS = (
    "credit_query",
    "automated_decision",
    "share_with_funders",
    "share_with_guarantor",
    "share_with_merchant",
    "mobile_payment_data",
    "cooperative_data",
)
_USUAL_MESSAGES = (
    "application_approved",
    "device_enrolled",
    "due_soon",
    "due_today",
    "lesson_suggested",
    "loan_disbursed",
    "repayment_received",
)
_USUAL_MOMENTS = (Moment.BEFORE_SIGNING, Moment.AFTER_DISBURSEMENT, Moment.BEFORE_FIRST_DUE)
"""What nearly everybody is told, who borrows and pays back."""
_ROOMS = ("identity", "origination", "servicing", "payments", "messaging", "foundation")

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


class Inventor:
    """Makes values up, of which those of one object belong together."""

    def __init__(self, draw: random.Random) -> None:
        self.language = "zh-Hans"
        self._random = draw
        self._place = 1
        self._suggestion: Suggestion | None = None

    def items(self, name: str) -> Iterator[int]:
        """Count the items of a list out, each with what it is to be about."""
        if name == "lessonSuggestions":
            for place, suggestion in enumerate(self._suggestions()):
                self._suggestion = suggestion
                yield place
            self._suggestion = None
            return
        often_one = name == "loans" and self._is_likely()
        most = 1 if often_one else ROWS_MAX if name == "installments" else LIST_MAX
        for place in range(1, self._random.randint(1, most) + 1):
            self._place = place
            yield place

    def _suggestions(self) -> Sequence[Suggestion]:
        """Suggest what the course's own rules do to somebody who has got so far."""
        course = _course()
        is_usual = self._is_likely()
        so_far = self._random.randint(0, 2 if is_usual else 8)
        completed = frozenset(one.slug for one in course.lessons[:so_far])
        moments = _USUAL_MOMENTS if is_usual else [one for one in Moment if one is not Moment.NONE]
        happened = self._random.sample(moments, self._random.randint(0, 3))
        found = [(lesson_for(course, one, completed=completed, told=()), one) for one in happened]
        told = [(lesson.slug, one, self._moment().date()) for lesson, one in found if lesson]
        return suggestions_from(course, told, completed=completed)

    def _is_likely(self) -> bool:
        return self._random.random() < LIKELY

    def scalar(self, parent: str, name: str, scalar: str) -> Json:
        """Make a value of a field up, by its own name and those of its types."""
        draw = self._random
        made: dict[str, Callable[[], Json]] = {
            "Boolean": self._is_likely,
            "Int": lambda: draw.randint(0, 24),
            "Fen": lambda: draw.choice([0, draw.randint(1, 9999), 100 * draw.randint(1, 50_000)]),
            "Rate": lambda: f"0.{draw.randint(300, 1999):04d}",
            "Date": lambda: f"{self._moment():%Y-%m-%d}",
            "DateTime": lambda: self._moment().isoformat(),
            "ID": lambda: self._id(_PREFIXES.get(parent) or _PREFIXES.get(name[:-2].title(), "qm")),
        }
        return made[scalar]() if scalar in made else self._text(parent, name)

    def _moment(self) -> datetime:
        return START + timedelta(microseconds=self._random.randrange(DAYS * DAY_MICROSECONDS))

    def _id(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices(_SYMBOLS, k=14))

    def beginning(self, name: str) -> Mapping[str, Json]:
        """Return fields whose values belong together."""
        if name.endswith("Problem"):
            return self._problem()
        begin = {
            "ApplicationConsent": self._consent,
            "Borrower": lambda: {"isProfileComplete": True} if self._is_likely() else {},
            "DecisionReason": self._reason,
            "Installment": self._installment,
            "Lesson": self._lesson,
            "LessonSuggestion": self._shown,
            "Loan": self._loan,
            "LoanApplication": lambda: self._standing("origination", "state", "stateWords"),
            "LoanLender": self._lender,
            "MissingStep": self._missing,
            "Notification": self._notification,
            "Product": self._product,
            "ProductLender": self._lender,
            "Repayment": self._repayment,
        }.get(name)
        return begin() if begin is not None else {}

    def _standing(self, room: str, section: str, field: str) -> Mapping[str, Json]:
        name = "state" if field == "stateWords" else "status"
        state, words = self._random.choice(sorted(_texts(room)[self.language][section].items()))
        return {name: state, field: self._filled(words)}

    def _repayment(self) -> Mapping[str, Json]:
        """Most are looked at when they have just begun, which is what `repay` answers."""
        if not self._is_likely():
            return self._standing("payments", "standing", "explanation")
        begun = "INITIATED"
        words = _texts("payments")[self.language]["standing"][begun]
        return {"status": begun, "payLink": None, "explanation": words}

    def _loan(self) -> Mapping[str, Json]:
        nothing = dict.fromkeys(
            ("dueNow", "overdue", "daysPastDue", "penalty", "unapplied", "refundable"), 0
        )
        calm = {**nothing, "status": "ACTIVE", "bucket": "CURRENT"} if self._is_likely() else {}
        return {**self._product(), **calm}

    def _installment(self) -> Mapping[str, Json]:
        nothing = dict.fromkeys(
            ("paid", "fee", "cost", "penalty", "waived", "paidByOthers", "paidPrincipal"), 0
        )
        calm = {**nothing, "status": "NOT_YET_DUE"} if self._is_likely() else {}
        return {"number": self._place, **calm}

    def _shown(self) -> Mapping[str, Json]:
        assert self._suggestion is not None, "one is shown in its list"
        moment = self._suggestion.moment.name
        on = self._suggestion.suggested_on
        return {
            "moment": moment,
            "reason": _texts("literacy")[self.language]["moment"][moment],
            "suggestedOn": None if on is None else on.isoformat(),
        }

    def _missing(self) -> Mapping[str, Json]:
        kind, words = self._random.choice(
            sorted(_texts("origination")[self.language]["missing"].items())
        )
        consent = self._random.choice(_CONSENTS)
        title = _texts("origination")[self.language]["consent_v2"][f"{consent}_title"]
        said = words.replace("{title}", title)
        known = consent.upper() if kind == "CONSENT" else None
        return {"kind": kind, "message": self._filled(said), "consent": known}

    def _consent(self) -> Mapping[str, Json]:
        consent = self._random.choice(_CONSENTS)
        words = _texts("origination")[self.language]["consent_v2"]
        title, body = (self._filled(words[f"{consent}_{part}"]) for part in ("title", "body"))
        return {"kind": consent.upper(), "title": title, "text": body}

    def _notification(self) -> Mapping[str, Json]:
        kinds = _USUAL_MESSAGES if self._is_likely() else sorted(_messages())
        kind = self._random.choice(kinds)
        words = _messages()[kind][self.language]
        title, body = (self._filled(words[part]) for part in ("title", "body"))
        unread: dict[str, Json] = {"readAt": None} if self._is_likely() else {}
        return {"kind": kind.upper(), "title": title, "body": body, **unread}

    def _reason(self) -> Mapping[str, Json]:
        code, reason = self._random.choice(sorted(_reasons().items()))
        change = reason["what_would_change_it"]
        return {
            "code": code,
            "words": reason["words"][self.language],
            "whatWouldChangeIt": change[self.language] if change else None,
        }

    def _product(self) -> Mapping[str, Json]:
        product = self._random.choice(_products())
        words = product["wording"][self.language]
        return {
            "code": product["code"],
            "productName": words["name"],
            "graceDays": 3,
            "months": product["terms"]["months"],
            **{name: product[key] for name, key in _AS_WRITTEN.items() if key in product},
            **words,
        }

    def _lender(self) -> Mapping[str, Json]:
        funders = [funder for product in _products() for funder in product["funders"]]
        funder = self._random.choice(funders)
        name = funder["name"][self.language]
        return {"code": funder["code"], "name": name, "share": funder["share"]}

    def _lesson(self) -> Mapping[str, Json]:
        shown = self._suggestion
        lesson = self._random.choice(_course().lessons) if shown is None else shown.lesson
        words = lesson.texts[self.language]
        return {
            "slug": lesson.slug,
            "title": words.title,
            "summary": words.summary,
            "minutes": lesson.minutes,
            "points": lesson.points,
            "track": lesson.track.name,
        }

    def _problem(self) -> Mapping[str, Json]:
        room = self._random.choice(_ROOMS)
        refusals = _texts(room)[self.language]["refusal"]
        code, words = self._random.choice(sorted(refusals.items()))
        return {"code": code, "message": self._filled(words)}

    def _text(self, type_name: str, name: str) -> str:
        draw = self._random
        if (section := _SECTIONS.get(f"{type_name}.{name}")) is not None:
            room, part = section
            return self._filled(draw.choice(sorted(_texts(room)[self.language][part].values())))
        if name == "name":
            return draw.choice(_SURNAMES) + "*" * draw.randint(1, 2)
        if name == "phone":
            return f"199****{draw.randint(0, 9999):04d}"
        if name.endswith(("Hash", "Path", "Token", "challenge", "Cursor")):
            return "".join(draw.choices(_SYMBOLS, k=24))
        room = draw.choice(_ROOMS)
        sections = _texts(room)[self.language]
        words = sections[draw.choice(sorted(sections))]
        return self._filled(draw.choice(sorted(words.values())))

    def _filled(self, sentence: str) -> str:
        """Fill a sentence's places in, by what stands in their names."""
        data: dict[str, object] = {}
        for _, place, kind, _ in string.Formatter().parse(sentence):
            if place is None:
                continue
            if kind == "yuan":
                data[place] = self._random.randint(100, 300_000)
            elif kind in DATE_FORMS:
                data[place] = self._moment().date()
            elif kind:
                data[place] = self._random.randint(1, 99)
            else:
                name = self._random.choice(_SURNAMES) + "".join(self._random.choices(_GIVEN, k=2))
                data[place] = name if "name" in place else self._random.randint(1, 36)
        return filled(sentence, self.language, data)


@cache
def _texts(room: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((TEXTS / f"{room}.toml").read_text(encoding="utf-8"))


@cache
def _messages() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return what notifications say, by kind and language."""
    room = _texts("messaging")
    return {
        kind: {language: room[language][kind] for language in room}
        for kind, words in room["zh-Hans"].items()
        if {"title", "body"} <= words.keys()
    }


@cache
def _course() -> Course:
    return read_course()


@cache
def _products() -> Sequence[Mapping[str, Any]]:
    files = sorted((FIXTURES / "products").glob("*.toml"))
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]


@cache
def _reasons() -> Mapping[str, Mapping[str, Any]]:
    files = sorted((FIXTURES / "policy").glob("scorecard-v*.json"))
    return orjson.loads(files[-1].read_bytes())["reasons"]
