"""A question asked before a resolver runs, in a form that a compiled document can ask too."""

from collections.abc import Callable
from typing import Any

Resolve = Callable[..., Any]
Refusal = Callable[[Any], object | None]
"""Takes the resolver's info; returns None to let it run, or what is answered instead; may raise."""


class Guarded:
    """A resolver and the question before it; to graphql-core, a resolver like any other."""

    __slots__ = ("refusal", "resolve")

    def __init__(self, resolve: Resolve, refusal: Refusal) -> None:
        self.resolve = resolve
        self.refusal = refusal

    def __call__(self, source: Any, info: Any, /, **arguments: Any) -> Any:  # noqa: ANN401 - graphql-core's own types
        """Ask, and run the resolver where nothing stands against it."""
        instead = self.refusal(info)
        return self.resolve(source, info, **arguments) if instead is None else instead
