"""argv -> question -> answer on stdout, and an exit status. Knows flags, files and streams; no tensor, no formula."""

TYPE_CHECKING = False  # as in gradcli itself
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """The console entry. A Ctrl-C is answered from the first import on."""
    try:
        from gradcli.cli.entry import main as enter
    except KeyboardInterrupt:
        import os

        os.write(2, b"gradcli: interrupted\n")
        os._exit(130)
    enter()


__all__ = ["main"]
