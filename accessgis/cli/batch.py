"""``accessgis batch run``: assess many counties, on this machine or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    DatabaseOption,
    DebugOption,
    JsonOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    emit_json,
    language,
    progress_on_stderr,
)

if TYPE_CHECKING:
    from accessgis.batch.run import Batch, Progress

app = typer.Typer(no_args_is_help=True, help="Many counties at once.")
FAILED = 1
_RUNNING_SHOWN = 4
_STATES = {"done": ("完成", "done"), "kept": ("沿用", "kept"), "failed": ("未完成", "failed")}


@app.callback()
def _group() -> None:
    """Assess many counties at once."""


@app.command("run")
def run(
    counties: Annotated[
        str,
        typer.Argument(
            metavar="LIST_OR_DIR",
            help="province.toml, or a folder with study.toml files; also in object storage (s3://bucket/folder).",
            show_default=False,
        ),
    ],
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="A Dask scheduler of yours.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            help="Workers on this machine; 0: none, one county after another.",
            show_default="one per processor",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep results that are whole and made of the same inputs and versions.")
    ] = False,
    scenario: Annotated[
        list[Path] | None,
        typer.Option(
            "--scenario", metavar="FILE", help="A scenario for all counties; may be given again.", show_default=False
        ),
    ] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="Write all that assess leaves per county, not only figures and map.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", help="Folder for the results, also in object storage (default: out in DIR).", show_default=False
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="postgresql://HOST/DATABASE?schema=PREFIX",
            help="Store every county's result in PostGIS too, in the schema PREFIX_CODE.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    allow_outside: OutsideOption = False,
    allow_database: DatabaseOption = None,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Assess many counties: a folder for each, one long table for all, and a list of those that failed (exit 1).

    Example: accessgis batch run ./province --workers 8 --resume
    """
    limit_drivers()
    from accessgis.batch.county import Options
    from accessgis.batch.run import batch_run
    from accessgis.batch.storage import results_place
    from accessgis.batch.whatif import read_whatifs

    target = results_place(counties, out, name="out")
    options = Options(
        lang=language(lang),
        documents=documents,
        scenarios=read_whatifs(scenario or ()),
        allow_outside=allow_outside,
        allow_database=tuple(allow_database or ()),
        to=to or "",
    )
    with _watched(quiet=quiet or as_json, lang=lang) as progress:
        batch = batch_run(
            counties, target, scheduler=scheduler, workers=workers, resume=resume, options=options, start=limit_drivers,
            progress=progress,
        )  # fmt: skip
    if as_json:
        emit_json(_document(batch))
    else:
        _show(batch, lang)
    if batch.failures:
        raise typer.Exit(FAILED)


@contextmanager
def _watched(*, quiet: bool, lang: Lang) -> Iterator[Callable[[Progress], None]]:
    """Say on stderr how far the whole is and what is being done for which county; each that ends has its line."""
    with progress_on_stderr(quiet=quiet) as status:

        def watch(state: Progress) -> None:
            shown = [f"{code} {step}".strip() for code, step in sorted(state.running.items())]
            rest = f" … +{len(shown) - _RUNNING_SHOWN}" if len(shown) > _RUNNING_SHOWN else ""
            status(f"{state.done}/{state.total} · {' · '.join(shown[:_RUNNING_SHOWN])}{rest}")
            if state.ended is not None and not quiet:
                word = _STATES[state.ended.state][0 if lang is Lang.zh else 1]
                said = f" {state.ended.error} {state.ended.said(language(lang))}" if state.ended.error else ""
                line = f"{state.done}/{state.total} {state.ended.code} {state.ended.name} {word}{said}"
                typer.echo(line, err=True)

        yield watch


def _document(batch: Batch) -> dict[str, Any]:
    outcomes = [
        {"code": item.code, "name": item.name, "study": item.study, "state": item.state, "error": item.error or None,
         "message": {"zh": item.zh, "en": item.en} if item.error else None}
        for item in batch.outcomes
    ]  # fmt: skip
    return {"out": batch.address or str(batch.out), "counties": outcomes}


def _show(batch: Batch, lang: Lang) -> None:
    """Print how many counties are done, which failed and why, and where the table is."""
    chinese = lang is Lang.zh
    states: list[str] = [item.state for item in batch.outcomes]
    counts = [f"{_STATES[state][0 if chinese else 1]} {states.count(state)}" for state in _STATES]
    typer.echo(
        f"{len(states)} 个县：{'，'.join(counts)}" if chinese else f"{len(states)} counties: {', '.join(counts)}"
    )
    for item in batch.failures:
        typer.echo(f"  {item.code} {item.name}: {item.error} {item.said(language(lang))}")
    typer.echo(f"{'结果' if chinese else 'Results'}: {_at(batch, 'results.parquet')}")
    if batch.failures:
        typer.echo(f"{'未完成的县' if chinese else 'Failures'}: {_at(batch, 'failures.csv')}")


def _at(batch: Batch, name: str) -> str:
    """Return where a table of the batch stands for its user: not in the copy of this machine."""
    return f"{batch.address}/{name}" if batch.address else str(batch.out / name)
