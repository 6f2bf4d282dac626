"""Whether the result of a county still stands: made of the same inputs, with the same options, by the same versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from accessgis.base.files import content_key, sha256
from accessgis.sources.versions import library_versions
from accessgis.study.layers import named_files
from accessgis.study.model import Study

MARK = "batch.json"
"""File of a county's folder that holds its key."""
SCHEMA = "accessgis.batch-county/1"


def key_of(study: Study, inputs: Mapping[str, str], options: Mapping[str, Any]) -> str | None:
    """Return the key of a result; None where an input is no file, so that nobody can tell whether it changed.

    Parameters
    ----------
    study
        The study.
    inputs
        Hash of every input as it was read, by its path relative to the study file, the study file among them.
    options
        What else the result depends on.
    """
    folder, known = study.path.parent, dict(inputs)
    for name in {*inputs, *named_files(study).values(), *study.file.standards.files}:
        path = folder / name
        if not path.exists():
            return None
        known.setdefault(name, sha256(path))
        if path.is_file():
            known |= {f"{name} + {other.name}": sha256(other) for other in beside(path)}
    content = {"inputs": known, "options": dict(options), "versions": library_versions()}
    return content_key(SCHEMA + json.dumps(content, ensure_ascii=False, sort_keys=True))


def beside(path: Path) -> list[Path]:
    """Return the files that belong to one of several files: .dbf, .prj and .cpg beside .shp, .aux.xml beside .tif."""
    return sorted(
        other
        for other in path.parent.iterdir()
        if other != path and other.is_file() and other.name.startswith((f"{path.stem}.", f"{path.name}-"))
    )


def mark(key: str | None, options: Mapping[str, Any], applied: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Return what is written beside a result; without a key it is made anew by every run.

    ``applied`` tells by scenario which of its changes are about the county.
    """
    return {"schema": SCHEMA, "key": key, "options": dict(options), "applied": dict(applied)}


def applied_in(target: Path) -> dict[str, list[int]]:
    """Return by scenario the changes that are about a county whose result still stands."""
    marked = json.loads((target / MARK).read_text(encoding="utf-8"))
    return {str(name): [int(number) for number in numbers] for name, numbers in marked["applied"].items()}


def still_stands(target: Path, study: Study, options: Mapping[str, Any]) -> bool:
    """Return whether a county's folder is whole and made of what stands there now.

    Parameters
    ----------
    target
        Folder of the result.
    study
        The study as it is now.
    options
        As for :func:`key_of`.
    """
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        marked = json.loads((target / MARK).read_text(encoding="utf-8"))
        outputs: dict[str, str] = manifest["outputs"]
        if not outputs or any(sha256(target / name) != digest for name, digest in outputs.items()):
            return False
        names = [str(record["path"]) for record in manifest["inputs"]]
        now = key_of(study, {name: sha256(study.path.parent / name) for name in names}, options)
        return now is not None and bool(marked["key"] == now)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # absent, cut short, or not ours
        return False
