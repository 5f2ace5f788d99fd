import uuid

import pytest

import ignition

NOW = "2026-03-10T09:00:00Z"


@pytest.fixture
def ig():
    """A store in memory whose clock stands and whose ids repeat."""
    with ignition.open("sqlite::memory:", now=NOW, seed=7) as opened:
        yield opened


@pytest.fixture
def me(ig):
    user = ig.users.create(email="ada@example.org")["user"]
    return ig.as_user(uuid.UUID(user["id"]))
