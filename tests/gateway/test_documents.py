"""However deep a document is nested, it is refused and never a fault."""

import pytest

from app.gateway import documents
from app.gateway.documents import Documents
from app.gateway.masking import shown
from app.gateway.schema import BORROWER_SCHEMA


@pytest.mark.parametrize(
    ("before", "opens", "inside", "closes", "after"),
    [
        ("query($x: Int) { loan(id: ", "[", "", "]", ") { id } }"),
        ("{ loan(id: ", "{a:", "1", "}", ") { id } }"),
        ("query($x: ", "[", "Int", "]", ") { loans { id } }"),
        ("{ ", "...{", " loans { id } ", "}", ""),
    ],
    ids=["lists", "objects", "types", "fragments"],
)
def test_depth_of_any_kind_is_refused_in_a_few_words(
    before: str, *, opens: str, inside: str, closes: str, after: str
) -> None:
    documents = Documents(BORROWER_SCHEMA._schema)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as the endpoint does
    for depth in range(50, 990, 47):
        text = f"{before}{opens * depth}{inside}{closes * depth}{after}"
        prepared = documents.prepare(text)
        assert prepared.errors, depth
        for error in prepared.errors:
            told = shown(error, "en")
            assert told["extensions"]["code"] != "INTERNAL"
            assert len(str(told)) < 1_000


@pytest.mark.parametrize(
    "query",
    [
        "mutation { repay(input: {}) { __typename @stream } }",
        "mutation { repay(input: {}) @stream { ... on RepaySuccess @defer { __typename } } }",
        "{ me @stream(initialCount: 0) { id } }",
        "mutation { ... @defer { setLanguage(input: {}) { __typename } } }",
        '{ ... @defer(label: "a") { me { id } } ... @defer(label: "a") { loans { id } } }',
        "{ ... @defer(label: 5) { loans { id } } }",
    ],
)
def test_parts_that_cannot_be_are_refused_and_break_no_rule(query: str) -> None:
    """A rule of graphql-core's about `@stream` fails on unions, which is no fault of ours."""
    prepared = Documents(BORROWER_SCHEMA._schema).prepare(query)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as the endpoint does
    assert prepared.errors
    assert prepared.in_parts is None


def test_a_document_that_a_rule_fails_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise AttributeError("13800138000")

    monkeypatch.setattr(documents, "validate", broken)
    prepared = Documents(BORROWER_SCHEMA._schema).prepare("{ loans { id } }")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as the endpoint does
    assert [error.message for error in prepared.errors] == ["The document cannot be validated."]
