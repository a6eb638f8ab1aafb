"""Privacy's use cases: looks on record, and the borrower's rights over their data."""

from app.privacy.operations.looks import Look, record_look

__all__ = ["Look", "record_look"]
