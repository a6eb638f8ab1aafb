"""What the parts of privacy's graph say alike."""

from typing import Annotated

import strawberry

KEY = "1 to 64 characters of A-Z a-z 0-9 _ . : - that name this command; send it again unchanged."

First = Annotated[
    int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
]
After = Annotated[str | None, strawberry.argument(description="The endCursor of the page before.")]
