"""Rules of training: loads are integer grams, distances millimetres, times seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from ._values import Column, call, core

if TYPE_CHECKING:
    from ._values import Int64s

Formula: TypeAlias = Literal["auto", "brzycki", "epley", "oconner", "lombardi"]
MeasuredBy: TypeAlias = Literal["weight_reps", "reps", "duration", "distance_duration"]
LoadMode: TypeAlias = Literal["external", "bodyweight"]


class OneRepMax(TypedDict):
    one_rep_max_g: int
    confidence: Literal["exact", "high", "medium", "low"] | None
    counts_for_record: bool


class Streaks(TypedDict):
    week_streak: int
    longest_week_streak: int
    day_streak: int
    this_week: int
    goal_met: bool


def one_rep_max(weight_g: int, reps: int, *, formula: Formula = "auto") -> OneRepMax | None:
    """The estimated one-repetition maximum of a set, in grams; None where there is none."""
    found: OneRepMax | None = call("training.one_rep_max", weight_g=weight_g, reps=reps, formula=formula)
    return found


def one_rep_max_many(weight_g: Column, reps: Column, *, formula: Formula = "auto") -> Int64s:
    """The same for N sets: int64 grams, 0 where there is none. `weight_g`: int64, grams; `reps`: int32."""
    return core.one_rep_max_many(weight_g, reps, formula)


def personal_records(
    sessions: Sequence[Mapping[str, Any]],
    sets: Sequence[Mapping[str, Any]],
    *,
    measured_by: MeasuredBy = "weight_reps",
    load_mode: LoadMode = "external",
) -> dict[str, list[dict[str, Any]]]:
    """The records of one exercise by a replay of its sets, in any order: `current`, `events`, `summaries`.

    Sessions: id, started_at, and optionally status and bodyweight_g. Sets: id, session_id, position, performed_at, and
    optionally weight_g, reps, duration_seconds, distance_mm, is_warmup.
    """
    found: dict[str, list[dict[str, Any]]] = call(
        "training.personal_records", sessions=sessions, sets=sets, measured_by=measured_by, load_mode=load_mode
    )
    return found


def volume(exercises: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`totals` of sets of completed sessions, and `muscles`: their sets and gram-repetitions, by name.

    Exercises: key, measured_by, load_mode, primary_muscles, secondary_muscles. Sets: exercise (a key), and optionally
    weight_g, reps, duration_seconds, distance_mm, bodyweight_g, is_warmup.
    """
    found: dict[str, Any] = call("training.volume", exercises=exercises, sets=sets)
    return found


def streaks(
    session_dates: Sequence[date | str],
    today: date | str,
    *,
    weekly_goal: int,
    week_start: Literal["monday", "sunday"] = "monday",
) -> Streaks:
    """Streaks of weeks that met the goal and of days; one local date per completed session, in any order."""
    found: Streaks = call(
        "training.streaks", session_dates=session_dates, today=today, weekly_goal=weekly_goal, week_start=week_start
    )
    return found
