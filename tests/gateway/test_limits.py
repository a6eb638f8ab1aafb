"""A document's size is found in time linear in its length, whatever its fragments do."""

import time

import pytest
from graphql import build_schema, get_named_type, parse
from strawberry import Schema

from app.gateway.documents import Documents
from app.gateway.limits import (
    ALIASES_MAX,
    CHARACTERS_MAX,
    DEPTH_MAX,
    DIRECTIVES_MAX,
    FIELDS_MAX,
    MUTATIONS_MAX,
    TOKENS_MAX,
    TooComplex,
    check_size,
)
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA

SCHEMA = build_schema(
    """
    type Query { a: Query b(x: Int): Int }
    type Mutation { repay: Int requestOtp: Int verifyOtp: Int }
    """
)


def nested(levels: int) -> str:
    return "{ a " * (levels - 1) + "{ b }" + " }" * (levels - 1)


@pytest.mark.parametrize(
    "text",
    [
        "{ b }",
        nested(DEPTH_MAX),
        "{ " + " ".join(f"f{n}: b" for n in range(ALIASES_MAX)) + " }",
        "query { ...F } fragment F on Query { a { ...G } } fragment G on Query { b }",
        "mutation { " + "repay " * MUTATIONS_MAX + "}",
    ],
)
def test_an_honest_document_passes(text: str) -> None:
    check_size(parse(text))


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (nested(DEPTH_MAX + 1), "levels"),
        ("{ " + "b " * (FIELDS_MAX + 1) + "}", "fields"),
        ("{ " + " ".join(f"f{n}: b" for n in range(ALIASES_MAX + 1)) + " }", "aliases"),
        ("{ b " + "@skip(if: true) " * (DIRECTIVES_MAX + 1) + "}", "directives"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "circle"),
        ("{ ...A } fragment A on Query { a { ...A } }", "circle"),
        ("mutation { " + "repay " * (MUTATIONS_MAX + 1) + "}", "mutations"),
        ("mutation { one: verifyOtp two: verifyOtp }", "sign-in"),
        ("mutation { requestOtp ...F } fragment F on Mutation { verifyOtp }", "sign-in"),
        ("mutation { ... { requestOtp } verifyOtp }", "sign-in"),
        (
            "{ ...A } fragment A on Query { "
            + "a { " * (DEPTH_MAX - 1)
            + "...B"
            + " }" * (DEPTH_MAX - 1)
            + " } fragment B on Query { a { a { b } } }",
            "levels",
        ),
    ],
)
def test_a_document_that_asks_too_much_is_refused(text: str, about: str) -> None:
    with pytest.raises(TooComplex, match=about):
        check_size(parse(text))


def doubling(count: int) -> str:
    """Each fragment spreads the next one twice: 2^count fields in a few hundred bytes."""
    parts = ["{ ...F0 }"]
    parts += [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count)]
    return " ".join([*parts, f"fragment F{count} on Query {{ b }}"])


def chained(count: int) -> str:
    parts = ["{ ...F0 }"]
    parts += [f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(count)]
    return " ".join([*parts, f"fragment F{count} on Query {{ b }}"])


def test_a_fragment_bomb_is_refused_before_it_goes_off() -> None:
    documents = Documents(SCHEMA)
    began = time.perf_counter()
    prepared = documents.prepare(doubling(30))
    assert isinstance(prepared.errors[0], TooComplex)
    assert time.perf_counter() - began < 1, "it would take minutes if it went off"


def test_a_long_chain_of_fragments_is_measured_without_recursion() -> None:
    check_size(parse(chained(2_000)))


GUESSES = " ".join(f"g{n}: verifyOtp" for n in range(ALIASES_MAX))


@pytest.mark.parametrize("spread", ["...Guesses ...F0", "...F0 ...Guesses", "... { ...Guesses }"])
def test_no_chain_of_fragments_hides_a_second_sign_in_step(spread: str) -> None:
    """A chain spread many times is long to walk and adds nothing; the guesses stand beside it."""
    text = (
        f"mutation {{ {spread} {'...F0 ' * 20} }} fragment Guesses on Mutation {{ {GUESSES} }} "
        + " ".join(f"fragment F{n} on Mutation {{ ...F{n + 1} }}" for n in range(100))
        + " fragment F100 on Mutation { repay }"
    )
    with pytest.raises(TooComplex, match="mutations"):
        check_size(parse(text))
    two = text.replace(GUESSES, "one: verifyOtp two: verifyOtp")
    with pytest.raises(TooComplex, match="sign-in"):
        check_size(parse(two))


SECRETS = {"code", "pin", "newPin", "duressPin", "password", "totp", "approval"}
SENDS_A_CODE = {"requestOtp", "beginIntent", "beginSignature"}
NO_SECRET = {"proposeCharge", "enterInvitation"}
"""Their `code` names a charge, or who invited: whoever guesses that rewards somebody else."""


@pytest.mark.parametrize("schema", [BORROWER_SCHEMA, STAFF_SCHEMA], ids=["borrower", "staff"])
def test_whatever_takes_a_code_or_a_pin_stands_alone_in_its_request(schema: Schema) -> None:
    """Threat 9: neither an alias nor a second mutation gives a second guess in one round trip."""
    mutations = schema._schema.mutation_type  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    assert mutations is not None
    guessing = {
        name
        for name, field in mutations.fields.items()
        for argument in field.args.values()
        if SECRETS & set(getattr(get_named_type(argument.type), "fields", {}))
    }
    sending = SENDS_A_CODE & mutations.fields.keys()
    assert guessing
    for name in (guessing | sending) - NO_SECRET:
        with pytest.raises(TooComplex, match="sign-in"):
            check_size(parse(f"mutation {{ one: {name} two: {name} }}"))


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "a { b } " * 200 + "}",
        "{ " + ("a { " + "a { b } " * 15 + "} ") * 15 + "}",
        "{ "
        + " ".join(f"...F{n}" for n in range(99))
        + " } "
        + " ".join(f"fragment F{n} on Query {{ b }}" for n in range(99)),
        "{ b } fragment Unused on Query { " + "... { b } " * 200 + "}",
    ],
)
def test_a_field_asked_for_too_often_in_one_place_is_refused(text: str) -> None:
    """Validation would hold each against each other."""
    with pytest.raises(TooComplex, match="too often"):
        check_size(parse(text))


def test_fragments_may_well_ask_for_the_same_field() -> None:
    spreads = " ".join(f"...F{n}" for n in range(40))
    parts = [f"fragment F{n} on Query {{ b a {{ b }} }}" for n in range(40)]
    prepared = Documents(SCHEMA).prepare(f"{{ {spreads} }} {' '.join(parts)}")
    assert prepared.errors == ()


def test_fragments_that_nothing_spreads_are_bounded_too() -> None:
    bomb = doubling(30).replace("{ ...F0 }", "{ b }")
    with pytest.raises(TooComplex, match="fields"):
        check_size(parse(bomb))
    several = " ".join(f"query Q{n} {{ {'b a ' * 30} }}" for n in range(20)).replace("a ", "b ")
    with pytest.raises(TooComplex, match="fields"):
        check_size(parse(several))


def test_a_long_or_deep_text_is_refused_while_it_is_read() -> None:
    documents = Documents(SCHEMA)
    assert documents.prepare("{" + "b " * TOKENS_MAX + "}").is_unparsable
    assert documents.prepare("{ b(x: " + "[" * 5_000 + "]" * 5_000 + ") }").errors


def test_a_text_is_refused_by_its_length_before_it_is_read() -> None:
    """One string of 64 kB would be a single token, and take 30 ms to read."""
    documents = Documents(SCHEMA)
    padded = "{ b }".ljust(CHARACTERS_MAX)
    assert documents.prepare(padded).errors == ()
    [error] = documents.prepare(padded + " ").errors
    assert error.message == "The document is longer than 32,768 characters."


def test_a_document_is_prepared_once_and_forgotten_by_the_byte() -> None:
    documents = Documents(SCHEMA, bytes_max=100_000)
    first = documents.prepare("{ b }")
    assert documents.prepare("{ b }") is first
    documents.prepare(f"{{ b }} # {'x' * 90_000}")
    assert documents.prepare("{ b }") is first, "what was asked for last goes last"
    for number in range(20):
        documents.prepare(f"{{ b(x: {number}) }}")
    assert documents.prepare("{ b }") is not first


def test_an_operation_is_named_or_alone() -> None:
    documents = Documents(SCHEMA)
    two = documents.prepare("query A { b } query B { b }")
    assert two.operation(None) is None
    assert two.operation("C") is None
    named = two.operation("B")
    assert named is not None
    assert named.name is not None
    assert named.name.value == "B"
    assert documents.prepare("{ b }").operation(None) is not None
