"""What the arithmetic is made of: no float, no clock, nothing of ours, no shared context."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal, Inexact, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given

from app.loanmath.agreed import agreed_plan
from app.loanmath.apr import rates
from app.loanmath.errors import CalendarMissing, EventRefused, TermsRefused
from app.loanmath.life.fold import book_on
from app.loanmath.quote import quote
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


APP = LOANMATH.parent
MONEY_ROOMS = (
    "catalog",
    "ledger",
    "messaging",
    "origination",
    "partners",
    "payments",
    "rewards",
    "servicing",
    "support",
)
MONEY_MODULES = sorted(
    [
        *(path for room in MONEY_ROOMS for path in (APP / room).rglob("*.py")),
        APP / "foundation" / "canonical.py",
        APP / "foundation" / "graphql.py",
        APP / "foundation" / "text.py",
        APP / "commands" / "quote.py",
        APP / "commands" / "apr.py",
        APP / "commands" / "parameters.py",
    ]
)
"""Every module outside that money passes through on its way to people, partners and books."""

DIVISIONS = {
    ("catalog/operations/publishing.py", "Path(__file__).parents[3] / 'fixtures'"): "a path",
    ("catalog/rules/reductions.py", "rate / terms.annual_rate"): "decimals",
    ("origination/rules/fairness.py", "rate / lowest"): "decimals",
    ("origination/rules/fairness.py", "sum(rates, Decimal(0)) / len(rates)"): "a decimal",
    ("foundation/text.py", "Path(__file__).parent.parent / 'texts'"): "a path",
    ("foundation/text.py", "TEXTS / f'{room}.toml'"): "a path",
    ("commands/apr.py", "Decimal(amount) / scale"): "decimals, by a power of ten",
    ("servicing/rules/explaining/numbers.py", "number_of(exact_fen) / 100"): "fractions",
    ("servicing/rules/explaining/sentences.py", "abs(number) / 100"): "fractions",
    (
        "servicing/rules/explaining/sentences.py",
        "number_of(step.before) / step.unit_fen",
    ): "fractions",
}
"""Where a stroke divides, and what it divides; two whole numbers would make a float."""


def from_app(path: Path) -> str:
    return path.relative_to(APP).as_posix()


@pytest.mark.parametrize("path", MONEY_MODULES, ids=from_app)
def test_money_meets_no_float_on_its_way(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), f"line {node.lineno}: a float"
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            # `round` is not the one rounding function, and makes a half even.
            assert node.id not in {"float", "round"}, f"line {node.lineno}: {node.id}"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            said = (from_app(path), ast.unparse(node))
            assert said in DIVISIONS, f"line {node.lineno}: {said[1]}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
            assert not names & {"math", "cmath", "statistics", "random", "numpy"}, node.lineno


def test_every_allowed_division_is_still_there() -> None:
    found = {
        (from_app(path), ast.unparse(node))
        for path in MONEY_MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    }
    assert set(DIVISIONS) <= found


def numbers_in(value: object, seen: set[int]) -> Iterator[object]:
    """Yield every number reachable from a value."""
    if isinstance(value, int | float | Decimal | Fraction):
        yield value
        return
    if id(value) in seen or isinstance(value, str | date | timedelta | type | None):
        return
    seen.add(id(value))
    parts: list[object] = []
    if isinstance(value, Mapping):
        parts += [*value.keys(), *value.values()]
    elif isinstance(value, Iterable):
        parts += value
    else:
        slots = [slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ())]
        parts += [getattr(value, slot, None) for slot in slots]
        parts += getattr(value, "__dict__", {}).values()
    for part in parts:
        yield from numbers_in(part, seen)


@given(lives())
@examples(40)
def test_no_figure_of_a_loan_is_a_float(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    try:
        book = book_on(life.terms, life.events, on, life.working)
        found = [*numbers_in([book, life.on(on), life.payoff_on(on), quote(life.terms)], set())]
    except (TermsRefused, EventRefused, CalendarMissing):
        return
    assert found
    assert not [number for number in found if isinstance(number, float)]


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
        plan, state = agreed_plan(life.terms), life.on(on)
    except (TermsRefused, EventRefused):
        return
    with localcontext() as context:
        context.prec = 1
        context.rounding = ROUND_UP
        context.traps[Inexact] = True
        assert agreed_plan(life.terms) == plan
        assert life.on(on) == state


def test_rates_do_not_depend_on_the_threads_decimal_context() -> None:
    exact = rates(plain_terms())
    with localcontext() as context:
        context.prec = 3
        context.rounding = ROUND_UP
        assert rates(plain_terms()) == exact
