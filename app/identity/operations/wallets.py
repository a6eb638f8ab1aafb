"""The wallet that money goes to and comes from: proven by its own app, changed by approval only."""

from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.audit import note_cell
from app.foundation.canonical import sha256_of
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.identity.errors import ApprovalMissing, LoginCodeRefused, WrongCode
from app.identity.models import BorrowerRow, WalletRow, wallet_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.operations.codes import wrong_before
from app.identity.operations.freezes import delay_money, put_wallet_aside
from app.identity.operations.intents import open_intent, opened, spend_intent
from app.identity.ports import LoginCodeUnknown, WalletProvider, WalletUnavailable
from app.identity.queries.pins import card_aside_of
from app.identity.queries.wallets import wallet_of
from app.identity.rules import people
from app.identity.rules.intents import Act, IntentOpened, Wanted
from app.identity.rules.wallets import LOGIN_CODE_MAX, BeginWalletChange, SetWallet

log = logger(__name__)


@dataclass(slots=True)
class _Asked:
    provider: WalletProvider | None = None


_asked = _Asked()


def ask_wallets(provider: WalletProvider | None) -> None:
    """Name who tells this process whose wallet a login code is; without one none can be named."""
    _asked.provider = provider


async def begin_wallet_change(
    command: BeginWalletChange, *, needs_code: bool = False
) -> IntentOpened:
    """
    Write down which wallet money is to go to from now on, or none, for the borrower to approve.

    With `needs_code` the session's key alone is not worth enough for that.

    Raises:
        LoginCodeRefused: The wallet's provider does not know the code, or knew it before.
        TemporarilyUnavailable: The provider does not answer.
        NotFound: There is no such borrower.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    answer = await idempotency.answer_of(command)
    if answer is not None:
        return await opened(answer["intent_id"], command.caller_id)
    wallet = await _proven(command.login_code)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await opened(claim.answer["intent_id"], command.caller_id)
        row = await locked_row(command.caller_id)
        wanted = _wanted(row, wallet)
        intent = await open_intent(tx, command.caller, wanted, needs_code=needs_code)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def set_wallet(command: SetWallet) -> WrongCode | None:
    """
    Keep the wallet that money goes to, or none; another than before only by its approval.

    The first one needs none as long as there is no card and the profile is not complete. A wrong
    code is returned, not raised, so that the guess stays counted; nothing else changed. Where a
    code alone approved a change, money out waits three days.

    Raises:
        LoginCodeRefused: The wallet's provider does not know the code, or knew it before.
        TemporarilyUnavailable: The provider does not answer.
        NotFound: There is no such borrower.
        ApprovalMissing: Money would go somewhere else than today, and there is no approval.
        IntentOver: The approval is over, or of another wallet.
        SignatureWrong: The signature is not the device's over what was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    answer = await idempotency.answer_of(command)
    if answer is not None:
        return wrong_before(answer)
    wallet = await _proven(command.login_code)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return wrong_before(claim.answer)
        row = await locked_row(command.caller_id)
        known = await wallet_of(row.id)
        if wallet != known:
            wrong = await _approved(tx, row, command, wallet, known)
            if wrong is not None:
                await claim.settle(tx, {"attempts_left": wrong.attempts_left})
                return wrong
            await _fill(tx, row.id, wallet)
            await keep_row(tx, row)
            await revise(tx, row.id)
        await claim.settle(tx, {"attempts_left": None})
    return None


async def _approved(
    tx: Transaction, row: BorrowerRow, command: SetWallet, wallet: str | None, known: str | None
) -> WrongCode | None:
    """See that money may go elsewhere from now on; nothing went anywhere before the first time."""
    had_one = (
        known is not None
        or row.bank_card_index is not None
        or await card_aside_of(row.id) is not None
    )
    if not had_one and row.completed_at is None:
        return None
    if command.approval is None:
        raise ApprovalMissing
    wrong = await spend_intent(tx, command.caller, command.approval, _wanted(row, wallet))
    if wrong is None and command.caller.device_id is None and had_one:
        await delay_money(tx, row)
    return wrong


async def _fill(tx: Transaction, borrower_id: str, wallet: str | None) -> None:
    """Keep a wallet; while money out is held back it is put aside, where nothing is sent to it."""
    if await put_wallet_aside(tx, borrower_id, wallet):
        return
    cell = wallet_cell(borrower_id)
    sealed = None if wallet is None else await seal(tx, cell, wallet)
    await WalletRow.update_or_create(
        {"openid": sealed, "set_at": milliseconds(tx.now)}, borrower_id=borrower_id
    )
    await note_cell(tx, cell, sealed)


async def _proven(login_code: str | None) -> str | None:
    """Ask whose wallet a login code is, outside any transaction; None without a code."""
    if login_code is None:
        return None
    if not 0 < len(login_code) <= LOGIN_CODE_MAX or not login_code.isprintable():
        raise InvalidInput("input.loginCode", "identity.reason.login_code")
    if _asked.provider is None:
        raise TemporarilyUnavailable
    try:
        return await _asked.provider.wallet_of(login_code)
    except LoginCodeUnknown as unknown:
        raise LoginCodeRefused from unknown
    except WalletUnavailable as failure:
        log.warning("wallets_unavailable")
        raise TemporarilyUnavailable from failure


def _wanted(row: BorrowerRow, wallet: str | None) -> Wanted:
    """Say what changes, of the row as it is now: an approval fits one version of it."""
    return Wanted(
        act=Act.REMOVE_WALLET if wallet is None else Act.CHANGE_WALLET,
        about={"row_version": row.row_version, "to": "" if wallet is None else sha256_of(wallet)},
        payee=None if wallet is None else f"**** {people.payee_tail(wallet)}",
    )
