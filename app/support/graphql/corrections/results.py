"""What became of a proposal, a decision or a withdrawal; a correction opened whole."""

from typing import Annotated, Self

import strawberry

from app.foundation.graphql import Info, PlainProblem
from app.servicing.graphql import (
    Correction,
    CorrectionAboveLimitProblem,
    CorrectionFigures,
    CorrectionImpossibleProblem,
    CorrectionProposedAlreadyProblem,
    CorrectionStaleProblem,
    CorrectionStepProblem,
    CorrectionToday,
    figures_when_proposed,
)
from app.servicing.rules import corrections as rules
from app.support import operations


@strawberry.type(
    description="A correction with the loan's figures and notes; the borrower sees who looked."
)
class OpenedCorrection:
    """A correction, open on the desk."""

    correction: Correction = strawberry.field(description="The correction.")
    note: str = strawberry.field(description="What whoever proposed it wrote.")
    decision_note: str | None = strawberry.field(
        description="What whoever decided wrote; null while nobody has."
    )
    before: CorrectionFigures = strawberry.field(
        description="The loan's figures on the day it was proposed."
    )
    after: CorrectionFigures = strawberry.field(
        description="The figures as it would have made them that day."
    )
    today: CorrectionToday | None = strawberry.field(
        description="What it would do now; null when it is not open any more."
    )

    @classmethod
    def of(cls, info: Info, opened: operations.OpenedCorrection) -> "OpenedCorrection":
        """Show a correction, whole."""
        correction, today = opened.correction, opened.today
        before, after = figures_when_proposed(correction)
        return cls(
            correction=Correction.of(info, correction),
            note=opened.notes.proposed,
            decision_note=opened.notes.decided,
            before=before,
            after=after,
            today=None if today is None else CorrectionToday.of(info, today, correction),
        )


@strawberry.type(description="The correction waits for somebody else to decide.")
class Proposed:
    """A proposal taken; each kind of proposal answers with a type of its own."""

    correction: Correction = strawberry.field(description="The correction.")
    before: CorrectionFigures = strawberry.field(description="The loan's figures today.")
    after: CorrectionFigures = strawberry.field(
        description="The figures as the correction would make them."
    )

    @classmethod
    def of(cls, info: Info, correction: rules.Correction) -> Self:
        """Show a proposal taken."""
        before, after = figures_when_proposed(correction)
        return cls(
            correction=Correction.of(info, correction),
            before=before,
            after=after,
        )


WAITS = "It waits for somebody else to decide; the loan is unchanged."


@strawberry.type(description=WAITS)
class ProposeReversalSuccess(Proposed):
    """A reversal proposed."""


@strawberry.type(description=WAITS)
class ProposeWaiverSuccess(Proposed):
    """A waiver proposed."""


@strawberry.type(description=WAITS)
class ProposeChargeSuccess(Proposed):
    """A charge proposed."""


@strawberry.type(description=WAITS)
class ProposeRateCutSuccess(Proposed):
    """A rate cut proposed."""


@strawberry.type(description=WAITS)
class ProposeDeferralSuccess(Proposed):
    """A deferral proposed."""


@strawberry.type(description=WAITS)
class ProposeReschedulingSuccess(Proposed):
    """A rescheduling proposed."""


@strawberry.type(description=WAITS)
class ProposeWriteOffSuccess(Proposed):
    """A write-off proposed."""


@strawberry.type(description=WAITS)
class ProposeRecoverySuccess(Proposed):
    """A recovery proposed."""


@strawberry.type(description=WAITS)
class ProposeReopeningSuccess(Proposed):
    """A reopening proposed."""


ProposeReversalResult = Annotated[
    ProposeReversalSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeReversalResult", description="Proposed, or why not."),
]


ProposeWaiverResult = Annotated[
    ProposeWaiverSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeWaiverResult", description="Proposed, or why not."),
]


ProposeChargeResult = Annotated[
    ProposeChargeSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeChargeResult", description="Proposed, or why not."),
]


ProposeRateCutResult = Annotated[
    ProposeRateCutSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeRateCutResult", description="Proposed, or why not."),
]


ProposeDeferralResult = Annotated[
    ProposeDeferralSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeDeferralResult", description="Proposed, or why not."),
]


ProposeReschedulingResult = Annotated[
    ProposeReschedulingSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeReschedulingResult", description="Proposed, or why not."),
]


ProposeWriteOffResult = Annotated[
    ProposeWriteOffSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeWriteOffResult", description="Proposed, or why not."),
]


ProposeRecoveryResult = Annotated[
    ProposeRecoverySuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeRecoveryResult", description="Proposed, or why not."),
]


ProposeReopeningResult = Annotated[
    ProposeReopeningSuccess
    | CorrectionImpossibleProblem
    | CorrectionProposedAlreadyProblem
    | PlainProblem,
    strawberry.union("ProposeReopeningResult", description="Proposed, or why not."),
]


@strawberry.type(
    description="It is decided. Approved, it has happened to the loan and the borrower is told."
)
class DecideCorrectionSuccess:
    """A decision."""

    correction: Correction = strawberry.field(description="The correction as it stands now.")


DecideCorrectionResult = Annotated[
    DecideCorrectionSuccess
    | CorrectionStaleProblem
    | CorrectionStepProblem
    | CorrectionAboveLimitProblem
    | CorrectionImpossibleProblem
    | PlainProblem,
    strawberry.union("DecideCorrectionResult", description="Decided, or why not."),
]


@strawberry.type(description="It is taken back; the loan is unchanged.")
class WithdrawCorrectionSuccess:
    """A withdrawal."""

    correction: Correction = strawberry.field(description="The correction as it stands now.")


WithdrawCorrectionResult = Annotated[
    WithdrawCorrectionSuccess | CorrectionStepProblem | PlainProblem,
    strawberry.union("WithdrawCorrectionResult", description="Taken back, or why not."),
]
