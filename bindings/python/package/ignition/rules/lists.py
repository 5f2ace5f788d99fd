"""The order of siblings in a list. Items: id (a UUID) and position (an integer); equal positions are ordered by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict
from uuid import UUID

from ._values import call


class Move(TypedDict):
    outcome: Literal["unchanged", "moved", "rebalanced", "unknown", "itself"]
    """rebalanced: all siblings have new positions; unknown, itself: nothing can be done."""
    changes: list[dict[str, Any]]
    """Items with their new positions."""


class Reorder(TypedDict):
    outcome: Literal["unchanged", "reordered", "repeated", "differs"]
    changes: list[dict[str, Any]]
    missing: list[str]
    unknown: list[str]


def append(siblings: Sequence[Mapping[str, Any]]) -> int:
    """The position behind all others."""
    position: int = call("lists.append", siblings=siblings)
    return position


def move(
    siblings: Sequence[Mapping[str, Any]],
    id: UUID | str,
    *,
    before_id: UUID | str | None = None,
    after_id: UUID | str | None = None,
    to: Literal["top", "bottom"] | None = None,
) -> Move:
    """Puts an item before or after another one, or at an end: one of the three."""
    found: Move = call("lists.move", siblings=siblings, id=id, before_id=before_id, after_id=after_id, to=to)
    return found


def reorder(siblings: Sequence[Mapping[str, Any]], ids: Sequence[UUID | str]) -> Reorder:
    """Gives the siblings a whole new order."""
    found: Reorder = call("lists.reorder", siblings=siblings, ids=ids)
    return found
