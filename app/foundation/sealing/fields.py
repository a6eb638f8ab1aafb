"""The column of a sealed value: it holds no key and does no cryptography."""

from typing import Any

from tortoise import fields


class Sealed(bytes):
    """Ciphertext of one personal value; printing it shows nothing."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show that something is sealed, and nothing of it."""
        return "Sealed(…)"

    __str__ = __repr__


class SealedField(fields.Field[Sealed], Sealed):  # pyright: ignore[reportGeneralTypeIssues] - Tortoise's own way to type a field
    """Stores and loads ciphertext only."""

    indexable = False
    SQL_TYPE = "BLOB"

    class _db_postgres:  # noqa: N801 - the name Tortoise looks for
        SQL_TYPE = "BYTEA"

    def to_python_value(self, value: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        """Mark what the database returns as sealed."""
        return None if value is None else Sealed(value)

    def to_db_value(self, value: Any, instance: Any) -> Any:  # noqa: ANN401, ARG002 - Tortoise's own
        """
        Pass ciphertext on as plain bytes.

        Raises:
            TypeError: Somebody tries to store a value that was never sealed.
        """
        if value is not None and not isinstance(value, Sealed):
            message = f"{self.model_field_name} takes a Sealed value only"
            raise TypeError(message)
        return None if value is None else bytes(value)
