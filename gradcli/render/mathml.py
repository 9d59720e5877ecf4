"""LaTeX -> MathML. Knows no page."""

from __future__ import annotations

import re
from html import unescape
from xml.etree.ElementTree import tostring

from latex2mathml.converter import convert_to_element

_WORD = re.compile(r"\\(?:operatorname|mathrm)(?=\{[^{}]*\\_)")
"""A name with an underscore, which the library takes letter by letter."""
_ESCAPED = re.compile(r"\\([_{}&%$#])")


def mathml(latex: str, display: bool = False) -> str:
    """A formula as an element; what stands in it as text is text, whatever was typed."""
    root = convert_to_element(_WORD.sub(r"\\text", latex), display="block" if display else "inline")
    for element in root.iter():
        if element.text:  # the library writes signs as references to characters, and leaves < and & of a text
            element.text = _ESCAPED.sub(r"\1", unescape(element.text))
    return tostring(root, encoding="unicode")
