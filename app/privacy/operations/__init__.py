"""Privacy's use cases: looks on record, and the borrower's rights over their data."""

from app.privacy.operations.closing import CloseAccount, close_account, forget_due, keep_account
from app.privacy.operations.exporting import DataCopy, collect_from, export_data
from app.privacy.operations.handovers import show_handover
from app.privacy.operations.looks import Look, record_look, record_looks
from app.privacy.operations.staff_leaving import withdraw_proposals

__all__ = [
    "CloseAccount",
    "DataCopy",
    "Look",
    "close_account",
    "collect_from",
    "export_data",
    "forget_due",
    "keep_account",
    "record_look",
    "record_looks",
    "show_handover",
    "withdraw_proposals",
]
