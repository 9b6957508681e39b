"""A lake in a folder of this host, which processes share by its file locks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from itertools import chain
from pathlib import Path

from jira_assets.lake.files import TEMPORARY_PREFIX, copy_file, move_durably, new_file, write_atomically
from jira_assets.lake.locks import Holder, OnWait, holder, lock_held
from jira_assets.lake.stamps import new_stamp
from jira_assets.lake.storage.storage import (
    DAMAGED,
    LOCKS,
    MANIFESTS,
    RAW,
    SITE,
    SITES,
    StoredFile,
    Versions,
    manifest_document,
)

SETTLED_NS = 2_000_000_000
"""A file system may give two writes that are this close the same time: what is so new is not remembered."""

_Stamp = tuple[int, int, int, int]
"""Inode, size, and the times of the last write and change: a commit changes those of file and folder."""


class LocalStorage:
    """The folder `root`."""

    is_local = True

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root)

    def within(self, folder: str) -> LocalStorage:
        """Return the place of a further site."""
        return LocalStorage(self.root / folder)

    def read(self, document: str) -> bytes | None:
        """Read a document."""
        try:
            return (self.root / document).read_bytes()
        except FileNotFoundError:
            return None

    def read_manifests(self, names: Collection[str]) -> dict[str, bytes]:
        """Read many manifests."""
        found = {}
        for name in names:
            with suppress(OSError):
                found[name] = (self.root / manifest_document(name)).read_bytes()
        return found

    def manifest_names(self) -> list[str]:
        """List the manifests."""
        return sorted(path.stem for path in (self.root / MANIFESTS).glob("[!.]*.json"))

    def versions(self, before: Versions) -> Versions:
        """Compare the times of the files.

        A commit replaces a file of the folder of manifests, which changes the folder: while the folder is the
        same, no file is looked at.
        """
        now, folder = time.time_ns(), self.root / MANIFESTS
        try:
            stamp = _stamp(folder.stat())
        except FileNotFoundError:
            return Versions()
        if stamp == before.folder:
            return before
        found = _stamps(folder)
        doubtful = {name for name, present in found.items() if not _is_settled(present, now)}
        return Versions(found, doubtful, stamp if _is_settled(stamp, now) else None)

    def commit(self, name: str, content: bytes, named: Collection[str], unnamed: Collection[str]) -> None:
        """Replace a manifest; the files it names are there already.

        Someone may be reading those that it leaves out: their age begins now.
        """
        del named
        for relative in unnamed:
            with suppress(FileNotFoundError):
                os.utime(self.root / relative)
        write_atomically(self.root / manifest_document(name), content)

    def take(self, name: str, files: Mapping[str, Path]) -> None:
        """Copy files into the folder."""
        del name
        for relative, path in files.items():
            with new_file(self.root / relative) as copy:
                copy_file(path, copy)

    def replace(self, document: str, content: bytes) -> None:
        """Write a document."""
        write_atomically(self.root / document, content)

    def lock(
        self, name: str, purpose: str, *, wait: bool = True, on_wait: OnWait | None = None
    ) -> AbstractContextManager[None]:
        """Hold a lock file."""
        return lock_held(self.lock_path(name), purpose, wait=wait, on_wait=on_wait)

    def lock_path(self, name: str) -> Path:
        """Name a lock file."""
        return self.root / LOCKS / f"{name}.lock"

    def holders(self, names: Iterable[str]) -> dict[str, Holder]:
        """Look at the lock files."""
        try:
            # Names within the folder, since what takes longest for each is its path.
            folder = os.open(self.root / LOCKS, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return {}
        try:
            found = ((name, holder(f"{name}.lock", folder)) for name in names)
            return {name: who for name, who in found if who is not None}
        finally:
            os.close(folder)

    def path(self, relative: str) -> Path:
        """Name a file."""
        return self.root / relative

    suspect = new_path = path

    def paths(self, relatives: Iterable[str]) -> list[Path]:
        """Name files."""
        return [self.root / relative for relative in relatives]

    def is_at_hand(self, relative: str) -> bool:
        """Return True: all files are here."""
        del relative
        return True

    def stored_sizes(self, relatives: Collection[str]) -> dict[str, int]:
        """Measure files."""
        found = {relative: self.root / relative for relative in relatives}
        return {relative: path.stat().st_size for relative, path in found.items() if path.exists()}

    def read_anew(self, relative: str) -> bool:
        """Return False: what is here is no copy."""
        del relative
        return False

    def expect(self, files: Iterable[StoredFile]) -> None:
        """Do nothing: what is here is compared where damage is looked for."""

    def raw_files(self, project_id: str) -> list[str]:
        """List the raw files of a project."""
        found = self.root.glob(f"{RAW}/project={project_id}/[!.]*.parquet")
        return sorted(str(path.relative_to(self.root)) for path in found)

    def project_ids(self) -> list[str]:
        """List manifests and folders of raw files."""
        folders = {path.name.removeprefix("project=") for path in self.root.glob(f"{RAW}/project=*")}
        return sorted({*self.manifest_names()} - {SITE} | folders)

    def set_aside(self, paths: Iterable[str]) -> None:
        """Move files into a folder of this moment."""
        folder = self.root / DAMAGED / new_stamp()
        for relative in paths:
            if os.path.lexists(self.root / relative):
                move_durably(self.root / relative, folder / relative)

    def remove_damaged(self) -> int:
        """Remove what was set aside."""
        found = [path for path in (self.root / DAMAGED).rglob("*") if path.is_file()]
        for path in found:
            path.unlink()
        return len(found)

    def sweep_project(self, project_id: str, named: Collection[str], live: float) -> int:
        """Remove old files of a project."""
        return self._sweep(self.root.glob(f"*/project={project_id}/*"), named, live)

    def sweep_site(self, named: Collection[str], live: float) -> int:
        """Remove old files of the site, and what commits left that were killed, of any project."""
        present = chain(
            (self.root / SITE).glob("*"),
            self.root.glob(f"{TEMPORARY_PREFIX}*"),
            (self.root / MANIFESTS).glob(f"{TEMPORARY_PREFIX}*"),
        )
        return self._sweep(present, named, live)

    def _sweep(self, present: Iterable[Path], named: Collection[str], live: float) -> int:
        kept = {self.root / relative for relative in named}
        return remove_old((path for path in present if path not in kept), live)

    def sizes(self) -> list[int]:
        """Measure every file."""
        return [path.stat().st_size for path in self.root.rglob("*") if path.is_file()]

    def site_folders(self) -> list[str]:
        """List the folders of further sites."""
        return [f"{SITES}/{path.name}" for path in self.root.glob(f"{SITES}/*")]

    def remove_folder(self, folder: str) -> None:
        """Remove a folder, as far as that is possible."""
        shutil.rmtree(self.root / folder, ignore_errors=True)


def remove_old(paths: Iterable[Path], live: float) -> int:
    """Remove files that were not touched for so many seconds; return how many."""
    removed = 0
    for path in paths:
        with suppress(FileNotFoundError):  # its writer has renamed it, or was faster
            if time.time() - path.lstat().st_mtime >= live:
                path.unlink()
                removed += 1
    return removed


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_settled(stamp: _Stamp, seen_ns: int) -> bool:
    """Check that no write after it was seen can leave the same one behind."""
    return seen_ns - max(stamp[2:]) > SETTLED_NS


def _stamps(folder: Path) -> dict[str, _Stamp]:
    stamps = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json") and entry.name[0] != "." and entry.name != f"{SITE}.json":
                with suppress(FileNotFoundError):  # the project was forgotten at this moment
                    stamps[entry.name.removesuffix(".json")] = _stamp(entry.stat())
    return stamps
