"""Types that many threads meet for the first time at once are read all the same."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from jira_assets.decoding import decode_json

# In a process of its own: what this is about ends the process when it goes wrong.
MANY_THREADS = """
import sys
import threading

import msgspec

from jira_assets.decoding import decode_json

sys.setswitchinterval(1e-6)
for number in range(40):
    fields = [(f"field_{index}", "int | None", None) for index in range(20)]
    shape = msgspec.defstruct(f"Shape{number}", fields)
    start = threading.Barrier(8)

    def read():
        start.wait()
        assert decode_json(b'[{"field_1": 1}]', list[shape])[0].field_1 == 1

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


class Thing(msgspec.Struct):
    name: str


def test_a_document_becomes_what_it_is_read_as() -> None:
    assert decode_json(b'[{"name": "a"}, {"name": "b"}]', list[Thing]) == [Thing("a"), Thing("b")]


def test_something_else_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="name"):
        decode_json(b"{}", Thing)


def test_threads_that_meet_a_type_at_the_same_time_all_read_it() -> None:
    done = subprocess.run([sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
