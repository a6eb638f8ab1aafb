"""What proofs of what is sealed share."""

from tests.foundation.borrowers import join

__all__ = ["join"]
