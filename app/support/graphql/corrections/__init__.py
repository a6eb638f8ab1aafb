"""Putting loans right at the desk: one proposes, another decides, both on the staff graph."""

from typing import Annotated, TypeVar

import strawberry

from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.servicing import queries as loans
from app.servicing.errors import CorrectionStepRefused
from app.servicing.graphql import Correction, CorrectionState
from app.servicing.graphql.corrections import (
    ProposalProblem,
    decision_problem,
    proposal_problem,
    step_problem,
)
from app.servicing.rules import corrections as rules
from app.support import operations
from app.support.graphql.corrections import inputs, results

P = TypeVar("P", bound=results.Proposed)


@strawberry.type(description="The service desk's queries about corrections.")
class StaffCorrectionQuery:
    """The queue, and one correction whole."""

    @strawberry.field(
        description="Corrections in a state: those that wait oldest first, all others newest"
        " first; without the loan's figures. Whoever may propose or decide reads it, and auditors."
    )
    async def corrections(
        self,
        info: Info,
        state: Annotated[
            CorrectionState, strawberry.argument(description="Which; those that wait, unless said.")
        ] = CorrectionState.PROPOSED,
        loan_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those of one loan.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[Correction] | None:
        """Return a page of corrections."""
        _ = await operations.staff_at_desk(info.context.staff, rules.READERS)
        if loan_id is not None:
            loan_id = strawberry.ID(checked_id(loan_id, "ln", field="loanId"))
        list_name = f"corrections:{state.name}:{loan_id or ''}"
        ask = asked_page(list_name, first, after)
        wanted = rules.CorrectionState[state.name]
        page = await loans.corrections(wanted, ask, loan_id=loan_id)
        return connection_of(list_name, ask, page, lambda one: Correction.of(info, one))

    @strawberry.field(
        description="One correction with figures and notes; null when there is none. The borrower"
        " sees who looked."
    )
    async def correction(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The correction.")],
    ) -> results.OpenedCorrection | None:
        """Open a correction."""
        correction_id = checked_id(id, "co", field="id")
        try:
            opened = await operations.open_correction(info.context.staff, correction_id)
        except NotFound:
            return None
        return results.OpenedCorrection.of(info, opened)


async def _proposed(
    info: Info,
    input: inputs.Proposal,
    success: type[P],
) -> P | ProposalProblem:
    try:
        staff = info.context.staff
        correction = await operations.propose_correction(staff, input.as_command(staff.staff_id))
    except Refusal as refusal:
        return proposal_problem(info, refusal)
    return success.of(info, correction)


@strawberry.type(
    description="The service desk's mutations about corrections. Agents, supervisors and the head"
    " of lending propose; supervisors and the head of lending decide what somebody else proposed."
)
class StaffCorrectionMutation:
    """Proposing, deciding, taking back."""

    @strawberry.mutation(
        description="Propose to undo a repayment: the loan becomes as if it had never been."
    )
    async def propose_reversal(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeReversalInput,
            strawberry.argument(description="What to undo, and why."),
        ],
    ) -> results.ProposeReversalResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeReversalSuccess)

    @strawberry.mutation(
        description="Propose to give up costs, fees, penalty or interest that is owed."
    )
    async def propose_waiver(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeWaiverInput, strawberry.argument(description="What, how much, and why.")
        ],
    ) -> results.ProposeWaiverResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeWaiverSuccess)

    @strawberry.mutation(
        description="Propose to charge a fee or cost that the cost certificate names."
    )
    async def propose_charge(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeChargeInput, strawberry.argument(description="What, how much, and why.")
        ],
    ) -> results.ProposeChargeResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeChargeSuccess)

    @strawberry.mutation(description="Propose a lower contract rate from the day of approval on.")
    async def propose_rate_cut(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeRateCutInput, strawberry.argument(description="The rate, and why.")
        ],
    ) -> results.ProposeRateCutResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeRateCutSuccess)

    @strawberry.mutation(description="Propose to put the installments to come off.")
    async def propose_deferral(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeDeferralInput, strawberry.argument(description="By how much, and why.")
        ],
    ) -> results.ProposeDeferralResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeDeferralSuccess)

    @strawberry.mutation(description="Propose a new plan for what is left.")
    async def propose_rescheduling(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeReschedulingInput, strawberry.argument(description="The plan, and why.")
        ],
    ) -> results.ProposeReschedulingResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeReschedulingSuccess)

    @strawberry.mutation(
        description="Propose to give a loan up in our books; the borrower still owes it."
    )
    async def propose_write_off(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeWriteOffInput, strawberry.argument(description="Which loan, and why.")
        ],
    ) -> results.ProposeWriteOffResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeWriteOffSuccess)

    @strawberry.mutation(
        description="Propose to take money that came in on a loan that was written off."
    )
    async def propose_recovery(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeRecoveryInput, strawberry.argument(description="How much, and why.")
        ],
    ) -> results.ProposeRecoveryResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeRecoverySuccess)

    @strawberry.mutation(description="Propose to end a write-off.")
    async def propose_reopening(
        self,
        info: Info,
        input: Annotated[
            inputs.ProposeReopeningInput, strawberry.argument(description="Which loan, and why.")
        ],
    ) -> results.ProposeReopeningResult:
        """Propose."""
        return await _proposed(info, input, results.ProposeReopeningSuccess)

    @strawberry.mutation(
        description="Approve or reject what somebody else proposed, after `staffStepUp`. Approved,"
        " it happens at once, if it still does exactly what was proposed, and the borrower is told."
    )
    async def decide_correction(
        self,
        info: Info,
        input: Annotated[
            inputs.DecideCorrectionInput, strawberry.argument(description="The decision.")
        ],
    ) -> results.DecideCorrectionResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = input.as_command(staff.staff_id)
            correction = await operations.decide_correction(staff, command)
        except Refusal as refusal:
            return decision_problem(info, refusal)
        return results.DecideCorrectionSuccess(correction=Correction.of(info, correction))

    @strawberry.mutation(description="Take back what one proposed oneself.")
    async def withdraw_correction(
        self,
        info: Info,
        input: Annotated[
            inputs.WithdrawCorrectionInput, strawberry.argument(description="Which one.")
        ],
    ) -> results.WithdrawCorrectionResult:
        """Take back."""
        try:
            staff = info.context.staff
            command = input.as_command(staff.staff_id)
            correction = await operations.withdraw_correction(staff, command)
        except CorrectionStepRefused as refusal:
            return step_problem(info, refusal)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return results.WithdrawCorrectionSuccess(correction=Correction.of(info, correction))
