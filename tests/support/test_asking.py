"""A question that goes to a person is a ticket with its words, opened once."""

import strawberry

from app.foundation.database import fetch
from app.support import operations, queries
from app.support.graphql.asking import AskAPersonInput
from app.support.rules import Category

QUESTION = "我家大棚被雪压坏了，今年的钱怎么办？"


async def test_a_question_handed_over_twice_is_one_ticket_in_the_borrowers_words(
    mei: str,
) -> None:
    asked = AskAPersonInput(question=QUESTION, idempotency_key=strawberry.ID("first-try"))
    command = asked.as_command(mei)

    first = await operations.open_ticket(command)
    again = await operations.open_ticket(command)

    assert again.ticket_id == first.ticket_id
    assert first.category is Category.QUESTION
    assert len(await fetch("SELECT id FROM ticket")) == 1
    messages = await queries.messages_by_ticket([first.ticket_id])
    assert [one.text for one in messages[0]] == [QUESTION]
