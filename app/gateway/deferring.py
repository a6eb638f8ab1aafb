"""
Which documents ask for their answer in parts: `@defer` and `@stream`.

Whoever does not take parts gets the whole answer at once, as the specification lets a server do.
So such a document is kept twice: without these directives, which is all that plans, ETags,
sockets, event streams and `POST /s` know, and as it was written, for the parts alone.
"""

from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    InlineFragmentNode,
    Visitor,
    visit,
)

DIRECTIVES = frozenset({GraphQLDeferDirective.name, GraphQLStreamDirective.name})


def whole(text: str, document: DocumentNode) -> DocumentNode:
    """Return a document without what asks for parts: the same one where nothing does."""
    if not any(name in text for name in DIRECTIVES):
        return document
    return visit(document, _Undeferring())


def asks_for_parts(node: FieldNode | FragmentSpreadNode | InlineFragmentNode) -> bool:
    """Tell whether a selection may come later than what is around it."""
    return any(one.name.value in DIRECTIVES for one in node.directives or ())


class _Undeferring(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:  # noqa: ANN401 - graphql-core's own
        """Take a directive away, if it is one of these."""
        return REMOVE if node.name.value in DIRECTIVES else None
