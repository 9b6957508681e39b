"""Find and read the files of a site that is loaded; complaints name the file and the line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_assets.errors import InputError

ENDINGS = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, and where it stands."""

    path: Path
    number: int
    text: bytes

    def broken(self, what: object) -> InputError:
        """Say what is wrong with this line."""
        return InputError(
            f"{self.path}, line {self.number}: {what}.",
            "Every line has to be one whole JSON object as Jira Cloud's REST API v3 prints it. "
            "Correct or remove the line.",
        )


def issue_files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Find the issue files and the user files among files and folders."""
    files = [file for path in paths for file in _files(Path(path))]
    users = [file for file in files if _stem(file) == "users"]
    issues = [file for file in files if _stem(file) != "users"]
    if not issues:
        raise InputError(
            f"There is no issue file in {', '.join(map(str, paths)) or 'an empty list of paths'}.",
            "Give files called <PROJECT>.jsonl or <PROJECT>.jsonl.gz, or a folder that holds some.",
        )
    return issues, users


def lines(path: Path) -> Iterator[Line]:
    """Read the lines of a plain or compressed file, leaving out blank ones."""
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    yield Line(path, number, text)
    except (EOFError, gzip.BadGzipFile, zlib.error) as broken:
        raise Line(path, number + 1, b"").broken(f"the compressed file breaks off ({broken})") from broken
    except OSError as failed:
        raise InputError(f"{path} cannot be read: {failed.strerror}.", "Check the path.") from failed


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist.", "Check the path.")
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.name.endswith(ENDINGS))


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")
