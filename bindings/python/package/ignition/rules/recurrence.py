"""When something repeats: RRULE text (RFC 5545, DAILY to YEARLY).

    recurrence.expand({"start": datetime(2026, 1, 5, 9), "timezone": "Europe/Berlin", "recurrence_rule": "FREQ=WEEKLY"},
                      to="2026-02-01T00:00:00Z")["starts"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone as _timezone
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ._values import Moment, call, core, mapping_of, refuse

if TYPE_CHECKING:
    from ._values import Bytes, Int64s


class Series(TypedDict, total=False):
    start: str | date
    """On the clock of `timezone`: a naive datetime or its text, or a date for all-day."""
    timezone: str
    """IANA name; UTC by default."""
    recurrence_rule: str | None
    """None: a single event."""
    exdates: Sequence[str | date]
    """Instances that are left out: datetimes with a time zone, dates for all-day, or their texts."""
    rdates: Sequence[str | date]
    """Extra ones."""


class Parsed(TypedDict):
    recurrence_rule: str
    series_start: str


class Starts(TypedDict):
    starts: list[str]
    truncated: bool


class StartsOfMany(TypedDict):
    offsets: Int64s
    starts: Int64s
    truncated: Bytes


def _wall(start: object) -> object:
    if isinstance(start, datetime):
        if start.tzinfo is not None:
            refuse("start", "invalid_format", "must be a datetime without a time zone")
        return start.isoformat(timespec="seconds")
    return start


def _named(instance: object) -> object:
    if isinstance(instance, datetime) and instance.tzinfo is not None:
        return instance.astimezone(_timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return instance


def _series(series: object, field: str) -> dict[str, object]:
    given = mapping_of(series, field)
    return {
        **given,
        "start": _wall(given.get("start")),
        "exdates": [_named(one) for one in given.get("exdates") or ()],
        "rdates": [_named(one) for one in given.get("rdates") or ()],
    }


def _expansion(series: list[dict[str, object]], window: tuple[object, object], limit: int, threads: int) -> dict[str, Any]:
    return {
        "series": series,
        "from": window[0],
        "to": window[1],
        "limit": limit,
        "threads": threads,
    }


def parse(rule: str, *, start: str | date, timezone: str = "UTC") -> Parsed:
    """The canonical text of a rule, and the first instance at or after the start."""
    parsed: Parsed = call(
        "recurrence.parse", start=_wall(start), timezone=timezone, recurrence_rule=rule, exdates=[], rdates=[]
    )
    return parsed


def expand(series: Series, *, from_: Moment | None = None, to: Moment | None = None, limit: int = 5000) -> Starts:
    """The starts from `from_` to before `to`, ascending: instants, or dates for all-day; at most `limit`."""
    window = _expansion([_series(series, "series")], (from_, to), limit, 1)
    starts: Starts = call("recurrence.expand", **window)
    return starts


class Event(Series, total=False):
    """A series, or a single event, with what it carries along."""

    duration_seconds: int
    fields: Mapping[str, str | None]
    """Whatever else an event has, by name: texts, or None for explicitly nothing."""
    overrides: Sequence[Mapping[str, Any]]
    """Of single instances, ascending: recurrence_id, and start, duration_seconds, fields, completed_at if they differ."""
    completed_at: str | None


class Edit(TypedDict):
    event: Event | None
    """None: nothing is left."""
    created: Event | None
    """The new series of what follows."""
    kept: list[Event]
    """Completed instances that fell out of the series."""
    dropped_exceptions: int


def edit(
    event: Event,
    scope: Literal["this", "following", "all"],
    patch: Mapping[str, Any] | None,
    *,
    occurrence: Moment | date | None = None,
) -> Edit:
    """Changes one instance of a series, it and those that follow, or all; without `patch`, removes them.

    `occurrence` names the instance by its start as in the series. `patch`: start and end (of that instance), timezone,
    all_day, recurrence_rule (None makes it a single event), exdates, rdates, fields.
    """
    found: Edit = call(
        "recurrence.edit", event=_series(event, "event"), scope=scope, occurrence=_named(occurrence), patch=patch
    )
    return found


def occurrences(
    event: Event,
    *,
    from_: Moment | None = None,
    to: Moment | None = None,
    timezone: str = "UTC",
    limit: int = 5000,
) -> list[dict[str, Any]]:
    """The instances that overlap the window, by start: recurrence_id, start, end, is_exception, fields.

    All-day events begin where they do in `timezone`.
    """
    found: dict[str, Any] = call(
        "recurrence.occurrences", event=_series(event, "event"), to=to, timezone=timezone, limit=limit, **{"from": from_}
    )
    return list(found["occurrences"])


def read_calendar(ics: str, *, timezone: str = "UTC", stored_uids: Sequence[str] = ()) -> dict[str, Any]:
    """The events of a calendar's text (RFC 5545); floating times are read in `timezone`.

    Gives events, cancelled_uids, instances (of `stored_uids`), skipped (uid and reason) and ignored_components.
    """
    found: dict[str, Any] = call("recurrence.read_calendar", ics=ics, timezone=timezone, stored_uids=stored_uids)
    return found


def expand_many(
    series: Sequence[Series | Mapping[str, Any]],
    *,
    from_: Moment | None = None,
    to: Moment | None = None,
    limit: int = 5000,
    threads: int = 1,
) -> StartsOfMany:
    """Of N series: series i has starts[offsets[i]] to starts[offsets[i + 1] - 1].

    offsets: int64 of length N + 1. starts: int64, microseconds since 1970. truncated: uint8 of length N, 1 where a series
    has more than `limit`. Other threads run meanwhile.
    """
    given = [_series(one, f"series[{i}]") for i, one in enumerate(series)]
    offsets, starts, truncated = core.expand_many(_expansion(given, (from_, to), limit, threads))
    return {"offsets": offsets, "starts": starts, "truncated": truncated}
