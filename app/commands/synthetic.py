"""
Answers of nobody: what the graph could say to people who do not exist, from a seed.

Every operation in `fixtures/operations` is answered from the schema with made-up values: texts are
the app's own with figures filled in, products, reasons and lessons those of `fixtures/`, names and
ids drawn. No database is read, so nothing real can get in.
"""

import random
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
)

from app.foundation.text import TEXTS, filled
from app.literacy.operations import read_course
from app.literacy.rules import Course

FIXTURES = Path(__file__).parents[2] / "fixtures"
OPERATIONS = FIXTURES / "operations" / "borrower"
START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 700
DAY_MICROSECONDS = 86_400 * 10**6
ENGLISH_EVERY = 12
"""One answer in so many is in English."""

OFTEN: Mapping[str, int] = {
    "home": 500,
    "products": 200,
    "notifications": 150,
    "lesson_suggestions": 80,
    "loan": 80,
    "application": 60,
    "lessons": 40,
    "repay": 40,
    "repayment": 25,
    "dues": 15,
    "loans": 15,
    "payment_preview": 15,
    "payoff": 10,
    "applications": 8,
    "me": 8,
    "payment_previews": 8,
    "product": 8,
    "quote_payoff": 8,
}
"""
How many answers there are of an operation; of one that is not named here, `OTHERWISE`.

What is looked at on every start comes first; its texts are to be in the dictionary word for word.
"""
OTHERWISE = 4
SUCCEEDS = 0.75
ABSENT = 0.15
ROWS_MAX = 12
LIST_MAX = 3

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "秀英桂兰建国志强小梅春花文军玉珍丽华海燕"
_SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PREFIXES = {"Loan": "ln", "LoanApplication": "ap", "Notification": "nt", "Repayment": "rp"}
_SECTIONS: Mapping[str, tuple[str, str]] = {
    "Loan.explanation": ("servicing", "standing"),
    "LoanEvent.text": ("servicing", "event"),
    "LoanApplication.stateWords": ("origination", "state"),
    "LessonSuggestion.reason": ("literacy", "moment"),
    "ApplicationConsent.title": ("origination", "consent_v2"),
    "ApplicationConsent.text": ("origination", "consent_v2"),
    "BetterOffer.words": ("origination", "better"),
    "Guarantee.stateWords": ("origination", "guarantee_state"),
    "Repayment.explanation": ("payments", "receipt"),
}
"""Which texts a field shows; of a problem's message see `_problem`."""
_ROOMS = ("identity", "origination", "servicing", "payments", "messaging", "foundation")

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


class Synthesizer:
    """Makes answers up; the same seed and the same files make the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing here is to be unguessable
        self._schema = _published_schema()
        self._language = "zh-Hans"
        self._fragments: dict[str, FragmentDefinitionNode] = {}

    def answers(self, most: int | None = None) -> Iterator[bytes]:
        """
        Yield the bodies of answers, of each operation as many as its screen is looked at.

        Of none more than `most`, if that is said.
        """
        for path in sorted(OPERATIONS.glob("*.graphql")):
            document = parse(path.read_text(encoding="utf-8"))
            often = OFTEN.get(path.stem, OTHERWISE)
            for number in range(often if most is None else min(often, most)):
                self._language = "en" if number % ENGLISH_EVERY == 1 else "zh-Hans"
                yield orjson.dumps({"data": self._answer(document)})

    def _answer(self, document: DocumentNode) -> Json:
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        (operation,) = (
            one for one in document.definitions if isinstance(one, OperationDefinitionNode)
        )
        root = self._schema.get_root_type(operation.operation)
        assert root is not None, "the graph has what its operations ask"
        return self._object(root, operation.selection_set)

    def _object(self, type_: GraphQLObjectType, selected: SelectionSetNode) -> dict[str, Json]:
        said: dict[str, Json] = {}
        known = self._beginning(type_)
        for key, field in self._fields(type_, selected):
            name = field.name.value
            if name == "__typename":
                said[key] = type_.name
            elif name in known:
                said[key] = known[name]
            else:
                said[key] = self._value(type_, field, type_.fields[name].type)
        return said

    def _fields(
        self, type_: GraphQLObjectType, selected: SelectionSetNode
    ) -> Iterator[tuple[str, FieldNode]]:
        for node in selected.selections:
            match node:
                case FieldNode():
                    yield (node.alias or node.name).value, node
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if self._holds(type_, fragment.type_condition.name.value):
                        yield from self._fields(type_, fragment.selection_set)
                case InlineFragmentNode(type_condition=on):
                    if on is None or self._holds(type_, on.name.value):
                        yield from self._fields(type_, node.selection_set)
                case _:
                    raise AssertionError("there are three kinds of selections")

    def _holds(self, type_: GraphQLObjectType, name: str) -> bool:
        on = self._schema.type_map[name]
        if isinstance(on, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.is_sub_type(on, type_)
        return on is type_

    def _value(self, parent: GraphQLNamedType, field: FieldNode, type_: Any) -> Json:  # noqa: ANN401 - any of graphql-core's
        if not isinstance(type_, GraphQLNonNull):
            if self._random.random() < ABSENT and parent.name not in {"Query", "Mutation"}:
                return None
        else:
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            most = ROWS_MAX if field.name.value == "installments" else LIST_MAX
            count = self._random.randint(1, most)
            inner = type_.of_type
            if not isinstance(inner, GraphQLNonNull):
                inner = GraphQLNonNull(inner)
            return [self._value(parent, field, inner) for _ in range(count)]
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = self._schema.get_possible_types(type_)
            is_first = self._random.random() < SUCCEEDS
            type_ = possible[0] if is_first else self._random.choice(possible)
        if isinstance(type_, GraphQLObjectType):
            assert field.selection_set is not None, "an object is asked for its fields"
            return self._object(type_, field.selection_set)
        if isinstance(type_, GraphQLEnumType):
            return self._random.choice(sorted(type_.values))
        return self._scalar(parent, field.name.value, str(type_))

    def _scalar(self, parent: GraphQLNamedType, name: str, scalar: str) -> Json:
        draw = self._random
        made: dict[str, Callable[[], Json]] = {
            "Boolean": lambda: draw.random() < SUCCEEDS,
            "Int": lambda: draw.randint(0, 24),
            "Fen": lambda: draw.choice([0, draw.randint(1, 9999), 100 * draw.randint(1, 50_000)]),
            "Rate": lambda: f"0.{draw.randint(300, 1999):04d}",
            "Date": lambda: f"{self._moment():%Y-%m-%d}",
            "DateTime": lambda: self._moment().isoformat(),
            "ID": lambda: self._id(
                _PREFIXES.get(parent.name) or _PREFIXES.get(name[:-2].title(), "qm")
            ),
        }
        return made[scalar]() if scalar in made else self._text(parent.name, name)

    def _moment(self) -> datetime:
        return START + timedelta(microseconds=self._random.randrange(DAYS * DAY_MICROSECONDS))

    def _id(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices(_SYMBOLS, k=14))

    def _beginning(self, type_: GraphQLObjectType) -> Mapping[str, Json]:
        """Return fields whose values belong together."""
        if type_.name.endswith("Problem"):
            return self._problem()
        begin = {
            "Notification": self._notification,
            "DecisionReason": self._reason,
            "Product": self._product,
            "Loan": self._product,
            "LoanLender": self._lender,
            "ProductLender": self._lender,
            "Lesson": self._lesson,
        }.get(type_.name)
        return begin() if begin is not None else {}

    def _notification(self) -> Mapping[str, Json]:
        kind = self._random.choice(sorted(_messages()))
        words = _messages()[kind][self._language]
        title, body = (self._filled(words[part]) for part in ("title", "body"))
        return {"kind": kind.upper(), "title": title, "body": body}

    def _reason(self) -> Mapping[str, Json]:
        code, reason = self._random.choice(sorted(_reasons().items()))
        change = reason["what_would_change_it"]
        return {
            "code": code,
            "words": reason["words"][self._language],
            "whatWouldChangeIt": change[self._language] if change else None,
        }

    def _product(self) -> Mapping[str, Json]:
        product = self._random.choice(_products())
        words = product["wording"][self._language]
        return {"code": product["code"], "productName": words["name"], **words}

    def _lender(self) -> Mapping[str, Json]:
        funders = [funder for product in _products() for funder in product["funders"]]
        funder = self._random.choice(funders)
        name = funder["name"][self._language]
        return {"code": funder["code"], "name": name, "share": funder["share"]}

    def _lesson(self) -> Mapping[str, Json]:
        lesson = self._random.choice(_course().lessons)
        words = lesson.texts[self._language]
        return {"slug": lesson.slug, "title": words.title, "summary": words.summary}

    def _problem(self) -> Mapping[str, Json]:
        room = self._random.choice(_ROOMS)
        refusals = _texts(room)[self._language]["refusal"]
        code, words = self._random.choice(sorted(refusals.items()))
        return {"code": code, "message": self._filled(words)}

    def _text(self, type_name: str, name: str) -> str:
        draw = self._random
        if (section := _SECTIONS.get(f"{type_name}.{name}")) is not None:
            room, part = section
            return self._filled(draw.choice(sorted(_texts(room)[self._language][part].values())))
        if name == "name":
            return draw.choice(_SURNAMES) + "*" * draw.randint(1, 2)
        if name == "phone":
            return f"199****{draw.randint(0, 9999):04d}"
        if name.endswith(("Hash", "Path", "Token", "challenge", "Cursor")):
            return "".join(draw.choices(_SYMBOLS, k=24))
        room = draw.choice(_ROOMS)
        sections = _texts(room)[self._language]
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
            elif kind == "date":
                data[place] = self._moment().date()
            elif kind:
                data[place] = self._random.randint(1, 99)
            else:
                name = self._random.choice(_SURNAMES) + "".join(self._random.choices(_GIVEN, k=2))
                data[place] = name if "name" in place else self._random.randint(1, 36)
        return filled(sentence, self._language, data)


@cache
def _published_schema() -> GraphQLSchema:
    sdl = (FIXTURES.parent / "schema.graphql").read_text(encoding="utf-8")
    return build_schema(sdl, assume_valid=True)


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
