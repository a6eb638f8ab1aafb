"""Reading loans: as kept, as lived on any day, and proved against events and ledger."""

from app.servicing.queries.checking import check_projections, differences, reconcile
from app.servicing.queries.compact import compact_plans_by_loan
from app.servicing.queries.corrections import (
    correction,
    correction_notes,
    correction_today,
    corrections,
)
from app.servicing.queries.coupons import (
    is_kept,
    is_returned,
    paid_on_time,
    preview_coupon,
)
from app.servicing.queries.explaining import (
    AskedPreview,
    ExplainedLoan,
    FeeNames,
    ToExplain,
    explained_loans,
)
from app.servicing.queries.holding import held_of
from app.servicing.queries.kept import (
    Upcoming,
    borrowers_owing,
    loan,
    loans_by_borrower,
    loans_by_id,
    loans_of,
    overdue_loans,
    plans_by_loan,
    timeline_of,
    timeline_of_borrower,
    upcoming_dues,
)
from app.servicing.queries.living import (
    allocated_by,
    check_amount,
    events_by_loan,
    events_of,
    paid_by_number,
    payoff_on,
    preview_payment,
    previews_of_payment,
    state_of,
)
from app.servicing.queries.reductions import (
    PayerStanding,
    payers,
    reductions_by_loan,
    reductions_of,
)
from app.servicing.queries.reports import day_report
from app.servicing.queries.returning import ReturnOffer, return_offer
from app.servicing.queries.settled import Unsettled, unsettled_of

__all__ = [
    "AskedPreview",
    "ExplainedLoan",
    "FeeNames",
    "PayerStanding",
    "ReturnOffer",
    "ToExplain",
    "Unsettled",
    "Upcoming",
    "allocated_by",
    "borrowers_owing",
    "check_amount",
    "check_projections",
    "compact_plans_by_loan",
    "correction",
    "correction_notes",
    "correction_today",
    "corrections",
    "day_report",
    "differences",
    "events_by_loan",
    "events_of",
    "explained_loans",
    "held_of",
    "is_kept",
    "is_returned",
    "loan",
    "loans_by_borrower",
    "loans_by_id",
    "loans_of",
    "overdue_loans",
    "paid_by_number",
    "paid_on_time",
    "payers",
    "payoff_on",
    "plans_by_loan",
    "preview_coupon",
    "preview_payment",
    "previews_of_payment",
    "reconcile",
    "reductions_by_loan",
    "reductions_of",
    "return_offer",
    "state_of",
    "timeline_of",
    "timeline_of_borrower",
    "unsettled_of",
    "upcoming_dues",
]
