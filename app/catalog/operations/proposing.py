"""A new version at the desk: proposed by one, published by another, and never changed again."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import orjson

from app.catalog import queries
from app.catalog.errors import (
    CatalogVersionFaulty,
    OwnVersionProposal,
    VersionProposalNotOpen,
    VersionProposalOtherwise,
    VersionProposalWaits,
)
from app.catalog.models import ProductVersionRow
from app.catalog.operations.publishing import Version, canonical, publish
from app.catalog.queries.versions import ROWS
from app.catalog.rules import Fault
from app.catalog.rules.proposing import (
    WAITS_FOR,
    DecideVersion,
    Proposal,
    ProposalState,
    ProposeVersion,
    ProposeWithdrawal,
    TakeBackVersion,
    Value,
    VersionKind,
    changes_between,
    code_of,
    delisted,
    document_from,
    value_from,
    version_faults,
    withdrawn,
)
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound

ValueCheck = Callable[[Value, date], Awaitable[list[Fault]]]
"""What the rooms above know of a version on its first day: a product's partners, say."""

UNCOUNTED = frozenset({"version", "effective_from"})
"""What every new version changes."""


async def propose_version(
    tx: Transaction, command: ProposeVersion, *, also: ValueCheck
) -> Proposal:
    """
    Propose a version; nothing is published yet.

    Raises:
        CatalogVersionFaulty: The document is unreadable, or what it says cannot hold; each field
            is named.
        VersionProposalWaits: A version of the same thing waits already.
    """
    document = document_from(command.document, command.kind)
    if isinstance(document, Fault):
        raise CatalogVersionFaulty([document])
    return await _propose(tx, command, command.kind, document, also=also)


async def propose_withdrawal(
    tx: Transaction, command: ProposeWithdrawal, *, also: ValueCheck
) -> Proposal:
    """
    Propose the end of a product, or of a partner's place on the list.

    What was handed in for a product keeps its version; loans with a partner live on.

    Raises:
        NotFound: There is no product or partner of this code.
        CatalogVersionFaulty: The day is past, or it has ended already.
        VersionProposalWaits: A version of the same thing waits already.
    """
    is_partner = command.kind is VersionKind.PARTNER
    newest = await queries.newest_content(command.kind, command.code)
    if newest is None:
        raise NotFound("input.partnerCode" if is_partner else "input.productCode")
    end = delisted if is_partner else withdrawn
    document = end(newest, command.effective_from)
    return await _propose(tx, command, command.kind, document, also=also)


async def decide_version(tx: Transaction, command: DecideVersion, *, also: ValueCheck) -> Proposal:
    """
    Publish or reject a proposed version; published, it is never changed again.

    It is checked once more: what else was published since may speak against it.

    Raises:
        NotFound: There is no such proposal.
        OwnVersionProposal: The caller proposed it.
        VersionProposalOtherwise: The content read is not the one proposed.
        VersionProposalNotOpen: It is decided, taken back or out of time.
        CatalogVersionFaulty: It can no longer hold as it is.
        CatalogVersionChanged: The fixtures published another version under the same number.
    """
    proposed = await _found(command.proposal_id)
    if proposed.maker_id == command.checker_id:
        raise OwnVersionProposal
    version = Version(
        proposed.version_key, proposed.code, proposed.effective_from, proposed.content
    )
    if not version.sha256 == proposed.sha256 == command.sha256:
        raise VersionProposalOtherwise(field="input.sha256")
    state = ProposalState.PUBLISHED if command.is_approved else ProposalState.REJECTED
    await _settle(tx, proposed, state, command.checker_id)
    if command.is_approved:
        await _hold_catalog()
        document = orjson.loads(proposed.content)
        value = value_from(proposed.kind, document)
        assert not isinstance(value, Fault), "it was read when it was proposed"
        await _check(tx, proposed.kind, value, document, also=also)
        row_type, prefix = ROWS[proposed.kind]
        _ = await publish(tx, row_type, prefix, [version])
    return await queries.proposal(proposed.proposal_id)


async def take_back_version(tx: Transaction, command: TakeBackVersion) -> Proposal:
    """
    Take back what one proposed oneself.

    Raises:
        NotFound: There is no such proposal.
        OwnVersionProposal: Somebody else proposed it.
        VersionProposalNotOpen: It is decided, taken back or out of time.
    """
    proposed = await _found(command.proposal_id)
    if proposed.maker_id != command.maker_id:
        raise OwnVersionProposal
    await _settle(tx, proposed, ProposalState.TAKEN_BACK, None)
    return await queries.proposal(proposed.proposal_id)


async def _propose(
    tx: Transaction,
    command: ProposeVersion | ProposeWithdrawal,
    kind: VersionKind,
    document: dict[str, Any],
    *,
    also: ValueCheck,
) -> Proposal:
    value = value_from(kind, document)
    if isinstance(value, Fault):
        raise CatalogVersionFaulty([value])
    await _check(tx, kind, value, document, also=also)
    code, content = code_of(value), canonical(document)
    version = Version(value.key, code, value.effective_from, content)
    proposal_id, live_key = tx.new_id("vn"), f"{kind}:{code}"
    await tx.run(
        "UPDATE version_proposal SET live_key = NULL WHERE live_key = ? AND proposed_at <= ?",
        [live_key, milliseconds(tx.now - WAITS_FOR)],
    )
    proposed = await tx.rows(
        "INSERT INTO version_proposal (id, kind, code, version_key, live_key, effective_from,"
        " content, sha256, why, state, maker_id, proposed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (live_key) DO NOTHING"
        " RETURNING id",
        [
            proposal_id,
            kind,
            code,
            version.key,
            live_key,
            version.effective_from.isoformat(),
            content,
            version.sha256,
            command.why,
            ProposalState.PROPOSED,
            command.maker_id,
            milliseconds(tx.now),
        ],
    )
    if not proposed:
        raise VersionProposalWaits
    return await queries.proposal(proposal_id)


async def _check(
    tx: Transaction, kind: VersionKind, value: Value, document: object, *, also: ValueCheck
) -> None:
    faults = version_faults(value, await queries.published_content(), tx.today)
    faults += await also(value, value.effective_from)
    before = await queries.content_before(kind, code_of(value), value.key, value.effective_from)
    if not faults and before is not None:
        changed = {change.field for change in changes_between(before, document)}
        if not changed - UNCOUNTED:
            faults.append(Fault("", "nothing_changes"))
    if faults:
        raise CatalogVersionFaulty(faults)


async def _found(proposal_id: str) -> Proposal:
    try:
        return await queries.proposal(proposal_id)
    except NotFound:
        raise NotFound("input.proposalId") from None


async def _settle(
    tx: Transaction, proposed: Proposal, state: ProposalState, checker_id: str | None
) -> None:
    settled = await tx.rows(
        "UPDATE version_proposal SET state = ?, checker_id = ?, decided_at = ?, live_key = NULL"
        " WHERE id = ? AND state = ? AND proposed_at > ? RETURNING id",
        [
            state,
            checker_id,
            milliseconds(tx.now),
            proposed.proposal_id,
            ProposalState.PROPOSED,
            milliseconds(tx.now - WAITS_FOR),
        ],
    )
    if not settled:
        raise VersionProposalNotOpen


async def _hold_catalog() -> None:
    """Let one version be published after another, so that each is checked beside the others."""
    _ = await ProductVersionRow.all().order_by("id").select_for_update().first()
