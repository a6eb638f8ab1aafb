"""A question that goes to a person is a ticket with its words, opened once."""

from app.foundation.database import fetch
from app.support import queries
from app.support.operations.asking import AskAPerson, ask_a_person
from app.support.rules import Category

QUESTION = "我家大棚被雪压坏了，今年的钱怎么办？"


async def test_a_question_handed_over_twice_is_one_ticket_in_the_borrowers_words(
    mei: str,
) -> None:
    command = AskAPerson(borrower_id=mei, question=QUESTION, idempotency_key="first-try")

    first = await ask_a_person(command)
    again = await ask_a_person(command)

    assert again.ticket_id == first.ticket_id
    assert first.category is Category.QUESTION
    assert len(await fetch("SELECT id FROM ticket")) == 1
    messages = await queries.messages_by_ticket([first.ticket_id])
    assert [one.text for one in messages[0]] == [QUESTION]
