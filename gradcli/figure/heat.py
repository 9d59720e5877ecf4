"""Matrices of derivatives -> a picture each: the numbers as colours beside the places that can be non-zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.message import N_
from gradcli.report.additions import Heatmap
from gradcli.shapes import by_layout

_COLOURS = {"never": "#f2f2f2", "zero": "#b8c4d0", "other": "#1f3a5f"}


def draw_matrices(figure: Any, parts: Sequence[Heatmap], say: Callable[..., str]) -> None:
    """A row of two panels for each variable: values with a colour bar around 0, and the structure."""
    panels = np.atleast_2d(figure.subplots(len(parts), 2, squeeze=False))
    for part, (left, right) in zip(parts, panels, strict=True):
        _values(figure, left, part)
        _structure(right, part, say)
        for axes in (left, right):
            down, across = by_layout(part.layout, part.output, part.name)
            axes.set_ylabel(say(N_("entry of {name}"), name=down)).set_parse_math(False)
            axes.set_xlabel(say(N_("entry of {name}"), name=across)).set_parse_math(False)
            axes.locator_params(integer=True)


def _values(figure: Any, axes: Any, part: Heatmap) -> None:
    finite = part.values[np.isfinite(part.values)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    top = max(-low, high) or 1.0
    limits = (-top, top) if low < 0 else (0.0, top)
    image = axes.imshow(
        part.values,
        cmap="RdBu_r" if low < 0 else "viridis",
        vmin=limits[0],
        vmax=limits[1],
        aspect="auto",
        interpolation="nearest",
    )
    figure.colorbar(image, ax=axes)
    axes.set_title(f"d {part.output} / d {part.name}", fontsize=10, loc="left").set_parse_math(False)


def _structure(axes: Any, part: Heatmap, say: Callable[..., str]) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    possible = np.ones(part.values.shape, dtype=bool) if part.pattern is None else part.pattern
    kinds = np.where(part.values != 0, 2, np.where(possible, 1, 0))
    axes.imshow(
        kinds, cmap=ListedColormap(list(_COLOURS.values())), vmin=0, vmax=2, aspect="auto", interpolation="nearest"
    )
    axes.set_title(
        say(N_("not 0: {count} of {total}"), count=int((kinds == 2).sum()), total=kinds.size), fontsize=10, loc="left"
    )
    legend = {"other": N_("not 0"), "zero": N_("0 at these numbers"), "never": N_("0 at any")}
    present = [kind for k, kind in ((2, "other"), (1, "zero"), (0, "never")) if (kinds == k).any()]
    handles = [Patch(facecolor=_COLOURS[kind], edgecolor="0.6", label=say(legend[kind])) for kind in present]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3, fontsize=8, frameon=False)
