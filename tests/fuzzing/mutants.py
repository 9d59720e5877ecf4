"""Seeds -> inputs like them, blindly: bytes changed, words put in, pieces repeated, dropped and swapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

LONGEST = 400
"""Bytes of an input."""


def mutants(seeds: Sequence[bytes], words: Sequence[str], seed: int, count: int) -> Iterator[bytes]:
    """So many inputs, always the same ones for a seed."""
    random = Random(seed)
    spelled = [word.encode("utf-8", "surrogatepass") for word in words]
    for _ in range(count):
        content = random.choice(seeds)
        for _ in range(random.choice((1, 1, 2, 3, 5))):
            content = random.choice(_WAYS)(random, content, seeds, spelled)
        yield content[:LONGEST]


def _piece(random: Random, content: bytes) -> tuple[int, int]:
    start = random.randint(0, len(content))
    return start, min(len(content), start + random.choice((1, 1, 2, 4, 8, 30)))


def _changed(random: Random, content: bytes, *_: object) -> bytes:
    start, _end = _piece(random, content)
    return content[:start] + bytes([random.randrange(256)]) + content[start + 1 :]


def _dropped(random: Random, content: bytes, *_: object) -> bytes:
    start, end = _piece(random, content)
    return content[:start] + content[end:]


def _repeated(random: Random, content: bytes, *_: object) -> bytes:
    start, end = _piece(random, content)
    return content[:end] + content[start:end] * random.choice((1, 2, 20, 100)) + content[end:]


def _spliced(random: Random, content: bytes, seeds: Sequence[bytes], _: object) -> bytes:
    other = random.choice(seeds)
    (start, end), (first, last) = _piece(random, content), _piece(random, other)
    return content[:start] + other[first:last] + content[end:]


def _worded(random: Random, content: bytes, _: object, words: Sequence[bytes]) -> bytes:
    start, end = _piece(random, content)
    return content[:start] + random.choice(words) + content[random.choice((start, end)) :]


_WAYS: tuple[Callable[..., bytes], ...] = (_changed, _dropped, _repeated, _spliced, _worded, _worded)
