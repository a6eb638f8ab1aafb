"""Money out held back from a borrower who was forced: quietly, until staff have spoken to them."""

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import Caller, StaffCaller, StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import seal
from app.identity.events import DisbursementFreezeLifted, DisbursementFrozen
from app.identity.models import BorrowerRow, DisbursementFreezeRow, freeze_cell
from app.identity.queries.pins import freezes
from app.identity.queries.stepping_up import check_stepped_up
from app.identity.rules.pins import Freeze, LiftFreeze
from app.identity.rules.recovery import HOLD

log = logger(__name__)

REASON_MAX = 300
FROZEN = "disbursement.frozen"
LIFTED = "disbursement.freeze_lifted"
DELAYED = "disbursement.delayed"
SIGNED_IN_BORROWER = "pin"
"""Who froze, in the audit chain: a PIN did."""
LIFTERS = frozenset({StaffRole.RISK})
"""Who may see whose money is held back, and let it flow again."""


async def freeze_if(tx: Transaction, borrower_id: str, *, is_forced: bool) -> None:
    """
    Hold a borrower's money back if they are forced; the same statement runs if they are not.

    It announces `DisbursementFrozen` when money was not held back before.
    """
    frozen = await tx.rows(
        "INSERT INTO disbursement_freeze (id, borrower_id, live_key, frozen_at)"
        " SELECT CAST(? AS VARCHAR(16)), CAST(? AS VARCHAR(16)), CAST(? AS VARCHAR(16)),"
        " CAST(? AS BIGINT) WHERE CAST(? AS INTEGER) = 1"
        " ON CONFLICT (live_key) DO NOTHING RETURNING id",
        [tx.new_id("fz"), borrower_id, borrower_id, milliseconds(tx.now), int(is_forced)],
    )
    if frozen:
        freeze_id: str = frozen[0]["id"]
        await announce(tx, DisbursementFrozen(freeze_id=freeze_id, borrower_id=borrower_id))
        about = {"freeze_id": freeze_id}
        await record(tx, Entry(FROZEN, borrower_id, SIGNED_IN_BORROWER, about))
        log.warning("disbursement_frozen", freeze_id=freeze_id)


async def delay_money(tx: Transaction, row: BorrowerRow) -> None:
    """
    Let money out wait some days, in a row that is about to be kept.

    A way in, or the way for the money, was just changed: whoever did not do it has time to object.
    """
    row.disbursed_from = milliseconds(tx.now + HOLD)
    await record(tx, Entry(DELAYED, row.id, row.id, {"until": row.disbursed_from}))


async def put_card_aside(tx: Transaction, borrower_id: str, bank_card: str) -> bool:
    """
    Keep a card that is named while money out is held back where nothing is ever sent to it.

    Returns:
        Whether it was put aside; if not, nothing is held back.
    """
    row = await DisbursementFreezeRow.get_or_none(live_key=borrower_id)
    if row is None:
        return False
    row.card = await seal(tx, freeze_cell(row.id, borrower_id, "card"), bank_card)
    await row.save(update_fields=["card"])
    return True


async def put_wallet_aside(tx: Transaction, borrower_id: str, wallet: str | None) -> bool:
    """
    Keep a wallet, or that there is none any more, likewise.

    Returns:
        Whether it was put aside; if not, nothing is held back.
    """
    row = await DisbursementFreezeRow.get_or_none(live_key=borrower_id)
    if row is None:
        return False
    row.wallet = await seal(tx, freeze_cell(row.id, borrower_id, "wallet"), wallet or "")
    await row.save(update_fields=["wallet"])
    return True


async def freezes_for(caller: Caller) -> list[Freeze] | None:
    """Return whose money is held back, oldest first; None for whom it does not concern."""
    if not isinstance(caller, StaffCaller) or caller.role not in LIFTERS:
        return None
    return await freezes()


async def lift_freeze(caller: StaffCaller, command: LiftFreeze) -> None:
    """
    Let money out flow again; a card or wallet named meanwhile is forgotten, and named anew.

    Raises:
        Forbidden: The role does not look into freezes.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        InvalidInput: There is no reason, or it is too long.
        NotFound: There is no such freeze, or it was lifted.
    """
    if caller.role not in LIFTERS:
        raise Forbidden
    reason = " ".join(command.reason.split())
    if not 0 < len(reason) <= REASON_MAX:
        raise InvalidInput("input.reason", "identity.reason.freeze_reason", most=REASON_MAX)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        live = DisbursementFreezeRow.filter(id=command.freeze_id, live_key__isnull=False)
        row = await live.select_for_update().first()
        if row is None:
            raise NotFound("input.freezeId")
        sealed = await seal(tx, freeze_cell(row.id, row.borrower_id, "reason"), reason)
        await DisbursementFreezeRow.filter(id=row.id).update(
            live_key=None,
            card=None,
            wallet=None,
            lifted_at=milliseconds(tx.now),
            lifted_by=caller.staff_id,
            reason=sealed,
        )
        lifted = DisbursementFreezeLifted(freeze_id=row.id, borrower_id=row.borrower_id)
        await announce(tx, lifted)
        about = {"freeze_id": row.id}
        await record(tx, Entry(LIFTED, row.borrower_id, caller.staff_id, about))
        await claim.settle(tx, {"freeze_id": row.id})
