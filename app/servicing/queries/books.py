"""What each partner has outstanding, by lateness: sums by partner, nothing of any borrower."""

from collections import defaultdict
from collections.abc import Mapping

import orjson

from app.foundation.database import fetch
from app.loanmath.life import Bucket, LoanStatus
from app.loanmath.money import split_fen
from app.servicing.rules.settling import shares_of

LOANS_AT_ONCE = 1_000


async def outstanding_by_partner() -> Mapping[str, Mapping[Bucket, tuple[int, int]]]:
    """
    Return, for each funder, how many loans are in each bucket and its part of their principal.

    Parts are split loan by loan as the ledger splits them, so they sum to its accounts to the fen.
    Loans that were given up are in the last bucket.
    """
    found: defaultdict[str, defaultdict[Bucket, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0])
    )
    after = ""
    while rows := await fetch(
        "SELECT id, funders, bucket, status, principal_fen FROM servicing_loan"
        f" WHERE principal_fen > 0 AND id > ? ORDER BY id LIMIT {LOANS_AT_ONCE}",
        [after],
    ):
        for row in rows:
            is_lost = row["status"] == LoanStatus.WRITTEN_OFF
            bucket = Bucket.DAYS_OVER_90 if is_lost else Bucket(row["bucket"])
            funders = shares_of(orjson.loads(row["funders"]))
            parts = split_fen(row["principal_fen"], [one.share for one in funders])
            for funder, part_fen in zip(funders, parts, strict=True):
                sums = found[funder.code][bucket]
                sums[0] += 1
                sums[1] += part_fen
        after = rows[-1]["id"]
    return {
        code: {bucket: (loans, fen) for bucket, (loans, fen) in by_bucket.items()}
        for code, by_bucket in found.items()
    }
