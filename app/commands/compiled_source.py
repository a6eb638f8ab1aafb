"""What an operation of ours is compiled to."""

import click
from graphql import OperationDefinitionNode, parse

from app.commands.documents_files import SCHEMAS
from app.gateway.manifest import on_file
from app.gateway.plan import plan_of


def source_of(name: str) -> str:
    """
    Return the Python of an operation, given its name or `<graph>/<name>`.

    Raises:
        click.BadParameter: There is none of that name.
    """
    found = [one for one in on_file() if name in {one.name, one.key}]
    if not found:
        raise click.BadParameter(f"there is no operation {name}")
    document = parse(found[0].body)
    schema = SCHEMAS[found[0].graph]._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    operation = next(
        one for one in document.definitions if isinstance(one, OperationDefinitionNode)
    )
    plan = plan_of(schema, document, operation, hide_suggestions=True)
    return plan.planned(dict.fromkeys(plan.conditions, True)).text
