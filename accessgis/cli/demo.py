"""``accessgis demo``: write the bundled study to a folder and assess it."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from accessgis.base.errors import AccessGISError, UsageError
from accessgis.cli.assess import run_assessment, show
from accessgis.cli.options import DebugOption, JsonOption, Lang, LangOption, QuietOption

FolderArgument = Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write the demo to.")]
STUDY = "study.toml"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: FolderArgument = Path("accessgis-demo"),
    as_json: JsonOption = False,
    lang: LangOption = Lang.zh,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001  read before parsing
) -> None:
    """Write the bundled, generated county to DIR and assess it.

    Example: accessgis demo ./accessgis-demo
    """
    from accessgis.study.model import read_study

    source = bundled_study()
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / STUDY).is_file())):
        raise UsageError("AG2211", file=str(folder))
    shutil.copytree(source, folder, dirs_exist_ok=True)
    target = folder / "out"
    result = run_assessment(read_study(folder / STUDY), target, evidence=False, quiet=quiet or as_json, lang=lang)
    show(result, target, as_json=as_json, lang=lang)


def bundled_study() -> Path:
    """Return the folder of the bundled county: inside the installed package, or ``data/`` of a checkout."""
    package = Path(str(resources.files("accessgis")))
    for folder in (package / "_demo", package.parent / "data"):
        if (folder / STUDY).is_file():
            return folder
    raise AccessGISError("AG1002")
