"""Use cases of documents: announced, received in steps, made anew, taken away, given up."""

from app.origination.operations.documents.adding import (
    add_document,
    attach_document,
    remove_document,
)
from app.origination.operations.documents.finishing import finish_upload, tend_uploads
from app.origination.operations.documents.receiving import (
    append_bytes,
    receive_last,
    take_back_bytes,
)

__all__ = [
    "add_document",
    "append_bytes",
    "attach_document",
    "finish_upload",
    "receive_last",
    "remove_document",
    "take_back_bytes",
    "tend_uploads",
]
