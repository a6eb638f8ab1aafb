"""However deep a document is nested, it is refused and never a fault."""

import pytest

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
