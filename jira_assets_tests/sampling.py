"""Families of cases of which `make test` runs a part, and `make prove` all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int = 3) -> list[Any]:
    """Return the cases for `pytest.mark.parametrize`; all but each `every`-th are marked as proofs."""
    return [case if number % every == 0 else _as_proof(case) for number, case in enumerate(cases)]


def _as_proof(case: Any) -> Any:
    if isinstance(case, type(pytest.param())):
        return pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.prove])
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.prove)
