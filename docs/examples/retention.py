"""How well is a deck remembered, and what would other settings cost? Run: python docs/examples/retention.py [FILE.svg]

Needs NumPy. Writes a plot next to itself unless told otherwise.
"""

# %% A deck: 20,000 cards, each answered a few times. Your own come from a data frame with these columns.
import sys
from pathlib import Path

import numpy as np

from ignition.rules import fsrs

CARDS = 20_000
chance = np.random.default_rng(7)
lengths = chance.integers(2, 9, CARDS)
offsets = np.concatenate([[0], np.cumsum(lengths)]).astype("int64")
reviews = int(offsets[-1])
nth = np.arange(reviews) - np.repeat(offsets[:-1], lengths)  # of its card, from 0
ratings = chance.choice(np.array([1, 2, 3, 4], "uint8"), reviews, p=[0.1, 0.12, 0.66, 0.12])
elapsed_days = np.where(nth == 0, 0, chance.integers(1, 4, reviews) * 2**nth).astype("int32")
deck = {"offsets": offsets, "ratings": ratings, "elapsed_days": elapsed_days}

# %% What the histories lead to: stability in days and difficulty of every card, read where the columns lie.
scheduler = fsrs.Scheduler(desired_retention=0.9)
memory = scheduler.replay_many(deck, threads=2)
print(f"{CARDS:,} cards, {reviews:,} reviews, median stability {np.median(memory['stability']):.1f} days")

# %% If nothing is reviewed from today: the share of the deck that is still known, day by day.
days = np.arange(0, 366, 5)
known = np.array([scheduler.retrievability_many(memory["stability"], int(day)).mean() for day in days])
hard = memory["difficulty"] > np.median(memory["difficulty"])
known_hard = np.array([scheduler.retrievability_many(memory["stability"][hard], int(day)).mean() for day in days])
print(f"known after 30 days {known[6]:.1%}, after a year {known[-1]:.1%}")

# %% What a retention costs: reviews a day that keep the deck at it.
for retention in (0.8, 0.85, 0.9, 0.95):
    intervals = fsrs.Scheduler(desired_retention=retention).intervals_many(memory["stability"])
    print(f"to know {retention:.0%}: {(1 / intervals).sum():,.0f} reviews a day")

# %% The plot, drawn by hand so that nothing else is needed.
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 56, 44, 96, 44


def x(day):
    return LEFT + day / 365 * (WIDTH - LEFT - RIGHT)


def y(share):
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def line(shares, colour, label):
    points = " ".join(f"{x(day):.1f},{y(share):.1f}" for day, share in zip(days, shares))
    end = f'<text x="{x(365) + 8:.1f}" y="{y(shares[-1]) + 4:.1f}" fill="{colour}">{label}</text>'
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>{end}'


ticks = [
    f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(s):.1f}" y2="{y(s):.1f}" stroke="#ddd"/>'
    f'<text x="{LEFT - 8}" y="{y(s) + 4:.1f}" text-anchor="end">{s:.0%}</text>'
    for s in (0, 0.25, 0.5, 0.75, 1)
] + [f'<text x="{x(d):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{d}</text>' for d in (0, 90, 180, 270, 365)]
plot = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    f'<text x="{LEFT}" y="24" font-size="15">Share of the deck still known without reviews</text>'
    + "".join(ticks)
    + line(known, "#1f77b4", "all cards")
    + line(known_hard, "#d62728", "hard cards")
    + f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">days from today</text></svg>\n'
)
output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".svg")
output.write_text(plot)
