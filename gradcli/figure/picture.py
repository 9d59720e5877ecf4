"""Curves, surfaces and matrices of derivatives -> a picture, by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from gradcli.figure.heat import draw_matrices
from gradcli.message import N_, fault, limit
from gradcli.report import Part
from gradcli.report.additions import Heatmap
from gradcli.report.exhibits import Curve, Plot
from gradcli.visible import visible

INCHES, LOW, HIGH, DPI = 7.0, 2.6, 3.4, 150
"""The width of a picture, the height of a curve and of a surface or matrix, and the pixels an inch of a PNG."""


def ready() -> None:
    """Raises GradcliError (option), saying what to install, where matplotlib is missing."""
    if find_spec("matplotlib") is None:
        raise fault(
            "option",
            N_("a picture needs matplotlib, which is not installed"),
            hint=N_('pip install "gradcli[plot]"  installs it; without --output the plot is drawn in the terminal'),
        )


def save(parts: Iterable[Part], path: str, say: Callable[..., str] = str.format) -> None:
    """Writes the plot, or the heat maps, among the parts; the suffix of the path sets the kind of file.

    Raises GradcliError where there is none, and where the file cannot be written.
    """
    from matplotlib import rc_context, rcParams
    from matplotlib.figure import Figure

    parts = list(parts)
    plots = [part for part in parts if isinstance(part, Plot)]
    maps = [part for part in parts if isinstance(part, Heatmap)]
    if not plots and not maps:
        raise limit(
            N_("there is nothing to draw: the Jacobian is too large to be computed entry by entry"),
            hint=N_("the pattern of a smaller one of the same formula looks alike: take fewer entries"),
        )
    panels = len(plots[0].curves) if plots else len(maps)
    tall = LOW if plots and len(plots[0].axes) == 1 else HIGH
    fonts = chinese_fonts()
    try:
        with rc_context({"font.family": [*rcParams["font.family"], *fonts]}):
            figure = Figure(figsize=(INCHES, tall * panels + 0.4), layout="constrained")
            if plots:
                _curves(figure, plots[0])
            else:
                draw_matrices(figure, maps, legible(say, fonts))
            figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise fault(
            "file", N_("{path} cannot be written: {reason}"), path=path, reason=error.strerror or str(error)
        ) from None


def _curves(figure: Any, plot: Plot) -> None:
    panels = np.atleast_1d(figure.subplots(len(plot.curves), 1, sharex=True))
    for axes, curve in zip(panels, plot.curves, strict=True):
        (_line if len(plot.axes) == 1 else _surface)(figure, axes, plot, curve)


def _line(_: Any, axes: Any, plot: Plot, curve: Curve) -> None:
    ((name, x),) = plot.axes
    low, high = curve.visible()
    inside = (curve.values >= low - 3 * (high - low)) & (curve.values <= high + 3 * (high - low))
    axes.plot(x, np.where(inside, curve.values, np.nan), color="C0" if not curve.order else "C1")
    margin = 0.05 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    axes.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    axes.grid(alpha=0.25)
    _set_title(axes, curve)
    if curve is plot.curves[-1]:
        _as_typed(axes.set_xlabel(name))


def _surface(figure: Any, axes: Any, plot: Plot, curve: Curve) -> None:
    (across, x), (up, y) = plot.axes
    low, high = curve.visible()
    both = curve.order and low < 0 < high
    limits = (-max(-low, high), max(-low, high)) if both else (low, high)
    mesh = axes.pcolormesh(
        x, y, curve.values.T, cmap="RdBu_r" if both else "viridis", vmin=limits[0], vmax=limits[1], shading="nearest"
    )
    figure.colorbar(mesh, ax=axes)
    _set_title(axes, curve)
    _as_typed(axes.set_ylabel(up))
    if curve is plot.curves[-1]:
        _as_typed(axes.set_xlabel(across))


def _set_title(axes: Any, curve: Curve) -> None:
    title = visible(f"{curve.label} = {curve.formula}" if curve.formula else curve.label)
    _as_typed(axes.set_title(title if len(title) <= 90 else title[:87] + "...", fontsize=10, loc="left"))


def _as_typed(text: Any) -> None:
    """A $ in the text starts no formula."""
    text.set_parse_math(False)


# Fonts

_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Heiti SC",
    "Hiragino Sans GB",
    "STHeiti",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)
_FIRST_WIDE = "\u2e80"
"""matplotlib brings no Chinese font of its own."""


def chinese_fonts() -> list[str]:
    """The Chinese fonts that are installed here."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in _CHINESE if name in installed]


def legible(say: Callable[..., str], fonts: Sequence[str]) -> Callable[..., str]:
    """`say`, but in English where none of the fonts could draw what it says."""

    def say_legibly(sentence: str, **values: object) -> str:
        text = say(sentence, **values)
        return text if fonts or max(text, default="") < _FIRST_WIDE else sentence.format(**values)

    return say_legibly
