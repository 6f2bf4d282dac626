"""The command line: parse, call, render. Heavy modules are imported by the commands that need them."""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from accessgis import __version__
from accessgis.base.errors import AccessGISError, Language, UsageError
from accessgis.cli import (
    assess,
    batch,
    demo,
    generate,
    kinds,
    locate,
    monitor,
    network,
    pack,
    scenario,
    site,
    standards,
    study,
    study_new,
)
from accessgis.cli.options import emit_json, error_document

INTERRUPTED = 130

app = typer.Typer(
    name="accessgis",
    help="Who in a county can reach a public service in time, and where a published standard fails.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (assess, demo, kinds, locate, monitor, pack, scenario, site):
    command.register(app)
app.add_typer(batch.app, name="batch")
app.add_typer(standards.app, name="standards")
app.add_typer(generate.app, name="generate")
app.add_typer(network.app, name="network")
app.add_typer(scenario.app, name="scenario")
study_new.register(study.app)
app.add_typer(study.app, name="study")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"accessgis {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Name the options that stand before any command."""


@cache
def _command() -> Callable[..., object]:
    """Return what typer makes of the app; it would be made anew for every call."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: never a traceback without ``--debug``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    as_json, debug = "--json" in arguments, "--debug" in arguments
    try:
        code = _command()(list(arguments), standalone_mode=False, prog_name="accessgis")
    except AccessGISError as error:
        if debug:
            traceback.print_exc()
        return _report(error, as_json=as_json, lang=_language(arguments))
    except TyperException as error:
        wrong = UsageError("AG2200", detail=error.format_message().rstrip("."))
        return _report(wrong, as_json=as_json, lang=_language(arguments))
    except (KeyboardInterrupt, Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last line of defence: one sentence instead of a traceback
        if debug:
            traceback.print_exc()
        unexpected = AccessGISError("AG1000", kind=type(error).__name__, detail=str(error)[:300])
        return _report(unexpected, as_json=as_json, lang=_language(arguments))
    return code if isinstance(code, int) else 0


def _language(arguments: Sequence[str]) -> Language:
    given = [argument.removeprefix("--lang=") for argument in arguments if argument.startswith("--lang=")]
    given += [after for before, after in itertools.pairwise(arguments) if before == "--lang"]
    return "en" if given and given[-1] == "en" else "zh"


def _report(error: AccessGISError, *, as_json: bool, lang: Language) -> int:
    if as_json:
        emit_json(error_document(error, lang))
    print(f"{error.code} {error.message(lang)}{_where(error, lang)}", file=sys.stderr)
    print(error.fix(lang), file=sys.stderr)
    return error.exit_code


def _where(error: AccessGISError, lang: Language) -> str:
    """Return the parts of the place that the sentence does not name itself, in brackets."""
    said, place = error.message(lang), error.place
    row = "" if str(place.row) in said else place.row_words(lang)
    parts = [part for part in (place.file, place.layer, place.key) if part and part not in said]
    where = " · ".join([*parts, row] if row else parts)
    return "" if not where else f"（{where}）" if lang == "zh" else f" ({where})"


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))
