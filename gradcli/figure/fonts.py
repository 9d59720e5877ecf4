"""The words of a picture -> words that its fonts have letters for. matplotlib brings no Chinese font of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def chinese() -> list[str]:
    """The Chinese fonts that are installed here."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in _CHINESE if name in installed]


def legible(say: Callable[..., str], fonts: Sequence[str]) -> Callable[..., str]:
    """`say`, but in English where none of the fonts could draw what it says."""

    def said(sentence: str, **values: object) -> str:
        told = say(sentence, **values)
        return told if fonts or max(told, default="") < _FIRST_WIDE else sentence.format(**values)

    return said
