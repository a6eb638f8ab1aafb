"""Places in an answer, and what stands there: awaited together, or told by its class."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from graphql.pyutils import Path
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from app.gateway.plan.leaves import Departure
from app.gateway.plan.selecting import Chosen
from app.gateway.plan.waiting import Together

Place = tuple[Any, str | int, str | None] | None
"""A place in the answer, as graphql-core's Path: the place before, the key, the type's name."""
Late = dict[str, Awaitable[Any]]
"""What is not there yet, by its key."""
MISSING: Any = object()


def path_of(place: Place) -> Path:
    """Return graphql-core's Path of a place."""
    assert place is not None, "the root has no path"
    before, key, name = place
    return Path(None if before is None else path_of(before), key, name)


def at(chosen: Chosen, before: Place) -> Place:
    """Return the place of a field in an object."""
    return (before, chosen.key, chosen.parent.name)


def is_uncast(value: object) -> bool:
    """Tell whether an object is what its class says: `strawberry.cast` may say otherwise."""
    return getattr(value, TYPE_CAST_ATTRIBUTE, None) is None


def field_place(place: Place) -> Place:
    """Return the place of the field that a list's item belongs to."""
    while place is not None and type(place[1]) is int:
        place = place[0]
    return place


def of_kind(kinds: Mapping[type, Callable[[Any], Any]], value: Any) -> Any:  # noqa: ANN401 - any object
    """
    Return a plain object of an abstract type, completed as its class says.

    Raises:
        Departure: Its class does not say.
    """
    complete = kinds.get(type(value))
    if complete is None or not is_uncast(value):
        raise Departure
    return complete(value)


def items(value: Any) -> Any:  # noqa: ANN401 - a list or a tuple
    """
    Return the items of a plain list.

    Raises:
        Departure: It is something else that may be gone through only once, or no list at all.
    """
    if type(value) is list or type(value) is tuple:
        return value
    raise Departure


async def gathered(data: dict[str, Any], late: Late, wait: Together) -> dict[str, Any]:
    """Wait for an object's late fields together."""
    if len(late) == 1:
        key, awaited = next(iter(late.items()))
        data[key] = await awaited
    else:
        data.update(zip(late, await wait(*late.values()), strict=True))
    return data


async def gathered_items(results: list[Any], waiting: list[int], wait: Together) -> list[Any]:
    """Wait for a list's late items together."""
    if len(waiting) == 1:
        index = waiting[0]
        results[index] = await results[index]
    else:
        awaited = await wait(*(results[index] for index in waiting))
        for index, result in zip(waiting, awaited, strict=True):
            results[index] = result
    return results
