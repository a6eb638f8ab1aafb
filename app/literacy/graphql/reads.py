"""What a phone can read of literacy."""

from typing import Annotated

import strawberry

from app.foundation.graphql import Connection, Info, asked_page, connection_of
from app.literacy import queries, rules
from app.literacy.graphql.asking import AskingQuery
from app.literacy.graphql.certificates import LearningCertificateQuery
from app.literacy.graphql.contests import ContestQuery
from app.literacy.graphql.figures import FigureQuery
from app.literacy.graphql.types import (
    Lesson,
    LessonPack,
    LessonReview,
    LessonSuggestion,
    LessonTrack,
    MyLearning,
)


@strawberry.type
class LiteracyQuery(AskingQuery, FigureQuery, ContestQuery, LearningCertificateQuery):
    """Literacy's reads."""

    @strawberry.field(
        description="Lessons in the order they are taught; nobody needs to sign in to learn."
    )
    async def lessons(
        self,
        info: Info,
        track: Annotated[
            LessonTrack | None, strawberry.argument(description="Only this track; all if null.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many, 1 to 100; 20 if null.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The end cursor of the page before.")
        ] = None,
    ) -> Connection[Lesson] | None:
        """Page through the course."""
        chosen = None if track is None else rules.Track[track.name]
        list_name = f"lessons:{chosen or 'all'}"
        ask = asked_page(list_name, first, after)
        page = queries.lessons_page(chosen, ask)
        language = info.context.language
        return connection_of(list_name, ask, page, lambda one: Lesson.of(one, language))

    @strawberry.field(description="One lesson; null if there is none of that name any more.")
    async def lesson(
        self,
        info: Info,
        slug: Annotated[str, strawberry.argument(description="The lesson's name.")],
    ) -> Lesson | None:
        """Find a lesson by its name."""
        found = queries.course().by_slug.get(slug)
        return None if found is None else Lesson.of(found, info.context.language)

    @strawberry.field(
        description="The newest pack of each track's lessons in the caller's language, and in"
        " Chinese of its scripts, at most fourteen; nobody needs to sign in. Fetch one whose path"
        " is new when the line is good."
    )
    async def lesson_packs(self, info: Info) -> list[LessonPack] | None:
        """List the packs."""
        return [LessonPack.of(one) for one in queries.newest_packs(info.context.language)]

    @strawberry.field(
        description="At most five lessons for the caller: first what their loan's moments call"
        " for, newest first, then those whose quiz has come back, then the next ones along the"
        " course. Completed lessons are left out, unless their quiz has come back."
    )
    async def lesson_suggestions(self, info: Info) -> list[LessonSuggestion] | None:
        """Suggest what to read now."""
        suggestions = await queries.suggestions_of(info.context.borrower_id, info.context.today)
        return [LessonSuggestion.of(info, one) for one in suggestions]

    @strawberry.field(description="The caller's points and progress.")
    async def my_learning(self, info: Info) -> MyLearning | None:
        """Sum up what the caller has learned."""
        borrower_id = info.context.borrower_id
        return MyLearning.of(
            await queries.learning_of(borrower_id),
            reads_plain=await queries.reads_plain(borrower_id),
        )

    @strawberry.field(
        description="Quizzes the caller answered wrong that have come back by now, at most twenty,"
        " longest due first; `answerQuiz` takes the answer."
    )
    async def reviews_due(self, info: Info) -> list[LessonReview] | None:
        """List what comes back."""
        due = await queries.reviews_due(info.context.borrower_id, info.context.today)
        return [LessonReview.of(one, info.context.language) for one in due]
