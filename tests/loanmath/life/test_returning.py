"""A loan given back in time bore neither interest nor fees, whatever had happened to it."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given

from app.loanmath.errors import EventRefused
from app.loanmath.explain import Explainer
from app.loanmath.life import Charged, LoanStatus, RepaymentReceived, RepaymentReversed, fold
from app.loanmath.life.fold import free_of_charge
from app.loanmath.payoff import payoff
from app.loanmath.waterfall import DueKind
from tests.loanmath.drawn import lives
from tests.loanmath.explain.asking_all import every, replayed
from tests.loanmath.lives import Life, examples

LAST = datetime(2100, 1, 1, tzinfo=UTC)


@given(lives())
@examples(12)
def test_it_closes_at_its_principal_and_undone_it_is_as_if_it_had_never_been(
    drawn: tuple[Life, date],
) -> None:
    life, on = drawn
    terms, before, working = life.terms, list(life.events), life.working
    try:
        usual = fold(terms, before, on, working)
    except EventRefused:
        assume(False)  # noqa: FBT003 - Hypothesis's own way to redraw
        raise
    amount_fen = payoff(free_of_charge(terms), before, on, working).amount_fen
    assume(amount_fen > 0)
    back = RepaymentReceived(
        id="back", effective_on=on, recorded_at=LAST, amount_fen=amount_fen, returns=True
    )
    events = [*before, back]
    state = fold(terms, events, on, working)
    assert state.status in {LoanStatus.CLOSED_PAID, LoanStatus.OVERPAID}
    taken = {part.kind for part in state.allocations if part.amount_fen}
    is_charged = any(isinstance(event, Charged) for event in before)
    assert taken <= {DueKind.PRINCIPAL} or (is_charged and DueKind.INTEREST not in taken)
    for said in every(Explainer(terms, events, on, working)):
        assert replayed(said.as_json()) == said.result_fen

    yesterday = on - timedelta(days=1)
    assert fold(terms, events, yesterday, working) == fold(terms, before, yesterday, working)
    undone = RepaymentReversed(id="undo", effective_on=on, recorded_at=LAST, reverses="back")
    assert fold(terms, [*events, undone], on, working) == usual
