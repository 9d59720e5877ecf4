"""Frozen dataclasses that are quick to define. Knows nothing of what they hold.

`dataclasses.dataclass` writes and compiles six methods for each class, a millisecond a class, and a cold start defines
a hundred of them. Here frozen classes share their methods; fields, `replace`, matching and pickling are as ever.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from collections.abc import Callable, Mapping, Sequence
    from functools import partial
    from operator import attrgetter
    from typing import Any

    def dataclass(kind: type | None = None, *, frozen: bool = False, eq: bool = True, slots: bool = False) -> Any:
        """The decorator of the standard library, with those of its options that are used here."""
        make = partial(_frozen if frozen else dataclasses.dataclass, eq=eq, slots=slots)
        return make if kind is None else make(kind)

    def _frozen(kind: type, eq: bool, slots: bool) -> type:
        kind.__doc__ = kind.__doc__ or kind.__name__  # without one the library would work out a signature
        kind = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(kind)
        kind.__init__ = _init(kind, slots)
        kind.__repr__ = _repr
        kind.__setattr__ = kind.__delattr__ = _refuse
        if slots:
            kind.__setstate__ = _setstate
        if eq:
            kind.__eq__, kind.__hash__ = _comparison(tuple(field.name for field in dataclasses.fields(kind)))
        return kind

    _put = object.__setattr__

    def _init(kind: type, slots: bool) -> Callable[..., None]:
        fields = dataclasses.fields(kind)
        names = tuple(field.name for field in fields)
        makers = tuple(map(_maker, fields))
        puts = tuple(getattr(kind, name).__set__ for name in names) if slots else ()

        def __init__(self: Any, *values: Any, **named: Any) -> None:
            if named or len(values) != len(names):
                values = _filled(type(self).__name__, names, makers, values, named)
            if not slots:
                self.__dict__.update(zip(names, values, strict=True))
                return
            for put, value in zip(puts, values):  # noqa: B905  (they are as many: this is the inside of the parser)
                put(self, value)

        return __init__

    def _maker(field: dataclasses.Field) -> Callable[[], Any] | None:
        """What gives the field its value where none is given."""
        if field.default is not dataclasses.MISSING:
            return lambda: field.default
        return None if field.default_factory is dataclasses.MISSING else field.default_factory

    def _filled(
        kind: str, names: tuple[str, ...], makers: tuple[Callable[[], Any] | None, ...], values: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Sequence[Any]:
        left = makers[len(values) :]
        if not named and left and all(left):
            return (*values, *[make() for make in left])
        given = {**dict(zip(names, values, strict=False)), **named}
        once = len(given) == len(values) + len(named)  # neither too many values nor one that is named, too
        known = [(name, make) for name, make in zip(names, makers, strict=True) if make or name in given]
        filled = [given.pop(name) if name in given else make() for name, make in known]
        if given or not once or len(filled) < len(names):
            raise TypeError(f"{kind}({', '.join(names)}) was given {len(values)} values and {list(named)}")
        return filled

    def _repr(self: Any) -> str:
        values = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self))
        return f"{type(self).__qualname__}({values})"

    def _refuse(self: Any, name: str, *_: Any) -> None:
        raise dataclasses.FrozenInstanceError(f"{type(self).__name__}.{name} is frozen")

    def _setstate(self: Any, state: tuple[None, Mapping[str, Any]]) -> None:
        for name, value in state[1].items():
            _put(self, name, value)

    def _comparison(names: tuple[str, ...]) -> tuple[Callable[..., bool], Callable[..., int]]:
        values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

        def __eq__(self: Any, other: object) -> Any:
            return values(self) == values(other) if type(self) is type(other) else NotImplemented

        def __hash__(self: Any) -> int:
            return hash(values(self))

        return __eq__, __hash__


__all__ = ["dataclass"]
