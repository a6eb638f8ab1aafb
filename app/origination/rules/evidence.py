"""
The evidence of a signed agreement: what is kept at the signature, and how it is checked far away.

Checking needs neither a database nor a network nor a key of ours: the file holds the text, the
certificate, the plan, the words approved with their proof, the place in the audit chain, and a
signature over all of that by the audit key, whose public half is known to whoever relies on it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.foundation.audit.vouching import checkpoint_holds, entry_hash, is_vouched
from app.foundation.canonical import Canonical, canonical_json, sha256_of
from app.foundation.signatures import (
    Authenticators,
    PublicKey,
    Purpose,
    RelyingParty,
    SignatureRefused,
    signed_message,
)
from app.identity.rules import devices

EVIDENCE_KIND = "qingmiao.signature-evidence"
EVIDENCE_VERSION = 2
"""1 had the text, its hashes and the intent's id alone."""
FILE_KIND = "qingmiao.evidence-file"
FILE_VERSION = 1
SIGNED_ENTRY = "agreement.signed"
"""The kind of the audit entry that names evidence by its hash."""

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and whether it holds."""

    name: str
    holds: bool


class NoEvidence(Exception):
    """The file is not one of evidence, or not byte for byte as it was written."""


def file_of(
    *,
    evidence: Told,
    chain: Canonical,
    exported_at: str,
    key: str,
    vouch: Callable[[dict[str, Canonical]], str],
) -> bytes:
    """Write a file of evidence: canonical JSON, signed as a whole, and a line break."""
    document: dict[str, Canonical] = {
        "kind": FILE_KIND,
        "version": FILE_VERSION,
        "evidence": dict(evidence),
        "chain": chain,
        "exported_at": exported_at,
        "key": key,
    }
    return f"{canonical_json({**document, 'signature': vouch(document)})}\n".encode()


def read_file(written: bytes) -> dict[str, Any]:
    """
    Read a file of evidence.

    Raises:
        NoEvidence: It is none, or a byte of it is not as canonical JSON has it.
    """
    try:
        told: object = json.loads(written)
        if not isinstance(told, dict):
            raise NoEvidence("it is no object")
        document = cast("dict[str, Any]", told)
        same = f"{canonical_json(document)}\n".encode() == written
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError) as wrong:
        raise NoEvidence("it is no JSON") from wrong
    if not same:
        raise NoEvidence("its bytes are not canonical (RFC 8785)")
    if (document.get("kind"), document.get("version")) != (FILE_KIND, FILE_VERSION):
        raise NoEvidence("it is another kind of file, or another version")
    return document


def findings_of(document: dict[str, Any], *, key: str | None = None) -> list[Finding]:
    """
    Look at everything that must hold; `key` is the audit key that is known from elsewhere.

    Every byte of the file is under its signature; the other findings say what of it is not as it
    must be, and hold against the house too, which could sign anything.
    """
    found: list[Finding] = []
    for name, check in _CHECKS.items():
        try:
            holds = check(document)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            holds = False
        found.append(Finding(name, holds))
    if key is not None:
        found.append(Finding("the file is signed by the key you named", document.get("key") == key))
    return [*found, *_approval_findings(document)]


def _is_sealed(document: Told) -> bool:
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    return is_vouched(unsigned, key=document["key"], signature=document["signature"])


def _is_of_known_form(document: Told) -> bool:
    evidence = document["evidence"]
    return (evidence["kind"], evidence["version"]) == (EVIDENCE_KIND, EVIDENCE_VERSION)


def _is_text_right(document: Told) -> bool:
    agreement = document["evidence"]["agreement"]
    return sha256_of(agreement["text"]) == agreement["sha256"] and (
        f" {agreement['id']}" in agreement["text"]
    )


def _is_certificate_right(document: Told) -> bool:
    certificate = document["evidence"]["certificate"]
    written = certificate["json"]
    return (
        sha256_of(written) == certificate["sha256"]
        and canonical_json(json.loads(written)) == written
    )


def _is_certificate_bound(document: Told) -> bool:
    evidence = document["evidence"]
    told = json.loads(evidence["certificate"]["json"])
    return (
        told["agreement_sha256"] == evidence["agreement"]["sha256"]
        and told["application_id"] == evidence["application_id"]
    )


def _is_plan_right(document: Told) -> bool:
    evidence = document["evidence"]
    told = json.loads(evidence["certificate"]["json"])
    return (
        sha256_of(canonical_json(evidence["plan"]["rows"]))
        == evidence["plan"]["sha256"]
        == told["plan_sha256"]
        and told["plan"] == evidence["plan"]["rows"]
        and sum(row[2] for row in told["plan"]) == told["principal_fen"]
    )


def _is_understood(document: Told) -> bool:
    """Confirmed after it was opened, every question answered right by then, signed after that."""
    evidence = document["evidence"]
    certificate = evidence["certificate"]
    right = {one["question"] for one in evidence["comprehension"] if one["is_right"]}
    asked = {one["question"] for one in evidence["comprehension"]}
    order = [certificate["opened_at"], certificate["confirmed_at"], evidence["signed_at"]]
    return bool(asked) and right == asked and order == sorted(order)


def _is_approval_of_this(document: Told) -> bool:
    evidence = document["evidence"]
    approval = evidence["approval"]
    about, told = approval["about"], json.loads(evidence["certificate"]["json"])
    named = canonical_json({"act": approval["act"], "about": about})
    return (
        sha256_of(named) == approval["about_sha256"]
        and approval["act"] == "SIGN_AGREEMENT"
        and about["agreement_id"] == evidence["agreement"]["id"]
        and about["text_sha256"] == evidence["agreement"]["sha256"]
        and about["amount_fen"] == told["principal_fen"]
        and approval["text"].endswith(approval["intent_id"])
    )


def _is_guarantee_right(document: Told) -> bool:
    """
    Hold what a guarantor agreed to against this loan; a loan without one has none to hold.

    The exact words they read, their hash, the intent over these words and this amount at least,
    and given before the borrower signed.
    """
    evidence = document["evidence"]
    guarantee = evidence.get("guarantee")
    if guarantee is None:
        return True
    approval, told = guarantee["approval"], json.loads(evidence["certificate"]["json"])
    if approval["about"] is None:
        return _are_words_right(guarantee, evidence)
    about = approval["about"]
    named = canonical_json({"act": approval["act"], "about": about})
    return (
        _are_words_right(guarantee, evidence)
        and guarantee["text_sha256"] in about.values()
        and sha256_of(named) == approval["about_sha256"]
        and approval["act"] == "GIVE_GUARANTEE"
        and approval["intent_id"] == guarantee["intent_id"]
        and about["guarantee_id"] == guarantee["guarantee_id"]
        and about["amount_fen"] >= told["principal_fen"]
        and approval["text"].endswith(approval["intent_id"])
    )


def _are_words_right(guarantee: Told, evidence: Told) -> bool:
    """All that can be held of a consent given before it was kept what its intent was about."""
    return (
        sha256_of(guarantee["text"]) == guarantee["text_sha256"]
        and guarantee["application_id"] == evidence["application_id"]
        and guarantee["given_at"] <= evidence["signed_at"]
    )


def _is_in_chain(document: Told) -> bool:
    evidence, chain = document["evidence"], document["chain"]
    entry = chain["entry"]
    about = json.loads(entry["about"])
    return (
        entry_hash(entry) == chain["hash"] == chain["checkpoint"]["hash"]
        and entry["seq"] == chain["checkpoint"]["seq"]
        and entry["kind"] == SIGNED_ENTRY
        and entry["subject_id"] == evidence["borrower_id"]
        and about["agreement"] == evidence["agreement"]["id"]
        and about["evidence"] == sha256_of(canonical_json(evidence))
    )


def _is_checkpoint_signed(document: Told) -> bool:
    return checkpoint_holds(document["chain"]["checkpoint"], key=document["key"])


_CHECKS: Mapping[str, Callable[[Told], bool]] = {
    "the file is as it was signed, every byte": _is_sealed,
    "the evidence is of a known form": _is_of_known_form,
    "the agreement's text has its hash and number": _is_text_right,
    "the cost certificate has its hash": _is_certificate_right,
    "the cost certificate names this agreement and application": _is_certificate_bound,
    "the plan has its hash and is the certificate's": _is_plan_right,
    "the cost was read, understood and confirmed before the signature": _is_understood,
    "the approval is of this agreement and amount": _is_approval_of_this,
    "the guarantor agreed to these words and to this much": _is_guarantee_right,
    "the evidence is in the audit chain": _is_in_chain,
    "the place in the chain is under a signed checkpoint": _is_checkpoint_signed,
}


def _approval_findings(document: Told) -> Iterator[Finding]:
    try:
        evidence: Told = document["evidence"]
        approval: Told = evidence["approval"]
        yield from _proof_findings(approval, "")
        if "guarantee" in evidence:
            yield from _proof_findings(evidence["guarantee"]["approval"], "the guarantor's: ")
    except (KeyError, TypeError):
        yield Finding("there is an approval", holds=False)


def _proof_findings(approval: Told, whose: str) -> Iterator[Finding]:
    means = approval["means"]
    if means != "CODE":
        name = f"{whose}the device's key signed the words that were shown"
        yield Finding(name, _is_signed(approval))
    if means != "DEVICE_KEY":
        holds = bool(approval.get("challenge_id"))
        yield Finding(f"{whose}the code that approved it is named", holds)


def _is_signed(approval: Told) -> bool:
    """Check the device's own signature; its counter was checked when it was given."""
    try:
        key = PublicKey.parse(devices.kept_bytes(approval["public_key"]))
        message = signed_message(
            Purpose.INTENT, approval["intent_id"].encode(), approval["text"].encode()
        )
        party = approval["relying_party"]
        checker = Authenticators(RelyingParty(rp_id=party["id"], origins=tuple(party["origins"])))
        checker.verify(key, message, devices.kept_bytes(approval["signature"]))
    except (SignatureRefused, KeyError, TypeError, ValueError, AttributeError):
        return False
    return True
