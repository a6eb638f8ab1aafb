"""What the graph shows of payoff certificates: the borrower's own, and a check open to anybody."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated
from urllib.parse import urlencode

import strawberry

from app.foundation.graphql import Fen, Info, Node
from app.loanmath.explain import Figure
from app.loanmath.money import capitals
from app.payments import queries
from app.payments.rules.certificate import (
    CertificateCheck,
    CertificateView,
)
from app.servicing.graphql import Explaining, Explanation, loan_ref
from app.servicing.graphql.figures import described
from app.servicing.queries import ToExplain

LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]
Number = Annotated[
    str, strawberry.argument(description="The certificate's number, as printed: 16 characters.")
]
Code = Annotated[
    str,
    strawberry.argument(
        description="The code printed on it; case, spaces and dashes don't matter."
    ),
]


@strawberry.enum(name="PayoffCertificateStatus", description="Whether a certificate holds.")
class CertificateState(Enum):
    """States of `rules.certificate.CertificateStatus`."""

    VALID = strawberry.enum_value("VALID", description="It holds: the loan is paid off.")
    REVOKED = strawberry.enum_value(
        "REVOKED", description="It no longer holds; a newer one may have taken its place."
    )


@strawberry.enum(description="An amount of a payoff certificate.")
class PayoffCertificateAmount(Enum):
    """Amounts of `PayoffCertificate`."""

    PRINCIPAL = described("PRINCIPAL", "`principal`")
    REPAID = described("REPAID", "`repaid`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        is_lent = self is PayoffCertificateAmount.PRINCIPAL
        return Figure.LOAN_LENT if is_lent else Figure.LOAN_REPAID


OfPayoffCertificate = Annotated[
    PayoffCertificateAmount, strawberry.argument(description="Which amount.")
]


@strawberry.type(
    description="A payoff certificate (结清证明): proof that nothing is owed on a loan any more."
    " It never changes; it can only be revoked."
)
class PayoffCertificate(Node):
    """A borrower's certificate."""

    view: strawberry.Private[CertificateView]
    number: str = strawberry.field(description="Its number, which is its id too.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it is about.")
    status: CertificateState = strawberry.field(description="Whether it holds.")
    issued_at: datetime = strawberry.field(description="When it was made out.")
    revoked_at: datetime | None = strawberry.field(
        description="When it stopped to hold; null while it does."
    )
    code: str = strawberry.field(
        description="The code that whoever is shown it checks it by: see `checkPayoffCertificate`."
    )
    page_path: str = strawberry.field(
        description="Where anybody sees it checked, in a browser, the name masked: make a QR code"
        " of the server's address and this. Asked for without the query and with the bearer token,"
        " the same path is the borrower's own copy to print, with the full name."
    )
    pdf_path: str = strawberry.field(
        description="Where the borrower's own copy, with the full name, can be downloaded as PDF:"
        " GET with the bearer token, signed where the session is bound to a device."
    )
    sha256: str = strawberry.field(
        description="The SHA-256 of `document` in UTF-8, in hexadecimal; the first 80 bits, in"
        " Crockford's base 32, are `code`."
    )
    document: str = strawberry.field(
        description="The exact document: canonical JSON (RFC 8785), amounts in whole fen, the"
        " person masked. Keep it to check the hash without us."
    )
    principal: Fen = strawberry.field(description="What was lent.")
    principal_in_capitals: str = strawberry.field(
        description="The principal in Chinese capital characters (大写)."
    )
    repaid: Fen = strawberry.field(description="Everything repaid, interest and fees included.")
    repaid_in_capitals: str = strawberry.field(
        description="Everything repaid in Chinese capital characters (大写)."
    )
    opened_on: date = strawberry.field(description="The day the money arrived.")
    closed_on: date = strawberry.field(description="The day it was paid off.")

    @strawberry.field(
        description="Why one of these amounts is what it is, by what was known when the certificate"
        " was made out."
    )
    async def explain(self, info: Info, of: OfPayoffCertificate) -> Explanation | None:
        """Explain an amount."""
        view = self.view
        issued_on = date.fromisoformat(view.content["issued_on"])
        then = ToExplain(loan_id=view.loan.loan_id, on=issued_on, known_at=view.issued_at)
        shown_fen: int = getattr(self, of.name.lower())
        return await Explaining.fixed(then).explain(info, of.figure, None, shown_fen)

    @strawberry.field(
        description="The whole certificate in the caller's language, ready to show and print, with"
        " the full name as in the agreement; null where the session is bound to a device and a"
        " Proof header is missing."
    )
    def text(self, info: Info) -> str | None:
        """Show its words."""
        if not info.context.sees_all:
            return None
        return self.view.texts[info.context.language]

    @strawberry.field(description="Whether it holds and why not, as one sentence.")
    def explanation(self, info: Info) -> str:
        """Explain its status in the caller's language."""
        reason = self.view.revocation
        name = "VALID" if reason is None else f"REVOKED_{reason.value}"
        return info.context.text(f"payments.certificate_status.{name}")

    @classmethod
    def of(cls, view: CertificateView) -> "PayoffCertificate":
        """Show a certificate."""
        content = view.content
        principal_fen, repaid_fen = content["loan"]["principal_fen"], content["repaid_fen"]["total"]
        return cls(
            id=strawberry.ID(view.number),
            view=view,
            number=view.number,
            loan_id=strawberry.ID(view.loan.loan_id),
            status=CertificateState(view.status.value),
            issued_at=view.issued_at,
            revoked_at=view.revoked_at,
            code=view.code,
            page_path=f"/certificates/{view.number}?{urlencode({'code': view.code})}",
            pdf_path=f"/certificates/{view.number}.pdf",
            sha256=view.sha256,
            document=view.document,
            principal=Fen(principal_fen),
            principal_in_capitals=capitals(principal_fen),
            repaid=Fen(repaid_fen),
            repaid_in_capitals=capitals(repaid_fen),
            opened_on=date.fromisoformat(content["loan"]["opened_on"]),
            closed_on=date.fromisoformat(content["loan"]["closed_on"]),
        )


@strawberry.type(description="What a certificate that somebody was shown is worth.")
class PayoffCertificateCheck:
    """The answer to a check."""

    is_genuine: bool = strawberry.field(
        description="Whether number and code belong to a certificate of ours; if not, nothing else"
        " is told."
    )
    status: CertificateState | None = strawberry.field(description="Whether it holds.")
    explanation: str = strawberry.field(description="All of it as one sentence to show.")
    issued_at: datetime | None = strawberry.field(description="When it was made out.")
    revoked_at: datetime | None = strawberry.field(description="When it stopped to hold.")
    sha256: str | None = strawberry.field(description="The hash of the genuine document.")
    borrower: str | None = strawberry.field(
        description="Whom it is for, masked: name, and ends of the resident ID."
    )
    principal: Fen | None = strawberry.field(description="What was lent.")
    closed_on: date | None = strawberry.field(description="The day the loan was paid off.")

    @classmethod
    def of(cls, info: Info, found: CertificateCheck | None) -> "PayoffCertificateCheck":
        """Show what a check found."""
        name = "UNKNOWN" if found is None else found.status.value
        explanation = info.context.text(f"payments.certificate_status.CHECK_{name}")
        if found is None:
            return cls(
                is_genuine=False,
                status=None,
                explanation=explanation,
                issued_at=None,
                revoked_at=None,
                sha256=None,
                borrower=None,
                principal=None,
                closed_on=None,
            )
        return cls(
            is_genuine=True,
            status=CertificateState(found.status.value),
            explanation=explanation,
            issued_at=found.issued_at,
            revoked_at=found.revoked_at,
            sha256=found.sha256,
            borrower=f"{found.masked_name} {found.masked_resident_id}",
            principal=Fen(found.disbursed_fen),
            closed_on=found.closed_on,
        )


@strawberry.type(description="Payoff certificates.")
class CertificateQuery:
    """The part of Query about payoff certificates."""

    @strawberry.field(
        description="The newest payoff certificate of a loan of the caller's, a few seconds after"
        " it is paid off; null before that. It may be revoked: see `status`."
    )
    async def payoff_certificate(self, info: Info, loan_id: LoanId) -> PayoffCertificate | None:
        """Find a loan's certificate."""
        loan = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        view = await queries.payoff_certificate(loan)
        return None if view is None else PayoffCertificate.of(view)

    @strawberry.field(
        description="Check a payoff certificate that somebody shows; open to anybody, no sign-in."
    )
    async def check_payoff_certificate(
        self, info: Info, number: Number, code: Code
    ) -> PayoffCertificateCheck | None:
        """Check a certificate."""
        found = await queries.check_certificate(number.strip().lower(), code)
        return PayoffCertificateCheck.of(info, found)


async def certificate_node(info: Info, number: str) -> PayoffCertificate | None:
    """Find one of the caller's certificates again by its number."""
    view = await queries.certificate_by_number(info.context.borrower_id, number)
    return None if view is None else PayoffCertificate.of(view)
