"""Refusals: the expected ways a command can be turned down, and the ones any room may give."""

from collections.abc import Mapping
from typing import ClassVar

from app.foundation.metrics import Counts

REFUSED = Counts("refusals_total", "Refusals that callers were told, by code", "code")

REFUSALS: dict[str, type["Refusal"]] = {}
"""Every refusal by its code; the schema's `ProblemCode` enum is made of it."""


class Refusal(Exception):
    """
    A command turned down for a reason its sender can act on.

    A subclass has one `code`; the first line of its docstring is what the code means.
    `field` is the GraphQL path of the input at fault, such as `input.phone`.
    """

    code: ClassVar[str] = "REFUSED"
    room: ClassVar[str] = "foundation"

    def __init_subclass__(cls) -> None:
        """Register the code; two refusals never share one."""
        parts = cls.__module__.split(".")
        cls.room = parts[1] if parts[0] == "app" else "foundation"
        known = REFUSALS.setdefault(cls.code, cls)
        same = (known.__module__, known.__qualname__) == (cls.__module__, cls.__qualname__)
        if not same:
            message = f"{cls.__qualname__} repeats the code {cls.code} of {known.__qualname__}"
            raise TypeError(message)
        REFUSALS[cls.code] = cls

    def __init__(self, note: str = "", *, field: str | None = None) -> None:
        """Keep the note for developers; it never holds a personal value."""
        super().__init__(note or self.code)
        self.field = field

    @property
    def text_key(self) -> str:
        """Where the sentence shown to the caller stands."""
        return f"{self.room}.refusal.{self.code}"

    def details(self) -> Mapping[str, object]:
        """Return the values the sentence may mention: the refusal's own public attributes."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


class InvalidInput(Refusal):
    """A value is missing, malformed or out of bounds; `field` says which."""

    code = "INVALID_INPUT"

    def __init__(self, field: str, reason_key: str, **data: object) -> None:
        super().__init__(f"{field}: {reason_key}", field=field)
        self.reason_key = reason_key
        self._data = data

    @property
    def text_key(self) -> str:
        """The reason has a sentence of its own."""
        return self.reason_key

    def details(self) -> Mapping[str, object]:
        """Return what the reason's sentence mentions, such as a bound."""
        return self._data


class NotFound(Refusal):
    """There is no such thing, or it is somebody else's."""

    code = "NOT_FOUND"

    def __init__(self, field: str | None = None) -> None:
        super().__init__("not found", field=field)


class Unauthenticated(Refusal):
    """Sign in first: the session is missing, wrong or over."""

    code = "UNAUTHENTICATED"


class ContinuityNeeded(Refusal):
    """Show first that you are who had this number before; `me.recovery` says how."""

    code = "CONTINUITY_NEEDED"

    def __init__(self, *, is_known: bool = False) -> None:
        super().__init__("more is to be shown first")
        self._is_known = is_known

    @property
    def text_key(self) -> str:
        """Who is known already is told what this one thing needs."""
        return "foundation.reason.more_trust" if self._is_known else super().text_key


class Forbidden(Refusal):
    """The caller's role does not allow this."""

    code = "FORBIDDEN"


class IdempotencyConflict(Refusal):
    """The idempotency key was used for another command; take a new key."""

    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self) -> None:
        super().__init__("key reused", field="input.idempotencyKey")


class StillInFlight(Refusal):
    """The same command is being carried out right now; ask again in a moment."""

    code = "STILL_IN_FLIGHT"


class RateLimited(Refusal):
    """Too many attempts; wait as long as it says."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after_seconds: int, *, field: str | None = None) -> None:
        super().__init__(f"retry after {retry_after_seconds} s", field=field)
        self.retry_after_seconds = retry_after_seconds


class TemporarilyUnavailable(Refusal):
    """The system cannot do this right now; try again later, a command under the same key."""

    code = "TEMPORARILY_UNAVAILABLE"

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__(f"retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class SealedDataBroken(Refusal):
    """What is kept here was altered, so it is locked until we have looked into it."""

    code = "SEALED_DATA_BROKEN"
