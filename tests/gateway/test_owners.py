"""
The owner's side of who may read: somebody else's id is to nobody what a made-up one is not.

Every argument and every field of an input that holds an id stands below, with the kind of row it
names; the walk finds them in the schema, so that a new one is not forgotten.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from app.foundation.database import business_date, fetch
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA, NODES
from tests.cards import caller_of, forget_sends
from tests.gateway.lives import KINDS, Lives
from tests.origination.conftest import World, everything, small_catalog, world

__all__ = ["small_catalog", "world"]

CORE = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema

NOT_ROWS: dict[str, str] = {
    "product.id": "products are everybody's",
    "prepareHandover.input.productId": "products are everybody's",
    "startApplication.input.productId": "products are everybody's",
    "startApplication.input.applicationId": "a name that the phone makes up; see the test of it",
    "completeProfile.input.residentId": "a number of the state's, and sealed",
    "verifyOtp.input.challengeId": "nobody has signed in yet: it is of whoever has it and the code",
    "notMe.input.challengeId": "nobody has signed in: it is of whoever was sent the code",
    "requestOtp.input.deviceId": "what a phone calls itself",
    "proveContinuity.input.by.deviceSignature.keyId": "the hash of a public key",
    "signInWithDevice.input.keyId": "the hash of a public key",
    "sync.input.commands.operationId": "a trusted document",
}
"""Places that hold an id of another sort, and which."""
CALLED = {
    "line": "application",
    "aboutTicket": "ticket",
    "replacesDevice": "device",
    "markNotificationsRead.input.ids": "notification",
    "enrollDevice.input.challengeId": "deviceChallenge",
}
"""What is called otherwise where it is given than where it is from."""
BY_NUMBER = "whose number it is about is asked for it, and that is not the planted one"
BEFORE = "what comes before it is refused first"
ELSE = "the intent is about something else, which is told as that it is over"
UNREACHED: dict[str, str] = {
    "couponPreview.loanId": "the coupon is read first, and the planted one cannot be",
    "redeemCoupon.input.loanId": "the coupon is read first, and the planted one cannot be",
    "enrollDevice.input.challengeId": "the session is read first, and there is none",
    "householdPlan.offerId": "the offer was taken, and is as good as gone",
    "answerComprehension.input.applicationId": "the answers are looked at first",
    "requestHardship.input.loanId": "the option is looked at first, and names its loan",
    "signAgreement.input.approval.intentId": "the agreement is signed",
    "setUpAutoDebit.input.approval.intentId": "the text is looked at first",
    "setWallet.input.approval.intentId": "no wallet is to be taken away",
    "beginGuarantee.input.guaranteeId": BY_NUMBER,
    "giveGuarantee.input.guaranteeId": BY_NUMBER,
    "giveGuarantee.input.approval.intentId": BY_NUMBER,
    "refuseGuarantee.input.guaranteeId": BY_NUMBER,
    "confirmAssisted.input.assistedId": BY_NUMBER,
    "declineAssisted.input.assistedId": BY_NUMBER,
    "enrollDevice.input.replacesDeviceId": BEFORE,
    "changeAutoDebit.input.approval.intentId": BEFORE,
    "confirmCash.input.approval.intentId": BEFORE,
    "repayFromCard.input.approval.intentId": ELSE,
    "returnLoan.input.approval.intentId": ELSE,
}
"""Places where the owner's own id changes nothing in this test either, and why."""
MADE_UP = "{}0000000madeup0"
SPECIAL: dict[str, object] = {
    "idempotencyKey": "key",
    "phone": "13911122333",
    "hash": "a" * 64,
    "size": 1_000,
    "signature": "MTIzNDU2",
    "publicKey": "MTIzNDU2",
    "proofKey": "MTIzNDU2",
    "proofSignature": "MTIzNDU2",
    "bankCard": "6200000000000021",
    "Fen": 10_000,
    "Date": "2026-12-21",
    "DateTime": "2026-12-21T10:00:00Z",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
}


def id_paths(wanted: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - any input type
    """Find every place of an argument's type that holds an id."""
    named = get_named_type(wanted)
    if isinstance(named, GraphQLInputObjectType):
        for name, one in named.fields.items():
            yield from id_paths(one.type, (*path, name))
    elif path[-1].lower().endswith(("id", "ids")):
        yield path


def places() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Return every place of the borrower's graph that an id of a row is given in."""
    for kind, root in (("query", CORE.query_type), ("mutation", CORE.mutation_type)):
        assert root is not None
        for name, one in sorted(root.fields.items()):
            for argument, given in one.args.items():
                for path in id_paths(given.type, (argument,)):
                    if ".".join((name, *path)) not in NOT_ROWS | {"node.id": "", "nodes.ids": ""}:
                        yield kind, name, path


def kind_of(name: str, path: tuple[str, ...]) -> str:
    """Return which kind of row an id is of."""
    if path == ("id",):
        return name
    called = path[-1].removesuffix("Id")
    return CALLED.get(".".join((name, *path)), CALLED.get(called, called))


def value_of(wanted: Any, name: str, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any input type, any value
    """Return some value of a type, with all that leads to a place and all that is required."""
    if isinstance(wanted, GraphQLNonNull):
        return value_of(wanted.of_type, name, path)
    if isinstance(wanted, GraphQLList):
        return [value_of(wanted.of_type, name, path)] if path else []
    if isinstance(wanted, GraphQLInputObjectType):
        chosen = {key for key, one in wanted.fields.items() if is_required_input_field(one)}
        chosen |= set(path[:1]) | {"code"} & wanted.fields.keys()
        return {
            key: value_of(wanted.fields[key].type, key, path[1:] if path[:1] == (key,) else ())
            for key in sorted(chosen)
        }
    if is_enum_type(wanted):
        return next(iter(wanted.values))
    if name.endswith("Sha256"):
        return "a" * 64
    return SPECIAL.get(name, SPECIAL.get(wanted.name, "123456"))


def put(variables: Any, path: tuple[str, ...], value: str) -> None:  # noqa: ANN401 - JSON
    """Put an id in its place."""
    for step in path[:-1]:
        variables = variables[step]
        variables = variables[0] if isinstance(variables, list) else variables
    held = variables.get(path[-1])
    variables[path[-1]] = [value] if isinstance(held, list) or path[-1] == "ids" else value


def selection_of(wanted: Any, depth: int = 2) -> str:  # noqa: ANN401 - any output type
    """Select everything of an answer that is a value, some way down, and of a refusal its words."""
    named = get_named_type(wanted)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        members = [_fields_of(one, f"{one.name}_", depth - 1) for one in named.types]
        spread = [
            f"... on {one.name} {{ {inner} }}"
            for one, inner in zip(named.types, members, strict=True)
            if inner
        ]
        return f"{{ __typename {' '.join(spread)} }}"
    assert isinstance(named, GraphQLObjectType), named
    return f"{{ __typename {_fields_of(named, '', depth)} }}"


def _fields_of(named: GraphQLObjectType, prefix: str, depth: int) -> str:
    found: list[str] = []
    for name, one in named.fields.items():
        inner = get_named_type(one.type)
        if any(map(is_required_argument, one.args.values())):
            continue
        if is_leaf_type(inner):
            found.append(f"{prefix}{name}: {name}")
        elif depth and isinstance(inner, GraphQLObjectType):
            found.append(f"{prefix}{name}: {name} {selection_of(inner, depth - 1)}")
    return " ".join(found)


async def context_of(lives: Lives, borrower_id: str) -> Context:
    """Return a request of a borrower's whose session is trusted fully."""
    return Context(
        caller=caller_of(borrower_id),
        language="zh-Hans",
        now=lives.world.clock.now(),
        today=await business_date(),
    )


class Asking:
    """Asks for one root field as somebody, with an id in some place."""

    def __init__(self, lives: Lives, kind: str, name: str, path: tuple[str, ...]) -> None:
        root = CORE.query_type if kind == "query" else CORE.mutation_type
        assert root is not None
        self._lives, self._name, self._path = lives, name, path
        self._args = root.fields[name].args
        given = {
            key: one
            for key, one in self._args.items()
            if is_required_argument(one) or key == path[0]
        }
        heads = ", ".join(f"${key}: {one.type}" for key, one in given.items())
        tails = ", ".join(f"{key}: ${key}" for key in given)
        self._document = (
            f"{kind} ({heads}) {{ it: {name}({tails}) {selection_of(root.fields[name].type)} }}"
        )
        self._given = given

    async def told(self, borrower_id: str, *own: tuple[str, ...]) -> str:
        """Return what somebody is told who gives Mei's ids in some places and made-up ones else."""
        variables = {
            key: value_of(one.type, key, self._path[1:] if key == self._path[0] else ())
            for key, one in self._given.items()
        }
        used: set[str] = set()
        for path in self.all():
            kind = kind_of(self._name, path)
            made_up = MADE_UP.format(KINDS[kind][0])
            value = self._lives.ids[kind] if path in own else made_up
            used |= {self._lives.ids[kind], made_up}
            put(variables, path, value)
        text = json.dumps(variables).replace('"key"', f'"{self._lives.world.key()}"')
        context = await context_of(self._lives, borrower_id)
        answer = await BORROWER_SCHEMA.execute(
            self._document, variable_values=json.loads(text), context_value=context
        )
        errors = [
            (type(error.original_error).__name__, error.message) for error in answer.errors or ()
        ]
        said = json.dumps([answer.data, errors], ensure_ascii=False, default=str)
        for one in used:
            said = said.replace(one, "ID")
        return said

    def all(self) -> list[tuple[str, ...]]:
        """Return the place itself and every other one that has to be filled."""
        found = [self._path]
        for key, one in self._given.items():
            filled = value_of(one.type, key, self._path[1:] if key == self._path[0] else ())
            for path in id_paths(one.type, (key,)):
                place = ".".join((self._name, *path))
                if path != self._path and place not in NOT_ROWS and _holds(filled, path[1:]):
                    found.append(path)
        return found


def _holds(filled: Any, path: tuple[str, ...]) -> bool:  # noqa: ANN401 - JSON
    for step in path:
        if not isinstance(filled, dict) or step not in filled:
            return False
        filled = filled[step]
    return True


async def rows() -> dict[tuple[str, str], str]:
    """Return every row there is but what counts how often somebody asked."""
    return {
        (table, json.dumps(row, default=str, sort_keys=True)): table
        for table, found in (await everything()).items()
        for row in found
    }


@pytest.fixture
async def lives(world: World) -> Lives:
    return await Lives.begin(world)


def test_every_place_of_an_id_says_which_row_it_names() -> None:
    found = {".".join((name, *path)): kind_of(name, path) for _, name, path in places()}
    assert {place for place, kind in found.items() if kind not in KINDS} == set(), "name its kind"
    assert NOT_ROWS.keys().isdisjoint(found)
    assert UNREACHED.keys() <= found.keys()


SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
async def test_somebody_elses_id_is_what_a_made_up_one_is_and_changes_nothing(lives: Lives) -> None:
    before = await rows()
    differing: list[str] = []
    for kind, name, path in places():
        asking = Asking(lives, kind, name, path)
        made_up = await asking.told(lives.jun)
        theirs = await asking.told(lives.jun, path)
        all_theirs = await asking.told(lives.jun, *asking.all())
        if not made_up == theirs == all_theirs:
            differing.append(f"{name}.{'.'.join(path)}: {theirs} instead of {made_up}")
    assert differing == []
    after = await rows()
    assert {table for row, table in before.items() if row not in after} == set()
    new = [row for row in after if row not in before]
    assert new, "sessions, claims and counts of the one who asked"
    assert [row for row in new if lives.mei in row[1]] == []


@SQLITE
async def test_the_owners_id_is_looked_at_in_every_place(lives: Lives) -> None:
    unreached: set[str] = set()
    for kind, name, path in places():
        await forget_sends()
        asking = Asking(lives, kind, name, path)
        own, *others = asking.all()
        if await asking.told(lives.mei, own, *others) == await asking.told(lives.mei, *others):
            unreached.add(".".join((name, *path)))
    assert unreached == UNREACHED.keys()


@SQLITE
async def test_a_node_of_somebody_elses_is_null(lives: Lives) -> None:
    async def nodes(borrower_id: str, *ids: str) -> list[Any]:
        context = await context_of(lives, borrower_id)
        answer = await BORROWER_SCHEMA.execute(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
            variable_values={"ids": list(ids)},
            context_value=context,
        )
        assert answer.data is not None
        return answer.data["nodes"]

    named = {
        name: node_id
        for name, node_id in {**lives.ids, "borrower": lives.mei}.items()
        if node_id[:2] in NODES
    }
    assert await nodes(lives.jun, *named.values()) == [None] * len(named)
    found = dict(zip(named, await nodes(lives.mei, *named.values()), strict=True))
    assert {"loan", "application", "repayment", "ticket"} <= {
        name for name, node in found.items() if node
    }
    assert {node_id[:2] for node_id in named.values()} == NODES.keys() - {"pr"}


@SQLITE
async def test_a_name_that_the_phone_made_up_for_an_application_is_nobody_elses(
    lives: Lives,
) -> None:
    product_id = (await fetch("SELECT id FROM product_version LIMIT 1"))[0]["id"]
    told: list[str] = []
    before = await rows()
    for application_id in (lives.ids["application"], lives.ids["application"]):
        answer = await BORROWER_SCHEMA.execute(
            "mutation ($input: StartApplicationInput!) { it: startApplication(input: $input)"
            " { __typename ... on Problem { code field } } }",
            variable_values={
                "input": {
                    "productId": product_id,
                    "applicationId": application_id,
                    "idempotencyKey": lives.world.key(),
                }
            },
            context_value=await context_of(lives, lives.jun),
        )
        told.append(json.dumps(answer.data))
    assert told[0] == told[1]
    assert "Success" not in told[0]
    after = await rows()
    assert [row for row in before if row not in after] == []
