"""What borrowers do: pay in time, early, late or in parts, ask for relief, complain, learn."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.commands.simulation.populating import Lending
from app.commands.simulation.world import Intention, Person, Temper, World
from app.foundation.database import fetch, transaction
from app.literacy import operations as literacy
from app.literacy import queries as lessons
from app.literacy.operations import AnswerQuiz, CompleteLesson, OpenLesson
from app.payments.operations.initiating import Repay, repay
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.queries.hardship import hardship_offer
from app.servicing.rules import LoanRef
from app.servicing.rules.hardship import RequestHardship, Wish
from app.support import operations as support
from app.support.operations import OpenTicket, RateTicket, ReplyToTicket
from app.support.rules import Category
from app.support.rules.complaints import Subcategory

LOOKS_AHEAD = 5
"""How many days before an installment is due its borrower makes up their mind."""
HOURS = (8, 10, 12, 15, 18, 20)
"""When people do something, in China."""
LESSONS = (0.06, 0.3)
COMPLAINTS = (0.0006, 0.15)
QUESTIONS = (0.0004, 0.1)
"""How many a person and day on average, and how many a day at least, however few people."""
RIGHT_BEFORE, RIGHT_AFTER = 45, 82
"""How many of a hundred answer a lesson's question right before and after they read it."""


async def make_up_minds(world: World, due_on: date) -> None:
    """Let everybody whose installment falls due on a day decide when they will pay how much."""
    rows = await fetch(
        "SELECT i.loan_id, l.borrower_id FROM servicing_installment i"
        " JOIN servicing_loan l ON l.id = i.loan_id"
        " WHERE i.payable_on = ? AND i.status <> 'PAID' ORDER BY i.id",
        [due_on],
    )
    for row in rows:
        person = world.by_id[row["borrower_id"]]
        loan = LoanRef(person.borrower_id, row["loan_id"])
        for days, what, share in _decisions(world, person):
            day = max(due_on + timedelta(days=days), world.today)
            hour = world.chance.choice(HOURS)
            world.agenda[day].append(Intention(hour, what, person, loan, share))


def _decisions(  # noqa: PLR0911 - one for each temper
    world: World, person: Person
) -> Sequence[tuple[int, str, int]]:
    """Return what somebody does about an installment: days from the due date, what, how much."""
    chance = world.chance
    match person.temper:
        case Temper.PUNCTUAL:
            late = chance.randrange(100) < 12  # noqa: PLR2004 - of a hundred
            return [(chance.randint(1, 3) if late else chance.randint(-3, 0), "pay", 100)]
        case Temper.EARLY:
            if chance.randrange(100) < 4:  # noqa: PLR2004 - of a hundred
                return [(chance.randint(-5, -1), "pay off", 100)]
            return [(chance.randint(-5, -1), "pay", chance.choice((100, 100, 100, 200)))]
        case Temper.FORGETFUL:
            late = chance.randrange(2) == 0
            return [(chance.randint(1, 20) if late else chance.randint(-1, 0), "pay", 100)]
        case Temper.IN_PARTS:
            return [(chance.randint(-1, 0), "pay", 50), (chance.randint(3, 12), "pay", 100)]
        case Temper.STRUGGLING:
            if chance.randrange(100) < 45:  # noqa: PLR2004 - of a hundred
                return [(chance.randint(-4, 8), "ask for relief", 100)]
            return [(chance.randint(5, 25), "pay", chance.choice((40, 100)))]
        case Temper.GONE:
            return [] if chance.randrange(100) < 80 else [(0, "pay", 100)]  # noqa: PLR2004 - of a hundred


async def act(world: World, hour: int) -> None:
    """Do what people mean to do by an hour of the day."""
    waiting = world.agenda[world.today]
    now = [one for one in waiting if one.hour <= hour]
    world.agenda[world.today] = [one for one in waiting if one.hour > hour]
    for one in now:
        assert one.loan is not None, "each is about a loan"
        match one.what:
            case "pay":
                await world.doing("pay", pay(world, one.loan, one.share))
            case "pay off":
                await world.doing("pay off", pay_off(world, one.loan))
            case _:
                await world.doing("ask for relief", ask_for_relief(world, one.loan))


async def pay(world: World, ref: LoanRef, share: int) -> None:
    """Pay a part of what is asked, or the next installment where nothing is due."""
    loan = await loans.loan(ref)
    asked_fen = loan.due_now_fen or loan.next_amount_fen
    if loan.is_closed or not asked_fen:
        return
    amount_fen = max(1, asked_fen * share // 100)
    await repay(Repay(loan=ref, amount_fen=amount_fen, idempotency_key=world.key("repay")))


async def pay_off(world: World, ref: LoanRef) -> None:
    """Pay all that is left."""
    payoff = await loans.payoff_on(ref, world.today)
    if payoff.amount_fen > 0:
        await repay(
            Repay(loan=ref, amount_fen=payoff.amount_fen, idempotency_key=world.key("payoff"))
        )


async def ask_for_relief(world: World, ref: LoanRef) -> None:
    """Look at what can be arranged, and take the first that is shown."""
    offer = await hardship_offer(
        ref, Wish(monthly_fen=world.chance.choice((50_000, 100_000))), world.today
    )
    if offer.options:
        option = world.chance.choice(offer.options)
        asked = await servicing.request_hardship(
            RequestHardship(
                loan=ref, option_token=option.token, idempotency_key=world.key("relief")
            )
        )
        world.done[f"relief {asked.state.value.lower()}"] += 1


async def live_a_day(world: World) -> None:
    """Let some people learn, ask and complain."""
    learners = [one for one in world.people if one.learns]
    for person in some(world, "learn", learners, *LESSONS):
        await world.doing("learn a lesson", learn(world, person))
    for person in some(world, "complain", world.people, *COMPLAINTS):
        await world.doing("complain", write(world, person, Category.COMPLAINT))
    for person in some(world, "ask", world.people, *QUESTIONS):
        await world.doing("ask a question", write(world, person, Category.QUESTION))
    await react_to_answers(world)


def some(
    world: World, what: str, people: Sequence[Person], rate: float, least: float
) -> list[Person]:
    """Choose people, so many a day on average."""
    count = world.times(what, max(len(people) * rate, least))
    return world.chance.sample(people, min(count, len(people)))


async def learn(world: World, person: Person) -> None:
    """Guess, read a lesson, and answer until it is right."""
    chance = world.chance
    lesson = chance.choice(lessons.course().lessons)
    wrong = (lesson.answer + 1) % lesson.option_count
    guess = lesson.answer if chance.randrange(100) < RIGHT_BEFORE else wrong
    opening = OpenLesson(
        borrower_id=person.borrower_id,
        slug=lesson.slug,
        guess=guess,
        idempotency_key=world.key("open"),
    )
    await literacy.open_lesson(opening)
    reading = CompleteLesson(
        borrower_id=person.borrower_id, slug=lesson.slug, idempotency_key=world.key("read")
    )
    await literacy.complete_lesson(reading)
    is_right = chance.randrange(100) < RIGHT_AFTER
    for choice in (lesson.answer,) if is_right else (wrong, lesson.answer):
        answering = AnswerQuiz(
            borrower_id=person.borrower_id,
            slug=lesson.slug,
            choice=choice,
            version=lesson.version,
            idempotency_key=world.key("quiz"),
        )
        await literacy.answer_quiz(answering)


async def write(world: World, person: Person, category: Category) -> None:
    """Write to the desk."""
    is_complaint = category is Category.COMPLAINT
    await support.open_ticket(
        OpenTicket(
            caller_id=person.borrower_id,
            category=category,
            text="罚息算得不对，请看一下。😠" if is_complaint else "下个月要还多少？",
            loan_id=person.loans[0].loan_id if person.loans else None,
            idempotency_key=world.key("ticket"),
            subcategory=world.chance.choice(list(Subcategory)) if is_complaint else None,
        )
    )


async def react_to_answers(world: World) -> None:
    """Let some of those who got an answer rate it, and a few write once more."""
    rows = await fetch(
        "SELECT id, borrower_id, score FROM ticket WHERE state = 'ANSWERED' ORDER BY id"
    )
    for row in rows:
        drawn = world.chance.randrange(100)
        if drawn < 25 and row["score"] is None:  # noqa: PLR2004 - of a hundred
            rating = RateTicket(
                caller_id=row["borrower_id"],
                ticket_id=row["id"],
                score=world.chance.choice((2, 3, 4, 5, 5)),
                idempotency_key=world.key("rate"),
            )
            await world.doing("rate an answer", support.rate_ticket(rating))
        elif drawn >= 97:  # noqa: PLR2004 - of a hundred
            reply = ReplyToTicket(
                caller_id=row["borrower_id"],
                ticket_id=row["id"],
                text="还是没看懂，请再说说。",
                idempotency_key=world.key("reply"),
            )
            await world.doing("write once more", support.reply_to_ticket(reply))


async def borrow_today(world: World, lending: Lending, days_left: int) -> None:
    """Let a part of those who borrow later do it today."""
    count = -(-len(world.later) // max(1, days_left))
    today, world.later = world.later[:count], world.later[count:]
    async with transaction() as tx:
        for person in today:
            await lending.lend(tx, person, tx.today)
            world.done["borrow"] += 1
