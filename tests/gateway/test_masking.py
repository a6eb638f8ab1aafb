"""
What a session that is bound to a key is shown without the key's signature.

Every resolver of the borrower's graph that opens sealed values stands in the table below with what
it does about that; the walk finds them in the source, so that a new one is not forgotten.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import pytest
from graphql import FieldNode, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from app.commands.phoning import OPERATIONS, UNMASKED
from app.foundation import sealing
from app.foundation.caller import BorrowerCaller, Trust
from app.gateway.schema import BORROWER_SCHEMA

APP = Path(__file__).parents[2] / "app"
CORE = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
OF_STAFF = {
    "agents.py",
    "desk.py",
    "desk_types.py",
    "freezes.py",
    "identifying.py",
    "passkeys.py",
    "reveals.py",
    "rights.py",
    "roles.py",
    "staff.py",
    "timeline.py",
}
"""Modules of the staff graph, which has looks and reveals instead."""
OPENING = {name for name in sealing.__all__ if name.startswith("unseal")}
PROOF = "Proof header"


class Shown(Enum):
    """What becomes of an opened value where the proof is missing."""

    MASKED = "It never leaves in clear: a tail, a mask, or the figures made of it."
    PROVEN = "It is null, or masked, until the request is signed."
    SESSION = "The session needs it to be told what it is, and it names nobody."


TABLE: dict[str, dict[str, tuple[Shown, str]]] = {
    "collections": {
        "CollectionsQuery.contact_attempts": (Shown.PROVEN, "what was noted beside a contact"),
    },
    "identity": {
        "IdentityQuery.me": (
            Shown.PROVEN,
            "name, income, purpose; of a contact: its number masked",
        ),
        "_borrower": (Shown.PROVEN, "as me"),
        "Borrower._own": (Shown.PROVEN, "income, purpose; of ID, card and wallet a mask or tail"),
        "_sessions": (Shown.SESSION, "names of phones, to recognize one that is not theirs"),
        "_devices": (Shown.SESSION, "names of phones, to recognize one that is not theirs"),
    },
    "literacy": {
        "LearningCertificateQuery.check_learning_certificate": (
            Shown.MASKED,
            "who holds its code: a mask",
        ),
    },
    "household": {
        "HouseholdQuery.household": (Shown.PROVEN, "all they said of their household"),
        "HouseholdQuery.household_plan": (Shown.PROVEN, "the same, beside what falls due"),
    },
    "messaging": {
        "MessagingQuery.notifications": (Shown.MASKED, "of the card its tail"),
        "_notification": (Shown.MASKED, "of the card its tail"),
    },
    "origination": {
        "LoanApplication._stated": (Shown.PROVEN, "purpose, income, debts, merchant"),
        "LoanApplication.accept_in_wallet": (Shown.PROVEN, "what their own wallet alone can use"),
        "LoanApplication.agreement": (Shown.PROVEN, "its text names the borrower"),
        "LoanApplication.decision": (Shown.MASKED, "reasons by code, and the limit"),
        "AssistedQuery.assisted_for_me": (Shown.MASKED, "whether the number is theirs"),
        "DrawingQuery.credit_lines": (Shown.MASKED, "limit and rate, made of the decision"),
        "_shown": (Shown.MASKED, "what goes to another lender, as masks"),
        "HandoverQuery.handovers": (Shown.MASKED, "what goes to another lender, as masks"),
        "GuaranteeQuery.guarantees_asked": (Shown.MASKED, "whose loan: a mask and a tail"),
        "LoanApplication.guarantor": (Shown.MASKED, "of the guarantor's number a mask"),
        "LoanApplication.missing": (Shown.MASKED, "whether something is filled in"),
        "LoanApplication.next_step": (Shown.MASKED, "whether something is filled in"),
    },
    "payments": {
        "CertificateQuery.payoff_certificate": (Shown.PROVEN, "its text; the document is masked"),
        "certificate_node": (Shown.PROVEN, "as payoffCertificate"),
        "CertificateQuery.check_payoff_certificate": (Shown.MASKED, "who holds its code: a mask"),
        "_consent": (Shown.PROVEN, "the words agreed to; of the card its tail"),
        "MandateQuery.auto_debit_text": (Shown.MASKED, "of the card its tail"),
        "Refund._payee": (Shown.MASKED, "of the card or wallet its tail"),
        "Refund.accept_in_wallet": (Shown.PROVEN, "what their own wallet alone can use"),
        "Repayment.pay_in_wallet": (Shown.PROVEN, "what their own wallet alone can use"),
    },
    "privacy": {
        "CopyQuery.my_data": (Shown.PROVEN, "everything"),
        "DataCorrectionRequest.answer": (Shown.PROVEN, "our words about them"),
        "HumanReview.answer": (Shown.PROVEN, "our words about them"),
    },
    "support": {"Ticket.messages": (Shown.PROVEN, "their words and ours")},
}
FIELDS = {
    "Borrower": "name monthlyIncome purpose",
    "LoanApplication": "purpose monthlyIncome debtPayments incomeMonths merchant acceptInWallet",
    "Repayment": "payInWallet",
    "Refund": "acceptInWallet",
    "Agreement": "text",
    "PayoffCertificate": "text",
    "AutoDebitConsent": "text",
    "DataCorrectionRequest": "answer",
    "HumanReview": "answer",
    "ContactAttempt": "note",
    "Query": "household householdPlan",
    "TicketMessage": "text",
}
"""The fields that are null, or masked, without a proof; `myData` as a whole is refused."""


@dataclass(frozen=True)
class Function:
    """A function or method, and the functions it names, each with its room."""

    room: str
    module: Path
    name: str
    is_mutation: bool
    named: frozenset[tuple[str, str]]


def functions(path: Path) -> Iterator[Function]:
    room = path.relative_to(APP).parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    rooms = {
        alias.asname or alias.name: node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app.")
        for alias in node.names
    }
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inner:
            if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            name = f"{node.name}.{one.name}" if isinstance(node, ast.ClassDef) else one.name
            yield Function(
                room=room,
                module=path,
                name=name,
                is_mutation=any("mutation" in ast.unparse(by) for by in one.decorator_list),
                named=frozenset(_named(one, room, rooms)),
            )


def _named(of: ast.AST, room: str, rooms: dict[str, str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(of):
        if isinstance(node, ast.Name):
            yield rooms.get(node.id, room), node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield rooms.get(node.value.id, room), node.attr


def opening() -> set[tuple[str, str]]:
    """Return, by room and name, every read that opens sealed values, itself or through others."""
    reads = [
        one
        for path in sorted(APP.glob("*/queries*"))
        for module in ([path] if path.is_file() else sorted(path.rglob("*.py")))
        for one in functions(module)
    ] + list(functions(APP / "privacy" / "operations" / "exporting.py"))
    found = {("foundation", name) for name in OPENING} | {("privacy", "export_data")}
    while True:
        more = {(one.room, one.name) for one in reads if one.named & found} - found
        if not more:
            return found
        found |= more


def resolvers() -> dict[str, set[str]]:
    """Return the functions of the borrower's graph that name such a read, by room."""
    opens = opening()
    found: dict[str, set[str]] = {}
    for path in sorted(APP.glob("*/graphql*")):
        for module in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if path.parent.name in {"foundation", "gateway"} or module.name in OF_STAFF:
                continue
            for one in functions(module):
                if not one.is_mutation and one.named & opens:
                    found.setdefault(one.room, set()).add(one.name)
    return found


def test_every_resolver_that_opens_something_says_what_it_shows_without_a_proof() -> None:
    assert resolvers() == {room: set(names) for room, names in TABLE.items()}


def test_the_schema_says_of_exactly_these_fields_that_they_need_a_proof() -> None:
    told = {
        (name, field)
        for name, type_ in CORE.type_map.items()
        for field, one in getattr(type_, "fields", {}).items()
        if not name.endswith("Input") and PROOF in (one.description or "")
    } - {("Query", "myData"), ("Mutation", "refreshSession")}
    assert told == {(name, field) for name, fields in FIELDS.items() for field in fields.split()}


def test_the_phone_signs_every_read_that_shows_more_by_it() -> None:
    asking = {
        path.stem
        for path in (OPERATIONS / "borrower").glob("*.graphql")
        if _reads_proven(path.read_text(encoding="utf-8"))
    }
    assert asking <= UNMASKED


def _reads_proven(document: str) -> bool:
    """Tell whether a document asks for a field that shows less without a proof."""
    walk = Asking(TypeInfo(CORE))
    parsed = parse(document)
    visit(parsed, TypeInfoVisitor(walk.info, walk))
    is_mutation = document.lstrip().startswith("mutation") or "\nmutation" in document
    needed = {(name, field) for name, fields in FIELDS.items() for field in fields.split()}
    return not is_mutation and bool(walk.found & (needed | {("Query", "myData")}))


class Asking(Visitor):
    """Collects the fields a document asks for, each with its type."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        self.found.add((parent.name if parent else "", node.name.value))


@pytest.mark.parametrize("trust", list(Trust))
def test_only_full_trust_with_a_proof_or_without_a_key_sees_all(trust: Trust) -> None:
    plain = BorrowerCaller(borrower_id="br", session_id="ss", trust=trust)
    bound = replace(plain, device_id="dv")
    is_full = trust is Trust.FULL
    assert plain.sees_all is is_full
    assert not bound.sees_all
    assert replace(bound, is_proven=True).sees_all is is_full
