"""WeChat Pay's daily bills: trades (money in) and the flow of funds (money out) as a statement."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from app.foundation.clock import SHANGHAI
from app.payments.ports import OrderReport, RailStatus, StatementBroken, StatementLine

_TOTALS = ("总交易单数", "资金流水总笔数")
"""What the heading of the last two rows, the totals, begins with."""
_OUT = "支出"
_TRANSFER = "转账"


def trades_in(bill: bytes) -> tuple[StatementLine, ...]:
    """
    Read a trade bill's paid orders.

    Raises:
        StatementBroken: It is not in a trade bill's form.
    """
    return tuple(_trade(row) for row in _rows(bill) if row.get("交易状态") == "SUCCESS")


def refunds_in(bill: bytes) -> tuple[tuple[str, int], ...]:
    """
    Return each refund in a trade bill: our number of it, and its fen.

    Raises:
        StatementBroken: It is not in a trade bill's form.
    """
    return tuple(
        (_value(row, "商户退款单号"), _fen(_value(row, "退款金额")))
        for row in _rows(bill)
        if row.get("交易状态") == "REFUND"
    )


def transfers_in(bill: bytes) -> tuple[tuple[str, int], ...]:
    """
    Return each transfer in a fund flow bill: WeChat Pay's number of it, and its fen.

    Raises:
        StatementBroken: It is not in a fund flow bill's form.
    """
    return tuple(
        (_value(row, "微信支付业务单号"), _fen(_value(row, "收支金额(元)")))
        for row in _rows(bill)
        if row.get("收支类型") == _OUT
        and _TRANSFER in row.get("业务类型", "") + row.get("业务名称", "")
    )


def _trade(row: Mapping[str, str]) -> StatementLine:
    order_id = _value(row, "商户订单号")
    try:
        paid_at = datetime.fromisoformat(_value(row, "交易时间")).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise StatementBroken("交易时间") from None
    report = OrderReport(
        status=RailStatus.SUCCEEDED,
        provider_ref=order_id,
        amount_fen=_fen(_value(row, "订单金额")),
        settled_at=paid_at,
    )
    return StatementLine(order_id=order_id, goes_out=False, report=report)


def _rows(bill: bytes) -> Iterator[Mapping[str, str]]:
    """Read rows up to the totals; each value has a backquote before it, against spreadsheets."""
    try:
        text = bill.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StatementBroken("not UTF-8") from None
    # Headings are written with full-width and with plain brackets, depending on the bill.
    rows = _split(text.replace("（", "(").replace("）", ")"))
    heading = next(rows, [])
    for cells in rows:
        if cells and cells[0].startswith(_TOTALS):
            return
        if len(cells) != len(heading):
            raise StatementBroken("a row of another length")
        yield {
            name: cell.removeprefix("`").strip() for name, cell in zip(heading, cells, strict=True)
        }
    raise StatementBroken("no totals: the bill was cut off")


def _split(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error:
        raise StatementBroken("no table") from None


def _value(row: Mapping[str, str], name: str) -> str:
    value = row.get(name)
    if not value:
        raise StatementBroken(name)
    return value


def _fen(yuan: str) -> int:
    try:
        fen = Decimal(yuan) * 100
    except InvalidOperation:
        raise StatementBroken("an amount") from None
    if fen != fen.to_integral_value() or not 0 < fen < 2**53:
        raise StatementBroken("an amount")
    return int(fen)
