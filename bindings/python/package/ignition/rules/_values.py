"""What the modules of the rules share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from .._core import rules as core
from ..errors import ValidationError

if TYPE_CHECKING:
    import numpy
    import numpy.typing

    Float64s: TypeAlias = numpy.typing.NDArray[numpy.float64]
    Int64s: TypeAlias = numpy.typing.NDArray[numpy.int64]
    Int32s: TypeAlias = numpy.typing.NDArray[numpy.int32]
    Bytes: TypeAlias = numpy.typing.NDArray[numpy.uint8]

Column: TypeAlias = Any
"""An array that is lent: of the buffer protocol, Arrow's C data interface or NumPy's `__array__`."""
Moment: TypeAlias = "datetime | str"
"""An instant: a datetime with a time zone, or ISO 8601 text."""


def call(rule: str, /, **fields: object) -> Any:
    return core.call(rule, fields)


def refuse(field: str, code: str, message: str) -> NoReturn:
    raise ValidationError(
        f"{field}: {message}", {"reason": code, "fields": [{"field": field, "code": code, "message": message}]}
    )


def columns_of(table: Any, names: tuple[str, ...], optional: tuple[str, ...], field: str) -> dict[str, Any]:
    """The named columns of a mapping or a data frame; the optional ones may be missing."""
    if not hasattr(table, "__getitem__") or isinstance(table, (str, bytes, list, tuple)):
        refuse(field, "wrong_type", "must be a mapping of columns")
    found: dict[str, Any] = {}
    for name in names + optional:
        try:
            found[name] = table[name]
        except (KeyError, IndexError, ValueError, TypeError):
            if name not in optional:
                refuse(f"{field}.{name}", "required", "is missing")
            found[name] = None
    return found


def mapping_of(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        refuse(field, "wrong_type", "must be a mapping")
    return value
