"""What is the same for all clients of object stores: where a store is, and how its errors are said."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_QUERY = re.compile(r"\?\S*")
_ERROR = re.compile(r"<(?:Code|Message)>([^<\n]*)")


def endpoint_of(address: str, environ: Mapping[str, str]) -> str | None:
    """Return where the store of an address is, if it is not where its cloud is."""
    names = _ENDPOINTS.get(address.partition("://")[0], ())
    return next(filter(None, map(environ.get, names)), None)


def in_a_line(said: str) -> str:
    """Leave out the queries of addresses and the details of answers, which may have signatures."""
    said, _, answer = _COLOURS.sub("", said).partition("<?xml")
    lines = (line.strip(" ↳:") for line in _QUERY.sub("", said).splitlines())
    return ": ".join(filter(None, [*lines, *_ERROR.findall(answer)])).rstrip(" .")
