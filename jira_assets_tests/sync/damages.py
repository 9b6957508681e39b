"""What happens to files: kinds of damage, each with a name."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

_FOOTER_AND_MAGIC = 8


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    _replace(path, b"")


def truncated(path: Path) -> None:
    content = path.read_bytes()
    _replace(path, content[: len(content) // 2])


def garbage(path: Path) -> None:
    _replace(path, random.Random(0).randbytes(path.stat().st_size))  # no secret


def flipped_in_the_footer(path: Path) -> None:
    content = path.read_bytes()
    if path.suffix != ".parquet":
        flip(path, len(content) - 2)
        return
    (length,) = struct.unpack("<I", content[-_FOOTER_AND_MAGIC:-4])
    flip(path, len(content) - _FOOTER_AND_MAGIC - length)


def flip(path: Path, place: int) -> None:
    """Invert the bits of one byte."""
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    _replace(path, bytes(content))


def _replace(path: Path, content: bytes) -> None:
    # A new file: other names of the old one, such as copies made by links, keep what they had.
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)


DAMAGES: dict[str, Callable[[Path], None]] = {
    each.__name__: each for each in (missing, empty, truncated, garbage, flipped_in_the_footer)
}
