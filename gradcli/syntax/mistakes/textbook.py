"""Mathematics as it stands on paper (`2|x|`, `||x||`, `x'Ax`), in LaTeX or in MATLAB -> the same as it is typed here,
for a hint. Rewrites text by patterns and promises nothing: what it gives is shown to a person as a guess. Of bars it
knows which opens and which closes; a bar that has no partner joins two masks and stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from gradcli.message import GradcliError, Span
from gradcli.ops import SPELLED
from gradcli.ops.foreign_names import renamed
from gradcli.syntax.scan import Token, scan

_ATOM = r"(?:\w+(?:\([^()]*\))?|\([^()]*\))"
_FUNCTION = r"arcsin|arccos|arctan|asin|acos|atan|sinh|cosh|tanh|sin|cos|tan|exp|ln|log2|log10|log|sqrt|abs"
_TEXTBOOK = {"ln": "log"}
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "varepsilon vartheta varphi Gamma Delta Theta Xi Pi Sigma Phi Psi Omega"
)
_SIGNS = {
    "cdot": "*", "times": "*", "odot": "*", "circ": "*", "ast": "*", "div": "/", "pm": "+", "le": "<=", "leq": "<=",
    "ge": ">=", "geq": ">=", "ne": "!=", "neq": "!=", "lt": "<", "gt": ">", "infty": "inf", "left": "", "right": "",
    "big": "", "Big": "", "bigl": "", "bigr": "", "quad": " ", "displaystyle": "", "limits": "", "trace": "trace",
    "tr": "trace", "det": "det", "max": "maximum", "min": "minimum", "lambda": "lambd",
}  # fmt: skip
_CHARACTERS = {
    "⊙": "*", "∘": "*", "½": "(1/2)", "⅓": "(1/3)", "¼": "(1/4)", "¾": "(3/4)", "⅔": "(2/3)", "ℯ": "e",
    "$": "", "−": "-", "∥": "‖", "′": "'", "ℓ": "l", "⊤": "T",
}  # fmt: skip


def typed(source: str, variables: Collection[str] = ()) -> str | None:
    """The text in this language, or None where it is not understood, or nothing had to be changed.

    `variables` are the names that have a value: with A and x among them, Ax after a transpose is `A @ x`.
    """
    text = source
    for character, plain in _CHARACTERS.items():
        text = text.replace(character, plain)
    for rewrite in (_divided_by_matrix, _latex, _bars, _sums, _dotted, _transposed, _functions):
        text = rewrite(text)
    text = re.sub(r"(?<=@ )[^\W\d]+\b(?!\()", lambda word: _factors(word[0], variables), text)
    text = re.sub(r" {2,}", " ", text).strip()
    understood = not re.search(r"[\\{}$‖∑∏∛∂∇∫]", text)
    return text if understood and text != source.strip() else None


def _divided_by_matrix(text: str) -> str:
    r"""MATLAB's `A\b`."""
    known = f"{_FUNCTION} frac sqrt mathbf operatorname {_GREEK} {' '.join(_SIGNS)}".replace("|", " ").split()

    def solve(found: re.Match[str]) -> str:
        return found[0] if found[2] in known or len(found[2]) > 2 else f"solve({found[1]}, {found[2]})"

    return re.sub(rf"({_ATOM})\s*\\\s*({_ATOM})", solve, text)


def _latex(text: str) -> str:
    text = re.sub(r"\\[,;:! ]|~|\\\\", " ", text)
    fonts = "mathbf|mathrm|mathit|boldsymbol|bm|vec|hat|bar|tilde|text|operatorname"
    text = re.sub(rf"\\(?:{fonts})\s*\{{(\w+)\}}", r"\1", text)
    text = re.sub(r"\\[lr]?(?:Vert|\|)", "‖", text)
    text = re.sub(r"\\[lr]?vert|\\mid", "|", text)
    text = re.sub(r"\^\s*\{\s*(?:\\top|\\intercal|T)\s*\}|\^\s*(?:\\(?:top|intercal)(?![A-Za-z])|T(?!\w))", ".T", text)
    text = re.sub(r"‖\s*_(?:\{?2\}?|\{?F\}?)", "‖", text)
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r"(\1/\2)", text)
    text = _summed(text)
    text = re.sub(r"_\{(\w+)\}", r"_\1", text)
    text = _innermost(text, r"\\sqrt\s*\[([^\[\]]*)\]\s*\{([^{}]*)\}", lambda m: f"({m[2]})**(1/{m[1]})")
    group = r"\s*\{([^{}]*)\}"
    text = _innermost(text, rf"\\[dt]?frac{group}{group}|\\(?![dt]?frac)(\w+){group}|([\^_]){group}", _braced)
    return re.sub(r"\\([A-Za-z]+)", _command, text)


def _summed(text: str) -> str:
    r"""`\sum_{i=1}^n x_i^2`: the index is left out."""
    sign = r"\\(sum|prod)\s*(?:_\{?\s*(\w)(?:\s*=\s*\w+)?\s*\}?)?(?:\s*\^\{?\w+\}?)?\s*"

    def whole(found: re.Match[str]) -> str:
        term = re.sub(rf"_\{{?{found[2]}\}}?(?!\w)", "", found[3]) if found[2] else found[3]
        return f"{found[1]}({term})"

    return re.sub(sign + r"([A-Za-z](?:_\{?\w+\}?)?(?:\^\{?\w+\}?)?(?![\w(]))", whole, text)


def _innermost(text: str, pattern: str, rewrite: Callable[[re.Match[str]], str]) -> str:
    """Rewrites braces from the inside out."""
    for _ in range(20):
        text, count = re.subn(pattern, rewrite, text)
        if not count:
            break
    return text


def _braced(found: re.Match[str]) -> str:
    if found[1] is not None:
        fraction = f"{_grouped(found[1])}/{_grouped(found[2])}"
        follows = found.string[found.end() :].lstrip()[:1]  # 1/2x is not half of x
        return f"({fraction})" if follows.isalnum() or follows in ("(", "\\", "^") else fraction
    if found[3] is not None:
        return f"{_TEXTBOOK.get(found[3], found[3])}({found[4]})"
    return found[5] + _grouped(found[6])


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w+", text) else f"({text})"


def _command(found: re.Match[str]) -> str:
    name = found[1]
    if name in _SIGNS:
        return _SIGNS[name]
    return name if re.fullmatch(_FUNCTION, name) or name in _GREEK.split() or name in ("sum", "prod") else found[0]


def _bars(text: str) -> str:
    """Every pair of bars: `‖x‖`, `|x|`."""
    text = re.sub(r"‖([^‖]*)‖", r"norm(\1)", text)
    return without_bars(text) or text


def _sums(text: str) -> str:
    """Signs of functions: `∑(x²)`, `∛x`."""
    for sign, function in (("∑", "sum"), ("∏", "prod")):
        text = re.sub(rf"{sign}\s*(\([^()]*\))", rf"{function}\1", text)
        text = re.sub(rf"{sign}\s*({_ATOM}[²³]?)", rf"{function}(\1)", text)
    text = re.sub(rf"∛\s*({_ATOM})", r"\1**(1/3)", text)
    return re.sub(r"[∂∇]\s*(?:/\s*∂\s*\w+\s*)?", "", re.sub(r"[d∂]\s*/\s*[d∂]\w\s*", "", text))


def _dotted(text: str) -> str:
    """MATLAB's `.*`, `./`, `.^`, `.'`."""
    return re.sub(r"(?<=[^\W\d]|[)\]])\.(?=\*|/|\^|')", "", text)


def _transposed(text: str) -> str:
    """`x'Ax`, `xᵀAx`, `x.T A x`: transposes, with `@` where factors follow."""
    if not re.search(r"'[^']*,[^']*'", text):  # which is the equation of einsum
        text = re.sub(r"(?<=[\w)\]])(?:'|ᵀ)", ".T", text)
    if ".T" not in text:
        return text
    text = re.sub(r"\.T\s*\*\s*(?=[\w(])", ".T @ ", text)
    text = re.sub(r"\.T\s*(?=[^\W\d]|\()(?!T\b)", ".T @ ", text)
    for _ in range(10):
        text, count = re.subn(r"(\.T(?: @ \w+)+)(?: \*)? (?=[^\W\d])", r"\1 @ ", text)
        if not count:
            break
    return text


def _functions(text: str) -> str:
    """`sin x`, `sin 2x`, `sin²(x)`, `sin^2 x`, `ln x`: functions with their brackets, powers after them."""
    power = rf"\b({_FUNCTION})(?:\s*(?:\^|\*\*)\s*(\d)|([²³]))\s*(\([^()]*\)|\d*\w+)"
    text = re.sub(power, lambda m: f"{_called(m[1], m[4])}**{m[2] or '23'['²³'.index(m[3])]}", text)
    text = re.sub(rf"\b({_FUNCTION}) +(?!\()(\d*\w+)", lambda m: _called(m[1], m[2]), text)
    return re.sub(r"\bln(?=\()", "log", text)


def _called(function: str, argument: str) -> str:
    inner = argument if argument.startswith("(") else f"({argument})"
    return f"{_TEXTBOOK.get(function, function)}{inner}"


def _factors(word: str, variables: Collection[str]) -> str:
    """`Ax` as `A @ x`, where these are names of one letter."""
    return " @ ".join(word) if word not in variables and all(letter in variables for letter in word) else word


_CALLS = {"|": "abs(", "||": "norm("}
_OPERANDS = ("number", "name", "text", "flag")


def without_bars(source: str, names: Collection[str] = ()) -> str | None:
    """The text with each pair of bars as a call; None where there is none, or one that cannot be told.

    `names` are those that have a value: `sin|x|` is a function's value, and `x|y|` a product.
    """
    try:
        tokens = list(scan(source))
    except GradcliError:
        return None
    single = [half for token in tokens for half in _halves(token)]
    return _read(source, tokens, names) or _read(source, single, names)  # ||x||, else ||x| - |y||


def _halves(token: Token) -> list[Token]:
    if token.kind != "operator" or token.text != "||":
        return [token]
    start, end = token.span.start, token.span.end
    return [Token("operator", "|", Span(start, start + 1)), Token("operator", "|", Span(start + 1, end))]


def _read(source: str, tokens: list[Token], names: Collection[str]) -> str | None:
    text, end, pair = "", 0, _Pairs(tokens, names)
    for place, token in enumerate(tokens):
        written = pair.read(place)
        if written is None:
            return None
        if token.text in _CALLS:
            text, end = text + source[end : token.span.start] + written, token.span.end
    return text + source[end:] if pair.found and not pair.open else None


def _is_function(name: str) -> bool:
    return name in SPELLED or renamed(name) is not None


class _Pairs:
    """The bars and brackets that are open, innermost last: the text that closes each."""

    def __init__(self, tokens: list[Token], names: Collection[str]) -> None:
        self.tokens, self.names = tokens, names
        self.open: list[tuple[str, str]] = []
        self.ready, self.found = True, False

    def read(self, place: int) -> str | None:
        """What is written for the token; None where brackets and bars do not fit each other."""
        token = self.tokens[place]
        if token.kind == "operator" and token.text in _CALLS:
            return self._bar(place)
        if token.kind == "operator" and token.text in ")]":
            if not self.open or self.open.pop()[0] not in "([":
                return None
            self.ready = False
        elif token.kind == "operator":
            if token.text in "([":
                self.open.append((token.text, ""))
            elif token.text in (",", ";", "=") and self.open and self.open[-1][0] in _CALLS:
                return None
            self.ready = True
        elif token.kind == "newline" and self.open and self.open[-1][0] in _CALLS:
            return None
        else:
            self.ready = token.kind not in _OPERANDS
        return token.text

    def _bar(self, place: int) -> str | None:
        sign = self.tokens[place].text
        inner = self.open[-1][0] if self.open else ""
        if not self.ready and inner == sign:
            return self._closed(place)
        if not self.ready and sign == "||" and inner == "|":
            return None  # |x||y||z| is three absolute values, and no norm in bars
        if not self._has_partner(place, sign):
            self.ready = True
            return sign if sign == "|" else None
        before = self.tokens[place - 1] if place else None
        if self.ready or before is None:
            return self._opened(sign, "")
        called = before.kind == "name" and before.text not in self.names and _is_function(before.text)
        return self._opened(sign, "(", ")") if called else self._opened(sign, "*")

    def _opened(self, sign: str, before: str, after: str = "") -> str:
        self.open.append((sign, ")" + after))
        self.ready, self.found = True, True
        return before + _CALLS[sign]

    def _closed(self, place: int) -> str:
        _, text = self.open.pop()
        self.ready = False
        following = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
        factor = following is not None and (following.kind in _OPERANDS or following.text == "(")
        return text + "*" * factor

    def _has_partner(self, place: int, sign: str) -> bool:
        """Whether a bar follows that may close this one: in the same bracket, in the same argument."""
        depth = 0
        for token in self.tokens[place + 1 :]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth < 0 or token.kind == "newline" or (depth == 0 and token.text in (",", ";", "=")):
                return False
            if depth == 0 and token.kind == "operator" and token.text == sign:
                return True
        return False
