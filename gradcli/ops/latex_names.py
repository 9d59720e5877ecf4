"""How names are written in LaTeX, for every room that writes one: a tensor's, a function's, and any other text."""

from __future__ import annotations

_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_GREEK = frozenset(_LETTERS.values())
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
