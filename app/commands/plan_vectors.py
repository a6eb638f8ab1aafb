"""Test vectors of plans in few bytes, worked out of each loan and written, or compared."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.foundation.base64url import as_text
from app.foundation.working_days import working_days
from app.loanmath.life import Disbursed, Event, RateLowered
from app.loanmath.record import event_from_json, terms_from_json
from app.loanmath.schedule import Terms
from app.servicing.rules import OWN_BOOK, Funder, LoanRef, Signed, project
from app.servicing.rules.compact import check_sum, compact_plan, rows_of

PATH = Path(__file__).parents[2] / "fixtures" / "plan_vectors.json"
WORKED_OUT = ("plan", "bytes", "crc32", "rows")
SIGNED_BY_NOBODY = LoanRef(borrower_id="br00000000000000", loan_id="ln00000000000000")


def run(*, check: bool, say: Callable[[str], object], path: Path = PATH) -> int:
    """Work every vector out and write the file, or say if it is right; return the exit code."""
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    vectors = [_worked_out(one) for one in given["vectors"]]
    text = written({**given, "vectors": vectors})
    if text == path.read_text(encoding="utf-8"):
        say(f"{path.name} is right: {len(vectors)} plans")
        return 0
    if check:
        say(f"{path.name} differs; run `python -m app loans vectors`")
        return 1
    path.write_text(text, encoding="utf-8")
    say(f"{path.name} written: {len(vectors)} plans")
    return 0


def _worked_out(vector: Mapping[str, Any]) -> dict[str, Any]:
    terms = terms_from_json(vector["terms"])
    events = [event_from_json(one) for one in vector["events"]]
    on = date.fromisoformat(vector["on"])
    plan, rows, check = _plan(terms, events, on)
    text = None if plan is None else as_text(plan)
    return {
        **{name: value for name, value in vector.items() if name not in WORKED_OUT},
        "plan": text,
        "bytes": None if plan is None else len(plan),
        "crc32": f"{check:08x}",
        "rows": rows,
    }


def _plan(terms: Terms, events: list[Event], on: date) -> tuple[bytes | None, list[Any], int]:
    signed = Signed(
        ref=SIGNED_BY_NOBODY, terms=terms, funders=(Funder(code=OWN_BOOK, share=Decimal(1)),)
    )
    lines = project(signed, events, on, working_days()).lines
    opened_on = min(event.effective_on for event in events if isinstance(event, Disbursed))
    rates = [event.annual_rate for event in events if isinstance(event, RateLowered)]
    rows = rows_of(lines)
    shown = [[row.number, str(row.due_on), row.status.value, *row.amounts] for row in rows]
    plan = compact_plan(lines, terms, opened_on, min([terms.annual_rate, *rates]))
    return plan, shown, check_sum(rows)


def written(content: Mapping[str, Any]) -> str:
    """Write the file so that people can read it: a field a line, a row a line."""
    head = [
        f"  {_json(name)}: {_json(value)},\n"
        for name, value in content.items()
        if name != "vectors"
    ]
    vectors = ",\n".join(_vector(one) for one in content["vectors"])
    return "{\n" + "".join(head) + '  "vectors": [\n' + vectors + "\n  ]\n}\n"


def _vector(vector: Mapping[str, Any]) -> str:
    fields: list[str] = []
    for name, value in vector.items():
        if name in {"rows", "events"} and value:
            lines = ",\n".join(f"        {_json(one)}" for one in value)
            fields.append(f"      {_json(name)}: [\n{lines}\n      ]")
        else:
            fields.append(f"      {_json(name)}: {_json(value)}")
    return "    {\n" + ",\n".join(fields) + "\n    }"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
