"""Our own operations are compiled whole."""

import pytest
from graphql import parse

from app.gateway.manifest import GRAPHS, registered
from app.gateway.plan import plan_of
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from tests.gateway.plan.comparing import operation_of

CORES = {"borrower": BORROWER_SCHEMA._schema, "staff": STAFF_SCHEMA._schema}  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_operation_of_ours_is_compiled_as_a_whole(graph: str) -> None:
    for one in registered(graph):
        if one.kind == "subscription":
            continue  # its events are run by graphql-core
        document = parse(one.body)
        plan = plan_of(CORES[graph], document, operation_of(document))
        text = plan.planned(dict.fromkeys(plan.conditions, True)).text
        steps = [line for line in text.splitlines() if line.startswith("    run.part(")]
        assert steps == [], f"{one.key} leaves {steps} to graphql-core"
