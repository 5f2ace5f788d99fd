"""The focus timer as a state machine: each function is one transition of one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypeAlias, TypedDict

from ._values import Moment, call

Mode: TypeAlias = Literal["focus", "break", "long_break"]


class Session(TypedDict):
    mode: Mode
    duration_seconds: int
    status: Literal["active", "paused", "completed", "abandoned", "expired"]
    started_at: str
    ends_at: str
    expires_at: str
    paused_at: str | None
    pause_count: int
    paused_total_us: int
    completed_at: str | None
    abandoned_at: str | None
    expired_at: str | None
    focused_seconds: int | None
    full_credit: bool | None
    xp_awarded: int
    coins_awarded: int


class Step(TypedDict):
    session: Session
    changed: bool
    refusal: Literal["no_live_session", "timer_finished", "session_active", "completed", "abandoned", "expired"] | None
    """Why the transition did not take place."""
    reward_capped: bool


def start(duration_seconds: int, *, now: Moment, mode: Mode = "focus") -> Step:
    """A session that runs."""
    step: Step = call("focus.start", duration_seconds=duration_seconds, mode=mode, now=now)
    return step


def _step(name: str, session: Session, now: Moment, paid_before: int = 0) -> Step:
    step: Step = call(f"focus.{name}", session=session, now=now, paid_before=paid_before)
    return step


def settle(session: Session, *, now: Moment) -> Step:
    """A session whose time is over expires."""
    return _step("settle", session, now)


def pause(session: Session, *, now: Moment) -> Step:
    """The timer stands."""
    return _step("pause", session, now)


def resume(session: Session, *, now: Moment) -> Step:
    """The timer runs on; it ends later by the length of the pause."""
    return _step("resume", session, now)


def complete(session: Session, *, now: Moment, paid_before: int = 0) -> Step:
    """Ends and pays the session. `paid_before`: paid sessions of the same kind on the day."""
    return _step("complete", session, now, paid_before)


def abandon(session: Session, *, now: Moment) -> Step:
    """Ends the session without pay."""
    return _step("abandon", session, now)


def stats(
    sessions: Sequence[Mapping[str, Any]],
    *,
    now: Moment,
    period: Literal["day", "week", "month", "year", "all"] = "week",
    date: date | str | None = None,
    timezone: str = "UTC",
    day_start_hour: int = 0,
    week_start: Literal["monday", "sunday", "saturday"] = "monday",
) -> dict[str, Any]:
    """Statistics of the period that contains `date`, by default today; counts, seconds, percent and days.

    Sessions: mode, status, ended_at (those without do not count), focused_seconds, full_credit, xp_awarded,
    coins_awarded.
    """
    found: dict[str, Any] = call(
        "focus.stats", sessions=sessions, now=now, period=period, date=date, timezone=timezone,
        day_start_hour=day_start_hour, week_start=week_start,
    )  # fmt: skip
    return found
