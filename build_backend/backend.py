"""The build backend of pyproject.toml: setuptools, and the charts of the page built before it packs them.

A source distribution holds the built charts, so building a wheel from it needs setuptools only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from setuptools import build_meta

from build_backend.charts import BUNDLE, build_bundle

REQUIREMENTS = Path(__file__).parents[1] / "requirements" / "build.in"

prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    """Return what else the build needs; pip installs it in the build environment."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_charts_needed()]


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Return what else the build needs; pip installs it in the build environment."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_charts_needed()]


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    """Return what else the build needs; pip installs it in the build environment."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *_charts_needed()]


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Build a source distribution with the charts in it, and return its name."""
    _ensure_charts()
    return str(build_meta.build_sdist(sdist_directory, config_settings))


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Build a wheel with the charts in it, and return its name."""
    _ensure_charts()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Build what an editable install needs and the charts beside the sources, and return its name."""
    _ensure_charts()
    return str(build_meta.build_editable(wheel_directory, config_settings, metadata_directory))


def _charts_needed() -> list[str]:
    """Return the requirement of vl-convert, unless the charts are there already."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [] if BUNDLE.exists() else [line for line in lines if line.startswith("vl-convert-python")]


def _ensure_charts() -> None:
    if not BUNDLE.exists():
        build_bundle()
