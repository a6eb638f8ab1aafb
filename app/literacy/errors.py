"""Refusals of literacy, and the fault of content that does not hold together."""

from collections.abc import Sequence

from app.foundation.errors import Refusal


class LessonChanged(Refusal):
    """The lesson was rewritten since the borrower loaded it; load it again, then answer."""

    code = "LESSON_CHANGED"

    def __init__(self, *, version: str) -> None:
        super().__init__(f"the lesson is now {version}", field="input.version")
        self.version = version


class CountyUnknown(Refusal):
    """A contest is a county's, and the borrower has not said where they live."""

    code = "COUNTY_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("the profile names no county")


class CourseFaulty(Refusal):
    """The course has findings and cannot be proposed; `content check` names each."""

    code = "COURSE_FAULTY"

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("; ".join(findings[:3]))
        self.count = len(findings)


class CourseAlreadyProposed(Refusal):
    """This very version of the course waits already, or is the one that is taught."""

    code = "COURSE_ALREADY_PROPOSED"


class CourseProposalNotOpen(Refusal):
    """The proposed course is decided already, or another version than the one that was read."""

    code = "COURSE_PROPOSAL_NOT_OPEN"


class OwnCourseProposal(Refusal):
    """Whoever proposed a course does not decide on it: a second person does."""

    code = "OWN_COURSE_PROPOSAL"


class CourseInconsistent(Exception):
    """The lesson files do not make a course; `problems` names each file and what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
