"""Layers that come in a folder or an archive: File Geodatabases, and Shapefiles or Geodatabases zipped."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from accessgis.base.errors import DataError
from accessgis.base.files import scratch_folder
from accessgis.sources.archives import check_archive
from accessgis.sources.door import regular_file

GEODATABASE, ARCHIVE = ".gdb", ".zip"

Entries = dict[PurePosixPath, zipfile.ZipInfo]

_UTF8_NAMES = 0x800
"""Flag of a zip entry whose name is UTF-8; the names of others are bytes of whoever packed them."""
_TABLE = "a00000001.gdbtable"
"""The table that every Geodatabase has: the list of its tables."""


@contextmanager
def opened(path: Path, *, label: str, endings: Iterable[str], layer: str | None) -> Iterator[tuple[Path, str | None]]:
    """Yield the file or Geodatabase to open, unpacked where it comes zipped, and the layer to take of it.

    Parameters
    ----------
    path
        A file, a ``.gdb`` folder, or a ``.zip`` with Shapefiles or one Geodatabase.
    label
        Path for messages.
    endings
        Endings allowed.
    layer
        Layer wanted; in an archive of several Shapefiles, the name of one.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3007 a folder that is no Geodatabase, AG3065 nothing to read in the archive, AG3009 it has
        several layers, and those of :func:`accessgis.sources.archives.check_archive`.
    """
    if path.suffix.lower() == GEODATABASE:
        yield geodatabase(path, label=label), layer
        return
    source = regular_file(path, label=label, endings=endings)
    if source.suffix.lower() != ARCHIVE:
        yield source, layer
        return
    with scratch_folder() as folder:
        yield _unpacked(source, folder, label=label, layer=layer)


def geodatabase(path: Path, *, label: str) -> Path:
    """Return the absolute path of a File Geodatabase: a folder with its tables and nothing that leads elsewhere.

    Raises
    ------
    DataError
        AG3002 no such folder, AG3007 no Geodatabase.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise DataError("AG3002", file=label)
    if not (folder / _TABLE).is_file() or any(entry.is_symlink() or entry.is_dir() for entry in folder.iterdir()):
        raise DataError("AG3007", file=label, driver="File Geodatabase")
    return folder


def _unpacked(source: Path, folder: Path, *, label: str, layer: str | None) -> tuple[Path, str | None]:
    check_archive(source, label=label)
    with zipfile.ZipFile(source) as archive:
        entries = {_name(entry): entry for entry in archive.infolist() if not entry.is_dir()}
        tables = [name for name in entries if name.name == _TABLE and name.parent.suffix.lower() == GEODATABASE]
        if len(tables) == 1:
            return _geodatabase_of(archive, entries, tables[0].parent, folder), layer
        return _shapefile_of(archive, entries, folder, label=label, layer=layer), None


def _name(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Return the name of a packed file: without the flag of UTF-8 it is GBK, as Chinese Windows packs, if it can be."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAMES:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = entry.filename
    return PurePosixPath(name.replace("\\", "/"))


def _shapefile_of(archive: zipfile.ZipFile, entries: Entries, folder: Path, *, label: str, layer: str | None) -> Path:
    """Unpack one Shapefile under a name of our own: names in an archive are never used as paths."""
    shapes = sorted(name for name in entries if name.suffix.lower() == ".shp" and name.parts[0] != "__MACOSX")
    if not shapes:
        raise DataError("AG3065", file=label)
    names = ", ".join(name.stem for name in shapes)
    chosen = [name for name in shapes if layer in (None, name.stem)]
    if len(chosen) != 1:
        raise DataError("AG3009", file=label, layers=names)
    one = chosen[0]
    for name, entry in entries.items():
        if name.parent == one.parent and name.stem == one.stem and name.suffix:
            _copy(archive, entry, folder / f"layer{name.suffix.lower()}")
    return folder / "layer.shp"


def _geodatabase_of(archive: zipfile.ZipFile, entries: Entries, inner: PurePosixPath, folder: Path) -> Path:
    target = folder / "layers.gdb"
    target.mkdir()
    for name, entry in entries.items():
        if name.parent == inner:
            _copy(archive, entry, target / PurePosixPath(name.name).name)
    return target


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    with archive.open(entry) as packed, target.open("wb") as stream:
        while chunk := packed.read(1 << 20):
            stream.write(chunk)
