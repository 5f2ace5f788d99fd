"""Streaks: how long somebody has kept to a cadence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from ._values import Column, call, core

if TYPE_CHECKING:
    from ._values import Bytes, Int32s

WeekStart: TypeAlias = Literal["monday", "sunday", "saturday"]
Status: TypeAlias = Literal["none", "active", "at_risk", "broken"]
STATUSES: tuple[Status, ...] = ("none", "active", "at_risk", "broken")
"""By the numbers that `walk_many` gives."""


class Cadence(TypedDict, total=False):
    """What is asked for from a date on, until the next cadence begins; the first holds for the time before it, too."""

    from_: date | str
    frequency: Literal["daily", "weekly", "custom"]
    days: Sequence[int]
    """Of custom: 1 (Monday) to 7."""
    per_week: int
    """Of weekly: done days that a week needs, 1 to 7; 1 by default."""


class Run(TypedDict):
    start: str
    end: str
    length: int


class Streak(TypedDict):
    current: int
    longest: int
    breaks: int
    unit: Literal["day", "week"]
    status: Status
    last_broken_on: str | None
    run_start: str | None
    last_done: str | None
    shields_left: int
    runs: list[Run]
    """Oldest first; of weeks the first days."""


class Streaks(TypedDict):
    """One element per user."""

    current: Int32s
    longest: Int32s
    breaks: Int32s
    status: Bytes
    """Places in STATUSES."""


def _cadences(cadences: Sequence[Cadence]) -> list[dict[str, Any]]:
    return [{("from" if name == "from_" else name): value for name, value in one.items()} for one in cadences]


def walk(
    done: Sequence[date | str],
    today: date | str,
    *,
    cadences: Sequence[Cadence] = (),
    week_start: WeekStart = "monday",
    shields: Sequence[date | str] = (),
    neutral: Sequence[date | str] = (),
) -> Streak:
    """The streak of done dates, in any order; daily without `cadences`.

    A shield, by the date from which it is held, saves one missed date. Neutral dates neither count nor break.
    """
    found: Streak = call(
        "streaks.walk", done=done, today=today, cadences=_cadences(cadences), week_start=week_start, shields=shields,
        neutral=neutral,
    )  # fmt: skip
    return found


_EPOCH = date(1970, 1, 1)


def walk_many(
    offsets: Column,
    days: Column,
    today: Column | date | int,
    *,
    cadences: Sequence[Cadence] = (),
    week_start: WeekStart = "monday",
    threads: int = 1,
) -> Streaks:
    """The streaks of N users, without shields.

    User i has the done days days[offsets[i]] to days[offsets[i + 1]], in any order. `offsets`: int64 of length N + 1.
    `days`: int32 days since 1970. `today`: int32 days, N or one for all, or a date. `cadences` hold for all.
    """
    if isinstance(today, date):
        today = (today - _EPOCH).days
    found: Streaks = core.streaks_many(  # type: ignore[assignment]
        offsets, days, today, {"cadences": _cadences(cadences)}, week_start, threads
    )
    return found
