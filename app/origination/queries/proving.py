"""Proof of disbursements: money that went out is one loan, and nothing else is."""

from app.foundation.database import fetch, transaction
from app.foundation.proof import PROBLEMS_MAX, Proof
from app.origination.models import DisbursementRow
from app.origination.rules.states import DisbursementState
from app.servicing.queries.proving import lent_by_disbursement

CHUNK = 500


async def check_disbursements() -> Proof:
    """Prove that each disbursement made exactly the loan that its state says, once and in full."""
    looked_at, problems, after = 0, list[str](), ""
    for row in await fetch(
        "SELECT provider_ref, COUNT(*) AS times FROM disbursement WHERE provider_ref IS NOT NULL"
        f" GROUP BY provider_ref HAVING COUNT(*) > 1 LIMIT {PROBLEMS_MAX}"
    ):
        problems.append(f"disbursements {row['provider_ref']}: {row['times']} of one payment")
    while True:
        async with transaction():
            found = DisbursementRow.filter(id__gt=after).order_by("id").limit(CHUNK)
            rows = await found.select_for_update()
            lent = await lent_by_disbursement([row.id for row in rows])
        for row in rows:
            lent_fen = lent.get(row.id)
            is_out = row.state == DisbursementState.SUCCEEDED
            if row.state not in set(DisbursementState) or is_out != (lent_fen is not None):
                loan = "no loan" if lent_fen is None else "a loan"
                problems.append(f"disbursement {row.id}: is {row.state}, and there is {loan}")
            elif is_out and lent_fen != row.amount_fen:
                problems.append(f"disbursement {row.id}: {row.amount_fen} out, {lent_fen} lent")
        looked_at += len(rows)
        if len(rows) < CHUNK:
            break
        after = rows[-1].id
    promise = "one disbursement, one loan"
    return Proof(promise=promise, looked_at=looked_at, problems=tuple(problems[:PROBLEMS_MAX]))
