"""``accessgis scenario run`` and ``accessgis compare``: what changes, and who gains and loses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accessgis.cli.assess import EvidenceOption, Look, OutOption, StyleOption
from accessgis.cli.drivers import limit_drivers
from accessgis.cli.options import (
    CrosswalkOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    Lang,
    LangOption,
    OutsideOption,
    QuietOption,
    Sharing,
    emit_json,
    language,
    progress_on_stderr,
)

app = typer.Typer(no_args_is_help=True, help="What-if: a study with changes.")


@app.callback()
def _group() -> None:
    """Run scenarios."""


@app.command("run")
def run(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO.toml", help="The scenario file.", show_default=False)],
    out: OutOption = None,
    evidence: EvidenceOption = False,
    style: StyleOption = Look.official,
    sharing: Annotated[
        Sharing | None,
        typer.Option(
            "--sharing",
            help="Facilities across the county line count as each rule has it (neighbours), or not at all (none); "
            "by default as the scenario says.",
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
    """Apply changes to a study, judge it, and compare it with what it is today.

    Example: accessgis scenario run two-clinics.toml --out result
    """
    limit_drivers()
    from accessgis.decide.scenario import read_scenario, run_scenario
    from accessgis.report.compared import scenario_compared
    from accessgis.report.comparison_docx import comparison_docx
    from accessgis.report.comparison_files import comparison_workbook
    from accessgis.report.comparison_page import comparison_page
    from accessgis.report.comparison_view import comparison_document, scenario_head, scenario_view
    from accessgis.report.tables import document
    from accessgis.report.write import write

    checked = read_scenario(scenario, allow_outside=allow_outside, allow_database=tuple(allow_database or ()))
    target = out if out is not None else scenario.parent / f"{scenario.stem}-out"
    with progress_on_stderr(quiet=quiet or as_json) as progress:
        asked = sharing.value if sharing else checked.file.scenario.sharing
        result = run_scenario(checked, sharing=asked, evidence=evidence, progress=progress)
        progress("writing")
        comparison = comparison_document(result.comparison, head=scenario_head(checked, result.steps))
        view = scenario_view(checked, result, lang=language(lang))
        compared = scenario_compared(checked, result, view, lang=language(lang))
        beside = {
            "baseline/assessment.json": document(result.before),
            "comparison.json": comparison,
            "compare.html": comparison_page(compared, lang=language(lang)),
            "compare.docx": comparison_docx(compared, lang=language(lang), style=style.value),
            "compare.xlsx": comparison_workbook(compared, lang=language(lang)),
        }
        write(result.after, target, lang=language(lang), beside=beside, style=style.value)
    if as_json:
        emit_json(comparison)
        return
    from rich.console import Console

    from accessgis.report.terminal import print_comparison

    console = Console()
    print_comparison(view, console=console, lang=language(lang))
    for name in ("compare.html", "map.html"):
        console.print(str(target / name), markup=False, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add ``compare``."""
    app.command("compare")(compare)


CompareOutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for page, document, workbook and JSON of the comparison.", show_default=False),
]
ResultArgument = Annotated[
    str,
    typer.Argument(help="A result folder, or postgresql://HOST/DATABASE?schema=NAME.", show_default=False),
]


def compare(
    before: ResultArgument,
    after: ResultArgument,
    crosswalk: CrosswalkOption = None,
    out: CompareOutOption = None,
    style: StyleOption = Look.official,
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Compare two results: which figures and verdicts changed, and where.

    Example: accessgis compare out-2024 out-2025 --crosswalk crosswalk.csv --out change
    """
    from accessgis.report.comparison_view import compared_folders, comparison_document, folders_view
    from accessgis.report.kept_result import kept_result
    from accessgis.sources.crosswalk import read_crosswalk

    kept = kept_result(before), kept_result(after)
    one, other = kept[0].told, kept[1].told
    table = compared_folders(one, other, crosswalk=None if crosswalk is None else read_crosswalk(crosswalk).value)
    document = comparison_document(table, head={"before": one["study"], "after": other["study"]})
    view = folders_view(one, other, table, lang=language(lang))
    if out is not None:
        from accessgis.report.compared import results_compared
        from accessgis.report.comparison_files import write_comparison

        compared = results_compared(*kept, table, view)
        inputs = {"before": kept[0].sha256, "after": kept[1].sha256}
        write_comparison(compared, out, document=document, inputs=inputs, lang=language(lang), style=style.value)
    if as_json:
        emit_json(document)
        return
    from rich.console import Console

    from accessgis.report.terminal import print_comparison

    console = Console()
    print_comparison(view, console=console, lang=language(lang))
    if out is not None:
        console.print(str(out / "compare.html"), markup=False, highlight=False, soft_wrap=True)
