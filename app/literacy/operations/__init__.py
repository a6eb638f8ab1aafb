"""What happens in literacy: lessons are loaded, read, answered and suggested."""

from app.literacy.operations.forgetting import forget_learning
from app.literacy.operations.learning import (
    AnswerQuiz,
    CompleteLesson,
    OpenLesson,
    QuizOutcome,
    answer_quiz,
    complete_lesson,
    open_lesson,
)
from app.literacy.operations.suggesting import LOCAL_EFFECTS, suggest_lesson
from app.literacy.operations.teaching import CONTENT, load_course, read_course

__all__ = [
    "CONTENT",
    "LOCAL_EFFECTS",
    "AnswerQuiz",
    "CompleteLesson",
    "OpenLesson",
    "QuizOutcome",
    "answer_quiz",
    "complete_lesson",
    "forget_learning",
    "load_course",
    "open_lesson",
    "read_course",
    "suggest_lesson",
]
