"""The audit chain: what was done with people's data, in an order nobody can rewrite unseen."""

from app.foundation.audit.adopting import adopt_cells
from app.foundation.audit.alarms import Met, broken_seals_in, sound_broken_seals
from app.foundation.audit.cells import check_cells, note_cell, note_cells
from app.foundation.audit.chain import ALARM, OPERATOR, SYSTEM, Entry, StoredEntry, record
from app.foundation.audit.checkpoints import Checkpoint
from app.foundation.audit.comparing import Comparison, Difference, Rows, set_comparisons
from app.foundation.audit.keeping import make_checkpoint, make_due_checkpoint, set_witness
from app.foundation.audit.searching import EntrySeen, Sought, entries, is_recorded_since
from app.foundation.audit.verification import Verification, verify
from app.foundation.audit.walking import AlarmSeen, Fault, Problem, about_of

__all__ = [
    "ALARM",
    "OPERATOR",
    "SYSTEM",
    "AlarmSeen",
    "Checkpoint",
    "Comparison",
    "Difference",
    "Entry",
    "EntrySeen",
    "Fault",
    "Met",
    "Problem",
    "Rows",
    "Sought",
    "StoredEntry",
    "Verification",
    "about_of",
    "adopt_cells",
    "broken_seals_in",
    "check_cells",
    "entries",
    "is_recorded_since",
    "make_checkpoint",
    "make_due_checkpoint",
    "note_cell",
    "note_cells",
    "record",
    "set_comparisons",
    "set_witness",
    "sound_broken_seals",
    "verify",
]
