"""Text that was typed or read -> the same with every character shown that would act on a screen instead: control
characters, marks that turn the direction of writing, characters without a width. Every way out passes through here."""

from __future__ import annotations

from unicodedata import category


def visible(text: str) -> str:
    """One character for one, so that places stay the same; the ends of lines stay ends of lines, a tab is a space."""
    return text if text.isprintable() else "".join(map(_visible_character, text))


def _visible_character(char: str) -> str:
    if char.isprintable() or char == "\n" or category(char) == "Zs":
        return char
    if char == "\t":
        return " "
    if char == "\x7f":
        return "␡"
    return chr(0x2400 + ord(char)) if char < " " else "\ufffd"


def escaped(json: str) -> str:
    r"""JSON with the same characters as \uXXXX, which means the same to who reads it."""
    return json if json.isprintable() else "".join(map(_escape, json))


def _escape(char: str) -> str:
    if char.isprintable() or category(char) == "Zs":
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
