"""Every root field of the borrower's graph, and how far a session must be trusted for it."""

import json
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.clock import FixedClock, local_date
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA

CORE = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
CONTACT, KNOWN, FULL = Trust.CONTACT, Trust.KNOWN, Trust.FULL
PHONE = "13800138000"

READS = {
    CONTACT: "me mySessions regions products product partners checkPayoffCertificate"
    " checkCashReceipt lessons"
    " lesson lessonPacks checkLearningCertificate householdCrops",
    KNOWN: "myDevices application applications hardshipOptions loans loan dues paymentPreview"
    " guaranteesAsked assistedForMe creditLines loweredLimit handovers"
    " paymentPreviews payoff payoffCertificate returnOffer refund refunds autoDebitText autoDebit"
    " repayment repayments cashWaiting lessonSuggestions myLearning notifications unreadCount"
    " household householdPlan ask reviewsDue myFigureQuestion myContest learningCertificates"
    " rewards couponPreview myInvitation"
    " notificationPreferences contactWishes pushTargets contactAttempts contactAgreement"
    " whoLookedAtMe consentPurposes consents deletionPlan"
    " myCorrectionRequests myHumanReviews myTickets ticket node nodes",
    FULL: "myData",
}
COMMANDS = {
    CONTACT: "requestOtp verifyOtp signInWithDevice refreshSession signOut openTicket askAPerson"
    " proveContinuity startAfresh notMe askStaffToIdentify",
    KNOWN: "repay quotePayoff requestHardship setLanguage sync openLesson completeLesson answerQuiz"
    " contestContact promiseToPay"
    " markNotificationsRead replyToTicket attachPicture rateTicket requestHumanReview"
    " answerFigureQuestion"
    " chooseReading joinContest leaveContest",
    FULL: "beginDeviceEnrollment attestDevice enrollDevice revokeDevice endOtherSessions setPin"
    " changePin requestPhoneCode changePhone"
    " setDuressPin endSession completeProfile setBankCard setWallet approveIntent beginIntent"
    " startApplication saveApplication giveConsent revokeConsent submitApplication acceptOffer"
    " addDocument removeDocument nameGuarantor beginGuarantee giveGuarantee"
    " refuseGuarantee"
    " confirmAssisted declineAssisted"
    " prepareHandover consentToHandover handOver withdrawHandover"
    " openCertificate answerComprehension confirmCost beginSignature signAgreement"
    " withdrawApplication refundOverpayment setUpAutoDebit changeAutoDebit revokeAutoDebit"
    " returnLoan repayFromCard showCashCode confirmCash drawDown saveHousehold clearHousehold"
    " setNotificationPreferences setQuietHours agreeToContact setNewsPersonal"
    " registerPush forgetPush"
    " giveStandingConsent withdrawConsent closeAccount requestDeletion"
    " requestCorrection"
    " exchangePoints redeemCoupon enterInvitation",
}


def expected(table: dict[Trust, str]) -> dict[str, Trust]:
    return {name: trust for trust, names in table.items() for name in names.split()}


NEEDED = {"query": expected(READS), "mutation": expected(COMMANDS)}
ROOTS = {"query": CORE.query_type, "mutation": CORE.mutation_type}
FIELDS = [
    (kind, name) for kind, root in ROOTS.items() if root is not None for name in sorted(root.fields)
]


def root_of(kind: str) -> GraphQLObjectType:
    root = ROOTS[kind]
    assert root is not None
    return root


def test_every_root_field_says_which_trust_it_needs() -> None:
    for kind in ROOTS:
        assert NEEDED[kind].keys() == root_of(kind).fields.keys()


def test_every_command_can_say_that_more_is_needed() -> None:
    for name, field in root_of("mutation").fields.items():
        result = get_named_type(field.type)
        assert isinstance(result, GraphQLUnionType), name
        assert "PlainProblem" in {one.name for one in result.types}


def literal(wanted: Any) -> str:  # noqa: ANN401 - any of graphql-core's input types
    """Write some value of a type; what it holds does not matter, as nothing is to run."""
    if isinstance(wanted, GraphQLNonNull):
        return literal(wanted.of_type)
    if isinstance(wanted, GraphQLList):
        return "[]"
    if isinstance(wanted, GraphQLInputObjectType):
        fields = wanted.fields
        chosen = [name for name, one in fields.items() if is_required_input_field(one)]
        chosen = chosen or list(fields)[:1]
        inner = " ".join(f"{name}: {literal(fields[name].type)}" for name in chosen)
        return f"{{{inner}}}"
    if is_enum_type(wanted):
        return next(iter(wanted.values))
    assert isinstance(wanted, GraphQLScalarType)
    return {"Int": "1", "Float": "1.0", "Boolean": "true", "Fen": "1"}.get(
        wanted.name, json.dumps("2026-11-21")
    )


def document_of(kind: str, name: str) -> str:
    field = root_of(kind).fields[name]
    arguments = ", ".join(
        f"{argument}: {literal(one.type)}" for argument, one in field.args.items() if needs(one)
    )
    inner = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    if kind == "mutation":
        inner = "{ __typename ... on PlainProblem { code message } }"
    return f"{kind} {{ it: {name}{f'({arguments})' if arguments else ''} {inner} }}"


def needs(argument: GraphQLArgument) -> bool:
    return is_required_argument(argument)


async def code_of(kind: str, name: str, trust: Trust, clock: FixedClock) -> str | None:
    """
    Ask for a field in a session trusted so far; return the code of its refusal.

    There is no database: what is let through fails in another way.
    """
    caller = BorrowerCaller(
        borrower_id="br00000000000000", session_id="ss00000000000000", trust=trust
    )
    context = Context(
        caller=caller, language="zh-Hans", now=clock.now(), today=local_date(clock.now())
    )
    answer = await BORROWER_SCHEMA.execute(document_of(kind, name), context_value=context)
    for error in answer.errors or ():
        return getattr(error.original_error, "code", None)
    assert answer.data is not None
    shown = answer.data["it"]
    return shown.get("code") if isinstance(shown, dict) else None


@pytest.mark.parametrize(("kind", "name"), FIELDS)
async def test_no_field_answers_a_session_that_is_trusted_less_than_it_needs(
    clock: FixedClock, kind: str, name: str
) -> None:
    needed = NEEDED[kind][name]
    for trust in Trust:
        is_refused = await code_of(kind, name, trust, clock) == "CONTINUITY_NEEDED"
        assert is_refused is not trust.reaches(needed)
