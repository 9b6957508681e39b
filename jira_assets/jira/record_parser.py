"""Read the records of Jira's lists one by one, so that an odd one costs itself alone.

A record that does not have its type as a whole is read attribute by attribute: what fits is kept, what does
not is as if it were absent. One that lacks what identifies it is left out. Both are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from jira_assets.decoding import decode_json
from jira_assets.errors import IncompleteRead
from jira_assets.jira.response import Response

Record = TypeVar("Record", bound=msgspec.Struct)
_MISFIT = object()


class OddRecords:
    """How many records were left out, and how many were kept without some of their attributes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.left_out = 0
        self.kept_in_part = 0

    def add(self, *, kept: bool) -> None:
        """Count one."""
        with self._lock:
            self.left_out += not kept
            self.kept_in_part += kept


_counter: ContextVar[OddRecords | None] = ContextVar("odd_records", default=None)


@contextmanager
def counting_odd_records() -> Iterator[OddRecords]:
    """Count the odd records read inside, also by threads that run in a copy of this context."""
    odd = OddRecords()
    token = _counter.set(odd)
    try:
        yield odd
    finally:
        _counter.reset(token)


def read_records(elements: Iterable[msgspec.Raw], shape: type[Record]) -> list[Record]:
    """Read the elements of a list; those that cannot be read are left out."""
    found = (_read(element, shape) for element in elements)
    return [record for record in found if record is not None]


def read_record(answer: Response, shape: type[Record]) -> Record:
    """Read an answer that is one record; raises IncompleteRead when it lacks what identifies it."""
    try:
        return answer.decode(shape)
    except IncompleteRead:
        record = _read_in_part(answer.decode(msgspec.Raw), shape)
        if record is None:
            raise
        return record


def _read(element: msgspec.Raw, shape: type[Record]) -> Record | None:
    try:
        return decode_json(bytes(element), shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_in_part(element, shape)


def _read_in_part(element: msgspec.Raw, shape: type[Record]) -> Record | None:
    try:
        record = _fitting(msgspec.json.decode(element), shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        record = None
    if odd := _counter.get():
        odd.add(kept=record is not None)
    return record


def _fitting(value: object, shape: type[Record]) -> Record | None:
    """Make a record of the attributes that fit; None when a required one is not among them."""
    if not isinstance(value, dict):
        return None
    parts = {
        attribute.name: _part(value[attribute.encode_name], attribute.type)
        for attribute in msgspec.structs.fields(shape)
        if attribute.encode_name in value
    }
    try:
        return shape(**{name: part for name, part in parts.items() if part is not _MISFIT})
    except TypeError:
        return None


def _part(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind, strict=False)  # not strict: a number may come as a text
    except msgspec.ValidationError:
        pass
    options = (kind,) if get_origin(kind) in (None, list) else get_args(kind)
    found = (_loosely(value, option) for option in options)
    return next((part for part in found if part is not _MISFIT), _MISFIT)


def _loosely(value: Any, kind: Any) -> Any:
    """Read a list without the elements that do not fit, a number as a text, a record in part."""
    if get_origin(kind) is list and isinstance(value, list):
        parts = (_part(item, get_args(kind)[0]) for item in value)
        return [part for part in parts if part is not _MISFIT]
    if kind is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    record = _fitting(value, kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None
    return _MISFIT if record is None else record
