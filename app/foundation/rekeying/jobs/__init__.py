"""Jobs over everything sealed: rotation, another suite, new indexes, another week's key."""

from app.foundation.rekeying.jobs.running import (
    Job,
    JobKind,
    JobTaken,
    OtherTarget,
    advance,
    begin,
    run,
    unfinished,
)

__all__ = [
    "Job",
    "JobKind",
    "JobTaken",
    "OtherTarget",
    "advance",
    "begin",
    "run",
    "unfinished",
]
