"""What a paper is made of: values only, so that rules can write one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of a paper; which one `kind` says, to the template."""

    kind: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Title(Block):
    """The paper's name, in Chinese and English."""

    kind: ClassVar[str] = "title"
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(Block):
    """The name of a part."""

    kind: ClassVar[str] = "heading"
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause(Block):
    """A paragraph with its English gloss; `label` hangs before it, `indent` sets it under one."""

    kind: ClassVar[str] = "clause"
    zh: str
    en: str = ""
    label: str = ""
    indent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Block):
    """Names and values, a row each."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Block):
    """
    A table whose head is repeated on each page.

    `widths` are parts of what is left, 0 for as much as it needs; `right` are the columns of
    figures; with `sum` the last row stands out.
    """

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    right: Sequence[int] = ()
    sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed(Block):
    """A sentence nobody may miss."""

    kind: ClassVar[str] = "boxed"
    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Block):
    """What the system notes under a paper: when, by which means, under which hash."""

    kind: ClassVar[str] = "record"
    zh: str
    en: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole document; `made_at` is its date, `footer` stands under every page."""

    title: str
    issuer: str
    number: str
    footer: str
    made_at: datetime
    blocks: Sequence[Block]
