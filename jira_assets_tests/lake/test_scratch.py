"""Where an engine spills: beside its lake, or elsewhere when this host may only read the lake."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from jira_assets.lake.scratch import Scratch


@pytest.mark.parametrize("refused", ["pathlib.Path.mkdir", "os.open"])
@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_in_a_lake_that_is_only_read_it_is_elsewhere_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, code: int
) -> None:
    temporary, lake = tmp_path / "temporary", tmp_path / "lake"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    opened, made = os.open, Path.mkdir

    def refusing(path: Any, *given: Any, **options: Any) -> Any:
        if Path(path).is_relative_to(lake):
            raise OSError(code, os.strerror(code))
        return (made if refused.endswith("mkdir") else opened)(path, *given, **options)

    with mock.patch(refused, refusing):
        scratch = Scratch(lake / "scratch")
    assert scratch.folder.is_relative_to(temporary)
    scratch.folder.mkdir()
    scratch.release()
    assert list(temporary.iterdir()) == []


def test_another_trouble_is_raised_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("no folder", encoding="utf-8")
    with pytest.raises(NotADirectoryError):
        Scratch(tmp_path / "lake" / "scratch")
