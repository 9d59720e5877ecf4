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
