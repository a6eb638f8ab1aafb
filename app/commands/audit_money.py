"""Everything that must hold of money, looked at again: one proof after the other."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from app.foundation import audit
from app.foundation.idempotency import check_answers
from app.foundation.outbox import check_deliveries
from app.foundation.proof import Proof
from app.ledger import queries as ledger
from app.origination.queries.proving import check_disbursements
from app.payments.queries import proving as payments
from app.rewards.queries.proving import check_rewards
from app.servicing.queries import check_projections, reconcile
from app.servicing.queries.proving import check_counted, check_principal
from app.servicing.queries.settling import check_settlements


async def proofs(witness: Path) -> AsyncIterator[Proof]:
    """Prove each promise in turn, from the postings up; a finding stops none of the others."""
    posted = await ledger.verify()
    yield Proof(
        promise="debits equal credits, entries are as posted, balances are their sums",
        looked_at=posted.postings,
        problems=posted.problems,
    )
    yield await payments.check_once()
    yield await payments.check_steps()
    yield await payments.check_cash()
    yield await check_disbursements()
    yield await check_answers()
    yield await check_principal()
    loans = await check_projections()
    yield Proof(
        promise="loans are what their terms and events make",
        looked_at=loans.loans,
        problems=loans.problems,
    )
    loans = await reconcile()
    yield Proof(
        promise="loans and ledger agree, account by account",
        looked_at=loans.loans,
        problems=loans.problems,
    )
    yield await check_counted()
    settlements, problems = await check_settlements()
    yield Proof(
        promise="settlements with partners are what was posted",
        looked_at=settlements,
        problems=tuple(problems),
    )
    yield await check_rewards()
    yield await check_deliveries()
    acts = await audit.verify(witness)
    yield Proof(
        promise="the audit chain is whole",
        looked_at=acts.entries,
        problems=tuple(one.sentence for one in acts.problems),
    )


def lines_of(proof: Proof) -> Iterator[str]:
    """Say how a proof went: a line, and one for each problem."""
    found = f"{len(proof.problems)} WRONG" if proof.problems else "ok"
    yield f"{proof.promise}: {proof.looked_at:,} looked at, {found}"
    for problem in proof.problems:
        yield f"  {problem}"
