"""A day's statement out of WeChat Pay's trade bill and fund flow bill."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from app.adapters.wechat_pay.bills import refunds_in, trades_in, transfers_in
from app.adapters.wechat_pay.client import Declined, WeChatClient
from app.adapters.wechat_pay.refunds import refund_status
from app.adapters.wechat_pay.words import transfer_report
from app.foundation.clock import SHANGHAI, local_date
from app.payments.ports import RailUnavailable, Statement, StatementBroken, StatementLine

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
BILLS_READY_AT = time(10)
"""Yesterday's bills are made in the morning, by ten o'clock."""


async def statement_of(client: WeChatClient, on: date) -> Statement | None:
    """
    Return a day's statement; None while its bills (申请交易账单, 申请资金账单) are being made.

    The trade bill has collections, and refunds as they were when it was made; the fund flow names
    transfers by WeChat Pay's numbers alone. So each refund and each transfer is looked up; a refund
    still under way stands there as such.

    Raises:
        RailUnavailable: No answer to be believed.
        StatementBroken: A bill is not what its hash says, not in a bill's form, or says of a refund
            or transfer what WeChat Pay does not say when asked.
    """
    ready = datetime.combine(on + timedelta(days=1), BILLS_READY_AT, tzinfo=SHANGHAI)
    if client.clock.now() < ready or on >= local_date(client.clock.now()):
        return None
    trades = await _bill(client, f"/v3/bill/tradebill?bill_date={on}&bill_type=ALL")
    flow = await _bill(client, f"/v3/bill/fundflowbill?bill_date={on}&account_type=OPERATION")
    if trades is None or flow is None:
        return None
    lines = [*trades_in(trades)] if trades else []
    lines += await _refund_lines(client, refunds_in(trades) if trades else ())
    for number, amount_fen in transfers_in(flow) if flow else ():
        lines.append(await _transfer_line(client, number, amount_fen))
    sha256 = hashlib.sha256(trades + b"\n" + flow).hexdigest()
    return Statement(on=on, sha256=sha256, lines=tuple(lines))


async def _bill(client: WeChatClient, target: str) -> bytes | None:
    """Fetch a bill; no bytes if nothing happened that day, None while it is being made."""
    try:
        said = await client.get(target)
    except Declined as declined:
        if declined.code in {"NO_STATEMENT_EXIST", "NO_BILL_EXIST"}:
            return b""
        if declined.code in {"STATEMENT_CREATING", "BILL_CREATING"}:
            return None
        raise RailUnavailable from None
    url, kind, value = (said.get(name) for name in ("download_url", "hash_type", "hash_value"))
    if not isinstance(url, str) or kind != "SHA1":
        raise RailUnavailable
    bill = await client.download(url)
    if hashlib.sha1(bill, usedforsecurity=False).hexdigest() != value:
        raise StatementBroken("the bill is not what its hash says")
    return bill


async def _refund_lines(
    client: WeChatClient, refunds: Iterable[tuple[str, int]]
) -> list[StatementLine]:
    lines: list[StatementLine] = []
    for refund_id, amount_fen in refunds:
        report = await refund_status(client, refund_id)
        if report is None or report.amount_fen != amount_fen:
            raise StatementBroken("a refund is not what the trade bill says")
        lines.append(StatementLine(order_id=refund_id, goes_out=True, report=report))
    return lines


async def _transfer_line(client: WeChatClient, number: str, amount_fen: int) -> StatementLine:
    try:
        said = await client.get(f"{TRANSFERS}/transfer-bill-no/{number}")
    except Declined:
        raise RailUnavailable from None
    report = transfer_report(said, str(said.get("out_bill_no")))
    if report.provider_ref != number or report.amount_fen != amount_fen:
        raise StatementBroken("a transfer is not what the fund flow says")
    return StatementLine(order_id=str(said.get("out_bill_no")), goes_out=True, report=report)
