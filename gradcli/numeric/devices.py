"""Where PyTorch can compute."""

from __future__ import annotations

import torch

from gradcli.message import N_, fault, message


def refuse_missing(device: str) -> None:
    """Raises GradcliError (option) where PyTorch has no such device; nothing has been computed yet."""
    if device == "cpu" or torch.cuda.is_available():
        return
    built = N_("this PyTorch is built without CUDA") if torch.version.cuda is None else N_("it finds no device")
    raise fault(
        "option",
        N_("PyTorch cannot compute on {device} here: {reason}"),
        hint=N_("leave --device out to compute on the processor"),
        device=device,
        reason=message(built),
    )
