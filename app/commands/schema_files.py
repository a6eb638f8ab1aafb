"""The schema files: written from the code, or compared with it."""

from collections.abc import Callable
from pathlib import Path

from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA

ROOT = Path(__file__).parents[2]
FILES = {
    ROOT / "schema.graphql": BORROWER_SCHEMA,
    ROOT / "app" / "support" / "staff.graphql": STAFF_SCHEMA,
}


def run(*, check: bool, say: Callable[[str], object]) -> int:
    """Write both files, or say which differ from the code; return the exit code."""
    stale = 0
    for path, schema in FILES.items():
        name, text = path.relative_to(ROOT), schema.as_str() + "\n"
        is_current = path.exists() and path.read_text(encoding="utf-8") == text
        if is_current:
            say(f"{name} is current")
        elif check:
            stale += 1
            say(f"{name} differs from the code; run `python -m app schema`")
        else:
            path.write_text(text, encoding="utf-8")
            say(f"{name} written")
    return 1 if stale else 0
