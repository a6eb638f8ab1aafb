"""Rows of servicing: loans with what they are made of, and settlements with partners."""

from app.servicing.models.counting import CountedBookRow, CountedLoanRow
from app.servicing.models.loans import (
    LINE_COLUMNS,
    CorrectionRow,
    DayCloseRow,
    DayReportRow,
    HardshipRequestRow,
    InstallmentRow,
    LoanEventRow,
    LoanRow,
    columns_of,
    installment_id,
)
from app.servicing.models.reductions import REDUCTION_COLUMNS, ReductionRow, reduction_id
from app.servicing.models.settling import SettlementRow
from app.servicing.models.summaries import (
    SUMMARY_COLUMNS,
    is_overtaken,
    signed_from,
    summary_columns_of,
    summary_from,
    terms_of,
)

__all__ = [
    "LINE_COLUMNS",
    "REDUCTION_COLUMNS",
    "SUMMARY_COLUMNS",
    "CorrectionRow",
    "CountedBookRow",
    "CountedLoanRow",
    "DayCloseRow",
    "DayReportRow",
    "HardshipRequestRow",
    "InstallmentRow",
    "LoanEventRow",
    "LoanRow",
    "ReductionRow",
    "SettlementRow",
    "columns_of",
    "installment_id",
    "is_overtaken",
    "reduction_id",
    "signed_from",
    "summary_columns_of",
    "summary_from",
    "terms_of",
]
