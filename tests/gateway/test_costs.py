"""A cost is known before anything runs: by pages asked for, by ids, and by what lists declare."""

from typing import Any

import pytest
from graphql import build_schema

from app.gateway.costs import COST_MAX, LIST_SIZE, PAGE, WEIGHTS, Costs, charged
from app.gateway.documents import Documents
from app.gateway.persisted import OVERHEAD_BYTES, PersistedDocuments, hash_of

SCHEMA = build_schema(
    """
    type Query { me: Person people(first: Int, after: String): People nodes(ids: [ID!]!): [Person]
                 myData: String any: Being }
    type Mutation { plant(input: Int): Person }
    interface Being { name: String }
    type People { edges: [Edge!]! }
    type Edge { node: Person cursor: String }
    type Person implements Being { name: String friends: [Person!]! tags: [String!]! }
    """
)
COSTS = Costs(SCHEMA)
DOCUMENTS = Documents(SCHEMA)


def cost(text: str, **variables: Any) -> int:  # noqa: ANN401 - any JSON value
    prepared = DOCUMENTS.prepare(text)
    assert not prepared.errors, prepared.errors
    operation = prepared.operation(None)
    assert operation is not None
    return COSTS.requested(prepared, operation, variables)


PAGED = "query($n: Int, $ids: [ID!]! = []) { people(first: $n) { edges { node { name } } } }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 2),
        ("{ me { name } }", 3),
        ("{ me { tags } }", 3),
        ("{ me { friends { name } } }", 3 + LIST_SIZE),
        ("{ me { friends { friends { name } } } }", 3 + LIST_SIZE * (1 + LIST_SIZE)),
        ("{ people { edges { cursor } } }", 3 + PAGE),
        ("{ people(first: 7) { edges { cursor } } }", 3 + 7),
        ("{ people(first: 7) { ...F } } fragment F on People { edges { cursor } }", 3 + 7),
        ("{ people(first: -7) { edges { cursor } } }", 3),
        ("{ people(first: 700) { edges { cursor } } }", 3 + 100),
        ("{ people(first: null) { edges { cursor } } }", 3 + PAGE),
        ('{ nodes(ids: ["a", "b"]) { name } }', 2 + 2),
        ("{ myData }", 2 + WEIGHTS["Query.myData"]),
        ("{ any { ... on Person { friends { name } } ... { name } } }", 3 + LIST_SIZE + 1),
        ("mutation { plant { name } }", 3 + 20),
        ("mutation { a: plant { name } ...F } fragment F on Mutation { plant { name } }", 1 + 44),
    ],
)
def test_each_member_that_an_answer_may_have_counts(text: str, expected: int) -> None:
    assert cost(text) == expected


def test_a_page_in_a_variable_counts_as_what_it_is_or_what_it_is_by_default() -> None:
    paged = "query($n: Int) { people(first: $n) { edges { cursor } } }"
    assert [cost(paged, n=n) for n in (1, 50, 10**9, -1, None, True, "x")] == [
        4,
        53,
        103,
        3,
        23,
        23,
        23,
    ]
    assert cost(paged) == 23
    by_default = "query($n: Int = 3) { people(first: $n) { edges { cursor } } }"
    assert (cost(by_default), cost(by_default, n=9)) == (6, 12)
    by_ids = "query($ids: [ID!]!) { nodes(ids: $ids) { name } }"
    assert cost(by_ids, ids=["a"] * 4) == 6
    for number in range(99):  # more values than are remembered
        assert cost(paged, n=number) == 3 + number


def test_nothing_makes_a_cost_small_again() -> None:
    deep = "friends { " * 12 + "name" + " }" * 12
    assert cost(f"{{ me {{ {deep} }} }}") > COST_MAX
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(190))
    text = f"{{ ...F0 }} {chain} fragment F190 on Query {{ me {{ name }} }}"
    assert cost(text) == 3


def test_what_is_charged_is_what_was_answered() -> None:
    assert charged(b'{"data":{"me":{"name":"x\\":"},"you":null}}') >= 4


def test_as_many_documents_are_persisted_as_fit() -> None:
    kept = PersistedDocuments(bytes_max=3 * (OVERHEAD_BYTES + 20))
    texts = [f"{{ me {{ a{n} }} }}" for n in range(4)]
    for text in texts[:3]:
        kept.keep(hash_of(text), text)
    kept.keep(hash_of(texts[0]), texts[0])
    assert kept.find(hash_of(texts[0])) == texts[0]
    kept.keep(hash_of(texts[3]), texts[3])
    assert [kept.find(hash_of(text)) is not None for text in texts] == [True, False, True, True]
