"""The operations as Python methods, made from the catalogue at import. `operations.pyi` tells type checkers."""

from __future__ import annotations

import inspect
import keyword
from typing import Any, Callable

from . import _core


def _said(name: str) -> str:
    """A name as Python can say it: keywords carry a trailing underscore."""
    return name + "_" if keyword.iskeyword(name) else name


def _method(operation: str, summary: str, fields: tuple[str, ...], required: tuple[str, ...]) -> Callable[..., Any]:
    renamed = {_said(field): field for field in fields if keyword.iskeyword(field)}

    def method(self: Any, /, *, idempotency_key: str | None = None, **given: Any) -> Any:
        for said in renamed.keys() & given.keys():
            given[renamed[said]] = given.pop(said)
        return self._call(operation, given, idempotency_key)

    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)]
    for field in sorted(fields, key=lambda field: field not in required):
        default = inspect.Parameter.empty if field in required else ...
        parameters.append(inspect.Parameter(_said(field), inspect.Parameter.KEYWORD_ONLY, default=default))
    parameters.append(inspect.Parameter("idempotency_key", inspect.Parameter.KEYWORD_ONLY, default=None))
    method.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    method.__name__ = method.__qualname__ = _said(operation.rpartition(".")[2])
    method.__doc__ = summary
    return method


class _Namespace:
    """A caller's operations below one name."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]):
        self._call = call


class _Below:
    """The attribute of a caller, or of a namespace, that is a namespace."""

    def __init__(self, space: type):
        self._space = space

    def __get__(self, owner: Any, _: type | None = None) -> Any:
        return self if owner is None else self._space(owner._call)


def _members(operations: list[tuple[str, ...]], depth: int = 0) -> dict[str, Any]:
    """The attributes of the class for operations whose names agree in their first `depth` parts."""
    members: dict[str, Any] = {}
    below: dict[str, list[Any]] = {}
    for operation in operations:
        parts = operation[0].split(".")
        if len(parts) == depth:
            members["__call__"] = _method(*operation)
        else:
            below.setdefault(parts[depth], []).append(operation)
    for name, inner in below.items():
        path = inner[0][0].split(".")[: depth + 1]
        if len(inner) == 1 and inner[0][0] == ".".join(path):
            members[_said(name)] = _method(*inner[0])
        else:
            doc = f"Operations whose names begin with `{'.'.join(path)}.`."
            space = type(name, (_Namespace,), {"__slots__": (), "__doc__": doc, **_members(inner, depth + 1)})
            members[_said(name)] = _Below(space)
    return members


Operations = type(
    "Operations",
    (),
    {"__doc__": "Every operation of the product.", "__slots__": ("_call",), **_members(_core.operations())},
)
