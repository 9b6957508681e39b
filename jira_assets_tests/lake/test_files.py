"""A file is the old one or the new one, and nothing between."""

from __future__ import annotations

from pathlib import Path

import pytest

from jira_assets.lake.files import copy_file, new_file, point_link, write_atomically


class Interrupted(Exception):
    """What stops a test in the middle."""


def test_a_new_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "file.txt"
    with new_file(final) as temporary:
        temporary.write_text("new")
        assert not final.exists()

    assert final.read_text() == "new"
    assert list(final.parent.iterdir()) == [final]


def write_half(final: Path) -> None:
    with new_file(final) as temporary:
        temporary.write_text("half")
        raise Interrupted


def test_a_write_that_is_interrupted_leaves_the_old_file(tmp_path: Path) -> None:
    final = tmp_path / "file.txt"
    final.write_text("old")

    with pytest.raises(Interrupted):
        write_half(final)

    assert final.read_text() == "old"
    assert list(tmp_path.iterdir()) == [final]


def test_content_is_replaced_as_one_step(tmp_path: Path) -> None:
    final = tmp_path / "file.txt"
    write_atomically(final, b"one")
    before = final.stat().st_ino
    write_atomically(final, b"two")

    assert final.read_bytes() == b"two"
    assert final.stat().st_ino != before


def test_a_link_points_to_its_new_target(tmp_path: Path) -> None:
    link = tmp_path / "link"
    point_link(link, "one")
    point_link(link, "two")

    assert link.readlink() == Path("two")
    assert list(tmp_path.iterdir()) == [link]


def test_a_copy_has_the_content_and_is_a_file_of_its_own(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 1000)
    source.chmod(0o444)

    copy_file(source, target)
    with target.open("r+b") as writer:
        writer.write(b"changed")

    assert target.read_bytes()[7:] == source.read_bytes()[7:]
    assert source.read_bytes()[:7] == bytes(range(7))


def test_a_copy_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "target").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        copy_file(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"old"
