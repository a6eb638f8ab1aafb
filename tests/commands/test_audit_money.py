"""`audit money`: what does not hold of money is named, on both databases."""

import orjson
import pytest

from app.foundation.database import fetch, transaction
from app.servicing import operations
from app.settings import Settings
from tests.commands.conftest import Run
from tests.commands.test_loans import lend, within
from tests.servicing.conftest import MEI, LoanRef

PROMISES = 14
PLANTED = {
    "UPDATE servicing_installment SET principal_fen = principal_fen + 1 WHERE number = 2": (
        "loan {loan}: 120000 fen lent, 120001 in its installments",
        "loan {loan}: installment 2: principal_fen is",
    ),
    "INSERT INTO servicing_counted_book (bucket, loans, principal_fen, overdue_fen, unapplied_fen)"
    " VALUES ('OVER', 1, 5, 0, 0)": ("sums of OVER: 1 loans and 5 fen too much",),
    "INSERT INTO idempotency_claim (claim_key, command_hash, claimed_at) VALUES ('k', 'h', 1)": (
        "key k: was claimed and has no answer",
    ),
    "INSERT INTO outbox_fact (id, name, payload, announced_at)"
    " VALUES ('fa', 'RepaymentTaken', '{}', 1)": (),
    "INSERT INTO outbox_delivery (id, fact_id, consumer, status, attempts, position, last_error)"
    " VALUES ('dl', 'fa', 'inbox', 'DEAD', 12, 0, 'ValueError')": (
        "delivery dl to inbox: RepaymentTaken is dead, last error ValueError",
    ),
    "INSERT INTO repayment (id, borrower_id, loan_id, amount_fen, status, channel, initiated_at,"
    " initiated_on, provider_ref) VALUES ('rp', 'br', '{loan}', 5, 'ALLOCATED', 'MOBILE',"
    " '2026-11-21 10:00:00+00:00', '2026-11-21', 'x')": (
        "repayment rp: is ALLOCATED, was taken 0 times and undone 0",
    ),
    "INSERT INTO cash (id, agent_id, partner_code, shop_zh, shop_en, borrower_id, loan_id,"
    " amount_fen, state, started_on, started_at, expires_at) VALUES ('cg', 'st', 'shop', 's', 's',"
    " 'br', '{loan}', 7, 'RECEIVED', '2026-11-21', 1, 1)": (
        "rail:agent:shop: 0 posted, 7 not handed over",
        "cash cg is RECEIVED, its repayment None",
    ),
    "INSERT INTO disbursement (id, application_id, borrower_id, agreement_id, amount_fen, state,"
    " reserved_at) VALUES ('db', 'ap', 'br', 'ag', 5, 'SUCCEEDED', '2026-11-21 10:00:00+00:00')": (
        "disbursement db: is SUCCEEDED, and there is no loan",
    ),
    "INSERT INTO reward_account (id, points, code, opened_on) VALUES ('br', 7, 'ABCD2345',"
    " '2026-11-21')": ("points of br: 7 kept, lines sum to 0",),
    "INSERT INTO reward_budget (id, reserved_fen, spent_fen) VALUES ('CARE_20', 5, 0)": (
        "budget CARE_20: 5 reserved and 0 spent, coupons say 0 and 0",
    ),
    "INSERT INTO reward_coupon (id, source_key, borrower_id, campaign, way, amount_fen, state,"
    " granted_at, expires_on, loan_id, event_id, used_fen) VALUES ('cu', 'x', 'br', 'OTHER',"
    " 'CARE', 9, 'REDEEMED', 1, '2027-11-21', '{loan}', 'ev', 9)": (
        "coupon cu: 9 used, None in loan {loan}",
    ),
}


@pytest.fixture
def loan(new_settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lend, and take a payment, in a database of each kind that the commands then look at."""
    new_settings.data_folder.mkdir(parents=True)
    monkeypatch.setenv("DATABASE_URL", database_url)
    (loan_id,) = lend(database_url, 1)
    return loan_id


def edit(url: str, *statements: str) -> None:
    async def work() -> None:
        async with transaction() as tx:
            for statement in statements:
                await tx.run(statement)

    within(url, work)


def test_a_byte_flipped_in_a_posting_is_named_first(run: Run, loan: str, database_url: str) -> None:
    found = run("audit", "money")
    assert (found.exit_code, found.stderr.count("First")) == (0, 0), found.output
    assert [line.endswith(", ok") for line in found.stdout.splitlines()] == [True] * PROMISES

    posted = within(database_url, lambda: fetch("SELECT id, about FROM ledger_posting"))
    assert [one["about"] for one in posted] == [loan]
    flipped = loan[:-1] + chr(ord(loan[-1]) ^ 1)
    edit(database_url, f"UPDATE ledger_posting SET about = '{flipped}'")
    found = run("audit", "money")
    assert found.exit_code == 1
    name = f"posting {posted[0]['id']} (number 1): hash differs"
    assert f"First: {name}" in found.stderr
    told = run("audit", "money", "--json")
    proofs = orjson.loads(told.stdout.splitlines()[-1])["proofs"]
    assert (told.exit_code, proofs[0]["problems"]) == (1, [name])


def test_whatever_does_not_hold_of_money_is_named(run: Run, loan: str, database_url: str) -> None:
    async def pay() -> None:
        async with transaction() as tx:
            await operations.take_payment(
                tx, LoanRef(MEI, loan), 5_000, repayment_id="rp0", received_on=tx.today
            )

    within(database_url, pay)
    told = run("audit", "money")
    assert "  repayments: 0 reached loans, and loans took 1" in told.stdout.splitlines()
    edit(database_url, *(statement.replace("{loan}", loan) for statement in PLANTED))
    found = run("audit", "money")
    assert found.exit_code == 1
    for names in PLANTED.values():
        for name in names:
            assert f"  {name.replace('{loan}', loan)}" in found.stdout, found.stdout
