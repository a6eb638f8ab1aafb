"""What every room's GraphQL part shares: the context, money, problems, pages, nodes."""

import re
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Generic, NewType, TypeVar, cast

import strawberry
from strawberry.dataloader import DataLoader

from app.foundation.caller import (
    Anonymous,
    BorrowerCaller,
    Caller,
    SentRequest,
    StaffCaller,
    Trust,
)
from app.foundation.errors import (
    REFUSED,
    ContinuityNeeded,
    InvalidInput,
    Refusal,
    Unauthenticated,
)
from app.foundation.ids import has_id_shape
from app.foundation.paging import Key, Page, PageAsk, cursor_of, page_ask
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.foundation.versions import Versions

if TYPE_CHECKING:
    ProblemCode = str
    """In the schema an enum of every refusal's code; `gateway/codes.py` makes it."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

BATCH_MAX = 200
RATE_SHAPE = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,12})?")
KEY_PER_CLICK = "1 to 64 characters, new for each click; send it again when retrying."
KEY_PER_TAP = "1 to 64 characters, new for each tap; send it again when retrying."
FEN_MAX = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""

Fen = NewType("Fen", int)
"""Money in whole fen (1/100 yuan); a JSON integer at the edge."""

Rate = NewType("Rate", str)
"""A rate as a decimal string: `0.144` is 14.4 % a year."""


def _as_fen(value: object) -> Fen:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > FEN_MAX:
        message = "Fen is a whole number of fen, such as 12345 for 123.45 yuan"
        raise ValueError(message)
    return Fen(value)


def _as_rate(value: object) -> Rate:
    if not isinstance(value, str) or not RATE_SHAPE.fullmatch(value):
        message = "Rate is a decimal string, such as 0.144 for 14.4 %"
        raise ValueError(message)
    return Rate(value)


SCALARS: Mapping[object, Any] = {
    Fen: strawberry.scalar(
        name="Fen",
        description="Money in whole fen (1 yuan is 100 fen), as a JSON integer.",
        serialize=_as_fen,
        parse_value=_as_fen,
    ),
    Rate: strawberry.scalar(
        name="Rate",
        description="A rate as a decimal string; 0.144 means 14.4 % a year.",
        serialize=str,
        parse_value=_as_rate,
    ),
}
"""Our scalars, for the schema's configuration."""


@dataclass(slots=True)
class Context:
    """One request: who asks, in which language, when; and its batched reads."""

    caller: Caller
    language: str
    now: datetime
    today: date
    address: str = ""
    sent: SentRequest | None = None
    """The HTTP request, for what is to be proven by the operation itself."""
    versions: Versions | None = None
    """What a borrower's answers hang on, as it stood when the request came; none if not read."""
    _loaders: dict[object, DataLoader[Any, Any]] = field(default_factory=dict, repr=False)
    _spent: dict[str, int] = field(default_factory=dict, repr=False)

    def afresh(self) -> "Context":
        """Return the context of the same request as if nothing had been asked yet."""
        return replace(self, _loaders={}, _spent={})

    @property
    def borrower_id(self) -> str:
        """
        Return the borrower who asks.

        Raises:
            Unauthenticated: No borrower has signed in.
            ContinuityNeeded: Whoever has signed in has proved the number only.
        """
        caller = self.caller  # asked by nearly every field: looked at here before it is refused
        if isinstance(caller, BorrowerCaller) and caller.trust is not Trust.CONTACT:
            return caller.borrower_id
        return self.borrower.borrower_id

    @property
    def borrower(self) -> BorrowerCaller:
        """
        Return the session of a borrower who is known to be the one the account is of.

        What needs more, the gateway's table of fields refuses before a resolver runs.

        Raises:
            Unauthenticated: No borrower has signed in.
            ContinuityNeeded: Whoever has signed in has proved the number only.
        """
        caller = self.contact
        if not caller.trust.reaches(Trust.KNOWN):
            raise ContinuityNeeded
        return caller

    @property
    def contact(self) -> BorrowerCaller:
        """
        Return a session that may have proved no more than its number.

        Only what shows and changes nothing older than the session itself may ask for this.

        Raises:
            Unauthenticated: No borrower has signed in.
        """
        if not isinstance(self.caller, BorrowerCaller):
            raise Unauthenticated
        return self.caller

    @property
    def sees_all(self) -> bool:
        """
        Tell whether the borrower who asks may be shown their own values in clear.

        A field that opens a sealed value of theirs asks this first, and is null where it says no;
        what staff may see is settled before a value is opened for them.
        """
        return isinstance(self.caller, BorrowerCaller) and self.caller.sees_all

    @property
    def staff(self) -> StaffCaller:
        """
        Return the member of staff who asks.

        Raises:
            Unauthenticated: No member of staff has signed in.
        """
        if not isinstance(self.caller, StaffCaller):
            raise Unauthenticated
        return self.caller

    def loader(self, load_fn: Callable[[list[K]], Awaitable[Sequence[V]]]) -> DataLoader[K, V]:
        """
        Return this request's batched form of a read that takes many keys at once.

        It batches and does not remember: the second of two mutations in one request must not show
        what the first one saw.
        """
        known = self._loaders.get(load_fn)
        if known is None:
            known = DataLoader(load_fn=load_fn, max_batch_size=BATCH_MAX, cache=False)
            self._loaders[load_fn] = known
        return cast("DataLoader[K, V]", known)

    def spend(self, what: str, units: int, *, most: int) -> bool:
        """Count something costly that this request asks for; say whether it is still within."""
        spent = self._spent[what] = self._spent.get(what, 0) + units
        return spent <= most

    def text(self, key: str, /, **data: object) -> str:
        """Return a sentence in the caller's language."""
        return text(key, self.language, **data)


def anonymous_context(now: datetime, today: date) -> Context:
    """Return the context of somebody unknown, in the default language."""
    return Context(caller=Anonymous(), language=DEFAULT_LANGUAGE, now=now, today=today)


Info = strawberry.Info[Context, None]


def enum_value(name: str, description: str) -> str:
    """Describe a value of an enum; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


def shown(
    path: str,
    *,
    description: str,
    by: Mapping[Any, Any] | None = None,
    otherwise: Callable[..., Any] | None = None,
) -> Any:  # noqa: ANN401 - a field of any type
    """
    Declare a field whose value stands at a path of attributes, such as `summary.balance_fen`.

    So an object holds what it shows, and copies nothing that nobody asks for; a compiled document
    reads such a field in line, like an attribute. The class has a function in its place, which
    takes the object and returns the value.

    Args:
        path: Attributes of attributes.
        description: What the graph says of the field.
        by: A table; the field is what it has for the value.
        otherwise: Who is asked where there is None so far, for a field that never is null: it
            takes the object and the info, and may be awaited.
    """
    read = attrgetter(path)

    def reading(root: object) -> Any:  # noqa: ANN401 - what stands there
        return read(root) if by is None else by[read(root)]

    def asking(root: object, info: Info) -> Any:  # noqa: ANN401 - what stands there, or is awaited
        assert otherwise is not None, "or nobody would be asked"
        value = reading(root)
        return otherwise(root, info) if value is None else value

    resolver = reading if otherwise is None else asking
    resolver.reads_at = path, by  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess]
    return strawberry.field(resolver=resolver, description=description)


@strawberry.interface(description="Why a command was not carried out; nothing was changed.")
class Problem:
    """A refusal, as the schema shows it."""

    code: Annotated["ProblemCode", strawberry.lazy("app.gateway.codes")] = strawberry.field(
        description="Which refusal it is; branch on this."
    )
    field: str | None = strawberry.field(
        description="The path of the input at fault, such as input.phone; null if none is."
    )
    message: str = strawberry.field(
        description="What to tell the person, in their language, with what to do next."
    )


@strawberry.type(description="A problem that needs nothing but its code and message.")
class PlainProblem(Problem):
    """The general problem."""

    retry_after_seconds: int | None = strawberry.field(
        description="Seconds to wait before trying again; null if waiting does not help.",
        default=None,
    )


def problem_parts(info: Info, refusal: Refusal) -> dict[str, Any]:
    """Return code, field and message of a refusal: the arguments every problem type takes."""
    REFUSED.of(refusal.code).add()
    message = info.context.text(refusal.text_key, **refusal.details())
    return {"code": refusal.code, "field": refusal.field, "message": message}


def problem_of(info: Info, refusal: Refusal) -> PlainProblem:
    """Turn any refusal into the general problem."""
    retry_after_seconds = getattr(refusal, "retry_after_seconds", None)
    return PlainProblem(**problem_parts(info, refusal), retry_after_seconds=retry_after_seconds)


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    """A thing with a global id."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, at most 16 characters; the first two tell the type."
    )


NodeResolver = Callable[[Info, str], Awaitable[Any]]
"""Finds a node of one type for the caller; None when missing or somebody else's."""


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page info, forwards only."""

    has_next_page: bool = strawberry.field(description="Whether there are more items after.")
    has_previous_page: bool = strawberry.field(description="Whether this is not the first page.")
    start_cursor: str | None = strawberry.field(description="The first item's cursor.")
    end_cursor: str | None = strawberry.field(description="Pass it as `after` for the next page.")


@strawberry.type(description="One item of a page.")
class Edge(Generic[T]):
    """An item and its place."""

    node: T = strawberry.field(description="The item.")
    list_name: strawberry.Private[str]
    key: strawberry.Private[Key]

    @strawberry.field(description="Its place in the list.")
    def cursor(self) -> str:
        """Write the place, if it is asked for."""
        return cursor_of(self.list_name, self.key)


@strawberry.type(description="One page of a list; stable while new items arrive.")
class Connection(Generic[T]):
    """Relay's connection."""

    edges: list[Edge[T]] = strawberry.field(description="The page's items, in order.")
    has_more: strawberry.Private[bool]
    is_first: strawberry.Private[bool]

    @strawberry.field(description="Where the page stands.")
    def page_info(self) -> PageInfo:
        """Say where, if it is asked for."""
        cursors = [one.cursor() for one in (self.edges[:1] + self.edges[-1:])]
        return PageInfo(
            has_next_page=self.has_more,
            has_previous_page=not self.is_first,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


def asked_page(list_name: str, first: int | None, after: str | None) -> PageAsk:
    """
    Check a connection's arguments.

    Raises:
        InvalidInput: `first` is not within 1–100, or `after` is no cursor of this list.
    """
    return page_ask(list_name, first, after)


def connection_of(
    list_name: str, ask: PageAsk, page: Page[V], show: Callable[[V], T]
) -> Connection[T]:
    """Turn a page of values into a connection of GraphQL types."""
    edges = [Edge(node=show(value), list_name=list_name, key=key) for key, value in page.items]
    return Connection(edges=edges, has_more=page.has_more, is_first=ask.after is None)


def checked_id(value: str, prefix: str, *, field: str) -> str:
    """
    Check that a caller's id could be one of a type.

    Raises:
        InvalidInput: It has another shape or another type's prefix.
    """
    if not has_id_shape(value, prefix):
        raise InvalidInput(field, "foundation.reason.id")
    return value


def id_or_none(value: str | None) -> strawberry.ID | None:
    """Show an id that may be missing."""
    return None if value is None else strawberry.ID(value)


def checked_text(value: str, *, field: str, most: int) -> str:
    """
    Check a caller's text: not empty once trimmed, no longer than `most` characters, no NUL.

    Returns:
        The text, trimmed.

    Raises:
        InvalidInput: It is empty or too long.
    """
    trimmed = value.replace("\x00", "").strip()
    if not trimmed:
        raise InvalidInput(field, "foundation.reason.empty")
    if len(trimmed) > most:
        raise InvalidInput(field, "foundation.reason.too_long", most=most)
    return trimmed
