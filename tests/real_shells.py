"""A line and a press of Tab in a real shell -> the words that were offered, and the line after it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

SECONDS = 20.0
READY = {
    "bash": r"""
PS1='' PS2=''; bind 'set bell-style none'; bind 'set completion-query-items -1'; bind 'set page-completions off'
source SCRIPT; probe() { _gradcli "$@"; printf '%s\n' "${COMPREPLY[@]}" >offers; }; complete -o nospace -F probe gradcli
dump() { printf %s "$READLINE_LINE" >line.new; mv line.new line; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\C-g": dump'; bind '"\t": complete'
touch ready
""",
    "zsh": r"""
PS1='' PS2=''; unsetopt beep; setopt no_list_ambiguous; LISTMAX=-1; fpath=(FOLDER $fpath)
autoload -Uz compinit; compinit -u -D
compadd() {
    local -a found; builtin compadd -O found "$@"; print -rl -- $IPREFIX${^found} >>offers; builtin compadd "$@"
}
dump() { print -rn -- "$BUFFER" >line.new; mv line.new line; BUFFER= }
zle -N dump; bindkey '^G' dump; bindkey '^I' complete-word
touch ready
""",
}
COMMAND = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


class Shell:
    """An interactive shell on a terminal of its own, in `folder`."""

    def __init__(self, name: str, script: Path, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.terminal, inner = pty.openpty()
        size = {"TERM": "dumb", "COLUMNS": "100", "LINES": "50", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            COMMAND[name],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=folder,
            env=os.environ | size,
            start_new_session=True,
        )
        os.close(inner)
        setup = folder / "setup"
        setup.write_text(READY[name].replace("SCRIPT", str(script)).replace("FOLDER", str(script.parent)))
        self.press(f". {setup}\n")
        self.wait_for("ready")

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def wait_for(self, name: str) -> str:
        """The text of a file that the shell is about to write."""
        end, said = time.monotonic() + SECONDS, b""
        while not (self.folder / name).exists():
            if select.select([self.terminal], [], [], 0.005)[0]:
                said += os.read(self.terminal, 65536)
            assert time.monotonic() < end, f"{self.name} did not answer: {said.decode(errors='replace')}"
        text = (self.folder / name).read_text()
        (self.folder / name).unlink()
        return text

    def tab(self, line: str) -> tuple[set[str], str]:
        """The words offered for the last word of the line, whole and without blanks behind; and the line after Tab."""
        (self.folder / "offers").unlink(missing_ok=True)
        self.press(line + "\t\x07")
        after = self.wait_for("line")
        offers = self.folder / "offers"
        words = offers.read_text().splitlines() if offers.exists() else []
        return {self._whole(word, line) for word in words if word.strip()}, after

    def _whole(self, word: str, line: str) -> str:
        """What bash replaces begins behind the last mark of the word."""
        before = re.match(r".*[:=]", line.rpartition(" ")[2]) if self.name == "bash" else None
        return (before[0] if before else "") + word.rstrip(" /")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


def fish_offers(script: Path, lines: Sequence[str], folder: Path) -> dict[str, set[str]]:
    """What fish offers for each line: it can be asked without a terminal."""
    program = "source $argv[1]; for line in $argv[2..-1]; echo '== '$line; complete -C $line; end"
    done = subprocess.run(
        ["fish", "--no-config", "-c", program, str(script), *lines],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8"},
        check=True,
    )
    assert done.stderr == ""
    found: dict[str, set[str]] = {}
    for said in done.stdout.splitlines():
        if said.startswith("== "):
            offers = found.setdefault(said.removeprefix("== "), set())
        else:
            offers.add(said.partition("\t")[0].rstrip("/"))
    return found
