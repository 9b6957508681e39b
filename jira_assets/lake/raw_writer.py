"""Land raw observations: what Jira said of an issue, verbatim, and when it was asked."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from jira_assets.lake.files import TEMPORARY_PREFIX, new_file, size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import RawFile
from jira_assets.lake.sql_files import statement
from jira_assets.lake.staged_rows import SEPARATOR, copy_staged, quoted, staged_format

Kind = Literal[
    "issue",
    "gone",
    "moved",
    "archived",
    "trashed",
    "invisible",
    "comments",
    "attachments",
    "remote_links",
    "worklog",
    "worklog_head",
    "worklog_deleted",
]


class Series(Protocol):
    """What gives observations their order, and their files a place."""

    @property
    def raw_place(self) -> str:
        """What the paths of its raw files begin with."""

    def take_seq(self) -> int:
        """Return the number of the next observations."""


class Observation(msgspec.Struct, frozen=True):
    """What was seen of an issue at one time.

    An `issue` carries the answer verbatim and its whole changelog; `comments`, `attachments` and
    `remote_links` the whole list of an issue, or nothing when it is the same as before; a `worklog` itself,
    or its ids only. Every other kind is a tombstone, whose payload, where there is one, says where the issue
    went.
    """

    jira_id: str
    jira_key: str
    project_id: str
    project_key: str
    updated_at: datetime | None
    kind: Kind = "issue"
    payload: bytes | None = None
    histories: Sequence[bytes] = ()


class RawFileWriter:
    """Observations on their way into one raw file: added a few at a time, written to disk as they come.

    Every document of Jira's passes through `redact`.
    """

    def __init__(
        self,
        lake: Lake,
        series: Series,
        asked_at: datetime,
        redact: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._lake = lake
        self._asked_at = asked_at
        self._redact = redact
        self._asked_text = _plain(asked_at)
        self.rows = 0
        self._newest: datetime | None = None
        self._longest = 0
        self._whole = 0
        self._seq = series.take_seq()
        stamp = f"{asked_at:%Y%m%dT%H%M%S%fZ}-{self._seq:08d}-{uuid.uuid4().hex[:8]}"
        self._relative = f"{series.raw_place}{stamp}.parquet"
        self._staging = lake.new_path(self._relative).with_name(f"{TEMPORARY_PREFIX}{stamp}.csv")
        self._staging.parent.mkdir(parents=True, exist_ok=True)

    def add(self, observations: Iterable[Observation]) -> None:
        """Append observations to the staging file."""
        observations = list(observations)
        times = [seen.updated_at for seen in observations if seen.updated_at is not None]
        self._newest = max([*times, *filter(None, [self._newest])], default=None)
        with self._staging.open("ab") as staging:
            for seen in observations:
                line = self._line(seen)
                self._longest = max(self._longest, len(line))
                staging.write(line)
            staging.flush()
            self._whole = staging.tell()
        self.rows += len(observations)

    def finish(self) -> RawFile | None:
        """Turn the staging file into a Parquet file; None when nothing was added.

        The file exists once the caller puts it into the manifest and commits that.
        """
        if self.rows == 0:
            return None
        os.truncate(self._staging, self._whole)  # a full disk may have cut a line in two
        with new_file(self._lake.new_path(self._relative)) as parquet:
            copy_staged(
                self._lake.engine.cursor(),
                statement(
                    "lake/write_raw",
                    staging=self._staging,
                    parquet=parquet,
                    staged_format=staged_format(self._longest),
                ),
            )
        self.discard()
        written = size_and_digest(self._lake.path(self._relative))
        return RawFile(self._relative, self.rows, self._asked_at, self._newest, *written)

    def discard(self) -> None:
        """Forget what was added."""
        self._staging.unlink(missing_ok=True)

    def _line(self, seen: Observation) -> bytes:
        """Return a row of a raw file as it is staged: the documents stay verbatim."""
        texts = [seen.jira_id, seen.jira_key, seen.project_id, seen.project_key]
        moments = ["" if seen.updated_at is None else _plain(seen.updated_at), self._asked_text]
        documents = [seen.payload, b"[%b]" % b",".join(seen.histories) if seen.kind == "issue" else None]
        values = [
            *(quoted(text.encode()) for text in texts),
            *(moment.encode() for moment in moments),
            b"%d" % self._seq,
            seen.kind.encode(),
            *(b"" if document is None else quoted(self._redact(document)) for document in documents),
        ]
        return SEPARATOR.join(values) + b"\n"


def _plain(moment: datetime) -> str:
    # Much cheaper than formatting by a pattern, and this is done for every version of every issue.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
