"""What a plan answers, no observer can tell from what graphql-core answers."""

import linecache
import traceback
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate

from app.gateway.plan import NotPlanned, Plan, plan_of
from tests.gateway.plan.asking import Asking
from tests.gateway.plan.comparing import both, operation_of
from tests.gateway.plan.village import SCHEMA, World

VILLAGE = SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
SHARE = 240
"""Of the 100,000 documents of `python -m tests.long compiled`."""


def world(seed: int, failing: float) -> tuple[World, list[str]]:
    made = World(seed, failing)
    return made, made.log


@pytest.mark.filterwarnings("ignore")  # what is canceled before it began was never awaited
@pytest.mark.parametrize("failing", [0.0, 0.05, 0.3])
async def test_random_documents_are_answered_alike_whatever_fails(failing: float) -> None:
    for seed in range(SHARE // 3):
        asking, document = Asking.valid(VILLAGE, seed, is_mutation=seed % 4 == 0)
        expected, seen = await both(
            VILLAGE, document, asking.variables, lambda seed=seed: world(seed, failing)
        )
        assert seen == expected, (seed, failing)


def village_plan(text: str) -> Plan:
    document = parse(text)
    assert not validate(VILLAGE, document)
    return plan_of(VILLAGE, document, operation_of(document))


def never() -> World:
    raise AssertionError("a command is never run again")


async def test_a_mutation_that_fails_midway_leaves_those_before_and_goes_on_with_those_after() -> (
    None
):
    text = """mutation M($coin: Coin!) {
        a: tell(name: "a")
        b: build(name: "b", wish: {spot: {x: 1}, coin: $coin}) { __typename }
        c: tell(name: "c")
    }"""
    log = World(0, 0)
    result = await village_plan(text).run({"coin": 5}, context=log, afresh=never)
    assert log.log == ["tell(a)", *(one for one in log.log[1:-1]), "tell(c)"]
    assert result.errors is None

    refused = World(0, 0)
    result = await village_plan(text).run({"coin": 5000}, context=refused, afresh=never)
    assert result.data is None
    assert refused.log == []


async def test_siblings_that_load_by_key_are_read_in_one_batch() -> None:
    seen = World(0, 0)
    plan = village_plan("{ people(first: 3) { mother { id mother { id } } } }")
    await plan.run({}, context=seen, afresh=lambda: World(0, 0))
    assert [one for one in seen.log if one.startswith("load[")] == [
        "load['p0m', 'p1m', 'p2m']",
        "load['p0mm', 'p1mm', 'p2mm']",
    ]


async def test_a_fault_of_a_command_shows_the_line_of_the_plan_it_came_through() -> None:
    plan = village_plan('mutation Tells { tell(name: "a") }')
    context: Any = None  # so that every resolver fails
    result = await plan.run({}, context=context, afresh=never)
    assert result.errors is not None
    (error,) = result.errors
    assert isinstance(error, GraphQLError)
    assert error.original_error is not None
    told = "".join(traceback.format_exception(error.original_error))
    assert "<plan Tells" in told
    assert any(name.startswith("<plan Tells") for name in linecache.cache)


def test_what_has_too_many_forms_is_left_to_graphql_core() -> None:
    names = "abcde"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    asked = " ".join(f"{name}: count @skip(if: ${name})" for name in names)
    with pytest.raises(NotPlanned):
        village_plan(f"query({declared}) {{ {asked} }}")


async def test_what_an_object_shows_of_another_is_read_in_line() -> None:
    plan = village_plan("{ lands { items { depth suits testedAt soilName } } }")
    text = plan.planned({}).text
    for read in ("it.soil.depth", "table_of_suits[it.soil.kind]", "it.soil.tested_at"):
        assert read in text
    assert "it.soil.known" in text, "and not by the resolver, while it is known"
