"""A study file drafted from what lies in a folder: complete but for what nobody can see in the data."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accessgis.base.errors import UsageError
from accessgis.base.files import new_files
from accessgis.sources.osm_place import BOUNDARY, FACILITIES, ROADS, fetch_place, layers_of_place
from accessgis.sources.recognise import OSM_ENDINGS, Recognised, recognise
from accessgis.standards.kinds import load_kinds

NAME = "study.toml"
MARGIN_M = 10_000.0
"""How far beyond the boundary roads and facilities are fetched: the usual margin of a study."""
_DATUMS = '必填："wgs84"（GPS、OSM）、"cgcs2000"（国土、天地图）、"gcj02"（高德、腾讯）或 "bd09"（百度）；不能猜'
_LEVELS = ("province", "prefecture", "county", "township", "village")
_BESIDE_AREAS = {
    "village_points": "村（居）委会所在地",
    "central": "中心城区范围",
    "land_survey": "国土调查城镇村属性",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A drafted study.

    Attributes
    ----------
    text
        The study file.
    used
        The layers it names.
    unused
        Files that serve nothing, could not be read, or of whose sort another was taken.
    open
        Keys that must be filled in.
    uncoded
        Layers of areas that state no code: such an outline is taken whole as the county of ``study.code``.
    """

    text: str
    used: tuple[Recognised, ...]
    unused: tuple[Recognised, ...]
    open: tuple[str, ...]
    uncoded: tuple[str, ...] = ()


def draft_study(
    target: Path,
    source: Path,
    *,
    name: str = "",
    code: str = "",
    date: dt.date | None = None,
    allow_outside: bool = False,
) -> Draft:
    """Draft ``study.toml`` in a folder from the layers of a folder, and write it whole or not at all.

    Parameters
    ----------
    target
        Folder of the study.
    source
        Folder with its layers: the same, or one in it.
    name, code
        Of the study; '' takes those of the county that the areas are of.
    date
        Day of the data; None leaves it to be filled in.
    allow_outside
        Whether ``source`` may lie elsewhere: the study then needs ``--allow-outside`` too.

    Raises
    ------
    UsageError
        AG2450 no such folder, AG2451 it lies outside, AG2452 it holds nothing a study needs, AG2021 there is a study
        file already.
    """
    if not source.is_dir():
        raise UsageError("AG2450", file=str(source))
    inside = source.resolve().is_relative_to(target.resolve())
    if not inside and not allow_outside:
        raise UsageError("AG2451", file=str(source), target=str(target))
    base = _from(target, source)
    draft = draft_text(recognise(source), name=name, code=code, date=date, base=base, where=str(source))
    new_files(target, {NAME: draft.text.encode()})
    return draft


def draft_place(target: Path, place: str, *, name: str = "", code: str = "", date: dt.date | None = None) -> Draft:
    """Draft ``study.toml`` for a place of OpenStreetMap, beside its boundary, roads and facilities: all or nothing.

    Parameters
    ----------
    target
        Folder of the study.
    place
        Name as Nominatim knows it.
    name, code, date
        As for :func:`draft_study`; without ``name`` the place's.

    Raises
    ------
    UsageError, AccessGISError
        AG2021 files of these names are there, and what :func:`~accessgis.sources.osm_place.fetch_place` raises.
    """
    for file in (BOUNDARY, ROADS, FACILITIES, NAME):
        if (target / file).exists():
            raise UsageError("AG2021", file=str(target / file))
    fetched = fetch_place(place, margin_m=MARGIN_M)
    draft = draft_text(layers_of_place(), name=name or place, code=code, date=date)
    new_files(target, {**fetched, NAME: draft.text.encode()})
    return draft


def _from(target: Path, source: Path) -> str:
    """Return the way from the study to the layers: '' or ending with /."""
    way = Path(os.path.relpath(source.resolve(), target.resolve())).as_posix()
    return "" if way == "." else f"{way}/"


def draft_text(
    layers: Sequence[Recognised], *, name: str, code: str, date: dt.date | None, base: str = "", where: str = ""
) -> Draft:
    """Return the study file for layers.

    Parameters
    ----------
    layers
        What was recognised.
    name, code, date
        As for :func:`draft_study`.
    base
        What stands before every path.
    where
        Folder, for messages.

    Raises
    ------
    UsageError
        AG2452 none of the layers serves a study.
    """
    if all(layer.role == "unused" for layer in layers):
        raise UsageError("AG2452", file=where, count=len(layers))
    writer = _Writer(base)
    units = [layer.unit for layer in layers if any(layer.unit)]
    unit = max(units, key=lambda one: bool(one[0]), default=("", ""))
    writer.study(name or unit[1] or "", code or unit[0], date)
    writer.areas(layers)
    writer.roads(layers)
    writer.population(layers)
    writer.others(layers)
    unused = tuple(layer for layer in layers if layer not in writer.used)
    text = "\n".join([*writer.lines, *_left_over(unused, base), *_CLOSING]) + "\n"
    uncoded = tuple(layer.path for layer in writer.used if layer.role == "areas" and "code" not in layer.columns)
    return Draft(text=text, used=tuple(writer.used), unused=unused, open=tuple(writer.open), uncoded=uncoded)


class _Writer:
    """Writes table after table, and remembers which layers it named and which keys stay open."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.lines: list[str] = list(_OPENING)
        self.used: list[Recognised] = []
        self.open: list[str] = []

    def study(self, name: str, code: str, date: dt.date | None) -> None:
        self._table("[study]")
        self._text("study.name", name, "页面上的名称")
        self._text("study.code", code, "行政区划代码，加引号")
        day, mark = (date.isoformat(), "请核对") if date else ('""', "必填，不加引号，如 2025-12-31")
        self.lines.append(f"data_date = {day}   # {mark}：数据时点，设施状态和规划期限都按这一天判断")
        if date is None:
            self.open.append("study.data_date")

    def areas(self, layers: Sequence[Recognised]) -> None:
        found = [layer for layer in layers if layer.role == "areas"]
        found.sort(key=lambda layer: "code" not in layer.columns)
        if not found:
            self._note(
                "未找到行政区划面图层；没有它就不分乡镇、村评价。有了请写：", "[areas]", 'path = "行政区划.gpkg"'
            )
            return
        self._table("[areas]", "行政区划")
        whole = [layer for layer in found if not layer.detail]
        by_level = {layer.detail: layer for layer in reversed(found) if layer.detail}
        chosen = [whole[0]] if whole else [by_level[level] for level in _LEVELS if level in by_level]
        if len(chosen) == 1:
            self._path("path", chosen[0])
        else:
            self._by_level(chosen)
        for one in chosen:
            if "code" not in one.columns:
                self.lines.append(f"# 待补：{one.path} 没有区划代码列，整个图层当作一个县，代码取上面的 code；")
                self.lines.append("#       分乡镇、村评价须另给带代码的图层")
        self._datum("areas.datum", *chosen)
        # Columns hold for every layer; those of one alone are found by their shipped names.
        shared = set.intersection(*(set(layer.columns.items()) for layer in chosen))
        self._columns({field: name for field, name in chosen[0].columns.items() if (field, name) in shared})
        for role, words in _BESIDE_AREAS.items():
            layer = next((one for one in layers if one.role == role), None)
            if layer is not None and not layer.layer:
                self._path(role, layer, words)

    def _by_level(self, chosen: Sequence[Recognised]) -> None:
        """Write files by level, and the layers of those that hold several."""
        paths = {layer.detail: _quoted(self.base + layer.path) for layer in chosen}
        inner = {layer.detail: _quoted(layer.layer) for layer in chosen if layer.layer}
        if len(set(paths.values())) == 1:
            self.lines.append(f"path = {paths[chosen[0].detail]}")
        else:
            self.lines.append(f"path = {{ {', '.join(f'{level} = {path}' for level, path in paths.items())} }}")
        if inner:
            self.lines.append(f"layer = {{ {', '.join(f'{level} = {name}' for level, name in inner.items())} }}")
        self.used.extend(chosen)

    def roads(self, layers: Sequence[Recognised]) -> None:
        found = [layer for layer in layers if layer.role == "roads"]
        found.sort(key=lambda layer: not layer.path.lower().endswith(OSM_ENDINGS))
        self._table("[roads]", "路网：应延伸到县界以外，人会过界")
        if not found:
            self._text("roads.path", "", "未找到路网：.osm.pbf，或公路、道路的线图层")
            return
        self._path("path", found[0])
        self._datum("roads.datum", found[0])
        self._columns(found[0].columns)
        if found[0].columns:
            self.lines.append("node = true   # 道路未在路口打断时保留；已打断的可改为 false")

    def population(self, layers: Sequence[Recognised]) -> None:
        tables = [layer for layer in layers if layer.role == "people"]
        units = [layer for layer in tables if not layer.degrees]
        units.sort(key=lambda layer: not any(field in layer.columns for field in ("village", "village_name")))
        grids = [layer for layer in layers if layer.role == "population"]
        groups = {layer.detail: layer for layer in reversed(layers) if layer.role == "group"}
        self._table("[population]", "人口")
        if units or (tables and not grids):
            table = (units or tables)[0]
            self._path("table", table)
            self._columns(table.columns)
            self._datum("population.datum", table)
            if units and grids:
                self._path("weight", grids[0], "按栅格在村内分布人口，总数以表为准")
            basis = (
                "registered" if "registered" in table.columns and not {"resident", "total"} & {*table.columns} else ""
            )
        elif grids:
            self._path("total", grids[0])
            paths = ", ".join(f"{group} = {_quoted(self.base + layer.path)}" for group, layer in sorted(groups.items()))
            if groups:
                self.lines.append(f"groups = {{ {paths} }}")
                self.used.extend(groups.values())
            basis = ""
        else:
            self._text("population.total", "", "未找到人口：栅格写 total，分村人口表改写为 table")
            basis = ""
        self.lines.append(f'basis = "{basis or "resident"}"   # 请核对：常住人口 "resident"，户籍人口 "registered"')
        self.lines.append("# as_of = 2020-11-01   # 人口数据时点")

    def others(self, layers: Sequence[Recognised]) -> None:
        heights = next((layer for layer in layers if layer.role == "elevation"), None)
        if heights is not None:
            self._table("[elevation]", "高程")
            self._path("path", heights)
        for number, layer in enumerate((one for one in layers if one.role == "facilities"), start=1):
            kind = load_kinds().get(layer.kind)
            self._table("[[facilities]]", kind.zh if kind else "类别见数据中的列" if "kind" in layer.columns else "")
            self._path("path", layer)
            if layer.kind or "kind" not in layer.columns:
                self._text(f"facilities[{number}].kind", layer.kind, "设施类别；全部类别见 accessgis kinds")
            self._datum(f"facilities[{number}].datum", layer)
            self._columns(layer.columns)

    def _table(self, head: str, words: str = "") -> None:
        self.lines.extend(["", f"{head}   # {words}" if words else head])

    def _note(self, *lines: str) -> None:
        self.lines.extend(["", *(f"# {line}" for line in lines)])

    def _path(self, key: str, layer: Recognised, words: str = "") -> None:
        self.lines.append(f"{key} = {_quoted(self.base + layer.path)}" + (f"   # {words}" if words else ""))
        self.used.append(layer)
        for name, value in (("layer", layer.layer), ("sheet", layer.sheet)):
            if value:
                self.lines.append(f"{name} = {_quoted(value)}")

    def _text(self, key: str, value: str, words: str) -> None:
        self.lines.append(f"{key.rpartition('.')[2]} = {_quoted(value)}   # {'请核对：' if value else '必填：'}{words}")
        if not value:
            self.open.append(key)

    def _datum(self, key: str, *layers: Recognised) -> None:
        if any(layer.degrees for layer in layers):
            self.lines.append(f'datum = ""   # {_DATUMS}')
            self.open.append(key)
            if any("easting" in layer.columns for layer in layers):
                self.lines.append(
                    '# 坐标是米且东坐标不带带号时，删去 datum，改写投影系统，如 crs = "EPSG:4546"（中央经线 111°）'
                )
        elif layers[0].datum:
            self.lines.append(f"datum = {_quoted(layers[0].datum)}")

    def _columns(self, columns: Mapping[str, str]) -> None:
        if columns:
            inside = ", ".join(f"{field} = {_quoted(name)}" for field, name in columns.items())
            self.lines.append(f"columns = {{ {inside} }}")


def _left_over(unused: Sequence[Recognised], base: str) -> list[str]:
    if not unused:
        return []
    lines = ["", "# 以下文件未采用（同类文件已用另一个、看不出用途或无法读取）："]
    for layer in unused:
        inner = " ".join(part for part in (layer.layer, layer.sheet, layer.reason) if part)
        name = "".join(char if char.isprintable() else "\ufffd" for char in base + layer.path)
        lines.append(f"#   {name}{f'（{inner}）' if inner else ''}")
    return lines


def _quoted(text: str) -> str:
    """Return text as TOML writes it: a basic string is one of JSON, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_OPENING = (
    "# 评价方案草稿：由 accessgis study new 按文件名和表头生成，请逐项核对。",
    "# 标“必填”的须填写后才能评价；用记事本打开即可，保存为 UTF-8；路径用 /；引号、逗号、等号用英文半角。",
)
_CLOSING = (
    "",
    "# 官方总数，用来核对名册是否完整：",
    "# [[controls]]",
    '# what = "facilities:village_clinic"',
    "# value = 259",
    '# source = "卫生健康统计年报"',
    "",
    "# 本省规划的规则自动适用；外地规则只有列在这里才参照执行：",
    "# [standards]",
    '# adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "会议纪要〔2025〕3号" }]',
)
