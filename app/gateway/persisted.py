"""Documents that clients persisted under their hash, as many as a bound of bytes allows."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from app.gateway.asking import PREFIX

BYTES_MAX = 4 * 1024 * 1024
OVERHEAD_BYTES = 300
"""What one entry takes beside its text."""


def hash_of(text: str) -> str:
    """Return a document's id: `sha256:` and the hash of its UTF-8 in hexadecimal."""
    return PREFIX + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class PersistedDocuments:
    """
    The documents used last, by their hash: for this process, until they are crowded out.

    Losing one costs its client a round trip and nothing else, so anybody may fill this.
    """

    bytes_max: int = BYTES_MAX
    _texts: OrderedDict[str, str] = field(default_factory=OrderedDict[str, str], repr=False)
    _bytes: int = 0

    def find(self, document_id: str) -> str | None:
        """Return the document of an id, if it is kept."""
        text = self._texts.get(document_id)
        if text is not None:
            self._texts.move_to_end(document_id)
        return text

    def keep(self, document_id: str, text: str) -> None:
        """Keep a document under its hash, in the place of those that were not used for longest."""
        assert document_id == hash_of(text), "a document is kept under its own hash"
        if document_id in self._texts:
            return
        self._texts[document_id] = text
        self._bytes += _size(text)
        while self._bytes > self.bytes_max:
            _, gone = self._texts.popitem(last=False)
            self._bytes -= _size(gone)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) + OVERHEAD_BYTES
