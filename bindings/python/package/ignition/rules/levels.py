"""XP and levels: the level is a function of lifetime XP alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from ._values import Column, call, core, refuse

COLUMNS = ("level", "xp_into_level", "xp_level_size", "xp_remaining", "level_progress_percent")
"""The columns that `state_many` can give: xp_* are int64, the others int32."""


class Level(TypedDict):
    level: int
    total_xp: int
    xp_into_level: int
    xp_level_size: int
    xp_remaining: int
    level_progress_percent: int
    """0 to 99."""


def state(total_xp: int) -> Level:
    """The level of so much lifetime XP, 0 to 10**12."""
    found: Level = call("levels.state", total_xp=total_xp)
    return found


def state_many(total_xp: Column, *, columns: Sequence[str] = COLUMNS, threads: int = 1) -> dict[str, Any]:
    """The same for N users: `columns` by name, each of length N. `total_xp`: int64."""
    for i, name in enumerate(columns):
        if name not in COLUMNS:
            refuse(f"columns[{i}]", "unknown", f"must be one of {', '.join(COLUMNS)}")
    return core.level_states(total_xp, tuple(columns), threads)
