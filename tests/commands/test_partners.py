"""Settling by command: a line for each partner, and 1 with what differs."""

import asyncio
import json
from decimal import Decimal

from app.foundation.database import transaction
from app.main import opened
from app.servicing import operations
from app.servicing.rules import Funder
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of
from tests.servicing.conftest import opening, plain_terms

SHARES = (
    Funder(code="yunling_bank", share=Decimal("0.8")),
    Funder(code="qingmiao", share=Decimal("0.2")),
)


async def lend(settings: Settings) -> None:
    async with opened(settings), transaction() as tx:
        terms = plain_terms(disbursed_on=tx.today)
        await operations.open_loan(tx, opening(terms, funders=SHARES))


async def lose_a_fen(settings: Settings) -> None:
    async with opened(settings), transaction() as tx:
        await tx.run(
            "UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE account = ?",
            [
                "funder:qingmiao:settlement",
            ],
        )


def test_what_is_lent_is_settled_by_share_and_a_lost_fen_is_named(
    run: Run, settings: Settings
) -> None:
    assert "nothing is posted yet" in run("partners", "settle").stdout
    asyncio.run(lend(settings))

    day = json.loads(run("partners", "settle", "--json").stdout)
    assert {one["partner_code"]: one["net_fen"] for one in day["statements"]} == {
        "qingmiao": -24_000,
        "yunling_bank": -96_000,
    }
    assert (day["is_final"], day["problems"]) == (False, [])
    shown = run("partners", "settle")
    assert (shown.exit_code, "-960.00" in shown.stdout) == (0, True)
    assert "what the ledger says, to the fen" in shown.stdout
    assert refusal_of(run("partners", "settle", "--on", "2020-01-01"))

    asyncio.run(lose_a_fen(settings))
    off = run("partners", "settle")
    assert off.exit_code == 1
    assert "net: -120001 stated, -120000 in the ledger" in off.stderr
