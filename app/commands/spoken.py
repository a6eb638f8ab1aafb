"""
What a phone and we say to each other in CBOR when it applies and repays, of nobody.

A dictionary trained over JSON knows the words of a sync but not how they follow each other there.
These few exchanges are put into it whole, so that the journeys cost little more than their figures.
"""

from collections.abc import Sequence

import orjson

from app.catalog.rules import Consent
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.gateway.manifest import Ids
from app.gateway.sync import cbor
from app.origination.rules.consents import ConsentAsk, ConsentKey, consent_text

REQUIRED = (
    (Consent.CREDIT_QUERY, None),
    (Consent.AUTOMATED_DECISION, None),
    (Consent.SHARE_WITH_FUNDERS, "云岭惠民银行"),
)
"""What nearly every product asks for; the words of the others come with the training."""
APPLICATION, PRODUCT, LOAN, REPAYMENT = "ap0000000000", "pr0000000000", "ln000000", "rp000000"


def spoken() -> bytes:
    """Return the exchanges one after the other, each in its shortest form."""
    said = (_begun(), _to_read(), _handed_in(), _repaying(), _repaid())
    return b"".join(cbor.encode(one) for one in said) + _named()


def _named() -> bytes:
    """Return a repayment as it is asked for in JSON, by its short id."""
    given = {"idempotencyKey": "", "loanId": LOAN, "amount": 100_000}
    asked = {"documentId": Ids.read().given["borrower/Repay"], "variables": {"input": given}}
    return orjson.dumps(asked)


def _begun() -> cbor.Value:
    begun: cbor.Value = {
        "applicationId": APPLICATION,
        "productId": PRODUCT,
        "regionCode": "410225",
    }
    filled_in: cbor.Value = {
        "applicationId": APPLICATION,
        "amount": 1_000_000,
        "months": 12,
        "purpose": "",
        "monthlyIncome": 500_000,
        "debtPayments": 100_000,
    }
    pushed = (("StartApplicationQuietly", begun), ("FillInApplication", filled_in))
    return _commands(pushed)


def _to_read() -> cbor.Value:
    missing: list[cbor.Value] = [{"kind": "CONSENT", "document": None} for _ in REQUIRED]
    consents: list[cbor.Value] = []
    for kind, recipient in REQUIRED:
        named = {DEFAULT_LANGUAGE: recipient or ""}
        ask = ConsentAsk(key=ConsentKey(kind=kind), is_required=True, recipient_name=named)
        words = consent_text(ask, DEFAULT_LANGUAGE)
        consents.append(
            {
                "kind": kind.name,
                "recipient": recipient and "bank",
                "isRequired": True,
                "title": words.title,
                "text": words.body,
            }
        )
    return {"application": {"missing": missing, "consents": consents}}


def _handed_in() -> cbor.Value:
    agreed: list[tuple[str, cbor.Value]] = []
    for kind, recipient in REQUIRED:
        towards: dict[str, cbor.Value] = {"recipient": "bank"} if recipient else {}
        given = {"applicationId": APPLICATION, "kind": kind.name, **towards, "textHash": ""}
        agreed.append(("GiveConsentQuietly", given))
    return _commands([*agreed, ("SubmitApplicationQuietly", {"applicationId": APPLICATION})])


def _repaying() -> cbor.Value:
    return _commands([("Repay", {"loanId": LOAN, "amount": 100_000})])


def _repaid() -> cbor.Value:
    return {
        "repayment": {
            "id": REPAYMENT,
            "status": "INITIATED",
            "amount": 100_000,
            "payLink": None,
            "explanation": text("payments.standing.INITIATED", DEFAULT_LANGUAGE),
        }
    }


def _commands(pushed: Sequence[tuple[str, cbor.Value]]) -> cbor.Value:
    ids = Ids.read().given
    return [
        [number, ids[f"borrower/{name}"], {"input": given}]
        for number, (name, given) in enumerate(pushed, start=2)
    ]
