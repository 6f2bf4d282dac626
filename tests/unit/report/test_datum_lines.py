"""The audit of datums in words: before and after, and what follows."""

from __future__ import annotations

import dataclasses

import pandas as pd

from accessgis.assess.assessment import DATUM_AUDIT
from accessgis.base.errors import Doubt
from accessgis.report.datum_lines import residual_lines
from accessgis.report.report_view import report_view


def audited(layer, *fits):
    """Return rows of one layer: (datum, median in metres, settled, better), as declared first."""
    told = {"layer": layer, "role": "facilities", "evidence": "roads", "other": "", "declared": fits[0][0],
            "points": 207, "typical_m": 0.0, "aside_m": 0.0, "share_nearer": 0.0}  # fmt: skip
    names = ("datum", "median_m", "settled", "better")
    return [told | dict(zip(names, fit, strict=True)) for fit in fits]


ROWS = pd.DataFrame(
    [
        *audited("诊所.csv", ("wgs84", 264.4, False, False), ("gcj02", 6.7, True, True), ("bd09", 240.0, False, False)),
        *audited("学校.csv", ("wgs84", 7.2, True, False), ("gcj02", 190.0, False, False), ("bd09", 140, False, False)),
        *audited("点.csv", ("bd09", 90.0, False, False), ("wgs84", 80.0, False, False), ("gcj02", 80.0, False, False)),
    ],
    columns=list(DATUM_AUDIT.names),
)


def test_each_layer_has_its_distance_as_declared_and_in_the_nearest_other_datum():
    lines = residual_lines(ROWS, "zh")
    assert [(line.layer, line.declared, line.before, line.other, line.after) for line in lines] == [
        ("诊所.csv", "WGS-84", "264", "GCJ-02", "7"),
        ("学校.csv", "WGS-84", "7", "BD-09", "140"),
        ("点.csv", "BD-09", "90", "GCJ-02", "80"),
    ]
    assert [line.verdict for line in lines] == ["按GCJ-02明显更吻合，请核实", "与声明相符", "不足以判断"]


def test_without_an_audit_there_are_no_lines():
    assert residual_lines(None, "zh") == residual_lines(DATUM_AUDIT.empty(), "en") == ()


def test_the_report_holds_findings_totals_and_residuals(fake):
    values = {"what": "population", "what_zh": "人口", "what_en": "people", "have": 8, "value": "10", "source": "年报",
              "as_of": "2020-11-01", "percent": 80.0}  # fmt: skip
    walk = {"profile": "walk", "profile_zh": "步行", "profile_en": "walk"}
    doubts = (
        Doubt(code="AG9002", count=3, values={"rows": "1"}),
        Doubt(code="AG9207", count=2, people=334.0, values=walk),
        Doubt(code="AG9211", count=8, values=values),
    )
    quality = dataclasses.replace(fake.quality, doubts=doubts, datum_audit=ROWS)
    view = report_view(dataclasses.replace(fake, quality=quality))
    assert [(line.word, line.code, line.touched) for line in view.findings] == [
        ("存疑", "AG9207", "2处（行） · 334人"),
        ("已处理", "AG9002", "3处（行）"),
    ]
    assert [(line.what, line.percent, line.source) for line in view.totals] == [("人口", "80.0", "年报，2020-11-01")]
    assert len(view.residuals) == 3
