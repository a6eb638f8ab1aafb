"""Pictures a product or a region may require: what they show, and why they are needed."""

from enum import StrEnum

from app.catalog.rules.wording import ByLanguage, Content


class DocumentKind(StrEnum):
    """What a picture shows. A resident ID is not among them: no picture of one is ever asked."""

    ENROLLMENT_NOTICE = "ENROLLMENT_NOTICE"
    FEE_BILL = "FEE_BILL"
    MEDICAL_BILL = "MEDICAL_BILL"
    BUSINESS_LICENSE = "BUSINESS_LICENSE"
    TRADE_RECORDS = "TRADE_RECORDS"
    LAND_CONTRACT = "LAND_CONTRACT"
    PURCHASE_LIST = "PURCHASE_LIST"
    INCOME_PROOF = "INCOME_PROOF"
    TICKET_EVIDENCE = "TICKET_EVIDENCE"
    """What a matter at the desk is about; it goes with a ticket and with no application."""


class RequiredDocument(Content, frozen=True, kw_only=True):
    """A picture without which an application cannot be handed in."""

    kind: DocumentKind
    why: ByLanguage
    """What it is needed for, told to the borrower."""
