"""What happens in literacy: lessons are loaded, read, answered and suggested."""

from app.literacy.operations.asking import AnswerFigure, FigureOutcome, answer_figure
from app.literacy.operations.competing import (
    ChooseReading,
    JoinContest,
    LeaveContest,
    choose_reading,
    join_contest,
    leave_contest,
)
from app.literacy.operations.effects import LOCAL_EFFECTS
from app.literacy.operations.following import tell_of_harvests
from app.literacy.operations.forgetting import forget_learning
from app.literacy.operations.indexing import index_taught
from app.literacy.operations.learning import (
    AnswerQuiz,
    CompleteLesson,
    OpenLesson,
    QuizOutcome,
    answer_quiz,
    complete_lesson,
    open_lesson,
)
from app.literacy.operations.packing import PACKS, load_packs, publish_packs, read_packs
from app.literacy.operations.publishing import (
    DecideCourse,
    ProposeCourse,
    decide_course,
    follow_published,
    following_published,
    propose_course,
)
from app.literacy.operations.staff_leaving import withdraw_proposals
from app.literacy.operations.suggesting import suggest_lesson
from app.literacy.operations.teaching import CONTENT, load_course, read_contents, read_course

__all__ = [
    "CONTENT",
    "LOCAL_EFFECTS",
    "PACKS",
    "AnswerFigure",
    "AnswerQuiz",
    "ChooseReading",
    "CompleteLesson",
    "DecideCourse",
    "FigureOutcome",
    "JoinContest",
    "LeaveContest",
    "OpenLesson",
    "ProposeCourse",
    "QuizOutcome",
    "answer_figure",
    "answer_quiz",
    "choose_reading",
    "complete_lesson",
    "decide_course",
    "follow_published",
    "following_published",
    "forget_learning",
    "index_taught",
    "join_contest",
    "leave_contest",
    "load_course",
    "load_packs",
    "open_lesson",
    "propose_course",
    "publish_packs",
    "read_contents",
    "read_course",
    "read_packs",
    "suggest_lesson",
    "tell_of_harvests",
    "withdraw_proposals",
]
