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
Unit: TypeAlias = Literal["kg", "lb"]
Format: TypeAlias = Literal["hevy", "strong", "fitnotes"]
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


def load_for_reps(one_rep_max_g: int, reps: int) -> int | None:
    """The load in grams for 1 to 15 repetitions, from a maximum; None for more."""
    found: int | None = call("training.load_for_reps", one_rep_max_g=one_rep_max_g, reps=reps)
    return found


def percent_load(one_rep_max_g: int, percent_x100: int, *, unit: Unit = "kg", step_x100: int = 250) -> int:
    """Hundredths of a percent of a maximum, rounded to plates, in grams."""
    grams: int = call(
        "training.percent_load", one_rep_max_g=one_rep_max_g, percent_x100=percent_x100, unit=unit, step_x100=step_x100
    )
    return grams


def round_load(weight_g: int, *, unit: Unit = "kg", step_x100: int = 250) -> int:
    """The nearest multiple of the step (hundredths of the unit), in grams."""
    grams: int = call("training.round_load", weight_g=weight_g, unit=unit, step_x100=step_x100)
    return grams


def grams_of_pounds(weight_lb_x100: int) -> int:
    """Hundredths of a pound in grams; pounds_of_grams() gives the same pounds back."""
    grams: int = call("training.grams_of_pounds", weight_lb_x100=weight_lb_x100)
    return grams


def pounds_of_grams(weight_g: int) -> int:
    """Grams in hundredths of a pound."""
    pounds: int = call("training.pounds_of_grams", weight_g=weight_g)
    return pounds


def parse_reps(text: str) -> dict[str, Any]:
    """A target such as "8-12", "8+", "amrap", "30s": reps_min, reps_max, amrap, duration_seconds, text."""
    found: dict[str, Any] = call("training.parse_reps", text=text)
    return found


def parse_load(text: str, *, unit: Unit = "kg") -> dict[str, int | None]:
    """A target such as "62,5", "135 lb", "75%", "rpe 8", "bw+10kg": weight_g, percent_x100, rpe_x2."""
    found: dict[str, int | None] = call("training.parse_load", text=text, unit=unit)
    return found


def parse_weight(text: str, *, unit: Unit = "kg") -> int:
    """A decimal number in a unit, in grams."""
    grams: int = call("training.parse_weight", text=text, unit=unit)
    return grams


def parse_distance(text: str, *, unit: Literal["m", "km", "mi", "yd", "ft"]) -> int:
    """A decimal number in a unit, in millimetres."""
    millimetres: int = call("training.parse_distance", text=text, unit=unit)
    return millimetres


def parse_tempo(text: str) -> str:
    """Four phases in their canonical form, such as "3-1-X-0"."""
    tempo: str = call("training.parse_tempo", text=text)
    return tempo


def parse_duration(text: str) -> int:
    """A time such as "1h 5m" or "0:01:30", in seconds."""
    seconds: int = call("training.parse_duration", text=text)
    return seconds


def parse_local_time(text: str, *, timezone: str = "UTC") -> str:
    """A time as files of other programs have it, as an instant."""
    instant: str = call("training.parse_local_time", text=text, timezone=timezone)
    return instant


def set_order(sections: Sequence[Mapping[str, Any]], *, default_rest_seconds: int = 90) -> dict[str, Any]:
    """The sets of a planned workout in their order, and its estimated_minutes.

    Sections: section_type (warmup, main, cooldown, superset, circuit), rounds and rest_seconds of a circuit, exercises
    (target_sets, rest_seconds, default_rest_seconds, superset_group, target_duration_seconds, reps_min, reps_max,
    amrap). Sets: section and exercise (places), set (from 1), rest_after (seconds), is_warmup.
    """
    found: dict[str, Any] = call("training.set_order", sections=sections, default_rest_seconds=default_rest_seconds)
    return found


def read_csv(
    csv: str,
    *,
    timezone: str = "UTC",
    day_start_hour: int = 0,
    weight_unit: Unit = "kg",
    distance_unit: Literal["m", "km", "mi", "yd", "ft"] | None = None,
    format: Format | None = None,
    exercises: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A training log of another program: format, sessions with sets, new_exercises, skipped and errors (by line).

    `exercises` are those that names may mean: key, names, export_name, is_assisted.
    """
    found: dict[str, Any] = call(
        "training.read_csv", csv=csv, timezone=timezone, day_start_hour=day_start_hour, weight_unit=weight_unit,
        distance_unit=distance_unit, format=format, exercises=exercises,
    )  # fmt: skip
    return found


def write_csv(
    sessions: Sequence[Mapping[str, Any]],
    *,
    format: Format = "hevy",
    timezone: str = "UTC",
    weight_unit: Unit = "kg",
    exercises: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Sessions as read_csv() gives them, one row per set."""
    csv: str = call(
        "training.write_csv", sessions=sessions, format=format, timezone=timezone, weight_unit=weight_unit,
        exercises=exercises,
    )  # fmt: skip
    return csv


def program_next(
    program: Mapping[str, Any],
    *,
    today: date | str,
    run: Mapping[str, Any] | None = None,
    log: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What to train next on the local date `today`: state, slot, missed.

    Program: mode (calendar, rotation), weeks (is_deload, intensity_bp, days: id, weekday, order_index, intensity_bp),
    repeat, catch_up_days, min_rest_days, days_per_week. Run: status, started_on, offset_days, paused_on. Log: cycle,
    day_id, status (done, skipped), on.
    """
    found: dict[str, Any] = call("training.program_next", program=program, run=run, log=log, today=today)
    return found


def program_adherence(
    program: Mapping[str, Any], run: Mapping[str, Any], *, today: date | str, log: Sequence[Mapping[str, Any]] = ()
) -> dict[str, int | None]:
    """How much of the plan was kept: due, done, skipped, on_time, adherence_pct_x10."""
    found: dict[str, int | None] = call("training.program_adherence", program=program, run=run, log=log, today=today)
    return found


def progress(rule: Mapping[str, Any], state: Mapping[str, Any], session: Mapping[str, Any]) -> dict[str, Any]:
    """How loads go on after one session of an exercise: state and outcome.

    Rule: type (none, linear, double, percent), sets, reps, reps_min, reps_max, increment_g, step_x100, unit,
    successes_before_increase, failures_before_deload, deload_to_percent, percent_by_week. State: weight_g, reps,
    training_max_g, successes, failures. Session: sets (weight_g, reps, is_warmup), is_deload, prescribed_weight_g.
    """
    found: dict[str, Any] = call("training.progress", rule=rule, state=state, session=session)
    return found


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
