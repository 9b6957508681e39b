"""Check settings, file modes, the file system and free space."""

from __future__ import annotations

import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.commands.config import misspelt_variables
from jira_assets.settings.load import Settings
from jira_assets.settings.table import SETTINGS

ENOUGH, TOO_LITTLE = 2 * 2**30, 200 * 2**20
# Locks and atomic renames are not to be trusted there.
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs"}
_MOUNTS = Path("/proc/mounts")


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Return where the settings come from."""
    sources = Counter(shown.source for shown in settings.describe())
    where = ", ".join(f"{number} from {source}" for source, number in sources.most_common())
    yield good("settings", f"home {settings.home}; {where}")
    for warning in misspelt_variables():
        yield doubtful("settings", warning, "Correct its name. `jira-assets config` lists all settings.")


def check_files(settings: Settings) -> Iterator[Finding]:
    """Check who may read what is secret."""
    for path, most in ((settings.state_path, 0o600), (settings.secret_key_file, 0o600)):
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & ~most:
                yield bad(
                    "files", f"{path} is readable by other users (mode {mode:04o}).", f"chmod 600 {path}"
                )
            else:
                yield good("files", f"{path} is readable by its owner only")
    dotenv = Path(".env")
    secrets = [each.env for each in SETTINGS if each.secret and settings.source(each.name) == ".env"]
    if secrets and stat.S_IMODE(dotenv.stat().st_mode) & 0o077:
        held = f"{dotenv.absolute()} contains {', '.join(secrets)} and is readable by other users."
        yield doubtful("files", held, "chmod 600 .env")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Check that there is space, on a file system that keeps its word."""
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    kind = file_system_of(place)
    if kind in _NETWORK:
        yield bad(
            "disk",
            f"{settings.home} is on {kind}: file locks are not reliable there, and a crash may "
            "damage the lake.",
            "Set JIRA_ASSETS_HOME to a folder on a local disk of Linux or macOS.",
        )
    free = shutil.disk_usage(place).free
    shown = f"{free / 2**30:,.1f} GB free at {place}"
    if free < TOO_LITTLE:
        yield bad("disk", shown, "Free disk space, or set JIRA_ASSETS_HOME to a folder on another disk.")
    elif free < ENOUGH:
        yield doubtful("disk", shown, "Free disk space: a publish writes a complete copy of the warehouse.")
    else:
        yield good("disk", shown)


def file_system_of(path: Path) -> str:
    """Name the file system that holds a path; empty where the system does not say."""
    if not _MOUNTS.exists():
        return ""
    found, kind = "", ""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, name, *_ = line.split()
        point = point.replace("\\040", " ")
        if path.resolve().is_relative_to(point) and len(point) >= len(found):
            found, kind = point, name
    return kind
