"""A Typer command that takes variables, which no declaration could foresee, and says its errors with their places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from gradcli.cli import help
from gradcli.cli.argv import Argv, read_words
from gradcli.cli.mistyped_options import from_typer, mistyped_option, repair
from gradcli.message import GradcliError


class Question(TyperCommand):
    """One command. Its words are read by Typer once the variables among them are written as --let."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises GradcliError with its place in the command line."""
        options = [param for param in self.get_params(ctx) if isinstance(param, TyperOption)]
        declared = {flag: option for option in options for flag in (*option.opts, *option.secondary_opts)}
        argv = Argv(self.name or "", tuple(args), declared)
        argv = ctx.meta["argv"] = replace(argv, arguments=read_words(argv))
        in_sight = argv.expression is not None and argv.expression != "-" and not argv.expression.startswith("@")
        mistyped = mistyped_option(argv) if in_sight else None
        if mistyped is not None:  # before the libraries that would find out
            raise mistyped
        try:
            return super().parse_args(ctx, argv.for_typer)
        except typer.TyperException as error:
            raise from_typer(error, argv, (self.epilog or "").partition("\n")[0]) from None
        except GradcliError as error:
            raise repair(error, argv) from None

    def invoke(self, ctx: Any) -> Any:
        """The question, with a name in its error repaired where the command line shows what was meant."""
        try:
            return super().invoke(ctx)
        except GradcliError as error:
            raise repair(error, ctx.meta["argv"]) from None

    def get_help(self, ctx: Any) -> str:
        """Ours, for Typer's speaks English and counts a wide character as one column."""
        return help.page(self, self.get_params(ctx), ctx.obj)
