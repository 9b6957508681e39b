"""Where a lake keeps its documents and files: the interface of a folder and of a store that hosts share.

Documents are small and replaced: the manifests, and the identity of the lake. Files are written once, and
exist while a manifest names them. Both are named by their paths within the lake.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from jira_assets.lake.locks import Holder, OnWait

MANIFESTS = "manifests"
LOCKS = "locks"
RAW = "raw"
DAMAGED = "damaged"
SITES = "sites"
SITE = "site"
"""The name of the manifest and the lock of what belongs to no project, and the folder of its tables."""


def manifest_document(name: str) -> str:
    """Name the document of a project's manifest, or of the site's."""
    return f"{MANIFESTS}/{name}.json"


class StoredFile(Protocol):
    """What a manifest says of a Parquet file; size and digest are empty where an earlier version wrote it."""

    @property
    def path(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Versions:
    """The manifests of projects at one moment, each with a mark that changes when it is replaced."""

    of: Mapping[str, Hashable] = field(default_factory=dict)
    doubtful: Collection[str] = ()
    """A later replacement may leave the same mark behind."""
    folder: Hashable = None
    """A mark that changes with any of them; None where there is none to be relied on."""

    def shows_same(self, project_id: str, before: Versions) -> bool:
        """Check whether a manifest is the one that it was before."""
        return project_id not in before.doubtful and before.of.get(project_id) == self.of[project_id]


class Storage(Protocol):
    """The place of a lake. Methods that reach a store raise `StoreUnavailable` when it does not answer."""

    @property
    def is_local(self) -> bool:
        """Whether the files are on this host alone."""

    @property
    def root(self) -> Path:
        """The folder of this host from which the files are read."""

    @property
    def place(self) -> str:
        """What people call it: the folder, or the address of the store."""

    def within(self, folder: str) -> Storage:
        """Return the place of the lake in this folder, that of a further site."""

    def read(self, document: str) -> bytes | None:
        """Return the content of a document; None when there is none. Raises `OSError` if it is unreadable."""

    def read_manifests(self, names: Collection[str]) -> Mapping[str, bytes]:
        """Return the content of many manifests; those that are missing or unreadable are left out."""

    def manifest_names(self) -> list[str]:
        """Name the projects, and the site, of which there is a manifest."""

    def versions(self, before: Versions) -> Versions:
        """Return which manifests there are; `before` itself when nothing was replaced since then."""

    def commit(self, name: str, content: bytes, named: Collection[str], unnamed: Collection[str]) -> None:
        """Replace the manifest of a project that is held, or of the site.

        `named` are the files that exist from now on, `unnamed` those that do not any more.
        """

    def take(self, name: str, files: Mapping[str, Path]) -> None:
        """Copy files, which a manifest of that name is about to name, to where they are kept."""

    def replace(self, document: str, content: bytes) -> None:
        """Write a document that no lock protects."""

    def lock(
        self, name: str, purpose: str, *, wait: bool = True, on_wait: OnWait | None = None
    ) -> AbstractContextManager[None]:
        """Hold a project, or the site, for the block; raises `LockHeld` when it may not wait."""

    def holders(self, names: Iterable[str]) -> dict[str, Holder]:
        """Return who holds which of these now."""

    def path(self, relative: str) -> Path:
        """Return where a file can be read on this host; nothing is there when it does not exist.

        Raises `DamagedFile` for one that came otherwise than it was written.
        """

    def paths(self, relatives: Iterable[str]) -> list[Path]:
        """Do the same for many files at the same time."""

    def suspect(self, relative: str) -> Path:
        """Return where a file can be looked at that may be damaged."""

    def new_path(self, relative: str) -> Path:
        """Return where to write a file that does not exist yet."""

    def is_at_hand(self, relative: str) -> bool:
        """Check whether looking at a file costs nothing."""

    def stored_sizes(self, relatives: Collection[str]) -> Mapping[str, int]:
        """Return how many bytes these files have, without reading them; without those that are missing."""

    def read_anew(self, relative: str) -> bool:
        """Read a file again from where it is kept; return False when this host has no copy of it."""

    def expect(self, files: Iterable[StoredFile]) -> None:
        """Note what these files are like, for when they are read."""

    def raw_files(self, project_id: str) -> list[str]:
        """Name the raw files of a project, whether a manifest names them or not."""

    def project_ids(self) -> list[str]:
        """Name every project of which there is a manifest, or a raw file."""

    def set_aside(self, paths: Iterable[str]) -> None:
        """Move damaged documents and files away; what is missing is passed over."""

    def remove_damaged(self) -> int:
        """Remove what was set aside as damaged; return how many files that were."""

    def sweep_project(self, project_id: str, named: Collection[str], live: float) -> int:
        """Remove files of a project that are not named, for so many seconds; return how many."""

    def sweep_site(self, named: Collection[str], live: float) -> int:
        """Remove files of the site that are not named, for so many seconds; return how many."""

    def sizes(self) -> list[int]:
        """Return the bytes of each file and document."""

    def site_folders(self) -> list[str]:
        """Name the folders of further sites."""

    def remove_folder(self, folder: str) -> None:
        """Remove all that is kept of a further site."""
