"""Ignition in the process: open a store, act for a user, call operations.

    ig = ignition.open("sqlite:life.db")
    me = ig.as_user(ig.users.create(email="ada@example.org")["user"]["id"])
    me.focus.start(duration_seconds=1500)
    today = me.today.get()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from . import _core, rules
from .errors import (
    Conflict,
    Error,
    Forbidden,
    Internal,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    RangeNotSatisfiable,
    RateLimited,
    Unauthorized,
    Unavailable,
    ValidationError,
)
from .operations import Operations

__version__ = _core.version

LOCAL_USER = UUID(_core.local_user)
"""The id of the one user of single-user mode, whom `users.ensure_local` creates."""


@dataclass(frozen=True)
class Answer:
    """An output with what else was said about it."""

    output: Any
    """None when `not_modified`."""
    status: int
    """As HTTP would say it."""
    etag: str | None
    """For `if_none_match` of a later call; None for operations without one."""
    not_modified: bool
    """The caller holds this output already."""
    replayed: bool
    """The idempotency key was known: nothing was done again."""


class Caller(Operations):
    """Operations on behalf of somebody: `caller.focus.start(...)`, or by name `caller.call("focus.start", {...})`."""

    __slots__ = ("_caller", "__weakref__")

    def __init__(self, caller: _core.Caller):
        self._caller = caller
        self._call = caller.call

    def call(
        self, operation: str, input: Mapping[str, Any] | None = None, *, idempotency_key: str | None = None
    ) -> Any:
        """Runs an operation by its name. The same idempotency key is answered again, not run again."""
        return self._caller.call(operation, input, idempotency_key)

    def stream(
        self, operation: str, write: Callable[[bytes], object], input: Mapping[str, Any] | None = None
    ) -> None:
        """Gives an output to `write` piece by piece, for outputs larger than memory such as `user.export`.

        What `write` raises ends the operation. After an error the pieces are not the whole.
        """
        self._caller.stream(operation, input, write)

    def answer(
        self,
        operation: str,
        input: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        if_none_match: str | None = None,
    ) -> Answer:
        """As call(), but tells the entity tag, and spares an output that the caller holds already."""
        if isinstance(if_none_match, str) and if_none_match != "*" and '"' not in if_none_match:
            if_none_match = f'"{if_none_match}"'
        return Answer(*self._caller.answer(operation, input, idempotency_key, if_none_match))


class User(Caller):
    """Operations on behalf of a user."""

    __slots__ = ("id",)

    def __init__(self, store: _core.Store, user_id: UUID | str):
        super().__init__(_core.Caller(store, user_id))
        self.id = UUID(str(user_id))

    def __repr__(self) -> str:
        return f"<ignition.User {self.id}>"


class Ignition(Caller):
    """An open store; itself a caller for system operations such as `users.create`. May be used from many threads."""

    __slots__ = ("_store",)

    def __init__(self, store: _core.Store):
        super().__init__(_core.Caller(store, None))
        self._store = store

    def as_user(self, user_id: UUID | str) -> User:
        """The operations of a user. An unknown user is Unauthorized when something is called."""
        return User(self._store, user_id)

    def set_now(self, now: datetime | str) -> None:
        """Sets the clock of a store that was opened with `now`."""
        self._store.set_now(now)

    @property
    def closed(self) -> bool:
        return self._store.closed

    def close(self) -> None:
        """Closes the store; calls under way end normally, later ones are Unavailable with the reason `closed`."""
        self._store.close()

    def __enter__(self) -> Ignition:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ignition.Ignition {'closed' if self.closed else 'open'}>"


def open(
    url: str,
    *,
    now: datetime | str | None = None,
    seed: int | None = None,
    settings: Mapping[str, object] | None = None,
    migrate: bool = True,
) -> Ignition:
    """Opens a store such as "sqlite:life.db" or "sqlite:///absolute/path", making and migrating it where needed.

    `now` makes a clock that stands until set_now(), `seed` makes ids deterministic: for tests and replays. `settings`
    configures by the names of the environment variables. `migrate=False` leaves the schema alone.
    """
    options: dict[str, Any] = {"migrate": migrate}
    if now is not None:
        options["now"] = now
    if seed is not None:
        options["seed"] = seed
    if settings is not None:
        options["settings"] = {name: _setting(value) for name, value in settings.items()}
    return Ignition(_core.Store(url, options))


def _setting(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value
