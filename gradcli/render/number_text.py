"""Numbers -> how a person writes them: `4` rather than `4.0`, never `-0`, an exponent only where it is needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.report import Array

_PLAIN_BELOW = 1e9
"""Whole numbers are written out up to here, however few digits were asked for."""


def number(value: Any, digits: int = 6) -> str:
    """One number with that many significant digits at most."""
    x = float(value)
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    if x.is_integer() and abs(x) < _PLAIN_BELOW:
        return str(int(x))
    return _tidied(f"{x:.{digits}g}")


def _tidied(text: str) -> str:
    """`1e+06` is `1e6`, `-1.50e-07` is `-1.5e-7`."""
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def exact(array: Array) -> str:
    """The tensor with every digit it takes to read it back, as nested lists: `[[4.0, 2.0], [2.0, 4.0]]`; one without
    entries is `zeros:0x3`, for lists would not tell its shape."""
    if array.size == 0 and array.shape != (0,):
        return "zeros:" + "x".join(map(str, array.shape))
    return str(_listed(array)).replace("'", "")


def _listed(array: Array) -> Any:
    if array.ndim:
        return [_listed(row) for row in array]
    return str(array[()] + 0.0 if array.dtype.kind == "f" else array[()])  # -0.0 + 0.0 is 0.0; float32 prints shortest


def plain(array: Array) -> Any:
    """Nested lists of Python numbers; those that JSON lacks are the strings NaN, Infinity, -Infinity."""
    if array.dtype == np.float32:  # through its own shortest digits: 0.1 stays 0.1
        array = np.array([float(str(x)) for x in array.ravel()], dtype=np.float64).reshape(array.shape)
    listed = array.tolist()
    return listed if array.dtype.kind != "f" or bool(np.isfinite(array).all()) else finite(listed)


def finite(value: Any) -> Any:
    """The value, with what JSON cannot write as a string."""
    if isinstance(value, list):
        return [finite(item) for item in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
