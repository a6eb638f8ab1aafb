"""
Who may ask for which field: one table for the borrower's graph, held to before anything runs.

A field that nobody put here asks for more, not less: a read for a known borrower, a command for
one who is trusted fully. Anonymous callers are each field's own business.
"""

from typing import cast

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from strawberry import Schema

from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import ContinuityNeeded
from app.foundation.graphql import Context, Info, PlainProblem, problem_of
from app.gateway.plan import Guarded

READS = {
    Trust.CONTACT: frozenset(
        {
            "me",
            "mySessions",
            "regions",
            "products",
            "product",
            "partners",
            "checkPayoffCertificate",
            "checkCashReceipt",
            "lessons",
            "lesson",
            "lessonPacks",
            "checkLearningCertificate",
            "householdCrops",
        }
    ),
    Trust.FULL: frozenset({"myData"}),
}
"""Reads that need less or more than a known borrower: what is public, or the session's own."""

COMMANDS = {
    Trust.CONTACT: frozenset(
        {
            "requestOtp",
            "verifyOtp",
            "signInWithDevice",
            "refreshSession",
            "signOut",
            "proveContinuity",
            "startAfresh",
            "askStaffToIdentify",
            "notMe",
            "openTicket",
            "askAPerson",
        }
    ),
    Trust.KNOWN: frozenset(
        {
            "repay",
            "quotePayoff",
            "requestHardship",
            "setLanguage",
            "sync",
            "openLesson",
            "completeLesson",
            "answerQuiz",
            "answerFigureQuestion",
            "chooseReading",
            "joinContest",
            "leaveContest",
            "markNotificationsRead",
            "replyToTicket",
            "attachPicture",
            "rateTicket",
            "requestHumanReview",
            "contestContact",
            "promiseToPay",
        }
    ),
}
"""
Commands that need less than full trust: ways to sign in and to recover, paying, and learning.

Whoever may say what was wrong may show it too: a picture with a ticket is made anew like any other,
shows to staff alone, and takes the trust of a reply. Taking one away takes full trust.

Ending other sessions is not among them: whoever only knows the number must not be able to silence
the phone that could object.
"""


def needed_for(field: str, *, is_command: bool) -> Trust:
    """Return how far a borrower's session must be trusted for a root field."""
    table, otherwise = (COMMANDS, Trust.FULL) if is_command else (READS, Trust.KNOWN)
    return next((trust for trust, names in table.items() if field in names), otherwise)


def gated(schema: Schema) -> Schema:
    """Put every root field of a graph behind its trust, and return the same graph."""
    core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    for root, table in ((core.query_type, READS), (core.mutation_type, COMMANDS)):
        assert root is not None, "the graph reads and commands"
        _gate(root, table)
    return schema


def _gate(root: GraphQLObjectType, table: dict[Trust, frozenset[str]]) -> None:
    named = frozenset[str]().union(*table.values())
    assert named <= root.fields.keys(), f"no such fields: {named - root.fields.keys()}"
    is_command = table is COMMANDS
    for name, field in root.fields.items():
        field.resolve = _gated(
            field, needed_for(name, is_command=is_command), is_command=is_command
        )


def _gated(field: GraphQLField, needed: Trust, *, is_command: bool) -> Guarded:
    resolve = field.resolve
    assert resolve is not None, "every root field has a resolver"
    enough = frozenset(trust for trust in Trust if trust.reaches(needed))

    def refusal(info: GraphQLResolveInfo[Context]) -> PlainProblem | None:
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller) or caller.trust in enough:
            return None
        refused = ContinuityNeeded(is_known=caller.trust.reaches(Trust.KNOWN))
        if is_command:
            return problem_of(cast("Info", info), refused)
        raise refused

    return Guarded(resolve, refusal)
