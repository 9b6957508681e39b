"""The lake: immutable files under one folder, and a manifest per project that says which of them exist.

That of a further site has the same layout in a folder of its own. Seen from the home, its projects have
qualified ids (`acme:10001`), and what exists of them can be read; it is changed in the lake of the site.

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
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jira_assets.decoding import decode_json
from jira_assets.errors import DamagedFile, WrongSite
from jira_assets.lake.files import TEMPORARY_PREFIX, move_durably, write_atomically
from jira_assets.lake.locks import Holder, holder, lock_held
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.stamps import new_stamp
from jira_assets.qualified import SEPARATOR, split

if TYPE_CHECKING:  # commands that only read manifests start without DuckDB
    import duckdb

Document = TypeVar("Document")

REPAIR = "Run `jira-assets repair`: it sets aside what is damaged, and reads again from Jira what that held."
LOCKS = "locks"
MANIFESTS = "manifests"
SITE_MANIFEST = f"{MANIFESTS}/site.json"
DAMAGED = "damaged"
UNNAMED_FILES_LIVE = 3600.0
"""Seconds after which a file that no manifest names is swept: a run may be about to commit a younger one, and
someone who read the manifest that named it last may be about to read it."""


IDENTITY = "lake.json"
_SEAL = re.compile(rb',"digest":"([0-9a-f]{64})"\}$')
"""How a document ends that has the digest of what stands before it; those of earlier versions have none."""


class SiteIdentity(msgspec.Struct, frozen=True):
    """The site a lake belongs to; `site_id` is its cloud id, or its address where that is unknown."""

    site_id: str
    site_url: str


class Lake:
    """The files of one site, and the engine that reads and writes them.

    Without an `engine`, one is opened when it is first needed: who only reads manifests needs none. It stays
    within the memory limit (as for `open_engine`) and spills to the folder `scratch` of the lake. `folders`
    has the folders of further sites by the prefix of their ids.
    """

    def __init__(
        self,
        root: Path,
        engine: duckdb.DuckDBPyConnection | None = None,
        *,
        memory_limit: str | None = None,
        folders: Mapping[str, str] = MappingProxyType({}),
        home: Lake | None = None,
    ) -> None:
        self.root = root
        self.folders = folders
        self._memory_limit = memory_limit
        self._engine = engine
        self._home = home
        self._opening = threading.Lock()

    def of(self, prefix: str) -> Lake:
        """Return the lake of one site, which uses the same engine; closing this one closes it, too."""
        return Lake(self._root_of(prefix), memory_limit=self._memory_limit, home=self)

    def seeing(self, folders: Mapping[str, str]) -> Lake:
        """Return the same lake with these further sites, for as long as this one is open."""
        return Lake(self.root, memory_limit=self._memory_limit, folders=folders, home=self)

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine, for one thread at a time; another thread takes a `cursor`."""
        with self._opening:
            if self._engine is None:
                self._engine = self._home.engine.cursor() if self._home else self._open(sparing=False)
            return self._engine

    def cursor(self) -> Lake:
        """Return the same lake for one more thread, with the same engine."""
        return self._with(self.engine.cursor())

    def reopened(self, *, sparing: bool = False) -> Lake:
        """Return the same lake with a new engine, which the caller closes; a `sparing` one needs less."""
        return self._with(self._open(sparing=sparing))

    def _with(self, engine: duckdb.DuckDBPyConnection) -> Lake:
        return Lake(self.root, engine, memory_limit=self._memory_limit, folders=self.folders)

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
        """Turn a path of a manifest into one of the file system."""
        return self.root / relative

    def claim(self, site: SiteIdentity) -> None:
        """Record the site this lake belongs to, or stop when it is another one."""
        owner = self.site()
        if owner is None or (owner != site and owner.site_id == site.site_id):  # new, or at a new address
            write_atomically(self.root / IDENTITY, _sealed(msgspec.json.encode(site)))
        elif owner.site_id != site.site_id:
            raise WrongSite(
                f"The lake in {self.root} contains {owner.site_url}, but this home is connected to "
                f"{site.site_url}.",
                "Set JIRA_ASSETS_HOME to another folder for the other site, or connect to the "
                "first site again.",
            )

    def site(self) -> SiteIdentity | None:
        """Return which site this lake belongs to."""
        return self._read(self.root / IDENTITY, SiteIdentity)

    def lock(
        self,
        project_id: str,
        purpose: str,
        *,
        wait: bool = True,
        on_wait: Callable[[Holder | None], None] | None = None,
    ) -> AbstractContextManager[None]:
        """Hold a project for the block."""
        return lock_held(self.lock_path(project_id), purpose, wait=wait, on_wait=on_wait)

    def lock_path(self, project_id: str) -> Path:
        """Name the lock file of a project."""
        root, own_id = self._place(project_id)
        return root / LOCKS / f"{own_id}.lock"

    def holder(self, project_id: str) -> Holder | None:
        """Return who works on a project now."""
        return holder(self.lock_path(project_id))

    def holders(self, project_ids: Iterable[str]) -> dict[str, Holder]:
        """Return who works on which of many projects now."""
        if not self.folders:
            return _holders(self.root, project_ids)
        by_site = defaultdict(list)
        for project_id in project_ids:
            prefix, own_id = split(project_id)
            by_site[prefix].append(own_id)
        return {
            prefix + own_id: who
            for prefix, own_ids in by_site.items()
            for own_id, who in _holders(self._root_of(prefix), own_ids).items()
        }

    def manifest(self, project_id: str) -> Manifest | None:
        """Read what exists of a project; None when nothing does.

        Raises `DamagedFile` when its manifest is unreadable, or missing while raw files are there.
        """
        manifest = self._read(self._manifest_path(project_id), Manifest)
        if manifest is None and (files := self.raw_files(project_id)):
            raise DamagedFile(
                f"{self._manifest_path(project_id)} is missing, and {len(files)} raw files of its are there.",
                REPAIR,
            )
        prefix, _ = split(project_id)
        return manifest.as_in_home(prefix, self.folders[prefix]) if manifest and prefix else manifest

    def readable_manifest(self, project_id: str) -> Manifest | None:
        """Read what exists of a project; None also when its manifest is damaged.

        For those who look at many projects: the sync of the damaged one reports the error.
        """
        try:
            return self.manifest(project_id)
        except DamagedFile:
            return None

    def manifests(self) -> list[Manifest]:
        """Read the manifests of all projects."""
        names = sorted(path.stem for path in (self.root / MANIFESTS).glob("[!.]*.json"))
        found = (self.readable_manifest(name) for name in names if name != "site")
        return [manifest for manifest in found if manifest is not None]

    def commit(self, manifest: Manifest) -> None:
        """Make the files that the manifest names exist, and those that it leaves out not.

        Someone may be reading those: the hour after which they are swept begins now. Raises `ValueError` for
        the manifest of a further site as the home reads it.
        """
        if SEPARATOR in manifest.project_id:
            raise ValueError(f"{manifest.project_id} is committed in the lake of its site")
        self._outdate(self.readable_manifest(manifest.project_id), manifest.file_paths())
        write_atomically(self._manifest_path(manifest.project_id), _sealed(msgspec.json.encode(manifest)))

    def site_manifest(self) -> SiteManifest:
        """Read what exists of the site's own tables; nothing when that is unreadable: all is read again."""
        try:
            return self._read(self._manifest_path("site"), SiteManifest) or SiteManifest()
        except DamagedFile:
            return SiteManifest()

    def commit_site(self, manifest: SiteManifest) -> None:
        """Make the tables that the manifest names exist; an unreadable one before it is set aside."""
        if self.document_damage(SITE_MANIFEST):
            self.set_aside([SITE_MANIFEST])
        self._outdate(self.site_manifest(), manifest.file_paths())
        write_atomically(self._manifest_path("site"), _sealed(msgspec.json.encode(manifest)))

    def raw_files(self, project_id: str) -> list[str]:
        """Name the raw files that lie in the folder of a project, whether a manifest names them or not."""
        root, own_id = self._place(project_id)
        found = root.glob(f"raw/project={own_id}/[!.]*.parquet")
        return sorted(str(path.relative_to(self.root)) for path in found)

    def document_damage(self, relative: str) -> str | None:
        """Say why a document (a manifest, or the identity of the lake) is unreadable; None when it is not."""
        kinds: dict[str, type[object]] = {IDENTITY: SiteIdentity, SITE_MANIFEST: SiteManifest}
        try:
            self._read(self.path(relative), kinds.get(relative, Manifest))
        except DamagedFile as error:
            return str(error.facts["why"])
        return None

    def set_aside(self, paths: Iterable[str]) -> None:
        """Move damaged files out of the way, into a folder of this moment; what is missing is passed over."""
        folder = self.root / DAMAGED / new_stamp()
        for relative in paths:
            if os.path.lexists(self.path(relative)):
                move_durably(self.path(relative), folder / relative)

    def remove_damaged(self) -> int:
        """Remove what was set aside as damaged; return how many files that were."""
        found = [path for path in (self.root / DAMAGED).rglob("*") if path.is_file()]
        for path in found:
            path.unlink()
        return len(found)

    def project_ids(self) -> list[str]:
        """Name every project of which there is a manifest, readable or not, or a raw file."""
        manifests = {path.stem for path in (self.root / MANIFESTS).glob("[!.]*.json")} - {"site"}
        folders = {path.name.removeprefix("project=") for path in self.root.glob("raw/project=*")}
        return sorted(manifests | folders)

    def sweep(self, manifest: Manifest, live: float = UNNAMED_FILES_LIVE) -> int:
        """Remove files of the project that its manifest does not name, once so old; return how many."""
        named = {self.path(relative) for relative in manifest.file_paths()}
        present = self.root.glob(f"*/project={manifest.project_id}/*")
        return _remove_old((path for path in present if path not in named), live)

    def sweep_site(self, manifest: SiteManifest, live: float = UNNAMED_FILES_LIVE) -> int:
        """Remove the files of the site's tables that its manifest does not name, once they are so old."""
        named = {self.path(relative) for relative in manifest.file_paths()}
        present = chain(
            (self.root / "site").glob("*"),
            # What commits left that were killed, of any project; their folders hold nothing else unnamed.
            self.root.glob(f"{TEMPORARY_PREFIX}*"),
            self._manifest_path("site").parent.glob(f"{TEMPORARY_PREFIX}*"),
        )
        return _remove_old((path for path in present if path not in named), live)

    def _outdate(self, before: Manifest | SiteManifest | None, named: set[str]) -> None:
        """Start the age of files that are no longer named now: a reader may be about to open them."""
        for relative in (before.file_paths() if before else set()) - named:
            with suppress(FileNotFoundError):
                os.utime(self.path(relative))

    def _manifest_path(self, name: str) -> Path:
        root, own_name = self._place(name)
        return root / MANIFESTS / f"{own_name}.json"

    def _place(self, project_id: str) -> tuple[Path, str]:
        prefix, own_id = split(project_id)
        return self._root_of(prefix), own_id

    def _root_of(self, prefix: str) -> Path:
        # A site that was added, renamed or removed since the folders were read has nothing.
        return self.root / self.folders.get(prefix, "sites/removed") if prefix else self.root

    def _read(self, path: Path, kind: type[Document]) -> Document | None:
        try:
            return decode_json(_unsealed(path.read_bytes()), kind)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _damaged(path, error.strerror) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(path, error) from error


def _holders(root: Path, project_ids: Iterable[str]) -> dict[str, Holder]:
    try:
        # Names within the folder, since what takes longest for each is its path.
        folder = os.open(root / LOCKS, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    try:
        found = ((project_id, holder(f"{project_id}.lock", folder)) for project_id in project_ids)
        return {project_id: who for project_id, who in found if who is not None}
    finally:
        os.close(folder)


def _damaged(path: Path, why: object) -> DamagedFile:
    return DamagedFile(f"{path} cannot be read: {why}.", REPAIR, why=f"cannot be read: {why}")


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


def _remove_old(paths: Iterable[Path], live: float) -> int:
    removed = 0
    for path in paths:
        with suppress(FileNotFoundError):  # its writer has renamed it, or was faster
            if time.time() - path.lstat().st_mtime >= live:
                path.unlink()
                removed += 1
    return removed
