"""The audit chain: what was done with people's data, in an order nobody can rewrite unseen."""

from app.foundation.audit.cells import check_cells, note_cell, note_cells
from app.foundation.audit.chain import ALARM, SYSTEM, Entry, record

__all__ = [
    "ALARM",
    "SYSTEM",
    "Entry",
    "check_cells",
    "note_cell",
    "note_cells",
    "record",
]
