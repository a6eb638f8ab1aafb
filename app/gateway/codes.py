"""The schema's enum of every refusal's code, made from the refusals themselves."""

import importlib
import inspect
from enum import Enum
from pathlib import Path

import strawberry

from app.foundation.errors import REFUSALS

_APP = Path(__file__).parent.parent


def _load_every_refusal() -> None:
    for file in sorted(_APP.glob("*/errors.py")):
        importlib.import_module(f"app.{file.parent.name}.errors")


_load_every_refusal()

ProblemCode = strawberry.enum(
    Enum(
        "ProblemCode",
        {
            code: strawberry.enum_value(
                code, description=(inspect.getdoc(refusal) or code).splitlines()[0]
            )
            for code, refusal in sorted(REFUSALS.items())
        },
    ),
    description="Why a command was refused.",
)
"""Every code a problem may carry; its description is the first line of the refusal's docstring."""
