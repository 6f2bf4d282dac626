"""Object storage through fsspec: what a batch reads is copied to this machine, what it leaves is sent back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from accessgis.base.errors import AccessGISError, UsageError
from accessgis.base.files import cache_folder, content_key, write_text

_ADDRESS = re.compile(r"[a-z][a-z0-9+.:-]+://.")
_SIGNED_IN = re.compile(r"(?<=://)[^/@\s]*@")
_STATED = re.compile(r"([?&][^=&\s]*)=[^&\s'\")]*")
_KNOWN = ".fetched.json"
_LAST = "manifest.json"
"""File that says a folder is whole: taken away before anything of it changes, and sent after all else."""


def is_address(text: str | Path) -> bool:
    """Return whether a text names a place in object storage (``s3://bucket/folder``) and no path of this machine."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def without_secrets(text: str) -> str:
    """Return a text without who signs in, and without what is stated behind ``?`` of addresses in it."""
    return _STATED.sub(r"\1=…", _SIGNED_IN.sub("", text))


@dataclass(frozen=True, eq=False, kw_only=True)
class Storage:
    """A folder in object storage, and its copy on this machine.

    Attributes
    ----------
    address
        The folder as the user wrote it, without a password.
    local
        The copy, in the user's cache folder: one of what is read, another of what is written there.
    """

    address: str
    local: Path
    _system: Any
    _root: str

    def fetch(self, *, progress: Callable[[str], None] = lambda _: None) -> Path:
        """Make the copy equal to what is stored: what changed is read anew, what is gone is removed.

        Raises
        ------
        AccessGISError
            AG1507 it cannot be read.
        UsageError
            AG2524 there is nothing, AG2525 a name that leads out of the folder.
        """
        found = self._listed()
        if not found:
            raise UsageError("AG2524", value=self.address)
        known = self._known()
        for number, (name, mark) in enumerate(sorted(found.items()), start=1):
            target = self.local / name
            if known.get(name) != mark or not target.is_file():
                progress(f"{number}/{len(found)} {name}")
                self._get(name, target)
        for path in [path for path in self.local.rglob("*") if path.is_file()]:
            if path.relative_to(self.local).as_posix() not in {*found, _KNOWN}:
                path.unlink()
        write_text(self.local / _KNOWN, json.dumps(found, sort_keys=True))
        return self.local

    def fetch_folder(self, name: str) -> None:
        """Copy one stored result folder, if it is whole and not what the copy holds already.

        Raises
        ------
        AccessGISError
            AG1507 it cannot be read.
        UsageError
            AG2525 a name that leads out of the folder.
        """
        stored = self._read(f"{name}/{_LAST}")
        if stored is None or stored == _bytes(self.local / name / _LAST):
            return
        for path in sorted(self._listed(name)):
            self._get(path, self.local / path)

    def send_folder(self, name: str = "") -> None:
        """Store one result folder of the copy, or the whole as one; its manifest comes last: half is known as such.

        Raises
        ------
        AccessGISError
            AG1507 it cannot be written.
        """
        folder = self.local / name
        last = f"{name}/{_LAST}".lstrip("/")
        if _bytes(folder / _LAST) == self._read(last):
            return
        mine = {path.relative_to(self.local).as_posix() for path in folder.rglob("*") if path.is_file()}
        self.send(mine - {last}, last=last, gone=set(self._listed(name)) - mine)

    def send(self, names: Collection[str], *, last: str, gone: Collection[str] = ()) -> None:
        """Store files of the copy, the last of which says that all are there; take away those that are gone.

        Raises
        ------
        AccessGISError
            AG1507 they cannot be written.
        """
        for name in (last, *sorted(gone)):
            with self._said(name):
                if self._system.exists(self._at(name)):
                    self._system.rm_file(self._at(name))
        for name in (*sorted(names), last):
            with self._said(name):
                self._system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
                self._system.put_file(str(self.local / name), self._at(name))

    def _listed(self, below: str = "") -> dict[str, str]:
        """Return what is stored, by its name from here; the mark tells one state of a file from another."""
        with self._said(below):
            self._system.invalidate_cache()
            found = self._system.find(self._at(below) if below else self._root, detail=True)
        marks = {}
        for path, info in found.items():
            name = str(path)[len(self._root) :].lstrip("/")
            if not _stays_inside(name):
                raise UsageError("AG2525", value=self.address, name=name[:80])
            marks[name] = content_key(json.dumps(info, sort_keys=True, default=str))
        return marks

    def _known(self) -> dict[str, str]:
        try:
            known = json.loads((self.local / _KNOWN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _get(self, name: str, target: Path) -> None:
        fresh = target.with_name(f".{target.name}.part")
        try:
            with self._said(name):
                target.parent.mkdir(parents=True, exist_ok=True)
                self._system.get_file(self._at(name), str(fresh))
                fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    def _read(self, name: str) -> bytes | None:
        """Return a stored file, None where there is none."""
        with self._said(name):
            try:
                return bytes(self._system.cat_file(self._at(name)))
            except FileNotFoundError:
                return None

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def _said(self, name: str) -> Iterator[None]:
        """Say in one sentence what keeps a file from being read or written."""
        try:
            yield
        except AccessGISError:
            raise
        except Exception as error:  # every kind of storage raises errors of its own
            detail = without_secrets(str(error))[:300]
            raise AccessGISError(
                "AG1507", value=f"{self.address}/{name}".rstrip("/"), kind=type(error).__name__, detail=detail
            ) from error


def storage(address: str, *, use: Literal["reads", "results"]) -> Storage:
    """Return a folder in object storage; nothing is read yet.

    Parameters
    ----------
    address
        Protocol, bucket and folder: ``s3://bucket/folder``, ``gs://…``, ``abfs://…``, ``oss://…``, whatever fsspec has
        a package for. Who may read and write comes from the environment, as that package describes it.
    use
        What the copy is for: results that were not sent must never be taken for what is stored.

    Raises
    ------
    AccessGISError
        AG1506 fsspec or the package of the protocol is not installed, AG1507 the storage cannot be opened.
    UsageError
        AG2526 the address is not understood.
    """
    plain = without_secrets(address).rstrip("/")
    if "::" in address:
        raise UsageError("AG2526", value=plain)
    try:
        system, root = import_module("fsspec.core").url_to_fs(address)
    except ImportError as error:
        raise AccessGISError("AG1506", value=plain, detail=str(error)[:200]) from error
    except ValueError as error:
        raise UsageError("AG2526", value=plain) from error
    except Exception as error:
        raise AccessGISError(
            "AG1507", value=plain, kind=type(error).__name__, detail=without_secrets(str(error))[:300]
        ) from error
    local = cache_folder() / "storage" / use / content_key(_SIGNED_IN.sub("", address).rstrip("/"))
    return Storage(address=plain, local=local, _system=system, _root=str(root))


def fetched(place: str | Path, *, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Return a path of this machine: the place itself, or the copy of a list or folder in object storage.

    Of a list (``….toml``) the folder around it is copied.

    Raises
    ------
    AccessGISError, UsageError
        As :func:`storage` and :meth:`Storage.fetch`.
    """
    if not is_address(place):
        return Path(place)
    address = str(place).rstrip("/")
    if not address.endswith(".toml"):
        return storage(address, use="reads").fetch(progress=progress)
    folder, _, name = address.rpartition("/")
    return storage(folder, use="reads").fetch(progress=progress) / name


def results_place(read: str, out: str | None, *, name: str) -> str:
    """Return where results go: as it is said, else a folder of that name in the folder that is read.

    Raises
    ------
    UsageError
        AG2527 what is read is in object storage, and nothing is said.
    """
    if out is not None:
        return out
    if is_address(read):
        raise UsageError("AG2527", value=without_secrets(read))
    here = Path(read)
    return str((here if here.is_dir() else here.parent) / name)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _stays_inside(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and not any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts)
