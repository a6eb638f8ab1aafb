"""The twin's daily statement: a CSV file a person can read, whose last line signs all before it."""

import csv
import hashlib
import hmac
import io
import os
import re
from datetime import date, datetime
from pathlib import Path

from app.adapters.rail.scenarios import Order
from app.payments.ports import (
    FailureReason,
    OrderReport,
    RailStatus,
    Statement,
    StatementBroken,
    StatementLine,
)
from app.payments.rules import RailOrderKind

_HEADER = ("order_id", "kind", "direction", "status", "amount_fen", "settled_at", "ref", "reason")
_GOES_OUT = frozenset({RailOrderKind.DISBURSEMENT})
_OUT, _IN = "OUT", "IN"
_LAST = re.compile(rb"#(\d{4}-\d\d-\d\d) hmac-sha256=([0-9a-f]{64})\n\Z")


def write(path: Path, on: date, orders: list[Order], *, secret: str) -> None:
    """Write the statement of a day with all its orders; whole or not at all."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEADER)
    for order in orders:
        rows.writerow(
            (
                order.ask.order_id,
                order.ask.kind.value,
                _OUT if order.ask.kind in _GOES_OUT else _IN,
                order.outcome.value,
                order.paid_fen,
                order.settles_at.isoformat(),
                order.provider_ref,
                "" if order.reason is None else order.reason.value,
            )
        )
    body = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(body + f"#{on.isoformat()} hmac-sha256={_mac(secret, on, body)}\n".encode())
    draft.replace(path)


def read(path: Path, on: date, *, secret: str) -> Statement:
    """
    Read the statement of a day.

    Raises:
        StatementBroken: It is of another day, was altered, or is not in the statement's form.
    """
    whole = path.read_bytes()
    last = _LAST.search(whole)
    body = whole[: last.start()] if last else b""
    is_signed = last is not None and hmac.compare_digest(_mac(secret, on, body), last[2].decode())
    if last is None or last[1].decode() != on.isoformat() or not is_signed:
        raise StatementBroken(path.name)
    rows = csv.DictReader(io.StringIO(body.decode()))
    lines = tuple(_line(row) for row in rows)
    return Statement(on=on, sha256=hashlib.sha256(body).hexdigest(), lines=lines)


def _line(row: dict[str, str]) -> StatementLine:
    try:
        report = OrderReport(
            status=RailStatus(row["status"]),
            provider_ref=row["ref"],
            amount_fen=int(row["amount_fen"]),
            reason=FailureReason(row["reason"]) if row["reason"] else None,
            settled_at=datetime.fromisoformat(row["settled_at"]),
        )
        return StatementLine(
            order_id=row["order_id"], goes_out=row["direction"] == _OUT, report=report
        )
    except (KeyError, ValueError) as failure:
        raise StatementBroken(type(failure).__name__) from None


def _mac(secret: str, on: date, body: bytes) -> str:
    message = f"statement {on.isoformat()}\n".encode() + body
    return hmac.digest(secret.encode(), message, "sha256").hex()
