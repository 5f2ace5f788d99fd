"""Spaced repetition by SM-2."""

from __future__ import annotations

from typing import TypedDict

from ._values import call
from .fsrs import Rating, _rating


class Card(TypedDict):
    interval_days: float
    ease_factor: float
    lapses: int


class Outcome(TypedDict):
    card: Card
    due_in_days: int


def new_card() -> Card:
    """A card that has never been reviewed."""
    return {"interval_days": 1.0, "ease_factor": 2.5, "lapses": 0}


def review(card: Card, rating: Rating | int) -> Outcome:
    """The card after an answer, and the whole days until it is asked again."""
    outcome: Outcome = call("sm2.review", card=card, rating=_rating(rating))
    return outcome
