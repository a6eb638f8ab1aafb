"""Refusals around documents and their uploads."""

from app.foundation.errors import Refusal


class DocumentNotAsked(Refusal):
    """This kind of document is of no use for what the money is for."""

    code = "DOCUMENT_NOT_ASKED"

    def __init__(self) -> None:
        super().__init__("not asked", field="input.kind")


class DocumentTooLarge(Refusal):
    """The file is larger than is taken; make the picture smaller first."""

    code = "DOCUMENT_TOO_LARGE"

    def __init__(self, *, bytes_max: int) -> None:
        super().__init__(f"at most {bytes_max}", field="input.size")
        self.bytes_max = bytes_max

    def details(self) -> dict[str, object]:
        """Return the bound in whole megabytes."""
        return {"megabytes": self.bytes_max // 2**20}


class TooManyDocuments(Refusal):
    """The application has as many documents as it may, or too many are still on their way."""

    code = "TOO_MANY_DOCUMENTS"

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class DocumentNotAPicture(Refusal):
    """The file is no JPEG, PNG or WebP picture that can be read whole."""

    code = "DOCUMENT_NOT_A_PICTURE"


class DocumentTooManyPixels(Refusal):
    """The picture is too wide or high; photograph it again at a smaller setting."""

    code = "DOCUMENT_TOO_MANY_PIXELS"


class InvalidUpload(Refusal):
    """A header or length of the upload is missing or malformed."""

    code = "INVALID_UPLOAD"

    def __init__(self, field: str) -> None:
        super().__init__(field, field=field)


class UploadOffsetWrong(Refusal):
    """The bytes do not begin where the upload stands; ask for the offset and go on from there."""

    code = "UPLOAD_OFFSET_WRONG"

    def __init__(self, *, expected: int, provided: int) -> None:
        super().__init__(f"{provided} instead of {expected}")
        self.expected = expected
        self.provided = provided


class UploadCompleted(Refusal):
    """All bytes have arrived already; ask the application what became of the document."""

    code = "UPLOAD_COMPLETED"


class UploadLengthWrong(Refusal):
    """The bytes would be more, or end sooner, than the upload was announced with."""

    code = "UPLOAD_LENGTH_WRONG"

    def __init__(self, *, expected: int, provided: int) -> None:
        super().__init__(f"{provided} instead of {expected}")
        self.expected = expected
        self.provided = provided


class UploadAltered(Refusal):
    """The bytes are not those the hash was made of; send them again."""

    code = "UPLOAD_ALTERED"


class UploadOver(Refusal):
    """The upload is over: given up, refused or taken away; announce the document anew."""

    code = "UPLOAD_OVER"

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state
