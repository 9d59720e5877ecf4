"""How a tensor's name is written in LaTeX, for every room that writes it."""

from __future__ import annotations

_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma",
    "Phi", "Psi", "Omega",
}  # fmt: skip


def latex_name(name: str) -> str:
    """A tensor's name in LaTeX: theta as a Greek letter, x1 and x_new with subscripts, a longer word upright."""
    head, underscore, tail = name.partition("_")
    if not all(name.split("_")) or (underscore and head[-1].isdigit()):
        return r"\mathrm{" + name.replace("_", r"\_") + "}"
    if underscore:
        return rf"{latex_name(head)}_{{\mathrm{{{tail.replace('_', ',')}}}}}"
    stem = name.rstrip("0123456789")
    greek = _LETTERS.get(stem, stem)
    body = rf"\{greek}" if greek in _GREEK else stem if len(stem) <= 1 else rf"\mathrm{{{stem}}}"
    return f"{body}_{{{name[len(stem) :]}}}" if len(stem) < len(name) else body
