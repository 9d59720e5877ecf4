"""Parts of an answer -> a picture file. The only room that knows matplotlib, which may be missing."""

from gradcli.figure.picture import ready, save

__all__ = ["ready", "save"]
