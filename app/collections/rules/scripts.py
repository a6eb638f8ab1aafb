"""What whoever contacts a borrower says, in order: the offer of relief always comes first."""

from app.collections.rules.permits import ContactPurpose

WHO = "WHO"
"""Asked before anything is said, where somebody else may have answered."""
OFFER = "OFFER"
RIGHTS = "RIGHTS"


def script_of(purpose: ContactPurpose) -> tuple[str, ...]:
    """
    Return the names of the sentences for a purpose, in the order they are said.

    To the family of somebody who died nothing is offered and nothing asked.
    """
    if purpose is ContactPurpose.ESTATE:
        return (purpose.value,)
    return OFFER, purpose.value, RIGHTS
