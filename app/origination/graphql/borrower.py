"""Origination's part of the borrower's graph."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from app.catalog.errors import AmountNotOffered
from app.foundation.caller import BorrowerCaller
from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    NodeResolver,
    asked_page,
    connection_of,
    problem_of,
)
from app.identity.errors import WrongCode
from app.identity.graphql.intents import Intent
from app.identity.graphql.types import WrongCodeProblem
from app.origination import operations, queries
from app.origination.errors import (
    ApplicationIncomplete,
    ComprehensionMissing,
    ReadingTimeNotOver,
)
from app.origination.graphql import inputs, results
from app.origination.graphql.documents import Agreement, AnsweredQuestion, CostCertificate
from app.origination.graphql.drawing import DrawingMutation, DrawingQuery
from app.origination.graphql.problems import (
    AmountNotOfferedProblem,
    ApplicationIncompleteProblem,
    ComprehensionMissingProblem,
    ReadingTimeNotOverProblem,
    limit_problem,
    step_problem,
)
from app.origination.graphql.types import LoanApplication
from app.origination.graphql.watching import WatchQuery

ApplicationId = Annotated[strawberry.ID, strawberry.argument(description="The application's id.")]
First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]

_LOADED = (
    queries.statements_by_application,
    queries.standings,
    queries.consents_by_application,
    queries.decisions_by_application,
    queries.offers_by_application,
    queries.certificates_by_application,
    queries.agreements_by_application,
)


@strawberry.type(description="Origination's queries.")
class OriginationQuery(WatchQuery, DrawingQuery):
    """What a borrower can read of their applications."""

    @strawberry.field(
        description="One of the caller's loan applications; null when there is none of this id."
    )
    async def application(self, info: Info, id: ApplicationId) -> LoanApplication | None:
        """Find an application."""
        return await application_node(info, id)

    @strawberry.field(
        description="The caller's loan applications, newest first; null when nobody is signed in."
    )
    async def applications(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[LoanApplication] | None:
        """Page through the caller's applications."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        name = f"applications of {caller.borrower_id}"
        ask = asked_page(name, first, after)
        page = await queries.applications_of(caller.borrower_id, ask)
        return connection_of(name, ask, page, lambda view: LoanApplication.of(info, view))


@strawberry.type(description="Origination's mutations.")
class OriginationMutation(DrawingMutation):
    """What a borrower can do, from a wish to a signature."""

    @strawberry.mutation(
        description="Begin a loan application; it is kept for thirty days. At most five at once."
    )
    async def start_application(
        self,
        info: Info,
        input: Annotated[
            inputs.StartApplicationInput, strawberry.argument(description="Product and region.")
        ],
    ) -> results.StartApplicationResult:
        """Begin."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.start_application(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        application = await _shown(info, application_id)
        return results.StartApplicationSuccess(application=application)

    @strawberry.mutation(
        description="Fill in any steps, in any order, as often as wanted, until it is handed in."
    )
    async def save_application(
        self,
        info: Info,
        input: Annotated[inputs.SaveApplicationInput, strawberry.argument(description="Steps.")],
    ) -> results.SaveApplicationResult:
        """Fill in."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.save_application(command)
        except AmountNotOffered as refusal:
            return AmountNotOfferedProblem.of(info, refusal)
        except Refusal as refusal:
            return step_problem(info, refusal)
        application = await _shown(info, application_id)
        return results.SaveApplicationSuccess(application=application)

    @strawberry.mutation(description="Agree to one thing, towards one recipient.")
    async def give_consent(
        self,
        info: Info,
        input: Annotated[inputs.GiveConsentInput, strawberry.argument(description="To what.")],
    ) -> results.GiveConsentResult:
        """Agree."""
        try:
            caller = info.context.borrower
            command = input.as_command(caller.borrower_id)
            application_id = await operations.give_consent(command, session_id=caller.session_id)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.GiveConsentSuccess(application=await _shown(info, application_id))

    @strawberry.mutation(description="Take a consent back, before the application is handed in.")
    async def revoke_consent(
        self,
        info: Info,
        input: Annotated[inputs.RevokeConsentInput, strawberry.argument(description="Which.")],
    ) -> results.RevokeConsentResult:
        """Take back."""
        try:
            caller = info.context.borrower
            command = input.as_command(caller.borrower_id)
            application_id = await operations.revoke_consent(command, session_id=caller.session_id)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.RevokeConsentSuccess(application=await _shown(info, application_id))

    @strawberry.mutation(
        description="Hand the application in; it is decided within moments, so ask again soon."
    )
    async def submit_application(
        self,
        info: Info,
        input: Annotated[
            inputs.SubmitApplicationInput, strawberry.argument(description="Which application.")
        ],
    ) -> results.SubmitApplicationResult:
        """Hand in."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.submit_application(command)
        except ApplicationIncomplete as refusal:
            view = await queries.application(info.context.borrower_id, input.application_id)
            return ApplicationIncompleteProblem.of(info, refusal, view.offered)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.SubmitApplicationSuccess(application=await _shown(info, application_id))

    @strawberry.mutation(
        description="Accept an offer, or exchange it for another until the signature; each brings"
        " its own cost certificate to be read."
    )
    async def accept_offer(
        self,
        info: Info,
        input: Annotated[inputs.AcceptOfferInput, strawberry.argument(description="Which offer.")],
    ) -> results.AcceptOfferResult:
        """Accept."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.accept_offer(command)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.AcceptOfferSuccess(application=await _shown(info, application_id))

    @strawberry.mutation(
        description="Open the cost certificate when it is shown; the reading time starts now."
    )
    async def open_certificate(
        self,
        info: Info,
        input: Annotated[inputs.OpenCertificateInput, strawberry.argument(description="Whose.")],
    ) -> results.OpenCertificateResult:
        """Open."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.open_certificate(command)
        except Refusal as refusal:
            return step_problem(info, refusal)
        application = await _shown(info, application_id)
        certificate = CostCertificate.of(
            await _certificate(info, application_id), info.context.language
        )
        return results.OpenCertificateSuccess(application=application, certificate=certificate)

    @strawberry.mutation(
        description="Answer questions about the cost; wrong answers are explained and may be"
        " given again, at most 30 answers an hour."
    )
    async def answer_comprehension(
        self,
        info: Info,
        input: Annotated[
            inputs.AnswerComprehensionInput, strawberry.argument(description="The answers.")
        ],
    ) -> results.AnswerComprehensionResult:
        """Answer."""
        try:
            command = input.as_command(info.context.borrower_id)
            checked = await operations.answer_comprehension(command)
        except Refusal as refusal:
            return step_problem(info, refusal)
        application = await _shown(info, checked.application_id)
        certificate = await _certificate(info, checked.application_id)
        return results.AnswerComprehensionSuccess(
            application=application,
            answers=[
                AnsweredQuestion.of(one, certificate, info.context.language)
                for one in checked.checked
            ],
            is_understood=not checked.questions_left,
        )

    @strawberry.mutation(
        description="Confirm the cost: after the reading time, with every question answered right."
    )
    async def confirm_cost(
        self,
        info: Info,
        input: Annotated[
            inputs.ConfirmCostInput, strawberry.argument(description="The certificate read.")
        ],
    ) -> results.ConfirmCostResult:
        """Confirm."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.confirm_cost(command)
        except ReadingTimeNotOver as refusal:
            return ReadingTimeNotOverProblem.of(info, refusal)
        except ComprehensionMissing as refusal:
            return ComprehensionMissingProblem.of(info, refusal)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.ConfirmCostSuccess(application=await _shown(info, application_id))

    @strawberry.mutation(
        description="Show the exact agreement and text the code that signs it, and nothing else."
    )
    async def begin_signature(
        self,
        info: Info,
        input: Annotated[inputs.BeginSignatureInput, strawberry.argument(description="Whose.")],
    ) -> results.BeginSignatureResult:
        """Begin to sign."""
        try:
            command = input.as_command(info.context.borrower)
            begun = await operations.begin_signature(command)
        except Refusal as refusal:
            return limit_problem(info, refusal)
        agreement = Agreement(
            id=strawberry.ID(begun.agreement_id), text=begun.text, hash=begun.sha256, signed_at=None
        )
        application = await _shown(info, begun.application_id)
        return results.BeginSignatureSuccess(
            application=application, agreement=agreement, intent=Intent.of(begun.intent)
        )

    @strawberry.mutation(
        description="Sign by approving the intent; the money is sent at once. Five guesses a code."
    )
    async def sign_agreement(
        self,
        info: Info,
        input: Annotated[
            inputs.SignAgreementInput, strawberry.argument(description="Hash and approval.")
        ],
    ) -> results.SignAgreementResult:
        """Sign."""
        try:
            caller = info.context.borrower
            command = input.as_command(caller)
            signed = await operations.sign_agreement(command)
        except Refusal as refusal:
            return limit_problem(info, refusal)
        if isinstance(signed, WrongCode):
            return WrongCodeProblem.of(info, signed)
        return results.SignAgreementSuccess(application=await _shown(info, signed))

    @strawberry.mutation(
        description="Take the application back at no cost; after signing too, until the money is"
        " on its way."
    )
    async def withdraw_application(
        self,
        info: Info,
        input: Annotated[
            inputs.WithdrawApplicationInput, strawberry.argument(description="Which application.")
        ],
    ) -> results.WithdrawApplicationResult:
        """Take back."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.withdraw_application(command)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return results.WithdrawApplicationSuccess(application=await _shown(info, application_id))


async def _shown(info: Info, application_id: str) -> LoanApplication:
    """Show an application after a change: what was read before it no longer counts."""
    for load in _LOADED:
        info.context.loader(load).clear_all()
    view = await queries.application(info.context.borrower_id, application_id)
    return LoanApplication.of(info, view)


async def _certificate(info: Info, application_id: str) -> queries.CertificateView:
    view = await info.context.loader(queries.certificates_by_application).load(application_id)
    assert view is not None, "the step needs a certificate"
    return view


async def application_node(info: Info, application_id: str) -> LoanApplication | None:
    """Find one of the caller's applications; somebody else's is not there."""
    caller = info.context.caller
    if not isinstance(caller, BorrowerCaller):
        return None
    try:
        view = await queries.application(caller.borrower_id, application_id)
    except NotFound:
        return None
    return LoanApplication.of(info, view)


NODES: Mapping[str, NodeResolver] = {"ap": application_node}
"""Who finds a node of this room, by the first two letters of its id."""
