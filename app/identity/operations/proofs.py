"""Checking that a request was signed by the key its session is bound to, and only once."""

from dataclasses import dataclass, replace

from app.foundation.audit import check_cells
from app.foundation.caller import BorrowerCaller, SentRequest
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.log import logger
from app.foundation.sealing import unseal
from app.foundation.signatures import PublicKey, Purpose, signed_message
from app.identity.errors import ProofInvalid, ProofReplayed, ProofRequired
from app.identity.models import device_cell
from app.identity.operations.keys import is_signed
from app.identity.rules import devices
from app.identity.rules.proofs import WINDOW, Proof, proof_of, proven_parts

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A live device's key for requests."""

    device_id: str
    key: PublicKey


async def prove(caller: BorrowerCaller, sent: SentRequest, access_token: str) -> BorrowerCaller:
    """
    Check a request's proof and use its counter up; return the caller as proven.

    A caller whose session is bound to no key has nothing to prove, and comes back as they are.

    Raises:
        ProofRequired: The session is bound to a device, and there is no proof.
        ProofInvalid: The proof is over another request, or by another key.
        ProofReplayed: Its counter was used before, or is more than 63 behind the newest.
    """
    if caller.device_id is None:
        return caller
    proof = await check_proof(
        caller.borrower_id, caller.device_id, sent, access_token, Purpose.PROOF
    )
    async with transaction() as tx:
        await claim_counter(tx, caller.device_id, proof.counter)
    return replace(caller, is_proven=True)


async def check_proof(
    borrower_id: str, device_id: str, sent: SentRequest | None, token: str, purpose: Purpose
) -> Proof:
    """
    Check a proof's signature over a request and a token; its counter is still to be claimed.

    Raises:
        ProofRequired: There is no proof.
        ProofInvalid: It is over something else, by another key, or the device was ended.
    """
    proof = proof_of(sent)
    if sent is None or proof is None:
        raise ProofRequired
    signer = await _signer(borrower_id, device_id)
    message = signed_message(purpose, *proven_parts(sent, token, proof.counter))
    is_good = signer is not None and is_signed(signer.key, message, proof.signature)
    if not is_good or proof.counter < 1:
        log.warning("proof_invalid", borrower_id=borrower_id, device_id=device_id)
        raise ProofInvalid
    return proof


async def claim_counter(tx: Transaction, device_id: str, counter: int) -> None:
    """
    Use a proof's counter up: each passes once, in any order within 64 of the newest.

    One statement decides, so it holds between processes and on both databases. The window moves
    as `rules.proofs.window_after` says (RFC 4303 §3.4.3).

    Raises:
        ProofReplayed: It was used, is too old, or the device was ended.
    """
    ahead = "CAST(((? - proof_high) & 63) AS INTEGER)"
    bit = "(CAST(1 AS BIGINT) << CAST(((proof_high - ?) & 63) AS INTEGER))"
    claimed = await tx.rows(
        "UPDATE device SET"
        " proof_seen = CASE WHEN ? - proof_high >= ? THEN 1"
        f" WHEN ? > proof_high THEN (proof_seen << {ahead}) | 1"
        f" ELSE proof_seen | {bit} END,"
        " proof_high = CASE WHEN ? > proof_high THEN ? ELSE proof_high END"
        " WHERE id = ? AND ended_at IS NULL AND (? > proof_high"
        f" OR (proof_high - ? < ? AND (proof_seen & {bit}) = 0)) RETURNING proof_high",
        [
            *(counter, WINDOW),
            *(counter, counter),
            counter,
            *(counter, counter),
            *(device_id, counter),
            *(counter, WINDOW, counter),
        ],
    )
    if not claimed:
        raise ProofReplayed


async def _signer(borrower_id: str, device_id: str) -> _Signer | None:
    rows = await fetch(
        "SELECT proof_key FROM device WHERE id = ? AND borrower_id = ? AND ended_at IS NULL",
        [device_id, borrower_id],
    )
    if not rows:
        return None
    cell = device_cell(device_id, borrower_id, "proof_key")
    sealed = bytes(rows[0]["proof_key"])
    await check_cells([(cell, sealed)])
    kept = await unseal(cell, sealed)
    return _Signer(device_id, PublicKey.parse(devices.kept_bytes(kept)))
