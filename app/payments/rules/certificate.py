"""The payoff certificate (结清证明): what it states, its hash and code, and its words."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from enum import StrEnum
from typing import Any

from app.foundation.canonical import Canonical, canonical_json, sha256_of
from app.foundation.text import LANGUAGES, text
from app.loanmath.money import capitals, split_fen
from app.loanmath.waterfall import DueKind
from app.servicing.rules import Funder, LoanRef

KIND = "qingmiao.payoff-certificate"
VERSION = 1
"""The form of the document; other fields or other meanings get a new number."""

CODE_BYTES = 10
"""80 bits of the hash: 16 letters and digits, not to be guessed."""

_EXACTLY = Context(prec=60)

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_CROCKFORD = str.maketrans(_BASE32, _CROCKFORD)
_AS_MEANT = str.maketrans("OIL", "011", " -")
"""What people read wrong in a code, and what they type between its groups."""


PART_TEXTS = {kind: kind.lower() for kind in DueKind} | {DueKind.PRINCIPAL: "principal_part"}
"""The words for what was repaid of each kind of due."""


class CertificateStatus(StrEnum):
    """Whether a certificate holds."""

    VALID = "VALID"
    REVOKED = "REVOKED"


class RevocationReason(StrEnum):
    """Why a certificate no longer holds."""

    REOPENED = "REOPENED"
    RESTATED = "RESTATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whom the certificate is for: named in full in its text, masked in its document."""

    name: str = field(repr=False)
    masked_name: str
    masked_resident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """
    What a paid-off loan comes to; `repaid_fen` by kind of due.

    Names are by language; where the catalog does not know a product or a lender, its code.
    """

    loan: LoanRef
    agreement_id: str
    product: Mapping[str, str]
    lenders: tuple[tuple[Funder, Mapping[str, str]], ...]
    disbursed_fen: int
    opened_on: date
    closed_on: date
    repaid_fen: Mapping[DueKind, int]
    waived_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """
    One certificate.

    `document` is the canonical JSON whose SHA-256 is `sha256`; `texts` are its words by language.
    Only `revoked_at` and `revocation` are ever added to it.
    """

    number: str
    loan: LoanRef
    document: str = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    sha256: str
    issued_at: datetime
    revoked_at: datetime | None = None
    revocation: RevocationReason | None = None

    @property
    def status(self) -> CertificateStatus:
        """Whether it holds."""
        return CertificateStatus.VALID if self.revoked_at is None else CertificateStatus.REVOKED

    @property
    def code(self) -> str:
        """The code by which anybody can check it."""
        return code_of(self.sha256)

    @property
    def content(self) -> dict[str, Any]:
        """The document's values."""
        return json.loads(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateCheck:
    """What somebody who holds a certificate is told of it; nothing of the person but the mask."""

    number: str
    status: CertificateStatus
    sha256: str
    issued_at: datetime
    revoked_at: datetime | None
    masked_name: str
    masked_resident_id: str
    disbursed_fen: int
    closed_on: date
    texts: Mapping[str, str]


def basis_of(settled: Settled) -> str:
    """Return the hash of what a certificate states of the loan, to notice that it has changed."""
    return sha256_of(canonical_json(_loan_part(settled)))


def document_of(settled: Settled, holder: Holder, *, number: str, issued_on: date) -> str:
    """Write the document: canonical JSON, amounts in whole fen, dates ISO, the person masked."""
    closed_on = settled.closed_on.isoformat()
    document: dict[str, Canonical] = {
        "kind": KIND,
        "version": VERSION,
        "number": number,
        "issuer": _in_both("issuer"),
        "issued_on": issued_on.isoformat(),
        "borrower": {"name": holder.masked_name, "resident_id": holder.masked_resident_id},
        **_loan_part(settled),
        "statement": _in_both("statement", closed_on=closed_on),
    }
    return canonical_json(document)


def check_of(
    document: str, *, issued_at: datetime, revoked_at: datetime | None
) -> CertificateCheck:
    """Say what a document states, for somebody who was shown it."""
    content = json.loads(document)
    borrower = content["borrower"]
    return CertificateCheck(
        number=content["number"],
        status=CertificateStatus.VALID if revoked_at is None else CertificateStatus.REVOKED,
        sha256=sha256_of(document),
        issued_at=issued_at,
        revoked_at=revoked_at,
        masked_name=borrower["name"],
        masked_resident_id=borrower["resident_id"],
        disbursed_fen=content["loan"]["principal_fen"],
        closed_on=date.fromisoformat(content["loan"]["closed_on"]),
        texts={language: words_of(document, language) for language in LANGUAGES},
    )


def code_of(sha256: str) -> str:
    """
    Return the code printed on a certificate: the first 80 bits of its hash.

    In Crockford's base 32, four groups of four; whoever has the document can work it out again.
    """
    code = base64.b32encode(bytes.fromhex(sha256)[:CODE_BYTES]).decode().translate(_TO_CROCKFORD)
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def is_code(typed: str, sha256: str) -> bool:
    """Tell whether what somebody typed is the code; case, dashes and likenesses do not matter."""
    meant = typed.upper().translate(_AS_MEANT)
    return meant == code_of(sha256).replace("-", "")


def words_of(document: str, language: str, *, name: str | None = None) -> str:
    """
    Write a certificate as people read it, from its document.

    The borrower's own copy has the full name, as the agreement has; without one it is masked.
    """
    return "\n".join(_clauses(json.loads(document), sha256_of(document), language, name)) + "\n"


def _clauses(
    content: dict[str, Any], sha256: str, language: str, name: str | None
) -> Iterator[str]:
    def say(clause: str, /, **data: object) -> str:
        return text(f"payments.certificate.{clause}", language, **data)

    borrower, loan, repaid = content["borrower"], content["loan"], content["repaid_fen"]
    yield say("title")
    yield say("number", number=content["number"])
    yield say("borrower", name=name or borrower["name"], resident_id=borrower["resident_id"])
    yield say(
        "loan", loan=loan["number"], agreement=loan["agreement"], product=loan["product"][language]
    )
    yield say(
        "principal", amount_fen=loan["principal_fen"], capitals=capitals(loan["principal_fen"])
    )
    for lender in content["lenders"]:
        yield say(
            "lender",
            name=lender["name"][language],
            share=_percent(lender["share"]),
            amount_fen=lender["principal_fen"],
        )
    yield say("dates", opened_on=loan["opened_on"], closed_on=loan["closed_on"])
    parts = [
        say(PART_TEXTS[kind], amount_fen=repaid[kind.lower()])
        for kind in reversed(DueKind)
        if repaid[kind.lower()]
    ]
    yield say(
        "repaid",
        amount_fen=repaid["total"],
        capitals=capitals(repaid["total"]),
        parts=say("comma").join(parts),
    )
    if content["waived_fen"]:
        yield say("waived", amount_fen=content["waived_fen"])
    yield content["statement"][language]
    yield say("issued", issuer=content["issuer"][language], issued_on=content["issued_on"])
    yield say("check", code=code_of(sha256))
    yield say("hash", sha256=sha256)


def _loan_part(settled: Settled) -> dict[str, Canonical]:
    shares = [funder.share for funder, _ in settled.lenders]
    parts_fen = split_fen(settled.disbursed_fen, shares)
    repaid: dict[str, Canonical] = {
        kind.lower(): settled.repaid_fen.get(kind, 0) for kind in DueKind
    }
    lenders: list[Canonical] = [
        {
            "code": funder.code,
            "name": dict(names),
            "share": f"{funder.share:f}",
            "principal_fen": part_fen,
        }
        for (funder, names), part_fen in zip(settled.lenders, parts_fen, strict=True)
    ]
    return {
        "loan": {
            "number": settled.loan.loan_id,
            "agreement": settled.agreement_id,
            "product": dict(settled.product),
            "currency": "CNY",
            "principal_fen": settled.disbursed_fen,
            "opened_on": settled.opened_on.isoformat(),
            "closed_on": settled.closed_on.isoformat(),
        },
        "lenders": lenders,
        "repaid_fen": repaid | {"total": sum(settled.repaid_fen.values())},
        "waived_fen": settled.waived_fen,
    }


def _in_both(clause: str, /, **data: object) -> dict[str, Canonical]:
    return {
        language: text(f"payments.certificate.{clause}", language, **data) for language in LANGUAGES
    }


def _percent(share: str) -> str:
    """Write a share such as 0.3 as 30%; it is a decimal string, so nothing is rounded."""
    return f"{_EXACTLY.normalize(_EXACTLY.multiply(Decimal(share), Decimal(100))):f}%"
