"""How names are written in LaTeX, for every room that writes one: a tensor's, a function's, and any other text."""

from __future__ import annotations

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
).split()
_LETTERS = dict(zip("αβγδεζηθικλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", _GREEK, strict=True))
_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det", "max", "min"}
"""Those that LaTeX has a command for, by the table's names."""
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def latex_escaped(text: str) -> str:
    """Any text in one line, each character as itself."""
    return "".join(_SPECIAL.get(c) or (f"\\{c}" if c in "_{}#$%&" else " " if c.isspace() else c) for c in text)


def latex_function(name: str) -> str:
    """A function's name in front of its arguments."""
    return rf"\{name}" if name in _FUNCTIONS else rf"\operatorname{{{latex_escaped(name)}}}"


def latex_name(name: str) -> str:
    """A tensor's name in LaTeX: theta as a Greek letter, x1 and x_new with subscripts, a longer word upright."""
    head, underscore, tail = name.partition("_")
    if not all(name.split("_")) or (underscore and head[-1].isdigit()):
        return rf"\mathrm{{{latex_escaped(name)}}}"
    if underscore:
        return rf"{latex_name(head)}_{{\mathrm{{{tail.replace('_', ',')}}}}}"
    stem = name.rstrip("0123456789")
    greek = _LETTERS.get(stem, stem)
    body = rf"\{greek}" if greek in _GREEK else stem if len(stem) <= 1 else rf"\mathrm{{{stem}}}"
    return f"{body}_{{{name[len(stem) :]}}}" if len(stem) < len(name) else body
