"""Lessons to keep for when there is no line: packs under addresses made of their hash."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.gateway.immutable import ImmutableFile
from app.literacy import queries
from app.literacy.rules import Pack

PATH = "/packs/{row}/{name}"
MEDIA = "application/json"
KEPT_MAX = 64
"""Packs of which every coding is kept; there are twenty-one in use at a time."""


class PackFile:
    """`GET` a pack; an older version of the same row is a dictionary for it."""

    async def answer(self, request: Request) -> Response:
        """
        Hand a pack out.

        Raises:
            HTTPException: There is none of that name (404).
        """
        row, name = request.path_params["row"], request.path_params["name"]
        for pack in queries.packs():
            if (pack.row, pack.name) == (row, name):
                return _file(pack).response(request)
        raise HTTPException(404)


@lru_cache(KEPT_MAX)
def _file(pack: Pack) -> ImmutableFile:
    def older() -> Mapping[bytes, bytes]:
        return {
            hashlib.sha256(one.content).digest(): one.content
            for one in queries.packs()
            if one.row == pack.row and one.number < pack.number
        }

    return ImmutableFile(
        pack.content, MEDIA, use_as_dictionary=f'match="/packs/{pack.row}/*"', bases=older
    )
