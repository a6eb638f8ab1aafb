"""Loading the lessons that this process teaches."""

from pathlib import Path

from app.foundation.log import logger
from app.literacy import queries
from app.literacy.rules import Course, course_from

log = logger(__name__)

CONTENT = Path(__file__).parents[3] / "fixtures" / "content"
"""Where a checkout keeps its lessons."""


def read_course(folder: Path = CONTENT) -> Course:
    """
    Read every lesson file of a folder, without teaching them.

    Raises:
        CourseInconsistent: Something is wrong in or between the files; every problem is named.
    """
    return course_from(read_contents(folder))


def read_contents(folder: Path = CONTENT) -> dict[str, str]:
    """Read every lesson file of a folder: each one's text by its path relative to the folder."""
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.glob("*/*.md"))
    }


def load_course(folder: Path = CONTENT) -> Course:
    """
    Read every lesson file of a folder and teach them from now on; call it once, at start.

    Raises:
        CourseInconsistent: Something is wrong in or between the files; every problem is named.
    """
    course = read_course(folder)
    queries.teach(course)
    log.info("course_loaded", lessons=len(course.lessons), version=course.version)
    return course
