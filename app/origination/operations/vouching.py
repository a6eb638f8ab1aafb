"""What a guarantor agreed to, told in the evidence of the signature it stands behind."""

from typing import cast

import orjson

from app.foundation.canonical import Canonical
from app.foundation.sealing import unseal
from app.identity import queries as identity
from app.identity.operations.keys import relying_party
from app.origination.models import GuaranteeConsentRow, GuaranteeRow, guarantee_consent_cell
from app.origination.rules.guarantees import GuaranteeState

TOLD = ("application_id", "given_at", "guarantee_id", "guarantor_id", "intent_id", "text")
"""What of a consent goes into the evidence; how the guarantor was signed in does not."""


async def told_guarantee(application_id: str) -> dict[str, Canonical]:
    """
    Return the part of the evidence about an application's guarantor; empty where there is none.

    The words they read with their hash, the intent, and its signature or code.

    Raises:
        SealBroken: What was kept of it was altered.
    """
    given = await GuaranteeRow.get_or_none(
        live_key=application_id, state=GuaranteeState.GIVEN.value
    )
    if given is None or given.guarantor_id is None:
        return {}
    consent = await GuaranteeConsentRow.get(guarantee_id=given.id, withdrawn_at__isnull=True)
    cell = guarantee_consent_cell(consent.id, consent.guarantor_id, "evidence")
    kept = cast("dict[str, Canonical]", orjson.loads(await unseal(cell, consent.evidence)))
    proof = await identity.approval_proof(given.guarantor_id, str(kept["intent_id"]))
    rp_id, origins = relying_party()
    approval: Canonical = {
        **proof,
        # Consents from before it was kept beside them name no more than the intent does.
        "about": kept.get("about"),
        "relying_party": {"id": rp_id, "origins": list(origins)},
    }
    told = {name: kept[name] for name in TOLD}
    return {"guarantee": {**told, "text_sha256": consent.text_sha256, "approval": approval}}
