"""New versions of the catalog at the desk: one proposes, another publishes, both on record."""

from datetime import date

from app.catalog import operations as catalog
from app.catalog.queries import policy_book, proposal
from app.catalog.rules import Fault, Product, Scorecard
from app.catalog.rules.policy import PolicyValue
from app.catalog.rules.proposing import (
    CHECKERS,
    MAKERS,
    DecideVersion,
    Proposal,
    ProposalState,
    ProposeVersion,
    ProposeWithdrawal,
    TakeBackVersion,
    Value,
)
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.database import Transaction, transaction
from app.identity.queries import check_stepped_up
from app.identity.rules import StaffMember
from app.origination.rules.decision import undecidable
from app.partners.queries import naming_faults, partner_faults
from app.partners.rules import Partner
from app.rewards.rules import campaign_faults
from app.support.operations.desk import staff_at_desk

DECIDED = {
    ProposalState.PUBLISHED: "catalog.published",
    ProposalState.REJECTED: "catalog.rejected",
}


async def propose_version(
    caller: StaffCaller, command: ProposeVersion | ProposeWithdrawal
) -> Proposal:
    """
    Propose a version, or the end of a product or of a partner's place on the list, once per key.

    Nothing is published yet.

    Raises:
        Forbidden: The role proposes no versions.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no product or partner of this code.
        CatalogVersionFaulty: It cannot hold as it is; each field is named.
        VersionProposalWaits: A version of the same thing waits already.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await proposal(claim.answer["proposal_id"])
        if isinstance(command, ProposeVersion):
            proposed = await catalog.propose_version(tx, command, also=_faults_elsewhere)
        else:
            proposed = await catalog.propose_withdrawal(tx, command, also=_faults_elsewhere)
        await _put_in_chain(tx, "catalog.proposed", staff, proposed)
        await claim.settle(tx, {"proposal_id": proposed.proposal_id})
    return proposed


async def decide_version(caller: StaffCaller, command: DecideVersion) -> Proposal:
    """
    Publish or reject what somebody else proposed, once per idempotency key.

    Raises:
        Forbidden: The role decides on no versions.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such proposal.
        OwnVersionProposal: The caller proposed it.
        VersionProposalOtherwise: The content read is not the one proposed.
        VersionProposalNotOpen: It is decided, taken back or out of time.
        CatalogVersionFaulty: It can no longer hold as it is.
        CatalogVersionChanged: The fixtures published another version under the same number.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            decided = await catalog.decide_version(tx, command, also=_faults_elsewhere)
            await _put_in_chain(tx, DECIDED[decided.state], staff, decided)
            await claim.settle(tx, {"proposal_id": decided.proposal_id})
        return await proposal(command.proposal_id)


async def take_back_version(caller: StaffCaller, command: TakeBackVersion) -> Proposal:
    """
    Take back what one proposed oneself, once per idempotency key.

    Raises:
        Forbidden: The role proposes no versions.
        NotFound: There is no such proposal.
        OwnVersionProposal: Somebody else proposed it.
        VersionProposalNotOpen: It is decided, taken back or out of time.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            taken = await catalog.take_back_version(tx, command)
            await _put_in_chain(tx, "catalog.taken_back", staff, taken)
            await claim.settle(tx, {"proposal_id": taken.proposal_id})
        return await proposal(command.proposal_id)


async def _faults_elsewhere(value: Value, on: date) -> list[Fault]:
    """Name what the catalog cannot know: partners, what a decision can look at, campaigns."""
    match value:
        case Product():
            return await naming_faults(value, on)
        case Scorecard():
            return list(undecidable(value))
        case Partner():
            return await partner_faults(value)
        case PolicyValue():
            return list(campaign_faults(value, await policy_book(on)))
        case _:
            return []


async def _put_in_chain(tx: Transaction, kind: str, staff: StaffMember, proposed: Proposal) -> None:
    about = {
        "proposal": proposed.proposal_id,
        "kind": proposed.kind.value,
        "version": proposed.version_key.replace("@", ":"),
        "sha256": proposed.sha256,
    }
    await record(tx, Entry(kind, None, staff.staff_id, about))
