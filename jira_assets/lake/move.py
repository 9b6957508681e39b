"""Copy a lake to another place: from a folder to a store that hosts share, and back.

Files are copied first, verbatim, then each manifest that names them, and the identity of the lake last. What
is there already is not copied again, so a move that was interrupted continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jira_assets.errors import DamagedFile, InputError, WrongSite
from jira_assets.lake.lake import IDENTITY, REPAIR, Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.storage.storage import SITE, Storage, StoredFile, manifest_document

PURPOSE = "moving the lake"


@dataclass(frozen=True)
class Moved:
    """How many projects the new place has, and what was copied to it now."""

    projects: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.projects + other.projects, self.files + other.files, self.bytes + other.bytes)


class Move:
    """The lake of one site, on its way from one place to another; all of it is held."""

    def __init__(self, source: Storage, target: Storage) -> None:
        self._source = source
        self._target = target
        self._here, self._there = Lake(source), Lake(target)

    def check(self) -> None:
        """Raise `WrongSite` or `InputError` where the new place has what this one lacks."""
        here, there = self._here.site(), self._there.site()
        if here and there and here.site_id != there.site_id:
            raise WrongSite(
                f"{self._target.place} contains {there.site_url}, and the lake of this home {here.site_url}.",
                "Choose another place.",
            )
        known = self._here.readable_manifests(self._names())
        newer = [
            manifest.project_key
            for manifest in self._there.manifests()
            if manifest.project_id not in known or manifest.next_seq > known[manifest.project_id].next_seq
        ]
        if newer:
            raise InputError(
                f"{self._target.place} has versions of {', '.join(newer[:10])} that are missing in "
                f"{self._source.place}.",
                "Nothing was changed. Use the lake that is there, or choose another place.",
            )

    def go(self) -> Moved:
        """Copy what is missing there.

        Raises `DamagedFile` for a file that is not as it was written; what was copied before that stays.
        """
        moved = Moved()
        for name in self._names():
            manifest = self._here.manifest(name)
            if manifest is not None:
                moved += self._take(name, manifest, self._there.readable_manifest(name)) + Moved(1)
        moved += self._take(SITE, self._here.site_manifest(), self._there.site_manifest())
        identity = self._source.read(IDENTITY)
        if identity is not None:
            self._target.replace(IDENTITY, identity)
        return moved

    def _names(self) -> list[str]:
        return [name for name in self._source.manifest_names() if name != SITE]

    def _take(
        self, name: str, manifest: Manifest | SiteManifest, before: Manifest | SiteManifest | None
    ) -> Moved:
        document = manifest_document(name)
        content = self._source.read(document)
        if content is None:
            return Moved()
        with self._target.lock(name, PURPOSE):
            moved = self._copy(name, manifest.files())
            if self._target.read(document) != content:
                then, now = before.file_paths() if before else set(), manifest.file_paths()
                self._target.commit(name, content, now - then, then - now)
        return moved

    def _copy(self, name: str, files: Iterable[StoredFile]) -> Moved:
        files = list(files)
        present = self._target.stored_sizes([file.path for file in files])
        lacking = [file for file in files if file.path not in present or _differs(file, present[file.path])]
        paths = [file.path for file in lacking]
        far = [path for path in paths if not self._source.is_at_hand(path)]
        found = dict(zip(paths, self._source.paths(paths), strict=True))
        for file in lacking:
            if not found[file.path].exists() or _differs(file, found[file.path].stat().st_size):
                raise DamagedFile(
                    f"{self._source.place}/{file.path} is missing, or not as it was written.", REPAIR
                )
        moved = Moved(0, len(lacking), sum(path.stat().st_size for path in found.values()))
        self._target.take(name, found)
        for relative in far:  # copies would fill this host
            self._source.read_anew(relative)
        return moved


def _differs(file: StoredFile, size: int) -> bool:
    return bool(file.size) and file.size != size
