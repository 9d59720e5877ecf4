"""A tensor as PyTorch and NumPy print it -> tensor text, and as other languages write it -> a repair."""

from __future__ import annotations

import re

LONGEST = 1_000
"""Characters of a text that is worth a repair."""
_WRAPPED = re.compile(r"(?:(?:torch|np|numpy|jnp)\.)?(?:tensor|array|Tensor|Array)\((.*)\)", re.DOTALL)
_DETAILS = re.compile(
    r"(?:,\s*+(?:dtype|device|requires_grad|grad_fn|size|shape|weak_type)\s*+=(?:\([^()=]*+\)|[^=\[\](),]++)*+)+$"
)
_ROOM_FOR_DETAILS = 300
_NUMBER = r"[-+]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d++)?"  # possessive: a text that is no row is told at once
_APART = re.compile(r"[\[\]\s\d.eE+\-naif]+")
_ROWS = re.compile(rf"\s*+{_NUMBER}(?:[\s,]++{_NUMBER})*+(?:\s*+;\s*+{_NUMBER}(?:[\s,]++{_NUMBER})*+)*+\s*+;?\s*+")
_CONSTRUCTED = re.compile(r"(eye|ones|zeros|rand|randn|arange)[\s_]*(\d+)(?:(?:\s*[x,×*]\s*|\s+)(\d+))?")


def as_text(text: str) -> str:
    """`tensor([1., 2.], requires_grad=True)` as `[1., 2.]`, `[[1. 2.] [3. 4.]]` with commas; other text as it is."""
    wrapped = _WRAPPED.fullmatch(text)
    inner = _without_details(wrapped[1]).strip() if wrapped else text
    if wrapped and not inner.startswith("["):
        return text
    if inner.startswith("[") and "," not in inner and _APART.fullmatch(inner):
        return re.sub(r"(?<=[\d.fn\]]) (?=[-+.\din\[])", ", ", " ".join(inner.split()).replace(" ]", "]"))
    return inner


def _without_details(inside: str) -> str:
    return inside[:-_ROOM_FOR_DETAILS] + _DETAILS.sub("", inside[-_ROOM_FOR_DETAILS:])


def respell(text: str) -> str | None:
    """`1 2 3`, `1 2; 3 4`, `{1,2}`, `eye 5` as they are written here; None where it is none of these."""
    bare = text.strip().replace("\n", ";")
    if len(bare) > LONGEST:
        return None
    if re.fullmatch(r"\{[-+\d.eE,;\s{}]*\}", bare):
        return f'"{bare.replace("{", "[").replace("}", "]")}"'
    made = _CONSTRUCTED.fullmatch(bare)
    if made:
        return f"{made[1]}:{made[2]}" + (f"x{made[3]}" if made[3] else "")
    if bare[:1] == "[" and bare[-1:] == "]" and ";" in bare:
        bare = bare[1:-1]
    elif not re.search(r"[\s;]", bare):
        return None
    if not _ROWS.fullmatch(bare):
        return None
    rows = [",".join(re.split(r"[\s,]+", row.strip())) for row in bare.strip(" ;").split(";")]
    return ":".join(rows) if len(rows) > 1 else rows[0]
