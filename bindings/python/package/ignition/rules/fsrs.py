"""Spaced repetition by FSRS-6.

    scheduler = fsrs.Scheduler(desired_retention=0.9)
    card = fsrs.new_card(uuid.uuid4())
    card = scheduler.review(card, "good", datetime.now(timezone.utc))["card"]
    card["due_at"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict
from uuid import UUID

from ._values import Column, Moment, call, columns_of, core, refuse

if TYPE_CHECKING:
    from ._values import Float64s, Int32s

Rating: TypeAlias = Literal["again", "hard", "good", "easy"]
RATINGS: tuple[Rating, ...] = ("again", "hard", "good", "easy")

OUTCOMES = (
    "state", "step", "stability", "difficulty", "due_at", "due_day", "scheduled_days", "lapses", "reps", "study_day",
    "elapsed_days", "retrievability",
)
"""The columns that `Scheduler.review_many` can give."""


class Card(TypedDict):
    """A card as the scheduler sees it; of a new one, all but id, lapses and reps is empty."""

    id: str
    state: Literal["new", "learning", "review", "relearning"]
    step: int
    stability: float | None
    difficulty: float | None
    due_at: str | None
    due_day: str | None
    scheduled_days: int
    lapses: int
    reps: int
    last_reviewed_at: str | None
    last_study_day: str | None


class Outcome(TypedDict):
    card: Card
    elapsed_days: int
    """Study days since the previous review."""
    retrievability: float | None
    """Before the review; None for a new card."""


class QueuePlace(TypedDict):
    index: int
    """The card's place among those given."""
    id: str
    pool: Literal["learning", "review", "new"]


class Queue(TypedDict):
    cards: list[QueuePlace]
    counts: dict[str, int]
    """Of learning, review and new, after the day's limits, before that of the call."""
    next_learning_due_at: str | None


class ForecastDay(TypedDict):
    date: str
    review: int
    learning: int
    cumulative: int


class Training(TypedDict):
    stage: Literal["default", "initial", "trained"]
    parameters: Float64s
    """21 numbers."""
    items: int
    items_used: int


class Evaluation(TypedDict):
    log_loss: float
    rmse_bins: float
    items: int


def new_card(id: UUID | str) -> Card:
    """A card that has never been reviewed; its id, a UUID, decides the fuzz."""
    return {
        "id": str(id), "state": "new", "step": 0, "stability": None, "difficulty": None, "due_at": None,
        "due_day": None, "scheduled_days": 0, "lapses": 0, "reps": 0, "last_reviewed_at": None, "last_study_day": None,
    }  # fmt: skip


def _rating(rating: Rating | int) -> str:
    if isinstance(rating, int) and not isinstance(rating, bool):
        if not 1 <= rating <= 4:
            refuse("rating", "out_of_range", f"must be 1 to 4, got {rating}")
        return RATINGS[rating - 1]
    return rating


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _instants(at: object) -> object:
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        refuse("at", "invalid_format", "must be a datetime with a time zone")
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _histories(reviews: Any) -> dict[str, Any]:
    return columns_of(reviews, ("offsets", "ratings", "elapsed_days"), ("reviewed_at",), "reviews")


class Scheduler:
    """Schedules cards under fixed settings; may be used from many threads.

    `parameters`: 17, 19 or 21 numbers, FSRS-6's defaults without; steps are minutes; study days begin at
    `day_start_hour` in `timezone`.
    """

    def __init__(
        self,
        *,
        parameters: Sequence[float] | Column | None = None,
        desired_retention: float = 0.9,
        maximum_interval_days: int = 36500,
        learning_steps: Sequence[int] = (1, 10),
        relearning_steps: Sequence[int] = (10,),
        fuzz: bool = True,
        timezone: str = "UTC",
        day_start_hour: int = 0,
    ):
        self._scheduler = core.Scheduler(
            {
                "parameters": [] if parameters is None else [float(number) for number in parameters],
                "desired_retention": desired_retention,
                "maximum_interval_days": maximum_interval_days,
                "learning_steps": learning_steps,
                "relearning_steps": relearning_steps,
                "fuzz": fuzz,
                "timezone": timezone,
                "day_start_hour": day_start_hour,
            }
        )

    def review(self, card: Card, rating: Rating | int, at: Moment) -> Outcome:
        """The card after an answer: `rating` is a name, or 1 (again) to 4 (easy)."""
        outcome: Outcome = self._scheduler.review({"card": card, "rating": _rating(rating), "at": at})
        return outcome

    def preview(self, card: Card, at: Moment) -> dict[Rating, Outcome]:
        """What each rating would give."""
        return dict(zip(RATINGS, self._scheduler.preview({"card": card, "at": at})))

    def retrievability(self, card: Card, at: Moment) -> float | None:
        """Probability of recall, 0 to 1, on the study day of `at`; None for a new card."""
        probability: float | None = self._scheduler.retrievability({"card": card, "at": at})
        return probability

    def queue(
        self,
        cards: Sequence[Mapping[str, Any]],
        *,
        now: Moment,
        limit: int = 100,
        settings: Mapping[str, Any] | None = None,
        reviews_done: int = 0,
        introduced_today: int = 0,
        decks: Sequence[Mapping[str, Any]] = (),
    ) -> Queue:
        """Which cards come next on the study day of `now`, at most `limit`.

        `cards` are visible cards that are not suspended: id, state and what decides when they are shown (due_at,
        due_day, buried_on, stability, last_study_day, note_id, concept_id, deck_id, sort_order, ordinal, created_at).
        `settings`: reviews_per_day, new_cards_per_day, new_ignores_review_limit, new_review_order (mix, new_first,
        review_first), review_order (due_day, retrievability), bury_new_siblings, bury_review_siblings,
        learn_ahead_minutes. `reviews_done` and `introduced_today` count today's; `decks`: deck_id, new_cards_per_day,
        introduced_today.
        """
        queue: Queue = self._scheduler.queue(
            {
                "cards": cards, "now": now, "limit": limit, "settings": settings, "reviews_done": reviews_done,
                "introduced_today": introduced_today, "decks": decks,
            }
        )  # fmt: skip
        return queue

    def review_many(
        self,
        cards: Any,
        ratings: Column,
        at: Column | datetime | int,
        *,
        day: Column | None = None,
        columns: Sequence[str] = OUTCOMES,
        threads: int = 1,
    ) -> dict[str, Any]:
        """One answer for each of N cards; every result equals that of review() bit for bit.

        `cards` is a mapping or data frame of columns of length N: state (uint8: 0 new, 1 learning, 2 review,
        3 relearning), step, lapses, reps (int32), stability (float64, days), difficulty (float64, 1 to 10),
        last_reviewed_at (int64, microseconds), last_study_day (int32, days) and, for the fuzz, ids (uint8, 16 bytes
        per card). `ratings`: uint8, 1 to 4. `at`: int64 microseconds, N or one for all. `day`: the study days of `at`
        (int32), found by the time zone without. Gives `columns`, by name; state and ratings as above.
        """
        given = columns_of(
            cards,
            ("state", "step", "stability", "difficulty", "last_reviewed_at", "last_study_day", "lapses", "reps"),
            ("ids",),
            "cards",
        )
        for i, name in enumerate(columns):
            if name not in OUTCOMES:
                refuse(f"columns[{i}]", "unknown", f"must be one of {', '.join(OUTCOMES)}")
        result: dict[str, Any] = self._scheduler.review_many(given, ratings, _instants(at), day, tuple(columns), threads)
        return result

    def retrievability_many(self, stability: Column, elapsed_days: Column | int, *, threads: int = 1) -> Float64s:
        """Probabilities of recall, float64 of length N.

        `stability`: float64 of length N, days. `elapsed_days`: int32 study days since the last review, N or one for all.
        """
        return self._scheduler.retrievability_many(stability, elapsed_days, threads)

    def intervals_many(self, stability: Column, *, threads: int = 1) -> Int32s:
        """Whole days until cards of these stabilities (float64, days) are asked again, without fuzz; int32."""
        return self._scheduler.intervals_many(stability, threads)

    def replay_many(self, reviews: Any, *, each_review: bool = False, threads: int = 1) -> dict[str, Float64s]:
        """What the histories of N cards (see optimize()) lead to: stability and difficulty, float64 of length N.

        `each_review` adds review_stability, review_difficulty (after each review) and review_retrievability (before
        it), one element per review. NaN where there is none.
        """
        result: dict[str, Float64s] = self._scheduler.replay_many(_histories(reviews), each_review, threads)
        return result

    def from_sm2(self, interval_days: float, ease_factor: float, retention: float = 0.9) -> tuple[float, float]:
        """Stability (days) and difficulty of a card of which only its SM-2 interval and ease are known."""
        memory = self._scheduler.from_sm2(
            {"interval_days": interval_days, "ease_factor": ease_factor, "retention": retention}
        )
        return memory["stability"], memory["difficulty"]


def optimize(
    reviews: Any,
    *,
    progress: Callable[[int, int], object] | None = None,
    short_term: bool = True,
    relearning_steps: int = 1,
    max_items: int = 200_000,
    threads: int = 1,
) -> Training:
    """Fits the parameters to the review histories of N cards; other threads run meanwhile.

    `reviews` is a mapping of columns, card after card, each card's reviews in the order of time: offsets (int64, N + 1:
    card i has the reviews offsets[i] to offsets[i + 1]), ratings (uint8, 1 to 4), elapsed_days (int32, study days since
    the card's previous review, 0 of its first), reviewed_at (int64, microseconds). The newest `max_items` predictions
    are used. `progress(step, steps)` is called after every batch; what it raises, and KeyboardInterrupt, ends the work.
    """
    result: Training = core.optimize(_histories(reviews), short_term, relearning_steps, max_items, threads, progress)
    return result


def evaluate(
    reviews: Any, parameters: Column | None = None, *, max_items: int = 200_000, threads: int = 1
) -> Evaluation:
    """How well parameters (float64; FSRS-6's defaults without) predict histories: less log loss is better."""
    result: Evaluation = core.evaluate(_histories(reviews), parameters, max_items, threads)
    return result


def fuzz(
    id: UUID | str, reps: int, interval_days: int, *, elapsed_days: int = 0, maximum_interval_days: int = 36500
) -> dict[str, Any]:
    """How an interval is fuzzed: `factor` in [0, 1), and `lowest` and `highest` days; None when it is too short."""
    result: dict[str, Any] = call(
        "fsrs.fuzz", id=id, reps=reps, interval_days=interval_days, elapsed_days=elapsed_days,
        maximum_interval_days=maximum_interval_days,
    )  # fmt: skip
    return result


def forecast(cards: Sequence[Mapping[str, Any]], *, today: date | str, days: int = 30) -> list[ForecastDay]:
    """How many cards come back on which of 1 to 365 days.

    Cards: state (not new), due (a study day) and optionally buried. Overdue ones come today, buried ones not before
    tomorrow.
    """
    found: list[ForecastDay] = call("fsrs.forecast", cards=cards, today=today, days=days)
    return found
