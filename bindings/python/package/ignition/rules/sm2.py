"""Spaced repetition by SM-2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from ._values import Column, call, columns_of, core
from .fsrs import Rating, _rating

if TYPE_CHECKING:
    from ._values import Float64s, Int32s


class Card(TypedDict):
    interval_days: float
    ease_factor: float
    lapses: int


class Outcome(TypedDict):
    card: Card
    due_in_days: int


class Outcomes(TypedDict):
    """One element per card."""

    interval_days: Float64s
    ease_factor: Float64s
    lapses: Int32s
    due_in_days: Int32s


def new_card() -> Card:
    """A card that has never been reviewed."""
    return {"interval_days": 1.0, "ease_factor": 2.5, "lapses": 0}


def review(card: Card, rating: Rating | int) -> Outcome:
    """The card after an answer, and the whole days until it is asked again."""
    outcome: Outcome = call("sm2.review", card=card, rating=_rating(rating))
    return outcome


def review_many(cards: Any, ratings: Column, *, threads: int = 1) -> Outcomes:
    """One answer for each of N cards; every result equals that of review() bit for bit.

    `cards` is a mapping or data frame of columns of length N: interval_days (float64, days), ease_factor (float64, at
    least 1.3), lapses (int32). `ratings`: uint8, 1 (again) to 4 (easy). The result is ready for the next answers.
    """
    given = columns_of(cards, ("interval_days", "ease_factor", "lapses"), (), "cards")
    outcomes: Outcomes = core.review_many_sm2(given, ratings, threads)  # type: ignore[assignment]
    return outcomes
