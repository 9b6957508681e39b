"""Make the text of an answer valid Unicode, so that one broken character costs nothing else."""

from __future__ import annotations

import re
from codecs import utf_8_decode

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half a pair
    rb"|\\.",  # any other escape, a backslash included: what follows it is no escape
    re.DOTALL,
)
_REPLACEMENT = rb"\ufffd"
_PIECE = 2**16


def valid_text(body: bytes) -> bytes:
    """Return JSON in which each half of a surrogate pair and each byte that is not UTF-8 is U+FFFD.

    Jira cuts texts in the middle of a character and gives the half back; a JSON reader refuses the whole
    document for it. A body without such text is returned as it is.
    """
    if not body.isascii() and not _is_utf8(body):
        body = body.decode(errors="replace").encode()
    return _ESCAPE.sub(_whole_escape, body) if _SURROGATE.search(body) else body


def _is_utf8(body: bytes) -> bool:
    """Check the encoding in pieces: the text of a whole body takes new memory each time."""
    place, whole = 0, memoryview(body)
    try:
        while place < len(body):
            piece = whole[place : place + _PIECE]
            _, used = utf_8_decode(piece, "strict", place + _PIECE >= len(body))
            place += used
    except UnicodeDecodeError:
        return False
    return True


def _whole_escape(found: re.Match[bytes]) -> bytes:
    return _REPLACEMENT if found.group(1) else found.group()
