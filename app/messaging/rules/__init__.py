"""What borrowers are told, by which channel, and when they are left in peace; all of it pure."""

from app.messaging.rules.breaking import Breaker
from app.messaging.rules.deliveries import (
    DEAD,
    RETRY_SECONDS,
    Reason,
    Standing,
    State,
)
from app.messaging.rules.hours import OWN_MOST, QuietHours, first_allowed
from app.messaging.rules.kinds import (
    ALWAYS_ON,
    ASKING_FOR_LATE_MONEY,
    CAPS,
    MANNERS,
    SMS_SWITCHES,
    SWITCHES,
    Cap,
    Category,
    Kind,
    Manner,
    body_of,
    chain_of,
)
from app.messaging.rules.lengths import (
    JOINED_SEGMENT_UNITS,
    SEGMENT_UNITS,
    SEGMENTS_MAX,
    sendable,
    sms_segments,
)

__all__ = [
    "ALWAYS_ON",
    "ASKING_FOR_LATE_MONEY",
    "CAPS",
    "DEAD",
    "JOINED_SEGMENT_UNITS",
    "MANNERS",
    "OWN_MOST",
    "RETRY_SECONDS",
    "SEGMENTS_MAX",
    "SEGMENT_UNITS",
    "SMS_SWITCHES",
    "SWITCHES",
    "Breaker",
    "Cap",
    "Category",
    "Kind",
    "Manner",
    "QuietHours",
    "Reason",
    "Standing",
    "State",
    "body_of",
    "chain_of",
    "first_allowed",
    "sendable",
    "sms_segments",
]
