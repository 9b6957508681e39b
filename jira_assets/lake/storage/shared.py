"""A lake that hosts share: files in an object store, manifests and leases in the state's PostgreSQL.

The folder of this host is a cache: it may vanish at any moment. A file is uploaded before the manifest that
names it is committed; a commit is one statement of the database, which checks the lease and the version.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from jira_assets.errors import DamagedFile, StateUnavailable
from jira_assets.lake.files import size_and_digest
from jira_assets.lake.locks import Holder, OnWait
from jira_assets.lake.stamps import new_stamp
from jira_assets.lake.storage.bucket import Bucket
from jira_assets.lake.storage.cache import Cache
from jira_assets.lake.storage.leases import Leases, lease_lost
from jira_assets.lake.storage.local import LocalStorage
from jira_assets.lake.storage.storage import (
    DAMAGED,
    MANIFESTS,
    RAW,
    SITE,
    SITES,
    StoredFile,
    Versions,
    manifest_document,
)
from jira_assets.state.lake_documents import DocumentCommit, LakeDocuments

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16
"""So many objects are fetched, or uploaded, at the same time."""
MOST_EXPECTED = 200_000
"""Of so many files it is remembered what they have to be like when they arrive."""


@dataclass(frozen=True)
class _Parts:
    """What the lake of a home and those of its further sites have in common."""

    bucket: Bucket
    cache: Cache
    documents: LakeDocuments
    leases: Leases
    expected: dict[str, StoredFile] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)
    uploaded: set[str] = field(default_factory=set)
    """What was taken from elsewhere, and is not committed yet."""


class SharedStorage:
    """The objects and rows of one site: `folder` is empty for the first one."""

    is_local = False

    def __init__(self, parts: _Parts, folder: str = "") -> None:
        self._parts = parts
        self._folder = folder
        self.root = parts.cache.root / folder
        self.place = f"{parts.bucket.address}/{folder}" if folder else parts.bucket.address

    @classmethod
    def open(cls, bucket: Bucket, cache: Cache, documents: LakeDocuments, leases: Leases) -> SharedStorage:
        """Return the place of the lake of a home."""
        return cls(_Parts(bucket, cache, documents, leases))

    def within(self, folder: str) -> SharedStorage:
        """Return the place of a further site."""
        return SharedStorage(self._parts, folder)

    def _key(self, relative: str) -> str:
        return f"{self._folder}/{relative}" if self._folder else relative

    def _relative(self, key: str) -> str:
        return key[len(self._folder) + 1 :] if self._folder else key

    def read(self, document: str) -> bytes | None:
        """Read a row."""
        found = self._parts.documents.read(self.place, document)
        version, body = found or (0, None)
        lease = self._parts.leases.find(self.place, _owner(document))
        if lease is not None and lease.version is None:
            lease.version = version
        return body

    def read_manifests(self, names: Collection[str]) -> dict[str, bytes]:
        """Read many rows by few queries."""
        documents = {manifest_document(name): name for name in names}
        found = self._parts.documents.read_many(self.place, list(documents))
        return {documents[document]: body for document, body in found.items()}

    def manifest_names(self) -> list[str]:
        """List the rows."""
        return sorted(map(_owner, self._parts.documents.versions(self.place, f"{MANIFESTS}/")))

    def versions(self, before: Versions) -> Versions:
        """Ask for the versions of all rows."""
        found = self._parts.documents.versions(self.place, f"{MANIFESTS}/")
        of = {_owner(document): version for document, version in found.items()}
        of.pop(SITE, None)
        return before if of == before.of else Versions(of)

    def commit(self, name: str, content: bytes, named: Collection[str], unnamed: Collection[str]) -> None:
        """Upload what is new, then replace the row.

        Raises `LeaseLost`, and changes nothing, when another process took the project over.
        """
        parts, lease = self._parts, self._parts.leases.held(self.place, name)
        if named:
            # Before they are there, so that files of a commit that never came are found and removed.
            parts.documents.note_unnamed(self.place, name, named)
            _side_by_side(self._upload, named)
        if lease.version is None:
            self.read(manifest_document(name))
        commit = DocumentCommit(
            manifest_document(name), content, lease.version or 0, name, lease.token, named, unnamed
        )
        try:
            version = parts.documents.commit(self.place, commit)
        except (DBAPIError, StateUnavailable):
            lease.version = None  # it may have been committed, or not
            raise
        if version is None:
            raise lease_lost(self.place, name)
        lease.version = version

    def _upload(self, relative: str) -> None:
        key = self._key(relative)
        if key in self._parts.uploaded:
            self._parts.uploaded.discard(key)
        elif (path := self._parts.cache.find(key)) is not None:
            self._parts.bucket.put(key, path)
            self._parts.cache.note_kept(key)
        elif not self._parts.bucket.has(key):
            raise DamagedFile(
                f"{self.place}/{relative} is to be committed, and is neither on this host nor in the store.",
                "Sync again.",
                again=True,
            )

    def take(self, name: str, files: Mapping[str, Path]) -> None:
        """Upload files that are not in the folder of this host."""
        parts = self._parts
        if files:
            parts.documents.note_unnamed(self.place, name, files.keys())
        _side_by_side(lambda relative: parts.bucket.put(self._key(relative), files[relative]), files)
        parts.uploaded.update(map(self._key, files))

    def replace(self, document: str, content: bytes) -> None:
        """Write a row."""
        self._parts.documents.replace(self.place, document, content)

    def lock(
        self, name: str, purpose: str, *, wait: bool = True, on_wait: OnWait | None = None
    ) -> AbstractContextManager[None]:
        """Hold a lease."""
        return self._parts.leases.hold(self.place, name, purpose, wait=wait, on_wait=on_wait)

    def holders(self, names: Iterable[str]) -> dict[str, Holder]:
        """Look at the leases."""
        return self._parts.leases.holders(self.place, names)

    def path(self, relative: str) -> Path:
        """Return a copy; it is fetched when it is not here."""
        if not self._fetch(relative):
            self._parts.cache.drop(self._key(relative))
            raise DamagedFile(
                f"{self.place}/{relative} is not the file that was written.",
                "Run `jira-assets repair`: it sets the file aside, and reads again from Jira what it held.",
            )
        return self.root / relative

    def paths(self, relatives: Iterable[str]) -> list[Path]:
        """Return copies; many are fetched at the same time."""
        return _side_by_side(self.path, list(relatives))

    def suspect(self, relative: str) -> Path:
        """Return a copy as it is."""
        self._fetch(relative)
        return self.root / relative

    def new_path(self, relative: str) -> Path:
        """Name a file that is to be uploaded; its folder is there."""
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def is_at_hand(self, relative: str) -> bool:
        """Check whether there is a copy on this host."""
        return (self.root / relative).exists()

    def read_anew(self, relative: str) -> bool:
        """Drop the copy; the next who asks for it fetches it again."""
        key = self._key(relative)
        if not self._parts.cache.is_copy(key):
            return False
        self._parts.cache.drop(key)
        return True

    def expect(self, files: Iterable[StoredFile]) -> None:
        """Note what arrives with these names."""
        expected = self._parts.expected
        with self._parts.guard:
            for file in files:
                expected[self._key(file.path)] = file
            while len(expected) > MOST_EXPECTED:
                del expected[next(iter(expected))]

    def _fetch(self, relative: str) -> bool:
        """Fetch a file that is not here; return False when it is not as it was written."""
        key = self._key(relative)
        if self._parts.cache.find(key) is not None:
            return True
        get = partial(self._parts.bucket.get, key)
        return self._parts.cache.add(key, get, partial(_is_right, self._parts.expected.get(key)))

    def raw_files(self, project_id: str) -> list[str]:
        """List the objects of a project."""
        found = self._parts.bucket.sizes(self._key(f"{RAW}/project={project_id}"))
        return sorted(map(self._relative, found))

    def stored_sizes(self, relatives: Collection[str]) -> dict[str, int]:
        """List the folders of these files."""
        folders = sorted({relative.rpartition("/")[0] for relative in relatives})
        found = _side_by_side(lambda folder: self._parts.bucket.sizes(self._key(folder)), folders)
        return {self._relative(key): size for sizes in found for key, size in sizes.items()}

    def project_ids(self) -> list[str]:
        """List rows and folders of objects."""
        folders = self._parts.bucket.folders(self._key(RAW))
        found = {name.removeprefix("project=") for name in folders if name.startswith("project=")}
        return sorted({*self.manifest_names()} - {SITE} | found)

    def set_aside(self, paths: Iterable[str]) -> None:
        """Rename rows and objects."""
        folder = f"{DAMAGED}/{new_stamp()}"
        for relative in paths:
            if relative.endswith(".json"):
                self._parts.documents.rename(self.place, relative, f"{folder}/{relative}")
                if lease := self._parts.leases.find(self.place, _owner(relative)):
                    lease.version = None
            else:
                self._parts.bucket.move(self._key(relative), self._key(f"{folder}/{relative}"))
                self._parts.cache.drop(self._key(relative))

    def remove_damaged(self) -> int:
        """Delete what was set aside."""
        found = self._parts.bucket.sizes(self._key(DAMAGED))
        self._parts.bucket.delete(found)
        return len(found) + self._parts.documents.delete(self.place, f"{DAMAGED}/")

    def sweep_project(self, project_id: str, named: Collection[str], live: float) -> int:
        """Delete what no manifest has named for that time, here and in the store.

        The store is not listed, but where everything has to go.
        """
        LocalStorage(self.root).sweep_project(project_id, named, live)
        folders = [f"{table}/project={project_id}" for table in self._tables()] if live <= 0 else []
        return self._sweep(project_id, folders, named, live)

    def sweep_site(self, named: Collection[str], live: float) -> int:
        """Do the same for the tables of the site."""
        LocalStorage(self.root).sweep_site(named, live)
        return self._sweep(SITE, [SITE] if live <= 0 else [], named, live)

    def _tables(self) -> list[str]:
        return [name for name in self._parts.bucket.folders(self._folder) if name not in (SITES, DAMAGED)]

    def _sweep(self, owner: str, folders: Collection[str], named: Collection[str], live: float) -> int:
        parts = self._parts
        listed = _side_by_side(lambda folder: parts.bucket.sizes(self._key(folder)), folders)
        noted = parts.documents.unnamed(self.place, owner, live)
        present = {*noted, *(self._relative(key) for sizes in listed for key in sizes)} - set(named)
        if present:
            # What this knows as named may be old: who took the project over has named other files since.
            parts.leases.insist(self.place, owner)
            parts.bucket.delete([self._key(relative) for relative in present])
            for relative in present:
                parts.cache.drop(self._key(relative))
        if noted:
            parts.documents.note_removed(self.place, noted)
        return len(present)

    def sizes(self) -> list[int]:
        """List every object and row."""
        return [
            *self._parts.bucket.sizes(self._folder).values(),
            *self._parts.documents.sizes(self.place),
        ]

    def site_folders(self) -> list[str]:
        """List the folders of objects and the lakes of rows."""
        home = f"{self.place}/"
        of_rows = {lake.removeprefix(home) for lake in self._parts.documents.lakes_below(f"{home}{SITES}")}
        return sorted({f"{SITES}/{name}" for name in self._parts.bucket.folders(self._key(SITES))} | of_rows)

    def remove_folder(self, folder: str) -> None:
        """Delete the rows, then the objects."""
        self._parts.documents.forget(f"{self.place}/{folder}")
        self._parts.bucket.delete(self._parts.bucket.sizes(self._key(folder)))
        shutil.rmtree(self.root / folder, ignore_errors=True)


def _side_by_side(work: Callable[[Item], Result], items: Collection[Item]) -> list[Result]:
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
        return list(pool.map(work, items))


def _owner(document: str) -> str:
    """Name the project, or the site, whose document that is."""
    return document.rpartition("/")[2].removesuffix(".json")


def _is_right(expected: StoredFile | None, path: Path) -> bool:
    if expected is None or not expected.size:
        return True
    size = path.stat().st_size
    if not expected.digest or size != expected.size:
        return size == expected.size
    return size_and_digest(path) == (expected.size, expected.digest)
