"""The evidence of a signature is whole, checked without us, and no byte of it can be changed."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.commands.evidence import verify
from app.foundation.audit import OPERATOR
from app.foundation.audit.vouching import vouch, vouching_key
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.origination import operations, queries
from app.origination.operations.evidencing import export_evidence
from app.origination.rules.evidence import NoEvidence, file_of, findings_of, read_file
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.origination.conftest import World

FLIPS = 120
"""How many bytes are changed, one at a time; `tests.long` changes every one."""


def wrong_in(document: dict[str, Any]) -> list[str]:
    """Name what does not hold."""
    return [one.name for one in findings_of(document) if not one.holds]


async def exported(world: World) -> tuple[str, str, bytes]:
    """Sign, and hand the evidence out."""
    borrower_id, application_id = await world.sign()
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    written = await export_evidence(agreement.agreement_id, actor=OPERATOR)
    return borrower_id, agreement.agreement_id, written


async def test_it_holds_as_written_and_not_with_one_byte_changed(
    world: World, tmp_path: Path
) -> None:
    borrower_id, agreement_id, written = await exported(world)
    document = read_file(written)
    assert wrong_in(document) == []
    file = tmp_path / "evidence.json"
    file.write_bytes(written)
    told = CliRunner().invoke(verify, [str(file), "--key", vouching_key()])
    assert (told.exit_code, "WRONG" in told.output) == (0, False)
    file.write_bytes(written.replace(b'"is_right":true', b'"is_right":false', 1))
    told = CliRunner().invoke(verify, [str(file)])
    assert told.exit_code == 1
    assert "WRONG the cost was read, understood" in told.output
    file.write_bytes(written.replace(b'","version":', b'", "version":', 1))
    assert CliRunner().invoke(verify, [str(file)]).exit_code == 2
    assert all(one.holds for one in findings_of(document, key=vouching_key()))
    assert not all(one.holds for one in findings_of(document, key="00" * 32))
    rng = random.Random(20261121)  # noqa: S311 - which bytes, not a secret
    for place in rng.sample(range(len(written)), FLIPS):
        changed = bytearray(written)
        changed[place] ^= 1 << rng.randrange(8)
        try:
            assert wrong_in(read_file(bytes(changed))), f"byte {place} changed unseen"
        except NoEvidence:
            continue

    (entry,) = await fetch("SELECT * FROM audit_entry WHERE kind = 'evidence.exported'")
    assert (entry["subject_id"], entry["actor"]) == (borrower_id, OPERATOR)
    with pytest.raises(NotFound):
        await export_evidence(agreement_id, actor="br0", borrower_id="br00000000000000")


async def test_what_the_house_itself_signs_anew_is_named_all_the_same(world: World) -> None:
    _, _, written = await exported(world)

    def forged(change: str, **values: object) -> list[str]:
        document = json.loads(written)
        part = document
        *path, last = change.split(".")
        for name in path:
            part = part[name]
        assert part[last] != values["to"]
        part[last] = values["to"]
        again = file_of(
            evidence=document["evidence"],
            chain=document["chain"],
            exported_at=document["exported_at"],
            key=vouching_key(),
            vouch=vouch,
        )
        return wrong_in(read_file(again))

    in_chain = "the evidence is in the audit chain"
    text = json.loads(written)["evidence"]["agreement"]["text"]
    assert forged("evidence.agreement.text", to=text.replace("元", "圆", 1)) == [
        "the agreement's text has its hash and number",
        in_chain,
    ]
    assert "the cost certificate has its hash" in forged("evidence.certificate.json", to="{}")
    assert "the plan has its hash and is the certificate's" in forged("evidence.plan.rows", to=[])
    assert forged("evidence.approval.challenge_id", to="") == [
        in_chain,
        "the code that approved it is named",
    ]
    assert "the approval is of this agreement and amount" in forged(
        "evidence.approval.about", to={"amount_fen": 1}
    )
    assert "the device's key signed the words that were shown" in forged(
        "evidence.approval.means", to="DEVICE_KEY"
    )
    assert forged("evidence.signed_at", to="2020-01-01T00:00:00.000+00:00") == [
        "the cost was read, understood and confirmed before the signature",
        in_chain,
    ]
    assert forged("chain.checkpoint.signed_at", to=1) == [
        "the place in the chain is under a signed checkpoint"
    ]


async def test_the_loan_that_follows_can_be_given_back_as_its_agreement_says(world: World) -> None:
    borrower_id, application_id = await world.send()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    (loan,) = await fetch("SELECT id, returnable_until, opened_on FROM servicing_loan")
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    assert "7 天冷静期" in agreement.text
    ref = LoanRef(borrower_id=borrower_id, loan_id=loan["id"])
    summary = await loans.loan(ref)
    offer = await loans.return_offer(ref, summary.opened_on)
    assert offer is not None
    assert (offer.amount_fen, (offer.until - summary.opened_on).days) == (1_500_000, 7)
    certificate = await world.certificate(application_id)
    assert certificate.certificate.cooling_off is not None
