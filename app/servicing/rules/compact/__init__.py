"""
An installment plan in a few bytes: what it follows from, what is paid, and a check sum.

Most of a plan follows from a handful of figures. `compact_plan` writes these down, and beside them
only what does not follow; `read_plan` works the plan out again, and so does the phone's own copy of
this arithmetic. `fixtures/plan_decoder.py` and `plan_decoder.mjs` are such copies, held to the
plans of `fixtures/plan_vectors.json`; `app.servicing.rules.compact.form` says what each byte is.
"""

from app.servicing.rules.compact.form import PLAN_BYTES_MAX, PlanUnreadable
from app.servicing.rules.compact.reading import read_plan
from app.servicing.rules.compact.rows import Row, check_sum, rows_of
from app.servicing.rules.compact.writing import compact_plan

__all__ = [
    "PLAN_BYTES_MAX",
    "PlanUnreadable",
    "Row",
    "check_sum",
    "compact_plan",
    "read_plan",
    "rows_of",
]
