"""Packaged and user TOML, hashing, atomic writes, caches: the only code that does these.

User data layers are opened in ``accessgis.sources`` alone.
"""

from __future__ import annotations

import ctypes
import glob
import hashlib
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from accessgis.base.errors import AccessGISError, DataError, UsageError
from accessgis.base.toml_faults import fault, shown

fcntl: Any = import_module("fcntl") if os.name == "posix" else None
MAX_TOML_BYTES = 1_000_000
MAX_CACHE_BYTES = 4_000_000_000
LAYER_FOLDERS = (".gdb",)
"""Folders that are one input: File Geodatabases."""
_CHUNK = 1 << 20
_CONTENTS = "contents"
"""Name of the array that says what else a file of arrays holds."""
_ASIDE = ".old"
_STALE_S = 86_400
_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux."""


def packaged_toml(package: str, name: str) -> dict[str, Any]:
    """Return a TOML file shipped in ``package`` (``"accessgis.network.data"``, ``"profiles.toml"``)."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))


def user_toml(path: Path) -> dict[str, Any]:
    """Read a user's TOML file: UTF-8 with or without BOM, at most 1 MB.

    Raises
    ------
    UsageError
        AG2001 not found, AG2002 too large, AG2003 not UTF-8, AG2004 not TOML, AG2009 nested too deeply,
        AG2012 a full-width mark, AG2013 a backslash in double quotes.
    """
    if not path.is_file():
        raise UsageError("AG2001", file=str(path))
    if path.stat().st_size > MAX_TOML_BYTES:
        raise UsageError("AG2002", file=path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("AG2003", file=path.name) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path.name, text, str(error)) from error
    except RecursionError as error:
        raise UsageError("AG2009", file=path.name) from error


def _not_toml(name: str, text: str, reason: str) -> UsageError:
    """Say where a text stops being TOML, show the line, and name the mark that does not belong there."""
    found = fault(text, reason)
    if found.mark:
        return UsageError(
            "AG2012", file=name, row=found.row, column=found.column, mark=found.mark, meant=found.meant, text=found.line
        )
    if found.backslash:
        return UsageError("AG2013", file=name, row=found.row, column=found.column, text=found.line)
    return UsageError(
        "AG2004", file=name, row=found.row, column=found.column, text=found.line,
        detail_en=found.detail_en, detail_zh=found.detail_zh,
    )  # fmt: skip


def confined(base: Path, text: str, *, key: str, file: str | None = None, allow_outside: bool = False) -> Path:
    """Resolve a path of a study file: an existing regular file, or a Geodatabase, inside the study's folder.

    Parameters
    ----------
    base
        Folder of the study file.
    text
        Path as written, relative to ``base``.
    key
        Where it is written, for the message.
    file
        The study file, for the message.
    allow_outside
        Whether it may lie outside ``base``.

    Raises
    ------
    UsageError
        AG2010 control character in the path, AG2011 outside the study's folder.
    DataError
        AG3001 no such file.
    """
    if any(ord(char) < 32 for char in text) or not text:
        raise UsageError("AG2010", file=file, key=key)
    root = base.resolve()
    try:
        path = (root / text).resolve()
        there = path.is_file() or (path.is_dir() and path.suffix.lower() in LAYER_FOLDERS)
    except (OSError, RuntimeError) as error:  # a name too long; links in a circle
        raise DataError("AG3001", file=shown(text), key=key) from error
    if not allow_outside and not path.is_relative_to(root):
        raise UsageError("AG2011", file=file, key=key, path=shown(text))
    if not there:
        raise DataError("AG3001", file=shown(text), key=key)
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text; of a folder, that of its files' names and contents."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir(), key=lambda file: file.name):
            if file.is_file() and file.suffix.lower() != ".lock":  # left by programs that have it open
                digest.update(f"{file.name}\0{sha256(file)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return the user's cache folder of accessgis; deletable at any time."""
    return Path(platformdirs.user_cache_dir("accessgis"))


def content_key(form: str, *arrays: NDArray[Any]) -> str:
    """Return the SHA-256 of what something is made of, as hexadecimal text.

    Parameters
    ----------
    form
        What is made, and the version of its making.
    arrays
        Everything it is made of; types and shapes count too.
    """
    digest = hashlib.sha256(form.encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def cached_arrays(folder: Path, key: str, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return arrays kept under a key, or make and keep them.

    A file that is damaged, or that cannot be read or written, is as if it were not there: the arrays are made anew.
    Files are written aside and put in place in one step, so that several programs may do so at once. The files used
    longest ago go when the folder holds more than ``MAX_CACHE_BYTES``.
    """
    path = folder / f"{key}.npz"
    try:
        arrays = _kept(path, key)
    except Exception:  # noqa: BLE001 (a damaged archive makes zipfile and numpy raise almost anything)
        arrays = make()
        with suppress(OSError):
            _keep(path, key, arrays)
    return arrays


def _kept(path: Path, key: str) -> dict[str, NDArray[Any]]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    if arrays.pop(_CONTENTS).tolist() != [key, *arrays]:  # checksums guard the arrays, not their list
        raise KeyError(key)
    with suppress(OSError):  # a folder that may only be read
        os.utime(path)
    return arrays


def _keep(path: Path, key: str, arrays: dict[str, NDArray[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays, **{_CONTENTS: np.array([key, *arrays])})  # type: ignore[arg-type]
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    kept = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    total = 0
    for file in kept:
        total += file.stat().st_size
        if total > MAX_CACHE_BYTES and file != path:
            file.unlink(missing_ok=True)
    for left in path.parent.glob(".*.*"):  # of killed programs
        if time.time() - left.stat().st_mtime > _STALE_S:
            left.unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="accessgis-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def write_text(target: Path, text: str) -> None:
    """Write a text file in UTF-8 whole or not at all; an earlier one is replaced.

    Raises
    ------
    AccessGISError
        AG1001 it cannot be written.
    """
    write_bytes(target, text.encode("utf-8"))


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file whole or not at all; an earlier one is replaced.

    Raises
    ------
    AccessGISError
        AG1001 it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.tmp-", dir=target.parent) as folder:
            fresh = Path(folder) / target.name
            fresh.write_bytes(content)
            fresh.replace(target)
    except OSError as error:
        raise AccessGISError("AG1001", file=str(target), detail=error.strerror or str(error)) from error


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Write a result folder whole or not at all.

    Yields a new folder beside ``target``; on success it takes the place of ``target``, on any error it is removed and
    what stood there stays. A ``target`` that holds anything but an earlier result of ours is refused.

    Raises
    ------
    UsageError
        AG2020 the target is a file, or a folder that is neither empty nor an earlier result (no ``manifest.json``).
    AccessGISError
        AG1001 the folder cannot be written.
    """
    if target.exists() and (
        not target.is_dir() or (any(target.iterdir()) and not (target / "manifest.json").is_file())
    ):
        raise UsageError("AG2020", file=str(target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.tmp-", dir=target.parent))
    except OSError as error:
        raise AccessGISError("AG1001", file=str(target), detail=error.strerror or str(error)) from error
    held = _hold(fresh)
    try:
        yield fresh
        _flush(fresh)
        fresh.chmod(0o755)
        _put_in_place(fresh, target)
    except OSError as error:
        raise AccessGISError("AG1001", file=str(target), detail=error.strerror or str(error)) from error
    finally:
        _remove(fresh)
        if held is not None:
            os.close(held)


def new_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files that are not there yet into a folder: all of them, or none.

    Parameters
    ----------
    folder
        Made where it is absent.
    contents
        Name → content; the last one is put in place last.

    Raises
    ------
    UsageError
        AG2021 a file of such a name is there already.
    AccessGISError
        AG1001 the folder cannot be written.
    """
    for name in contents:
        if (folder / name).exists() or (folder / name).is_symlink():
            raise UsageError("AG2021", file=str(folder / name))
    aside: list[Path] = []
    placed: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            aside.append(Path(temporary))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            aside[-1].chmod(0o644)
        for name, path in zip(contents, tuple(aside), strict=True):
            path.rename(folder / name)
            placed.append(folder / name)
    except BaseException as error:
        for left in (*placed, *aside):
            left.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise AccessGISError("AG1001", file=str(folder), detail=error.strerror or str(error)) from error
        raise


def _put_in_place(fresh: Path, target: Path) -> None:
    """Let a finished folder take the place of the earlier one: at every moment one of the two stands there.

    Where the system cannot exchange two folders in one step, the earlier one is aside for an instant, and
    :func:`_sweep` brings it back should the program be killed in it.
    """
    if target.exists() and _exchange(fresh, target):
        return  # the earlier result now stands under the temporary name, and goes with it
    old = fresh.with_name(fresh.name + _ASIDE)
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:  # an interruption too must not take the earlier result
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    _remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; return False where the system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _sweep(target: Path) -> None:
    """Remove what killed runs left beside ``target``, and bring back an earlier result that one had put aside."""
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.tmp-*"), reverse=True):
        fresh = left.with_name(left.name.removesuffix(_ASIDE))
        if fresh.exists() and _in_use(fresh):
            continue
        if left.name.endswith(_ASIDE) and not target.exists():
            left.rename(target)
        else:
            _remove(left)


def _hold(folder: Path) -> int | None:
    """Mark a folder as in use until this process ends, however it ends; None where that cannot be marked."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _in_use(folder: Path) -> bool:
    """Return whether a running program writes a folder; where nobody can tell, one of the last day counts as such."""
    try:
        if fcntl is None:
            return time.time() - folder.stat().st_mtime < _STALE_S
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Bring every file to the disk; what cannot be written after all is said here, not after a failure of power."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
