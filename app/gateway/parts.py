"""
How an answer in parts is told: each part in JSON, and all of them as `multipart/mixed`.

The form is graphql-js 17's (`pending`, `incremental` by id, `completed`), or that of 2022 for
clients that ask for `deferSpec=20220824`, which merge by path. Errors are masked by whoever tells.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError
from graphql.execution import (
    IncrementalResult,
    IncrementalStreamResult,
    InitialIncrementalExecutionResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
)
from starlette.responses import StreamingResponse

from app.gateway.negotiation import MIXED

OLDER_FORM = "deferSpec=20220824"
"""What a client adds to the media type where it merges by path."""
HEADERS = {"cache-control": "private, no-store, no-transform", "x-accel-buffering": "no"}
_BEGIN = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
_DELIMITER = b"\r\n---"

Mask = Callable[[GraphQLError], dict[str, Any]]
"""Makes an error what a caller may see of it."""
Later = SubsequentIncrementalExecutionResult
_Path = tuple[str | int, ...]


@dataclass(slots=True)
class Telling:
    """The parts of one answer, in the form that its client understands."""

    mask: Mask
    by_path: bool
    """Whether the client merges by path."""
    _pending: dict[str, PendingResult] = field(default_factory=dict[str, PendingResult])
    _lengths: dict[str, int] = field(default_factory=dict[str, int])
    """How much was told of each list that comes item by item."""

    def first(self, part: InitialIncrementalExecutionResult) -> dict[str, Any]:
        """Return the part that comes at once."""
        pending = self._announced(part.pending, [((), part.data)])
        told = {**self._errors(part.errors), "data": part.data, **pending}
        return {**told, "hasNext": part.has_next}

    def later(self, part: Later) -> dict[str, Any]:
        """Return a part that was deferred."""
        results = part.incremental or ()
        shown = [(self._path(one), _value(one)) for one in results]
        pending = self._announced(part.pending, shown)
        incremental = [self._one(one) for one in results]
        completed: list[dict[str, Any]] = []
        for one in part.completed or ():
            errors = self._errors(one.errors)
            ended = self._pending.pop(one.id)
            if not self.by_path:
                completed.append({"id": one.id, **errors})
            elif errors:
                incremental.append({**_place(ended), "data": None, **errors})
        told = {**pending, "incremental": incremental, "completed": completed}
        return {name: value for name, value in told.items() if value} | {"hasNext": part.has_next}

    def unfinished(self, error: dict[str, Any]) -> dict[str, Any]:
        """Return the last part of what was stopped: an error for all that was still to come."""
        missing = self._pending.values()
        if self.by_path:
            failed = [{**_place(one), "data": None, "errors": [error]} for one in missing]
            return {"incremental": failed, "hasNext": False}
        failed = [{"id": one.id, "errors": [error]} for one in missing]
        return {"completed": failed, "hasNext": False}

    def _announced(
        self, pending: Sequence[PendingResult] | None, shown: Sequence[tuple[_Path, Any]]
    ) -> dict[str, Any]:
        for one in pending or ():
            self._pending[one.id] = one
            self._lengths[one.id] = _length_at(tuple(one.path), shown)
        if not pending or self.by_path:
            return {}
        return {"pending": [one.formatted for one in pending]}

    def _one(self, one: IncrementalResult) -> dict[str, Any]:
        is_stream = isinstance(one, IncrementalStreamResult)
        if self.by_path:
            place = {**_place(self._pending[one.id]), "path": list(self._path(one))}
            if is_stream:
                place["path"].append(self._lengths[one.id])
                self._lengths[one.id] += len(one.items)
        else:
            place = {"id": one.id} | ({"subPath": one.sub_path} if one.sub_path else {})
        return {**place, "items" if is_stream else "data": _value(one), **self._errors(one.errors)}

    def _path(self, one: IncrementalResult) -> _Path:
        return (*self._pending[one.id].path, *(one.sub_path or ()))

    def _errors(self, errors: Sequence[GraphQLError] | None) -> dict[str, Any]:
        return {"errors": [self.mask(one) for one in errors]} if errors else {}


def parted(
    parts: AsyncGenerator[bytes, None], *, by_path: bool, status: int = 200
) -> StreamingResponse:
    """Answer with parts as they come; each is delimited at once, so that it is read at once."""
    form = f"; {OLDER_FORM}" if by_path else ""
    media = f'{MIXED}; boundary="-"{form}'
    return StreamingResponse(_delimited(parts), status, media_type=media, headers=HEADERS)


async def alone(body: bytes) -> AsyncGenerator[bytes, None]:
    """Return the only part of an answer that comes at once."""
    yield body[:-1] + b',"hasNext":false}'


async def _delimited(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    before = b"---"
    async for part in parts:
        yield before + _BEGIN + part + _DELIMITER
        before = b""
    yield before + b"--\r\n"


def _place(pending: PendingResult) -> dict[str, Any]:
    label = {} if pending.label is None else {"label": pending.label}
    return {"path": list(pending.path), **label}


def _value(one: IncrementalResult) -> Any:  # noqa: ANN401 - any JSON value
    return one.items if isinstance(one, IncrementalStreamResult) else one.data


def _length_at(path: _Path, shown: Sequence[tuple[_Path, Any]]) -> int:
    """Return how long the list at a path is in what one part shows; 0 if there is none."""
    for start, within in shown:
        if path[: len(start)] == start:
            value = within
            for step in path[len(start) :]:
                if not isinstance(value, dict | list):
                    break
                value = value.get(step) if isinstance(value, dict) else value[int(step)]
            if isinstance(value, list):
                return len(value)
    return 0
