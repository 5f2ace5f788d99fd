"""What Ignition refuses, one class per error code."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """An operation was refused.

    `code` is one of a closed set, `message` is for people, `details` for programs. `reason` is a stable word, or None.
    """

    code: str = "INTERNAL"

    def __init__(self, message: str, details: dict[str, Any] | None = None):
        super().__init__(message)
        self.message = message
        self.details = details if details is not None else {}

    @property
    def reason(self) -> str | None:
        reason: str | None = self.details.get("reason")
        return reason

    @property
    def fields(self) -> list[dict[str, str]]:
        """The refused fields of the input, each with `field` (its path), `code` and `message`."""
        return list(self.details.get("fields", []))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.details)


class ValidationError(Error):
    code = "VALIDATION_ERROR"


class Unauthorized(Error):
    code = "UNAUTHORIZED"


class Forbidden(Error):
    code = "FORBIDDEN"


class NotFound(Error):
    code = "NOT_FOUND"


class Conflict(Error):
    code = "CONFLICT"


class PayloadTooLarge(Error):
    code = "PAYLOAD_TOO_LARGE"


class RateLimited(Error):
    code = "RATE_LIMITED"


class Internal(Error):
    code = "INTERNAL"


class Unavailable(Error):
    code = "UNAVAILABLE"


class PreconditionFailed(Error):
    code = "PRECONDITION_FAILED"


class RangeNotSatisfiable(Error):
    code = "RANGE_NOT_SATISFIABLE"


ERRORS = {error.code: error for error in Error.__subclasses__()}
