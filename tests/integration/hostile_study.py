"""The tiny study with a hostile text wherever a user may write one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from integration import tiny_study as tiny

SINKS = (
    "study.name", "county", "township", "village", "facility.name", "facility.id", "rule.title", "rule.section",
    "adopt.basis", "target.basis", "control.source", "statistic.source", "file.name", "column.name",
)  # fmt: skip
"""Where a user's text enters. Each is written ``[sink]`` and the payload behind it."""


def hostile(folder: Path, payload: str) -> Path:
    """Write the study with a payload in every sink, and return the study file."""

    def text(sink: str) -> str:
        return f"{payload}[{sink}]"

    def quoted(sink: str) -> str:
        return json.dumps(text(sink), ensure_ascii=False).replace("\x7f", "\\u007f")

    tiny.draw(folder)
    layer = file_name(payload)
    rows = list(csv.reader(io.StringIO(tiny.CLINICS)))
    rows[0] += [f"[column.name]联系电话{payload}"]
    for number, row in enumerate(rows[1:]):
        row[0], row[1] = f"{text('facility.id')}{number}", f"{text('facility.name')}{number}"
        row += ["13812345678"]
    (folder / "clinics.csv").unlink()
    with (folder / layer).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    frame = tiny.areas_frame()
    frame["name"] = [text("county"), text("township"), f"{text('village')}西", f"{text('village')}东"]
    tiny.write_areas(folder / "areas.gpkg", frame)
    rule = tiny.OWN_RULE.replace('zh = "一分钟卫生室", en = "One-minute clinic"',
                                 f"zh = {quoted('rule.title')}, en = {quoted('rule.title')}")  # fmt: skip
    (folder / "own.toml").write_text(rule.replace('section = "一"', f"section = {quoted('rule.section')}"), "utf-8")
    study = tiny.STUDY.replace('"小县"', quoted("study.name"))
    study = study.replace('"clinics.csv"', json.dumps(layer, ensure_ascii=False))
    study = study.replace("use = []", 'use = []\nfiles = ["own.toml"]')
    head, _, tail = study.rpartition('basis = "县政府会议纪要"')
    study = f"{head}basis = {quoted('adopt.basis')}{tail}".replace('"县政府会议纪要"', quoted("target.basis"))
    study += (
        f'\n[[controls]]\nwhat = "facilities:village_clinic"\nvalue = 4\nsource = {quoted("control.source")}\n'
        f'\n[[statistics]]\nwhat = "floating_population"\nvalue = 4\nsource = {quoted("statistic.source")}\n'
    )
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def file_name(payload: str) -> str:
    """Return the name of the register of clinics: what of the payload a file may be called."""
    plain = "".join(char for char in payload if char not in "/\0" and char.isprintable())
    return f"{plain[:60]}[file.name].csv"
