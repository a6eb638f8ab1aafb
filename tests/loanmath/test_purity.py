"""What the arithmetic is made of: no float, no clock, nothing of ours, no shared context."""

import ast
import sys
from datetime import date
from decimal import ROUND_UP, Inexact, localcontext
from pathlib import Path

import pytest
from hypothesis import given

from app.loanmath.apr import rates
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.schedule import amortize
from tests.loanmath.drawn import lives
from tests.loanmath.lives import Life, examples, plain_terms

LOANMATH = Path(__file__).parents[2] / "app" / "loanmath"
MODULES = sorted(LOANMATH.rglob("*.py"))
ALLOWED = {
    "calendar",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "math",
    "types",
    "typing",
}
INEXACT = {"float", "sqrt", "exp2", "expm1", "fsum", "pow", "log", "today", "now"}


def named(path: Path) -> str:
    return str(path.relative_to(LOANMATH))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_float_stands_anywhere(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), f"line {node.lineno}"
        if isinstance(node, ast.Name):
            assert node.id not in INEXACT, f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in INEXACT, f"line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_but_arithmetic_is_imported(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            root = name.split(".")[0]
            assert root in ALLOWED or name.startswith("app.loanmath"), name
            assert root == "app" or root in sys.stdlib_module_names


@given(lives())
@examples(25)
def test_the_threads_decimal_context_changes_nothing(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    try:
        plan, state = amortize(life.terms), life.on(on)
    except (TermsRefused, EventRefused):
        return
    with localcontext() as context:
        context.prec = 1
        context.rounding = ROUND_UP
        context.traps[Inexact] = True
        assert amortize(life.terms) == plan
        assert life.on(on) == state


def test_rates_do_not_depend_on_the_threads_decimal_context() -> None:
    exact = rates(plain_terms())
    with localcontext() as context:
        context.prec = 3
        context.rounding = ROUND_UP
        assert rates(plain_terms()) == exact
