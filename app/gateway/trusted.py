"""Our own operations, as the manifest has them: ready to run without a parser or a validator."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.gateway.asking import PREFIX
from app.gateway.documents import Documents, Prepared
from app.gateway.manifest import Operation, registered


@dataclass(slots=True)
class TrustedDocuments:
    """
    The registered documents of one graph.

    Each is parsed and validated once: right after the start of a process in production, or when it
    is first asked for.
    """

    documents: Documents
    only: bool = False
    """Whether nothing else is run."""
    _by_id: dict[str, Operation] = field(default_factory=dict[str, Operation])
    _by_body: dict[str, Operation] = field(default_factory=dict[str, Operation])
    _prepared: dict[str, Prepared] = field(default_factory=dict[str, Prepared])

    @classmethod
    def of(cls, graph: str, documents: Documents, *, only: bool = False) -> "TrustedDocuments":
        """Return the documents of a graph's manifest."""
        trusted = cls(documents, only)
        trusted.register(registered(graph))
        return trusted

    def register(self, operations: Iterable[Operation]) -> None:
        """Add operations; each is known by its short id, its hash and its text."""
        for one in operations:
            self._by_id[one.short_id] = self._by_id[PREFIX + one.digest] = one
            self._by_body[one.body] = one

    def registered(self, document_id: str) -> Prepared | None:
        """Return the document of a short id, or of `sha256:` and a hash; None if it is not ours."""
        known = self._prepared.get(document_id)
        if known is not None:
            return known
        operation = self._by_id.get(document_id)
        if operation is None:
            return None
        prepared = self._prepared.get(operation.short_id)
        if prepared is None:
            prepared = self.documents.trusted(operation.body)
            self._prepared[operation.short_id] = prepared
        self._prepared[document_id] = prepared
        return prepared

    def with_text(self, text: str) -> Prepared | None:
        """Return the document of a text, if it is one of ours to the letter."""
        operation = self._by_body.get(text)
        return None if operation is None else self.registered(operation.short_id)

    def prepare_all(self) -> Iterator[Prepared]:
        """Prepare one document after the other, each when the next is asked for."""
        for short_id in [one.short_id for one in self._by_body.values()]:
            prepared = self.registered(short_id)
            assert prepared is not None, "its id is known"
            yield prepared
