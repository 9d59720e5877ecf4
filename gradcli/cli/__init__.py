"""argv -> question -> answer on stdout, and an exit status. Knows flags, files and streams; no tensor, no formula."""

from gradcli.cli.entry import main

__all__ = ["main"]
