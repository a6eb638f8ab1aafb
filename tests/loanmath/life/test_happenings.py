"""What happens by itself, and when next."""

from datetime import date, timedelta

from app.loanmath.life import HappeningKind, fold, happenings_on
from app.loanmath.life.happenings import Happening
from tests.loanmath.lives import Life, lent, plain_terms

LEVEL = 89_975


def happenings(life: Life, day: date) -> list[tuple[HappeningKind, int]]:
    found = happenings_on(fold(life.terms, life.events, day))
    return [(happening.kind, happening.installment_number) for happening in found]


def test_an_installment_is_announced_due_and_overdue() -> None:
    life = lent()
    assert happenings(life, date(2026, 2, 11)) == []
    assert happenings(life, date(2026, 2, 12)) == [(HappeningKind.DUE_SOON, 1)]
    assert happenings(life, date(2026, 2, 15)) == [(HappeningKind.DUE_TODAY, 1)]
    assert happenings(life, date(2026, 2, 16)) == [
        (HappeningKind.BECAME_OVERDUE, 1),
        (HappeningKind.BUCKET_CHANGED, 1),
    ]
    assert happenings(life, date(2026, 2, 23)) == [(HappeningKind.BUCKET_CHANGED, 1)]


def test_a_happening_says_how_much_is_unpaid() -> None:
    life = lent()
    life.paid(date(2026, 2, 1), 9_975)
    state = fold(life.terms, life.events, date(2026, 2, 12))
    assert happenings_on(state) == (Happening(HappeningKind.DUE_SOON, 1, 80_000),)


def test_a_last_fen_unpaid_happens_too() -> None:
    life = lent()
    life.paid(date(2026, 2, 1), LEVEL - 1)
    found = happenings_on(fold(life.terms, life.events, date(2026, 2, 16)))
    assert found == (
        Happening(HappeningKind.BECAME_OVERDUE, 1, 1),
        Happening(HappeningKind.BUCKET_CHANGED, 1, 1),
    )


def test_nothing_happens_to_what_is_paid() -> None:
    life = lent()
    life.paid(date(2026, 2, 10), LEVEL)
    assert happenings(life, date(2026, 2, 12)) == happenings(life, date(2026, 2, 15)) == []


def test_every_day_on_which_something_happens_is_foretold() -> None:
    life = lent(plain_terms(count=3))
    day, foretold = life.terms.disbursed_on, set[date]()
    while True:
        following = fold(life.terms, life.events, day).next_event_on
        if following is None:
            break
        foretold.add(following)
        day = following
    busy = {
        day
        for day in (life.terms.disbursed_on + timedelta(days=n) for n in range(400))
        if happenings(life, day)
    }
    assert busy <= foretold
    assert max(foretold) == date(2026, 2, 15) + timedelta(days=91)
