"""A partner's agent has a session at the desk's door, and finds every room but one's own locked."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from app.foundation.caller import StaffRole
from app.foundation.database import Database, business_date
from app.foundation.errors import Forbidden
from app.foundation.graphql import Context
from app.gateway.schema import STAFF_SCHEMA
from tests.support.conftest import enroll

CORE = STAFF_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
THEIRS = {
    "assistedByMe",
    "cashByMe",
    "startCash",
    "startAssisted",
    "staffMe",
    "staffSignIn",
    "staffSignOut",
    "staffStepUp",
}
"""What is an agent's own: filling in, and their own way in and out."""
WAYS_IN = {"staffPasskeyChallenge", "staffPasskeys", "addStaffPasskey", "removeStaffPasskey"}
"""Their own keys, about which other tests tell."""
PREFIXES = {
    "applicationId": "ap",
    "caseId": "cc",
    "collectionCase": "cc",
    "holdId": "hd",
    "handoverId": "ch",
    "permitId": "pe",
    "toStaff": "st",
    "assistedId": "as",
    "changeId": "sr",
    "correction": "co",
    "correctionId": "co",
    "courseVersionId": "cv",
    "differenceId": "rd",
    "exportId": "dx",
    "extensionId": "te",
    "freezeId": "fz",
    "humanReview": "hv",
    "identificationId": "if",
    "invitationId": "iv",
    "loanId": "ln",
    "messageId": "ms",
    "newsId": "nc",
    "proposalId": "vn",
    "repaymentId": "rp",
    "requestId": "rq",
    "reviewId": "hv",
    "staffId": "st",
    "ticket": "tk",
    "ticketId": "tk",
    "visitId": "tv",
}
"""How ids of a name begin; others are a borrower's."""
VALUES = {
    "String": '"x"',
    "Int": "1",
    "Fen": "1",
    "Boolean": "true",
    "Date": '"2026-11-21"',
    "DateTime": '"2026-11-21T00:00:00Z"',
    "Rate": '"0.1"',
}


def written(name: str, kind: Any) -> str:  # noqa: ANN401 - one of the library's input types
    """Write some value of a type: well-formed, and about nobody."""
    if isinstance(kind, GraphQLNonNull):
        return written(name, kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{written(name, kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        wanted = [key for key, one in kind.fields.items() if is_required_input_field(one)]
        parts = (f"{key}: {written(key, kind.fields[key].type)}" for key in wanted)
        return "{" + ", ".join(parts) + "}"
    type_name = str(kind)
    if type_name == "ID" and name != "idempotencyKey":
        return f'"{PREFIXES.get(name, "br")}00000000000001"'
    return VALUES.get(type_name, '"x"')


def asked(name: str, field: GraphQLField) -> str:
    given = [
        f"{key}: {written(name if key == 'id' else key, one.type)}"
        for key, one in field.args.items()
        if is_required_argument(one)
    ]
    arguments = f"({', '.join(given)})" if given else ""
    if "DataCorrection" in name:
        arguments = arguments.replace('"rq', '"cq')
    if "RewardReview" in name:
        arguments = arguments.replace('"hv', '"rw')
    kind = get_named_type(field.type)
    inside = ""
    if isinstance(kind, GraphQLUnionType):
        inside = " { __typename ... on Problem { code } }"
    elif isinstance(kind, GraphQLObjectType):
        inside = " { __typename }"
    return f"{name}{arguments}{inside}"


def fields() -> Iterator[tuple[str, str, GraphQLField]]:
    for kind, root in (("query", CORE.query_type), ("mutation", CORE.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            yield kind, name, field


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_partners_agent_is_forbidden_everything_at_the_desk(database: Database) -> None:
    agent = await enroll(StaffRole.PARTNER_AGENT)
    let_in: dict[str, object] = {}
    for kind, name, field in fields():
        if name in THEIRS | WAYS_IN:
            continue
        context = Context(
            caller=agent, language="en", now=database.clock.now(), today=await business_date()
        )
        answer = await STAFF_SCHEMA.execute(
            f"{kind} {{ {asked(name, field)} }}", context_value=context
        )
        data = (answer.data or {}).get(name)
        code = data.get("code") if isinstance(data, dict) else None
        is_forbidden = code == "FORBIDDEN" or any(
            isinstance(error.original_error, Forbidden) for error in answer.errors or ()
        )
        if not is_forbidden and (data or answer.errors):
            let_in[name] = (data, answer.errors)
    assert not let_in, "\n".join(map(str, let_in.items()))
