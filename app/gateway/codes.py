"""The schema's enum of every refusal's code, made from the refusals themselves."""

import importlib
import inspect
from enum import Enum
from pathlib import Path
from typing import Any, cast

import strawberry

from app.foundation.errors import REFUSALS

_APP = Path(__file__).parent.parent


def _load_every_refusal() -> None:
    for room in sorted(_APP.iterdir()):
        if (room / "errors.py").exists() or (room / "errors").is_dir():
            importlib.import_module(f"app.{room.name}.errors")


_load_every_refusal()

_VALUES: dict[str, Any] = {
    code: strawberry.enum_value(code, description=(inspect.getdoc(refusal) or code).splitlines()[0])
    for code, refusal in sorted(REFUSALS.items())
}
ProblemCode: Any = strawberry.enum(
    cast("type[Enum]", Enum("ProblemCode", _VALUES)), description="Why a command was refused."
)
"""Every code a problem may carry; its description is the first line of the refusal's docstring."""
