"""Read JSON as a type, from many threads at once."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

Shape = TypeVar("Shape")

_lock = threading.Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode_json(text: bytes, shape: type[Shape]) -> Shape:
    """Read the text as `shape`; raises `msgspec.DecodeError` or `UnicodeDecodeError` when it is not that.

    msgspec explores a type when it is first used. Two threads that do so at the same time bring the process
    down, so that only one ever makes a decoder.
    """
    decoder = _decoders.get(shape)
    if decoder is None:
        with _lock:
            decoder = _decoders.setdefault(shape, msgspec.json.Decoder(shape))
    found: Shape = decoder.decode(text)
    return found
