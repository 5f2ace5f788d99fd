"""When something repeats: RRULE text (RFC 5545, DAILY to YEARLY).

    recurrence.expand({"start": datetime(2026, 1, 5, 9), "timezone": "Europe/Berlin", "recurrence_rule": "FREQ=WEEKLY"},
                      to="2026-02-01T00:00:00Z")["starts"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone as _timezone
from typing import TYPE_CHECKING, Any, TypedDict

from ._values import Moment, call, core, mapping_of, refuse

if TYPE_CHECKING:
    from ._values import Bytes, Int64s

_LONG_AGO = "1900-01-01T00:00:00Z"
_FAR_AHEAD = "2200-01-01T00:00:00Z"


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
        "timezone": given.get("timezone") or "UTC",
        "recurrence_rule": given.get("recurrence_rule") or "",
        "exdates": [_named(one) for one in given.get("exdates") or ()],
        "rdates": [_named(one) for one in given.get("rdates") or ()],
    }


def _expansion(series: list[dict[str, object]], window: tuple[object, object], limit: int, threads: int) -> dict[str, Any]:
    return {
        "series": series,
        "from": _LONG_AGO if window[0] is None else window[0],
        "to": _FAR_AHEAD if window[1] is None else window[1],
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
