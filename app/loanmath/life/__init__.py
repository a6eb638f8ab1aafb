"""A loan's life: from its terms and events to how it stands on a day."""

from app.loanmath.life.events import (
    ChargebackReceived,
    Charged,
    CouponApplied,
    CouponPart,
    Deferred,
    Disbursed,
    Event,
    RateLowered,
    Recovered,
    Refunded,
    RefundReversed,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.life.fold import fold
from app.loanmath.life.happenings import Happening, HappeningKind, happenings_on
from app.loanmath.life.preview import Preview, preview
from app.loanmath.life.state import (
    Allocation,
    Bucket,
    InstallmentStatus,
    LoanState,
    LoanStatus,
    PlanRow,
    bucket_of,
)
from app.loanmath.waterfall import DueKind

__all__ = [
    "Allocation",
    "Bucket",
    "ChargebackReceived",
    "Charged",
    "CouponApplied",
    "CouponPart",
    "Deferred",
    "Disbursed",
    "DueKind",
    "Event",
    "Happening",
    "HappeningKind",
    "InstallmentStatus",
    "LoanState",
    "LoanStatus",
    "PlanRow",
    "Preview",
    "RateLowered",
    "Recovered",
    "RefundReversed",
    "Refunded",
    "Reopened",
    "RepaymentReceived",
    "RepaymentReversed",
    "Rescheduled",
    "Waived",
    "WrittenOff",
    "bucket_of",
    "fold",
    "happenings_on",
    "preview",
]
