"""What a review costs from Python, many at once: the cards of measure_fsrs, as NumPy's arrays. Prints one JSON object."""

import json
import statistics
import time
from datetime import datetime, timezone

import numpy

from ignition.rules import fsrs

COUNT = 1_000_000
DAY = 86_400_000_000
START = datetime(2026, 1, 10, tzinfo=timezone.utc)


def main():
    chance = numpy.random.default_rng(1)
    ago = chance.integers(1, 100, COUNT)
    start = int(START.timestamp()) * 1_000_000
    cards = {
        "state": numpy.full(COUNT, 2, "uint8"),
        "step": numpy.zeros(COUNT, "int32"),
        "stability": numpy.exp(chance.uniform(0, 6, COUNT)),
        "difficulty": chance.uniform(1, 10, COUNT),
        "last_reviewed_at": start - ago * DAY,
        "last_study_day": (start // DAY - ago).astype("int32"),
        "lapses": numpy.zeros(COUNT, "int32"),
        "reps": numpy.full(COUNT, 5, "int32"),
    }
    ratings = chance.choice(numpy.array([1, 2, 3, 4], "uint8"), COUNT, p=[0.1, 0.1, 0.7, 0.1])
    scheduler = fsrs.Scheduler(fuzz=False)
    each = []
    for run in range(-2, 11):
        begin = time.perf_counter_ns()
        scheduler.review_many(cards, ratings, START, columns=["stability", "difficulty", "due_at", "scheduled_days"])
        if run >= 0:
            each.append((time.perf_counter_ns() - begin) / COUNT)
    print(json.dumps({"name": "rules.fsrs.python_batch_ns", "value": statistics.median(each), "unit": "ns"}))


main()
