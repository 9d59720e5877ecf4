"""What is installed -> the sentence about a library that is missing, too old, too new or broken. Looked at only when
something has gone wrong; knows no library by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata

from gradcli.message import N_, GradcliError, fault

_NAMED = re.compile(r"\s*([\w.-]+)\s*([^;]*)")
_BOUND = re.compile(r"(>=|<)\s*([\d.]+)")


def unmet_requirement() -> GradcliError | None:
    """The complaint about the first library that gradcli needs and does not have in a version that it knows."""
    for name, wanted in _requirements():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            return _missing(name + wanted)
        if not all(_is_within(installed, *bound) for bound in _BOUND.findall(wanted)):
            return _needs(N_("gradcli needs {wanted}, and {installed} is installed"), name + wanted, installed)
    return None


def unloadable_library(error: ImportError) -> GradcliError | None:
    """The complaint about a library that cannot be imported; None where it is a module of our own."""
    package = (error.name or "").partition(".")[0]
    if package == "gradcli":
        return None
    wanted = next((name + bounds for name, bounds in _requirements() if name == package), package)
    if isinstance(error, ModuleNotFoundError) and package:
        return _missing(wanted)
    return fault(
        "install", N_("a library that gradcli needs cannot be loaded: {reason}"), reason=" ".join(str(error).split())
    )


def _missing(wanted: str) -> GradcliError:
    return _needs(N_("gradcli needs {wanted}, which is not installed"), wanted)


def _needs(sentence: str, wanted: str, installed: str = "") -> GradcliError:
    return fault("install", sentence, hint=N_('python -m pip install "{wanted}"'), wanted=wanted, installed=installed)


def _requirements() -> Iterator[tuple[str, str]]:
    """Each library with the bounds of its version, as gradcli was installed with; none where it runs uninstalled."""
    try:
        declared = metadata.requires("gradcli") or ()
    except metadata.PackageNotFoundError:
        return
    for line in declared:
        if "extra ==" not in line and (match := _NAMED.match(line)) is not None:
            yield match[1], match[2].strip()


def _is_within(installed: str, relation: str, bound: str) -> bool:
    ours, theirs = _numbers(installed), _numbers(bound)
    return ours >= theirs if relation == ">=" else ours < theirs


def _numbers(version: str) -> tuple[int, ...]:
    """`2.13.0+cpu` is (2, 13, 0)."""
    return tuple(int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part)  # type: ignore[index]
