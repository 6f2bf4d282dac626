"""A result as it leaves the office: one zip with what people read, and nothing that names this computer."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from accessgis.base.errors import UsageError
from accessgis.base.files import new_files
from accessgis.report.tables import to_json
from accessgis.sources.database import is_address

READ = (".html", ".docx", ".xlsx", ".csv", ".pdf", ".png", ".svg")
"""Endings of what people read: the map, the report, workbooks and tables, at the top of a result."""
MANIFEST = "manifest.json"
SCHEMA = "accessgis.handover/1"
_DAY = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


def pack(result: Path, target: Path) -> list[str]:
    """Pack a result for handing over, and return what is in it.

    Parameters
    ----------
    result
        Folder that an assessment was written to.
    target
        The zip; one that is there is not overwritten. The same result gives the same bytes.

    Returns
    -------
    list of str
        Names in the zip: map, report, workbooks and tables, and a manifest of them. Layers, evidence, networks, rows of
        people and machine-readable documents stay behind.

    Raises
    ------
    UsageError
        AG2460 no result, AG2461 the manifest is damaged, AG2462 a file names folders of this computer, AG2021 the zip
        is there already.
    """
    whole = _manifest(result)
    contents = {path.name: path.read_bytes() for path in sorted(result.iterdir()) if _goes_out(path)}
    local = [text for text in _paths(whole) if _is_local(text)]
    for name, content in contents.items():
        found = next((text for text in local if _holds(content, text)), None)
        if found:
            raise UsageError("AG2462", file=name, path=found)
    contents[MANIFEST] = to_json(_handed_over(whole, contents)).encode()
    new_files(target.parent, {target.name: _zipped(contents, folder=_folder(whole, result))})
    return list(contents)


def _goes_out(path: Path) -> bool:
    hidden = path.name.startswith((".", "~"))
    return path.is_file() and not path.is_symlink() and not hidden and path.suffix.lower() in READ


def _holds(content: bytes, text: str) -> bool:
    """Return whether a file holds a path: as it is, as pages and scripts write it, or inside an office document."""
    forms = {text, html.escape(text), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    parts = [content]
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = [packed.read(entry) for entry in packed.infolist()]
    return any(form.encode() in part for part in parts for form in forms)


def _manifest(result: Path) -> dict[str, Any]:
    path = result / MANIFEST
    if not path.is_file():
        raise UsageError("AG2460", file=str(result))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("AG2461", file=str(path)) from error
    sorts = {"inputs": list, "outputs": dict, "study": dict}
    if not isinstance(found, dict) or not all(isinstance(found.get(key), sort) for key, sort in sorts.items()):
        raise UsageError("AG2461", file=str(path))
    return found


def _handed_over(whole: dict[str, Any], contents: dict[str, bytes]) -> dict[str, Any]:
    """Return the manifest of what is packed: inputs by name and hash, and which files were edited since."""
    hashes = {name: sha256(content).hexdigest() for name, content in contents.items()}
    inputs = [
        {key: _bare(str(value)) if key == "path" else value for key, value in entry.items()}
        for entry in whole["inputs"]
    ]  # fmt: skip
    return {
        "schema": SCHEMA,
        "study": whole["study"],
        "inputs": inputs,
        "profiles": whole.get("profiles", []),
        "versions": whole.get("versions", {}),
        "outputs": hashes,
        "edited": sorted(name for name, digest in hashes.items() if whole["outputs"].get(name) != digest),
    }


def _paths(whole: dict[str, Any]) -> list[str]:
    return [str(entry.get("path", "")) for entry in whole["inputs"] if isinstance(entry, dict)]


def _is_local(text: str) -> bool:
    """Return whether a path says where on a computer or which server something lies."""
    return PurePosixPath(text).is_absolute() or bool(PureWindowsPath(text).drive) or is_address(text)


def _bare(text: str) -> str:
    if is_address(text):
        return "postgresql"
    return PureWindowsPath(text).name if "\\" in text else PurePosixPath(text).name


def _folder(whole: dict[str, Any], result: Path) -> str:
    """Return the folder in the zip: the study's name, where it can be a name of a folder."""
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "", str(whole["study"].get("name", ""))).strip(" .")
    return name or result.name


def _zipped(contents: dict[str, bytes], *, folder: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=_DAY)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _MODE, 3
            packed.writestr(entry, contents[name], compresslevel=9)
    return stream.getvalue()
