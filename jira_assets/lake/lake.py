"""The lake: immutable files, and a manifest per project that says which of them exist.

It lies in a folder, or in a store that many hosts share (`storage`). That of a further site has the same
layout in a folder of its own. Seen from the home, its projects have qualified ids (`acme:10001`), and what
exists of them can be read; it is changed in the lake of the site.

lake.json                                       the site it belongs to
manifests/<project id>.json                     the commit point of a project
manifests/site.json                             the commit point of the site's own tables
locks/<project id>.lock
raw/project=<project id>/<asked_at>-<seq>-<run>.parquet
<table>/project=<project id>/<generation>.parquet
site/<table>-<digest>.parquet
damaged/<time>/<path as above>                  what was found damaged, moved there by a repair
sites/<number>/                                 the lake of a further site
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jira_assets.decoding import decode_json
from jira_assets.errors import DamagedFile, WrongSite
from jira_assets.lake.duckdb_engine import EngineThreads
from jira_assets.lake.locks import Holder, OnWait
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.storage.local import LocalStorage
from jira_assets.lake.storage.storage import (
    SITE,
    SITES,
    Storage,
    Versions,
    manifest_document,
)
from jira_assets.qualified import SEPARATOR, split

if TYPE_CHECKING:  # commands that only read manifests start without DuckDB
    import duckdb

Document = TypeVar("Document")

REPAIR = "Run `jira-assets repair`: it sets aside what is damaged, and reads again from Jira what that held."
IDENTITY = "lake.json"
SITE_MANIFEST = manifest_document(SITE)
UNNAMED_FILES_LIVE = 3600.0
"""Seconds after which a file that no manifest names is swept: a run may be about to commit a younger one, and
someone who read the manifest that named it last may be about to read it."""

_SEAL = re.compile(rb',"digest":"([0-9a-f]{64})"\}$')
"""How a document ends that has the digest of what stands before it; those of earlier versions have none."""


class SiteIdentity(msgspec.Struct, frozen=True):
    """The site a lake belongs to; `site_id` is its cloud id, or its address where that is unknown."""

    site_id: str
    site_url: str


class Lake:
    """The files of one site, and the engine that reads and writes them.

    `place` is its folder, or the storage that it lies in. Without an `engine`, one is opened when it is first
    needed: who only reads manifests needs none. It stays within the memory limit (as for `open_engine`) and
    spills to the folder `scratch` of the lake. `folders` has the folders of further sites by the prefix of
    their ids.
    """

    def __init__(
        self,
        place: Path | Storage,
        engine: duckdb.DuckDBPyConnection | None = None,
        *,
        memory_limit: str | None = None,
        folders: Mapping[str, str] = MappingProxyType({}),
        home: Lake | None = None,
        threads: EngineThreads | None = None,
    ) -> None:
        self._storage: Storage = LocalStorage(place) if isinstance(place, Path) else place
        self.folders = folders
        self._memory_limit = memory_limit
        self._engine = engine
        self._home = home
        self._threads: EngineThreads = threads or (home._threads if home else EngineThreads())
        self._opening = threading.Lock()

    @property
    def root(self) -> Path:
        """The folder of this host that has the files: the lake itself, or copies of what was read of it."""
        return self._storage.root

    @property
    def is_local(self) -> bool:
        """Whether its files are on this host alone."""
        return self._storage.is_local

    @property
    def place(self) -> str:
        """What people call it: the folder, or the address of the store."""
        return self._storage.place

    def of(self, prefix: str) -> Lake:
        """Return the lake of one site, which uses the same engine; closing this one closes it, too."""
        return Lake(self._of(prefix), memory_limit=self._memory_limit, home=self)

    def seeing(self, folders: Mapping[str, str]) -> Lake:
        """Return the same lake with these further sites, for as long as this one is open."""
        return Lake(self._storage, memory_limit=self._memory_limit, folders=folders, home=self)

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine, for one thread at a time; another thread takes a `cursor`."""
        with self._opening:
            if self._engine is None:
                self._engine = self._home.engine.cursor() if self._home else self._open(sparing=False)
            return self._engine

    def cursor(self) -> Lake:
        """Return the same lake for one more thread, with the same engine."""
        return self._with(self.engine.cursor(), self._threads)

    def reopened(self, *, sparing: bool = False) -> Lake:
        """Return the same lake with a new engine, which the caller closes; a `sparing` one needs less."""
        return self._with(self._open(sparing=sparing), EngineThreads(sparing=sparing))

    def using(self, engine: duckdb.DuckDBPyConnection) -> Lake:
        """Return the same lake with another engine, which is closed with it."""
        return self._with(engine, EngineThreads())

    def _with(self, engine: duckdb.DuckDBPyConnection, threads: EngineThreads) -> Lake:
        folders, memory_limit = self.folders, self._memory_limit
        return Lake(self._storage, engine, memory_limit=memory_limit, folders=folders, threads=threads)

    def expect_rows(self, rows: int) -> None:
        """Have the engine use all threads of the machine if it is to work on many rows."""
        self._threads.spread(self.engine, rows)

    @property
    def is_sparing(self) -> bool:
        """Whether the engine is one that needs less memory: see `sparing_memory`."""
        return self._threads.is_sparing

    def one_thread(self) -> AbstractContextManager[None]:
        """Have the engine use one thread for the block: see `EngineThreads.one`."""
        return self._threads.one(self.engine)

    def close(self) -> None:
        """Close the engine, if it was opened."""
        with self._opening:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def _open(self, *, sparing: bool) -> duckdb.DuckDBPyConnection:
        from jira_assets.lake.duckdb_engine import open_engine

        return open_engine(memory_limit=self._memory_limit, scratch=self.root / "scratch", sparing=sparing)

    def path(self, relative: str) -> Path:
        """Return where a file that a manifest names can be read on this host."""
        return self._storage.path(relative)

    def paths(self, relatives: Iterable[str]) -> list[Path]:
        """Return where these files can be read; what has to be fetched comes at the same time."""
        return self._storage.paths(relatives)

    def new_path(self, relative: str) -> Path:
        """Return where to write a file on this host; it exists once a manifest that names it is committed."""
        return self._storage.new_path(relative)

    def suspect(self, relative: str) -> Path:
        """Return where a file can be looked at that may be damaged."""
        return self._storage.suspect(relative)

    def is_at_hand(self, relative: str) -> bool:
        """Check whether looking at a file costs nothing."""
        return self._storage.is_at_hand(relative)

    def stored_sizes(self, relatives: Collection[str]) -> Mapping[str, int]:
        """Return how many bytes these files have, without reading them; without those that are missing."""
        return self._storage.stored_sizes(relatives)

    def read_anew(self, relative: str) -> bool:
        """Read a file again from where it is kept; return False when this host has no copy of it."""
        return self._storage.read_anew(relative)

    def name_of(self, relative: str) -> str:
        """Return what people call a file or a document."""
        return f"{self.place}/{relative}"

    def claim(self, site: SiteIdentity) -> None:
        """Record the site this lake belongs to, or stop when it is another one."""
        owner = self.site()
        if owner is None or (owner != site and owner.site_id == site.site_id):  # new, or at a new address
            self._storage.replace(IDENTITY, _sealed(msgspec.json.encode(site)))
        elif owner.site_id != site.site_id:
            raise WrongSite(
                f"The lake in {self.place} contains {owner.site_url}, but this home is connected to "
                f"{site.site_url}.",
                "Set JIRA_ASSETS_HOME to another folder for the other site, or connect to the "
                "first site again.",
            )

    def site(self) -> SiteIdentity | None:
        """Return which site this lake belongs to."""
        return self._read(self._storage, IDENTITY, SiteIdentity)

    def lock(
        self,
        project_id: str,
        purpose: str,
        *,
        wait: bool = True,
        on_wait: OnWait | None = None,
    ) -> AbstractContextManager[None]:
        """Hold a project for the block."""
        storage, own_id = self._place(project_id)
        return storage.lock(own_id, purpose, wait=wait, on_wait=on_wait)

    def holder(self, project_id: str) -> Holder | None:
        """Return who works on a project now."""
        return self.holders([project_id]).get(project_id)

    def holders(self, project_ids: Iterable[str]) -> dict[str, Holder]:
        """Return who works on which of many projects now."""
        if not self.folders:
            return self._storage.holders(project_ids)
        return {
            prefix + own_id: who
            for prefix, own_ids in _by_prefix(project_ids).items()
            for own_id, who in self._of(prefix).holders(own_ids).items()
        }

    def manifest(self, project_id: str) -> Manifest | None:
        """Read what exists of a project; None when nothing does.

        Raises `DamagedFile` when its manifest is unreadable, or missing while raw files are there.
        """
        storage, own_id = self._place(project_id)
        document = manifest_document(own_id)
        manifest = self._read(storage, document, Manifest)
        if manifest is None and (files := storage.raw_files(own_id)):
            raise DamagedFile(
                f"{storage.place}/{document} is missing, and {len(files)} raw files of its are there.",
                REPAIR,
            )
        return self._seen(manifest, project_id)

    def readable_manifest(self, project_id: str) -> Manifest | None:
        """Read what exists of a project; None also when its manifest is damaged.

        For those who look at many projects: the sync of the damaged one reports the error.
        """
        storage, own_id = self._place(project_id)
        try:
            return self._seen(self._read(storage, manifest_document(own_id), Manifest), project_id)
        except DamagedFile:
            return None

    def readable_manifests(
        self, project_ids: Iterable[str], *, for_files: bool = True
    ) -> dict[str, Manifest]:
        """Read what exists of many projects, without those whose manifest is missing or damaged.

        Where it is not `for_files`, what these have to be like is not remembered.
        """
        found = {}
        for prefix, own_ids in _by_prefix(project_ids).items():
            for own_id, content in self._of(prefix).read_manifests(own_ids).items():
                try:
                    manifest = self._in_home(_decoded(content, Manifest), prefix + own_id)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue
                found[prefix + own_id] = manifest
                if for_files:
                    self._storage.expect(manifest.files())
        return found

    def _seen(self, manifest: Manifest | None, project_id: str) -> Manifest | None:
        if manifest is None:
            return None
        manifest = self._in_home(manifest, project_id)
        self._storage.expect(manifest.files())
        return manifest

    def _in_home(self, manifest: Manifest, project_id: str) -> Manifest:
        """Return a manifest as this lake shows it."""
        prefix, _ = split(project_id)
        return manifest.as_in_home(prefix, self.folders[prefix]) if prefix else manifest

    def manifests(self) -> list[Manifest]:
        """Read the manifests of all projects."""
        names = [name for name in self._storage.manifest_names() if name != SITE]
        found = self.readable_manifests(names)
        return [found[name] for name in names if name in found]

    def versions(self, before: Versions) -> Versions:
        """Return which manifests of projects there are; `before` itself when none was replaced since then."""
        return self._storage.versions(before)

    def commit(self, manifest: Manifest) -> None:
        """Make the files that the manifest names exist, and those that it leaves out not.

        Someone may be reading those: the hour after which they are swept begins now. Raises `ValueError` for
        the manifest of a further site as the home reads it.
        """
        if SEPARATOR in manifest.project_id:
            raise ValueError(f"{manifest.project_id} is committed in the lake of its site")
        self._commit(manifest.project_id, self.readable_manifest(manifest.project_id), manifest)

    def site_manifest(self) -> SiteManifest:
        """Read what exists of the site's own tables; nothing when that is unreadable: all is read again."""
        try:
            found = self._read(self._storage, SITE_MANIFEST, SiteManifest) or SiteManifest()
        except DamagedFile:
            return SiteManifest()
        self._storage.expect(found.files())
        return found

    def commit_site(self, manifest: SiteManifest) -> None:
        """Make the tables that the manifest names exist; an unreadable one before it is set aside."""
        if self.document_damage(SITE_MANIFEST):
            self.set_aside([SITE_MANIFEST])
        self._commit(SITE, self.site_manifest(), manifest)

    def _commit(
        self, name: str, before: Manifest | SiteManifest | None, manifest: Manifest | SiteManifest
    ) -> None:
        then, now = before.file_paths() if before else set(), manifest.file_paths()
        self._storage.commit(name, _sealed(msgspec.json.encode(manifest)), now - then, then - now)

    def raw_files(self, project_id: str) -> list[str]:
        """Name the raw files that lie in the folder of a project, whether a manifest names them or not."""
        storage, own_id = self._place(project_id)
        folder = self._folder(split(project_id)[0])
        return [f"{folder}/{path}" if folder else path for path in storage.raw_files(own_id)]

    def document_damage(self, document: str) -> str | None:
        """Say why a document (a manifest, or the identity of the lake) is unreadable; None when it is not."""
        kinds: dict[str, type[object]] = {IDENTITY: SiteIdentity, SITE_MANIFEST: SiteManifest}
        try:
            self._read(self._storage, document, kinds.get(document, Manifest))
        except DamagedFile as error:
            return str(error.facts["why"])
        return None

    def set_aside(self, paths: Iterable[str]) -> None:
        """Move damaged files out of the way, into a folder of this moment; what is missing is passed over."""
        self._storage.set_aside(paths)

    def remove_damaged(self) -> int:
        """Remove what was set aside as damaged; return how many files that were."""
        return self._storage.remove_damaged()

    def project_ids(self) -> list[str]:
        """Name every project of which there is a manifest, readable or not, or a raw file."""
        return self._storage.project_ids()

    def sweep(self, manifest: Manifest, live: float = UNNAMED_FILES_LIVE) -> int:
        """Remove files of the project that its manifest does not name, once so old; return how many."""
        return self._storage.sweep_project(manifest.project_id, manifest.file_paths(), live)

    def sweep_site(self, manifest: SiteManifest, live: float = UNNAMED_FILES_LIVE) -> int:
        """Remove the files of the site's tables that its manifest does not name, once they are so old."""
        return self._storage.sweep_site(manifest.file_paths(), live)

    def sizes(self) -> list[int]:
        """Return the bytes of every file and document."""
        return self._storage.sizes()

    def site_folders(self) -> list[str]:
        """Name the folders of further sites that are there, also of those that were removed."""
        return self._storage.site_folders()

    def remove_folder(self, folder: str) -> None:
        """Remove the lake of a further site."""
        self._storage.remove_folder(folder)

    def _place(self, project_id: str) -> tuple[Storage, str]:
        prefix, own_id = split(project_id)
        return self._of(prefix), own_id

    def _of(self, prefix: str) -> Storage:
        return self._storage.within(self._folder(prefix)) if prefix else self._storage

    def _folder(self, prefix: str) -> str:
        # A site that was added, renamed or removed since the folders were read has nothing.
        return self.folders.get(prefix, f"{SITES}/removed") if prefix else ""

    def _read(self, storage: Storage, document: str, kind: type[Document]) -> Document | None:
        try:
            content = storage.read(document)
            return None if content is None else _decoded(content, kind)
        except OSError as error:
            raise _damaged(f"{storage.place}/{document}", error.strerror) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(f"{storage.place}/{document}", error) from error


def _by_prefix(project_ids: Iterable[str]) -> Mapping[str, list[str]]:
    by_prefix: defaultdict[str, list[str]] = defaultdict(list)
    for project_id in project_ids:
        prefix, own_id = split(project_id)
        by_prefix[prefix].append(own_id)
    return by_prefix


def _damaged(name: str, why: object) -> DamagedFile:
    return DamagedFile(f"{name} cannot be read: {why}.", REPAIR, why=f"cannot be read: {why}")


def _decoded(content: bytes, kind: type[Document]) -> Document:
    return decode_json(_unsealed(content), kind)


def _sealed(document: bytes) -> bytes:
    """Put the digest of a document of JSON into it, as its last field."""
    return b'%b,"digest":"%b"}' % (document[:-1], hashlib.sha256(document).hexdigest().encode())


def _unsealed(content: bytes) -> bytes:
    """Return the document without its digest; raises `DecodeError` when it is not as it was written."""
    seal = _SEAL.search(content)
    if seal is None:
        return content
    document = content[: seal.start()] + b"}"
    if hashlib.sha256(document).hexdigest().encode() != seal[1]:
        raise msgspec.DecodeError("its content is not what was written")
    return document
