"""What anybody may download and keep for ever: the dictionaries of answers, the lessons' packs."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.gateway.dictionary import LATEST_PATH, DictionaryFile
from app.gateway.dictionary import PATH as DICTIONARY_PATH
from app.gateway.packs import PATH as PACK_PATH
from app.gateway.packs import PackFile

PUBLISHED: Mapping[str, Callable[[Request], Awaitable[Response]]] = {
    LATEST_PATH: DictionaryFile().answer,
    DICTIONARY_PATH: DictionaryFile().answer,
    PACK_PATH: PackFile().answer,
}
"""Who answers for each path."""
