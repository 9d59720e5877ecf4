"""A word that is neither expression, variable nor option -> what was probably meant, as it would be typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.message import N_, GradcliError, fault
from gradcli.shell_line import line_of, quote

_CONSTRUCTOR = re.compile(r"eye|ones|zeros|full|linspace|arange|rand|randn")
_FILE = re.compile(r"[^()\[\]*+=,]*\.(npy|npz|csv|tsv|json|pt|pth|txt)", re.IGNORECASE)
_PIECE = re.compile(r"[-+\d.,\[\]()eE]+")
_SHORT = {"o": "output", "f": "format", "q": "quiet", "p": "precision", "l": "lang", "s": "seed", "w": "wrt"}


def surplus_word(command: str, words: Sequence[str], at: int) -> GradcliError:
    """The complaint about a word too many, with the repair that its neighbours show."""
    word = words[at]
    name = word.lstrip("-")
    if word.startswith("-") and name.isidentifier():
        value = quote(words[at + 1]) if at + 1 < len(words) else "TENSOR"
        return fault(
            "option",
            N_("{word} has one dash; options and variables have two"),
            hint=N_("write  --{name} {value}"),
            word=word,
            name=_SHORT.get(name, name),
            value=value if name != "q" else "",
        )
    repair = _repair(command, words, at)
    if repair is not None:
        hint = N_("did you mean  {repair} ?")
    elif _FILE.fullmatch(word):
        hint = N_(
            "a variable is one tensor, from one file, --x @{word}; the shell makes several words of a pattern "
            "such as *.npy"
        )
    else:
        hint = N_('an expression with spaces or * is quoted: "x * y"; a variable is --x TENSOR or x=TENSOR')
    return fault("option", N_("one word too many: {word}"), hint=hint, word=word, repair=repair)


def _repair(command: str, words: Sequence[str], at: int) -> str | None:
    word, before = words[at], words[at - 1] if at else ""
    bound = re.fullmatch(r"(-{0,2}[^\W\d]\w*):(.+)", word)
    if bound:
        return f"{bound[1]}={quote(bound[2])}"
    if at + 2 < len(words) and words[at + 1] == "=":  # x = 3
        return f"{word}={quote(words[at + 2])}"
    flag = words[at - 2] if at > 1 else ""
    if flag.startswith("--") and before == "=":
        return f"{flag} {quote(word)}"
    if flag == "--wrt":
        return f"--wrt {before},{word}"
    if flag.startswith("--") and "=" not in flag:
        return _join_pieces(flag, before, [w for w in words[at:] if not w.startswith("--")])
    return _quote_expression(command, words) if at == 1 else None


def _join_pieces(flag: str, first: str, rest: list[str]) -> str | None:
    """`--x 1 2 3`, `--x [1, 2]`, `--x eye 5`: one value that the shell took apart."""
    pieces = [first, *rest]
    if _CONSTRUCTOR.fullmatch(first) and all(re.fullmatch(r"[\d.]+", piece) for piece in rest):
        between = ":" if first in ("linspace", "arange") else "x"
        return f"{flag} {first}:{between.join(rest)}"
    if first.startswith(("[", "(")) and all(map(_PIECE.fullmatch, pieces)):
        return f"{flag} {quote(' '.join(pieces))}"
    if all(re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?,?", piece) for piece in pieces):
        return f"{flag} {','.join(piece.rstrip(',') for piece in pieces)}"
    return None


def _quote_expression(command: str, words: Sequence[str]) -> str | None:
    """`gradcli vjp x + 1 --x 3`: an expression that the shell took apart."""
    named = (k for k, word in enumerate(words) if k and (word.startswith("--") or re.match(r"\w+=", word)))
    end = next(named, len(words))
    pieces = words[:end]
    if not any(re.fullmatch(r"[-+*/@^]|\*\*", piece) for piece in pieces) or any(map(_FILE.fullmatch, pieces)):
        return None
    return line_of(["gradcli", command, " ".join(pieces), *words[end:]]).text
