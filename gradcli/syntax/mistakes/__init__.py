"""A sentence, its place in the source and what should stand there -> the error, with a repair that can be pasted. Knows
no grammar."""

from __future__ import annotations

from gradcli.message import N_, GradcliError, Message, Sentence, Span, fault, message

ROOM_FOR_A_HINT = 100
"""A repair is shown as the whole expression, ready to paste, up to this many characters."""
DID_YOU_MEAN = N_("did you mean {repair} ?")
LEAVE_OUT = N_("leave it out: {repair}")


def mistake(
    source: str,
    span: Span,
    sentence: Sentence,
    repair: str,
    *,
    over: Span | None = None,
    hint: Sentence | None = DID_YOU_MEAN,
    kind: str = "syntax",
    **slots: object,
) -> GradcliError:
    """The error whose caret stands under `span`. The hint shows the source with `repair` in the place of `span`, or of
    `over` where another part has to change."""
    return fault(kind, sentence, hint, repair=patched(source, over or span, repair), **slots).at(span)


def did_you_mean(source: str, span: Span, repair: str) -> Message:
    """The hint that shows the source with `repair` in the place of `span`."""
    return message(DID_YOU_MEAN, repair=patched(source, span, repair))


def patched(source: str, span: Span, repair: str) -> str:
    """The whole source with the place mended, or the mended place alone where the source is long."""
    whole = f"{source[: span.start]}{repair}{source[span.end :]}".strip()
    return whole if fits_a_hint(whole) else repair.strip()


def fits_a_hint(text: str) -> bool:
    """Whether a text is short enough to be pasted, on one line."""
    return len(text) <= ROOM_FOR_A_HINT and "\n" not in text
