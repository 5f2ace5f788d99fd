"""Times the PyPI package fsrs; prints one JSON object. The answers of trace.txt, each given when the card is due."""

import json
import statistics
import time
from datetime import datetime, timezone
from pathlib import Path

from fsrs import Card, Rating, Scheduler

TRACE = [Rating(int(word)) for word in (Path(__file__).parent / "trace.txt").read_text().split()]
START = datetime(2026, 1, 10, tzinfo=timezone.utc)
CARDS = 50


def live(scheduler):
    card = Card(card_id=1, due=START)
    for rating in TRACE:
        card, _ = scheduler.review_card(card, rating, card.due)
    return card


def main():
    scheduler = Scheduler(enable_fuzzing=False)
    each = []
    for run in range(-2, 11):
        begin = time.perf_counter_ns()
        for _ in range(CARDS):
            live(scheduler)
        took = time.perf_counter_ns() - begin
        if run >= 0:
            each.append(took / (CARDS * len(TRACE)))
    print(json.dumps({"name": "rules.fsrs.py_fsrs_ns", "value": statistics.median(each), "unit": "ns"}))


main()
