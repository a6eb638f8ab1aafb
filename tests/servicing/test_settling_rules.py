"""Shares are exact to the fen, whatever is posted, and reversals settle to nothing for each."""

import os
import random
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.servicing.rules import Funder
from app.servicing.rules.settling import Parties, Tally, problems_of, signed_split, totals_of

POSTINGS = int(os.environ.get("QINGMIAO_SETTLED_POSTINGS", "400"))
"""How many random postings are settled; 100,000 take about half a minute."""

FUNDERS = tuple(
    Funder(code=code, share=Decimal(share))
    for code, share in (("hechuan_bank", "0.375"), ("yunling_bank", "0.375"), ("qingmiao", "0.25"))
)
PARTIES = Parties(funders=FUNDERS, collectors={"guarantee": "tiansui_guarantee"})


@dataclass(slots=True)
class Line:
    """An entry as the ledger reads it back."""

    kind: str
    account: str
    amount_fen: int
    code: str | None = None
    about: str = "ln1"


def moved_by(postings: list[list[Line]]) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in (line for posting in postings for line in posting):
        head = {"loan": "loans", "borrower": "held"}.get(line.account.partition(":")[0])
        sums[head or line.account] += line.amount_fen
    return dict(sums)


def principal(kind: str, fen: int) -> list[Line]:
    """Lend (above zero) or get back principal, as postings do: loan, cash and both funder sides."""
    lines = [Line(kind, "loan:ln1:principal", fen), Line(kind, "rail:clearing", -fen)]
    for code, part in signed_split(fen, FUNDERS):
        lines += [
            Line(kind, f"funder:{code}:principal", -part),
            Line(kind, f"funder:{code}:settlement", part),
        ]
    return lines


def charge(kind: str, account: str, fen: int, code: str) -> list[Line]:
    return [Line(kind, account, -fen, code), Line(kind, "rail:clearing", fen)]


def random_posting(chance: random.Random) -> list[Line]:
    kind = chance.choice(["disbursement", "repayment", "repayment", "reversal", "restatement"])
    if kind == "disbursement":
        return principal(kind, chance.randrange(1, 10**7))
    sign = -1 if kind == "reversal" else 1
    lines = principal(kind, -sign * chance.randrange(1, 10**6))
    for account, code in (
        ("income:interest", "INTEREST"),
        ("income:penalty", "PENALTY"),
        ("income:fee", "guarantee"),
        ("income:fee", "paper"),
        ("income:cost", "LETTER"),
    ):
        lines += charge(kind, account, sign * chance.randrange(10**5), code)
    held = chance.randrange(1_000)
    return [
        *lines,
        Line(kind, "borrower:b1:unapplied", -held),
        Line(kind, "rail:clearing", held),
    ]


def test_the_sums_over_partners_are_the_ledgers_to_the_fen_whatever_is_posted() -> None:
    chance = random.Random(20261122)  # noqa: S311 - any postings will do
    postings = [random_posting(chance) for _ in range(POSTINGS)]
    tally = Tally({})
    for posting in postings:
        tally.add(posting, PARTIES)

    moved = moved_by(postings)
    statements, totals = tally.statements(), totals_of(moved)

    assert problems_of(statements, totals, moved) == ()
    assert {one.partner_code for one in statements} == {
        *(one.code for one in FUNDERS),
        "tiansui_guarantee",
    }
    guarantor = next(one for one in statements if one.partner_code == "tiansui_guarantee")
    assert (guarantor.opening_fen, guarantor.interest_fen, guarantor.closing_fen) == (0, 0, 0)
    assert guarantor.net_fen == guarantor.fee_fen + guarantor.taken_back_fen != 0


shares = st.lists(st.integers(1, 1_000), min_size=1, max_size=6)


@given(st.integers(-(10**12), 10**12), shares)
def test_parts_sum_to_the_amount_and_its_opposite_splits_into_their_opposites(
    amount_fen: int, weights: list[int]
) -> None:
    funders = tuple(
        Funder(code=f"f{number}", share=Decimal(weight)) for number, weight in enumerate(weights)
    )
    parts = signed_split(amount_fen, funders)
    back = signed_split(-amount_fen, funders)

    assert sum(part for _, part in parts) == amount_fen
    assert back == [(code, -part) for code, part in parts]
    whole = sum(weights)
    for (_, part), weight in zip(parts, weights, strict=True):
        assert abs(part * whole - amount_fen * weight) < whole, "nobody is off by a whole fen"


def test_a_fen_that_vanishes_is_named() -> None:
    lines = principal("disbursement", 100)
    tally = Tally({})
    tally.add(lines, PARTIES)
    moved = moved_by([lines])
    moved["rail:clearing"] += 1
    assert problems_of(tally.statements(), totals_of(moved), moved) == (
        "net: -100 stated, -99 in the ledger",
    )
