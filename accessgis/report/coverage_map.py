"""The map: one HTML file that opens from disk without a network. The only importer of folium.

Whatever comes from users' data reaches the page as JSON in a block that is never executed, and from there through
``textContent`` alone. Scripts and styles are named by their hashes in the page's content security policy, which
forbids everything else; so nothing is fetched and no text can become code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from branca.element import Figure, MacroElement
from folium import Map
from folium.template import Template
from jinja2 import Environment

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.counted_map import counted_words, mapped_rules
from accessgis.report.finding import leading_rule
from accessgis.report.map_data import map_data
from accessgis.report.map_sheet import sheet_words
from accessgis.report.numbers import share_range
from accessgis.report.view import GapView, ModeView, PageView, RuleView, page_view
from accessgis.report.wording import LANGUAGES, capacity_name, kind_name, say, section

_SCRIPTS = (
    "map1_core",
    "map2_signs",
    "map3_layers",
    "map4_labels",
    "map5_panel",
    "map6_legend",
    "map7_page",
    "map8_search",
    "map9_sheet",
)
_POLICY_PLACE = "@content-security-policy@"
_MAP_ID = "page"
_TILE_SERVERS = "https://*.tianditu.gov.cn"
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_IMAGE_RULE = re.compile(r"url\((?!#)[^)]*\)")
_OLD_IE_RULE = re.compile(r"behavior: url\(#default#VML\);")
_MAX_ZOOM = 17
_MIN_ZOOM = 5


def map_page(
    assessment: Assessment, *, lang: Language = "zh", compared: bool = False, basemap: str | None = None
) -> str:
    """Return the map of an assessment as one self-contained HTML page.

    The same assessment gives the same bytes. Both languages are in the page; ``lang`` is the one it opens in.

    Parameters
    ----------
    assessment
        What a run found; its shapes may be in any CRS.
    lang
        ``"zh"`` or ``"en"``.
    compared
        Whether ``compare.html`` stands beside it, to which it then leads.
    basemap
        Whether readers with a network may put tiles of Tianditu (天地图) under the map, once they switch them on: a key
        to be written into the page, where everybody can read it, or ``""`` to ask each reader for theirs. None: no.
    """
    views = {language: page_view(assessment, lang=language) for language in LANGUAGES}
    data = map_data(assessment) | ({} if basemap is None else {"basemap": {"key": basemap}})
    kinds = [kind["id"] for kind in data["facilities"]["kinds"]]
    counted = {language: _counted_words(assessment, language, data["areas"]) for language in LANGUAGES}
    leading = leading_rule(views[lang])
    payload = {
        "lang": lang,
        "first": next((place for place, rule in enumerate(views[lang].rules) if rule is leading), 0),
        "data": data,
        "views": {
            language: _words(view, kinds, data["facilities"]["capacities"])
            | {
                "sheet": sheet_words(assessment, language),
                "rules": [*(_rule_words(rule, language) for rule in view.rules), *counted[language]],
            }
            for language, view in views.items()
        },
    }
    frame = Frame(
        lang=lang,
        title=views[lang].title,
        plain=_plain_table(views[lang], counted[lang]),
        body="page.html",
        css=("map.css",),
        scripts=_SCRIPTS if basemap is None else (*_SCRIPTS, "map10_basemap"),
        link="compare_link.html" if compared else "",
        basemap=basemap is not None,
    )
    return drawn_page(frame, payload, bounds=data["bounds"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a map: its language and title, markup that a template has escaped, and files of ours."""

    lang: Language
    title: str
    plain: str
    body: str
    css: tuple[str, ...]
    scripts: tuple[str, ...]
    link: str = ""
    basemap: bool = False


def drawn_page(frame: Frame, payload: object, *, bounds: list[list[float]]) -> str:
    """Return a page with a map, self-contained, everything in it named by its content security policy.

    Parameters
    ----------
    frame
        What stands around the map.
    payload
        What its scripts draw and say, as plain values.
    bounds
        South-west and north-east corner of the map, ``[lat, lon]``.
    """
    page = _Page(frame, script_json(payload))
    county_map = _CountyMap(bounds)
    page.add_child(county_map)
    county_map.add_child(_Run())
    return _with_policy(page.render(), images=f"data: {_TILE_SERVERS}" if frame.basemap else "data:")


def script_json(value: object) -> str:
    """Return JSON that may stand inside a script element: no ``<``, ``>``, ``&`` and no line separators of JavaScript.

    Raises
    ------
    ValueError
        When a number is NaN or infinite, which JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for char, escape in _UNSAFE.items():
        text = text.replace(char, escape)
    return text


class _Page(Figure):
    """The document around the map."""

    _template = Template(
        """<!DOCTYPE html>
<html lang="{{ "zh-CN" if this.view.lang == "zh" else "en" }}">
<head>
<meta charset="utf-8">
<meta name="renderer" content="webkit">
<meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">
<meta name="generator" content="accessgis">
<title>{{ this.view.title|e }}</title>
<style>{{ this.leaflet_css }}</style>
<style>{{ this.css }}</style>
</head>
<body>
<!-- {{ this.notice }} -->
{{ this.plain }}
{{ this.hatches }}
<div id="app">
{{ this.body }}
</div>
<pre id="notice" hidden>{{ this.notice|e }}</pre>
<script type="application/json" id="data">{{ this.data }}</script>
<script>{{ this.leaflet_js }}</script>
<script>(function () {
"use strict";
{{ this.app_js }}
{{ this.script.render() }}
}());</script>
</body>
</html>
"""
    )

    def __init__(self, view: Frame, data: str) -> None:
        super().__init__()
        self._id = _MAP_ID
        self.view = view
        self.data = data
        self.policy = _POLICY_PLACE
        self.notice = asset("NOTICE.txt")
        self.plain = view.plain
        self.hatches = asset("hatches.html")
        self.css = "\n".join(asset(name) for name in view.css)
        self.leaflet_css = _leaflet("leaflet.css")
        self.leaflet_js = _leaflet("leaflet.js")
        self.app_js = "\n".join(asset(f"{name}.js") for name in view.scripts)

    @property
    def body(self) -> str:
        """The frame of the page with the map's own element in it."""
        body = asset(self.view.body).replace("{{ link }}", asset(self.view.link) if self.view.link else "")
        body = body.replace("{{ basemap }}", asset("basemap.html") if self.view.basemap else "")
        return body.replace("{{ map }}", str(self.html.render()))


class _CountyMap(Map):
    """A folium map that loads nothing, with a fixed id."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium reads class lists
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {{ this.all_options()|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, bounds: list[list[float]]) -> None:
        (south, west), (north, east) = bounds
        super().__init__(location=[(south + north) / 2, (west + east) / 2], zoom_start=10, tiles=None)
        self._id = _MAP_ID

    def all_options(self) -> dict[str, Any]:
        """Return the options of ``L.map``."""
        return {
            "center": self.location,
            "zoom": self.options["zoom"],
            "minZoom": _MIN_ZOOM,
            "maxZoom": _MAX_ZOOM,
            "zoomSnap": 0.1,
            "zoomDelta": 0.5,
            "wheelPxPerZoomLevel": 120,
            "zoomControl": False,
            "attributionControl": False,
            "fadeAnimation": False,
        }


class _Run(MacroElement):
    """Starts the page's script on its map."""

    _template = Template("{% macro script(this, kwargs) %}page.run({{ this._parent.get_name() }});{% endmacro %}")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca publishes no types
        self._id = "run"


@cache
def asset(name: str) -> str:
    """Return a file that is packed for pages."""
    return resources.files("accessgis.report").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _leaflet(name: str) -> str:
    text = resources.files("xstatic.pkg.leaflet").joinpath("data", name).read_text(encoding="utf-8")
    if name.endswith(".css"):
        return _IMAGE_RULE.sub("none", _OLD_IE_RULE.sub("", text))
    return "\n".join(line for line in text.splitlines() if not line.startswith("//# sourceMappingURL"))


def _plain_table(view: PageView, counted: list[dict[str, Any]]) -> str:
    template = Environment(autoescape=True, trim_blocks=True).from_string(asset("plain.html"))

    def words(key: str) -> str:
        return say(f"page.{key}", view.lang)

    return str(template.render(view=view, counted=counted, say=words))


def _with_policy(html: str, *, images: str) -> str:
    """Name every script and style of the page, and where images may come from, in its content security policy."""
    scripts = [policy_hash(text) for text in re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)]
    styles = [policy_hash(text) for text in re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(scripts)}",
            f"style-src {' '.join(styles)}",
            f"img-src {images}",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return html.replace(_POLICY_PLACE, policy, 1)


def policy_hash(text: str) -> str:
    """Return how a content security policy names a script or style by its text."""
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _counted_words(assessment: Assessment, lang: Language, areas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the words of the rules that count."""
    frame = assessment.areas.frame
    places = {
        code: label
        for level, drawn in areas.items()
        for code, label in zip(frame.loc[frame["level"] == level, "code"], drawn["labels"], strict=True)
    }
    return [counted_words(assessment, rule, places, lang) for rule in mapped_rules(assessment)]


def _words(view: PageView, kinds: list[str], capacities: list[str]) -> dict[str, Any]:
    return {
        "title": view.title,
        "generated": view.generated,
        "meta": view.meta,
        "approval": view.approval,
        "separator": say("note.separator", view.lang),
        "timesLabel": say("fact.median", view.lang),
        "text": section("page", view.lang),
        "legend": section("legend", view.lang),
        "tip": section("tip", view.lang),
        "status": section("status", view.lang),
        "kinds": [kind_name(kind, view.lang) for kind in kinds],
        "capacities": [capacity_name(name, view.lang) for name in capacities],
        "doubts": view.doubts,
        "inputs": view.inputs,
    }


def _rule_words(rule: RuleView, lang: Language) -> dict[str, Any]:
    return {
        "title": rule.title,
        "expired": rule.expired,
        "target": rule.target,
        "targetText": rule.target_text,
        "limitText": rule.limit_text,
        "modes": [_mode_words(mode) for mode in rule.modes],
        "notes": _notes(rule, lang),
        "facts": rule.facts,
        "gaps": [_gap_words(gap) for gap in rule.gaps],
        "gapsTitle": rule.gaps_title,
        "gapsSum": rule.gaps_sum,
        "gapsMore": rule.gaps_more,
    }


def _notes(rule: RuleView, lang: Language) -> list[dict[str, str]]:
    """Return what the rule rests on, then the notes beside its verdict; where its plan stands is said once."""
    basis = {"tone": "basis", "title": say("fact.source", lang), "text": rule.standing}
    others = [
        note for note in rule.notes if note.title or note.text.rstrip(say("sentence.end", lang)) not in rule.standing
    ]
    return [basis, *({"tone": note.tone, "title": note.title, "text": note.text} for note in others)]


def _mode_words(mode: ModeView) -> dict[str, Any]:
    return {
        "name": mode.name,
        "share": mode.share,
        "low": mode.low,
        "high": mode.high,
        "shareText": mode.share_text,
        "rangeText": mode.range_text,
        "spanText": "" if mode.low is None or mode.high is None else share_range(mode.low, mode.high),
        "mark": mode.mark,
        "label": mode.label,
        "word": mode.word,
        "sentence": mode.sentence,
        "timesText": mode.times_text,
    }


def _gap_words(gap: GapView) -> dict[str, Any]:
    return {
        "rank": gap.rank,
        "place": gap.place,
        "people": gap.people_text,
        "nearest": gap.nearest,
        "reason": gap.reason,
        "lon": round(gap.lon, 5),
        "lat": round(gap.lat, 5),
    }
