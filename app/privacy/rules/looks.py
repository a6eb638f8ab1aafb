"""What can be looked at, and why: the words of the record that borrowers can read."""

from enum import StrEnum


class What(StrEnum):
    """Which of a borrower's data was looked at."""

    SEARCH_RESULT = "SEARCH_RESULT"
    WHOLE_VIEW = "WHOLE_VIEW"
    TICKET = "TICKET"
    CORRECTION = "CORRECTION"
    RIGHTS_REQUEST = "RIGHTS_REQUEST"
    COLLECTION_CASE = "COLLECTION_CASE"
    WHOLE_COPY = "WHOLE_COPY"
    PHONE_CLEAR = "PHONE_CLEAR"
    ID_CLEAR = "ID_CLEAR"
    NAME_CLEAR = "NAME_CLEAR"
    CARD_CLEAR = "CARD_CLEAR"
    ADDRESS_CLEAR = "ADDRESS_CLEAR"
    INCOME_CLEAR = "INCOME_CLEAR"
    PURPOSE_CLEAR = "PURPOSE_CLEAR"
    DECISION_CLEAR = "DECISION_CLEAR"
    DOCUMENTS_CLEAR = "DOCUMENTS_CLEAR"
    PICTURES_CLEAR = "PICTURES_CLEAR"
    EXPORT = "EXPORT"
    HANDED_OVER = "HANDED_OVER"
    """Another lender got what the borrower agreed to; no look of staff's."""


class Reason(StrEnum):
    """Why a member of staff looked, as they said before they saw anything."""

    BORROWER_ASKED = "BORROWER_ASKED"
    TICKET = "TICKET"
    COMPLAINT = "COMPLAINT"
    HARDSHIP = "HARDSHIP"
    FRAUD_WARNING = "FRAUD_WARNING"
    CORRECTION = "CORRECTION"
    LATE_PAYMENT = "LATE_PAYMENT"
    AUDIT = "AUDIT"
    AGREED_TO = "AGREED_TO"
    """The borrower's own separate consent."""
