"""A repayment seen before it is made."""

from datetime import date

import pytest

from app.loanmath.errors import EventRefused
from app.loanmath.life import DueKind, LoanStatus, preview
from app.loanmath.schedule import Prepayment
from tests.loanmath.lives import lent


def test_a_preview_shows_the_split_and_what_remains() -> None:
    life = lent()
    seen = preview(life.terms, life.events, 89_975, date(2026, 2, 15))
    assert [(part.kind, part.amount_fen) for part in seen.allocations] == [
        (DueKind.INTEREST, 12_000),
        (DueKind.PRINCIPAL, 77_975),
    ]
    assert (seen.before.due_now_fen, seen.after.due_now_fen, seen.unapplied_fen) == (89_975, 0, 0)


def test_a_preview_comes_after_everything_else_that_day() -> None:
    life = lent()
    life.paid(date(2026, 2, 15), 89_975)
    seen = preview(
        life.terms, life.events, 2_000_000, date(2026, 2, 15), prepayment=Prepayment.REDUCE_TERM
    )
    assert seen.after.status is LoanStatus.OVERPAID
    assert seen.unapplied_fen == 2_000_000 - (1_000_000 - 77_975)


def test_a_preview_does_what_it_is_asked_to_with_the_rest() -> None:
    life = lent()
    shorter, held = (
        preview(life.terms, life.events, 300_000, date(2026, 1, 15), prepayment=mode)
        for mode in (Prepayment.REDUCE_TERM, Prepayment.HOLD)
    )
    assert len(shorter.after.rows) < len(shorter.before.rows)
    assert (held.allocations, held.unapplied_fen) == ((), 300_000)


def test_a_preview_of_nothing_is_refused() -> None:
    life = lent()
    with pytest.raises(EventRefused, match="not_positive"):
        preview(life.terms, life.events, 0, date(2026, 2, 15))
