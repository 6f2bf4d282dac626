"""Whether the result of a county still stands: made of the same inputs, with the same options, by the same versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accessgis.base.files import content_key, sha256
from accessgis.sources.versions import library_versions

MARK = "batch.json"
"""File of a county's folder that holds its key."""
SCHEMA = "accessgis.batch-county/1"


def key_of(folder: Path, inputs: Iterable[tuple[str, str]], options: Mapping[str, Any]) -> str | None:
    """Return the key of a result; None where an input is no file, so that nobody can tell whether it changed.

    Parameters
    ----------
    folder
        Folder of the study file.
    inputs
        Path, relative to ``folder``, and hash of every input, the study file among them.
    options
        What else the result depends on.
    """
    known = dict(inputs)
    for name in tuple(known):
        path = folder / name
        if not path.exists():
            return None
        if path.is_file():
            known |= {f"{name} + {other.name}": sha256(other) for other in _beside(path)}
    content = {"inputs": known, "options": dict(options), "versions": library_versions()}
    return content_key(SCHEMA + json.dumps(content, ensure_ascii=False, sort_keys=True))


def _beside(path: Path) -> list[Path]:
    """Return the files that belong to one of several files: .dbf, .prj and .cpg beside .shp, .aux.xml beside .tif."""
    return sorted(
        other
        for other in path.parent.iterdir()
        if other != path and other.is_file() and other.name.startswith((f"{path.stem}.", f"{path.name}-"))
    )


def mark(key: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written beside a result; without a key it is made anew by every run."""
    return {"schema": SCHEMA, "key": key, "options": dict(options)}


def still_stands(target: Path, folder: Path, options: Mapping[str, Any]) -> bool:
    """Return whether a county's folder is whole and made of what stands there now.

    Parameters
    ----------
    target
        Folder of the result.
    folder
        Folder of the study file.
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
        now = key_of(folder, [(name, sha256(folder / name)) for name in names], options)
        return now is not None and bool(marked["key"] == now)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # absent, cut short, or not ours
        return False
