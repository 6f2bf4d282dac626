"""The words that pages print, from one catalogue in Chinese and English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from accessgis.assess.assessment import RuleRecord
from accessgis.base.errors import Language
from accessgis.base.files import packaged_toml
from accessgis.network.profiles import DISTANCE
from accessgis.standards.kinds import load_kinds
from accessgis.standards.marks import load_marks
from accessgis.standards.model import Title
from accessgis.standards.totals import total_name

LANGUAGES: tuple[Language, ...] = ("zh", "en")
PROFILE_JOINER = "+"
_NAMED_KINDS = 3
_PLAN = re.compile("^.*?(?:“[^”]*五”|Five-Year Plan)")
_DIGITS = "零一二三四五六七八九"
_NUMERAL = re.compile("[一二三四五六七八九十]+")
_SECTION = re.compile(
    "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]|附录[A-Z]|[0-9章节条表（）(), -])*"
)


@cache
def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    return packaged_toml("accessgis.report.data", "words.toml")


@cache
def _symbols() -> dict[str, Any]:
    return packaged_toml("accessgis.report.data", "symbols.toml")


def has(key: str) -> bool:
    """Return whether the catalogue has ``section.key``."""
    section, _, name = key.partition(".")
    return name in _catalogue().get(section, {})


def say(key: str, lang: Language, /, **values: str | int) -> str:
    """Return the text ``section.key`` in a language, with its braces filled in.

    Raises
    ------
    KeyError
        When the catalogue has no such text, or a value that it names is not given.
    """
    section, _, name = key.partition(".")
    return _catalogue()[section][name][lang].format(**values)


def section(name: str, lang: Language) -> dict[str, str]:
    """Return all texts of one section unfilled, by key: what a page needs for its own labels."""
    return {key: texts[lang] for key, texts in _catalogue()[name].items()}


def section_name(section: str, lang: Language) -> str:
    """Return a section of a plan, in English with its Chinese numerals as digits: ``三章四节`` → ``ch. 3 sec. 4``."""
    if lang == "zh" or not _SECTION.fullmatch(section):
        return section
    text = _NUMERAL.sub(lambda match: str(_number(match.group())), section)
    text = re.sub(r"(\d+)章", r"ch. \1 ", text)
    text = re.sub(r"(\d+)[节条]", r"sec. \1 ", text)
    text = re.sub(r"附录([A-Z])", r"app. \1 ", re.sub(r"表([0-9-]+)", r"table \1 ", text))
    return text.replace("（", " (").replace("）", ") ").replace(" ,", ",").strip()


def _number(numeral: str) -> int:
    """Return a Chinese numeral under a hundred."""
    tens, ten, units = numeral.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1 if ten else 0) * 10 + (_DIGITS.index(units) if units else 0)


def titled(title: Title, lang: Language) -> str:
    """Return a title in a language."""
    return title.zh if lang == "zh" else title.en


def plan_name(source: Title, lang: Language) -> str:
    """Return the short name of a plan: ``山西省“十四五”``, ``Shanxi 14th Five-Year Plan``; else its whole title."""
    whole = titled(source, lang)
    found = _PLAN.match(whole)
    return found.group() if found else whole


def rule_titles(records: Iterable[RuleRecord], lang: Language) -> dict[str, str]:
    """Return the title of every rule, with its plan's name where rules of several plans share one."""
    records = list(records)
    shared = Counter(titled(record.title, lang) for record in records)
    return {
        record.rule: say("page.of_plan", lang, title=title, plan=plan_name(record.source_title, lang))
        if shared[title := titled(record.title, lang)] > 1
        else title
        for record in records
    }


def listing(parts: Iterable[str], lang: Language) -> str:
    """Join words as a list."""
    return ("、" if lang == "zh" else ", ").join(parts)


def mode_name(profile: str, lang: Language) -> str:
    """Return the name of a profile, or of several joined by ``+``: ``驾车或步行``."""
    return say("mode.joiner", lang).join(_mode(part, "mode", lang) for part in profile.split(PROFILE_JOINER))


def _mode(profile: str, table: str, lang: Language) -> str:
    """Return the name of one profile from a table of words; of a way in metres with the profile that it is for."""
    if profile.endswith(DISTANCE):
        return say(f"{table}.distance", lang, mode=_mode(profile.removesuffix(DISTANCE), "mode", lang))
    if has(f"{table}.{profile}"):
        return say(f"{table}.{profile}", lang)
    return profile if table == "mode" else say("by.other", lang, mode=profile)


def mode_phrase(profile: str, lang: Language) -> str:
    """Return how a sentence names a profile: ``驾车``, ``On foot``, ``By car or on foot, whichever is quicker``."""
    parts = [_mode(part, "by", lang) for part in profile.split(PROFILE_JOINER)]
    if len(parts) == 1:
        return parts[0]
    rest = [part[:1].lower() + part[1:] for part in parts[1:]]
    return say("by.joined", lang, first=parts[0], rest=say("mode.joiner", lang).join(rest))


def kind_name(kind: str, lang: Language) -> str:
    """Return the name of a facility kind, its id when it is not known."""
    known = load_kinds().get(kind)
    return kind if known is None else known.zh if lang == "zh" else known.en


def capacity_name(name: str, lang: Language) -> str:
    """Return the name of a capacity, of an area with its unit."""
    what = say(f"capacity.{name}", lang)
    return say("capacity.in_m2", lang, what=what) if name.endswith("_m2") else what


def kinds_phrase(kinds: Sequence[str], lang: Language) -> str:
    """Return one phrase for the facilities of a rule: a collective word where one fits, else their names."""
    if not kinds:
        return say("dest.none", lang)
    if len(kinds) > 1:
        for entry in _symbols()["together"]:
            if set(kinds) <= set(entry["kinds"]):
                return say("dest.one_of", lang, kinds=str(entry[lang]))
    names = [kind_name(kind, lang) for kind in kinds[:_NAMED_KINDS]]
    if len(kinds) > _NAMED_KINDS:
        return say("dest.several", lang, kinds=listing(names, lang), count=len(kinds))
    return say("dest.one_of", lang, kinds=say("mode.joiner", lang).join(names))


def people_phrase(where: str, group: str, basis: str, lang: Language) -> str:
    """Return who a rule concerns: ``乡村60岁及以上常住人口``."""
    place = say(f"where.{where}", lang) if has(f"where.{where}") else where
    key = f"basis_of_people.{basis}" if has(f"basis_of_people.{basis}") else "basis_of_people.other"
    return say(f"group.{group}", lang, where=place, basis=say(key, lang)) if has(f"group.{group}") else group


def missing_phrase(token: str, lang: Language) -> str:
    """Return what a ``missing`` token such as ``group:under3`` says is missing."""
    name, _, detail = token.partition(":")
    if not has(f"missing.{name}"):
        return say("missing.other", lang, token=token)
    if detail in load_kinds():
        detail = kind_name(detail, lang)
    elif name == "group":
        detail = people_phrase("all", detail, "other", lang)
    elif name == "profile":
        detail = mode_name(detail, lang)
    elif name == "unit":
        detail = say(f"unit.{detail}", lang)
    elif name == "attribute":
        detail = field_name(detail, lang)
    elif name in ("facilities", "serves"):
        detail = listing([kind_name(kind, lang) for kind in detail.split("|")], lang)
    elif name == "completeness" and not detail.startswith("population:"):
        detail = titled(total_name(detail), lang)
    elif name == "completeness":
        detail = people_phrase("all", detail.partition(":")[2], "other", lang)
    else:
        detail = kind_name(detail.rpartition(":")[2], lang)
    return say(f"missing.{name}", lang, detail=detail)


def role_name(role: str, lang: Language) -> str:
    """Return what an input is used as, in words."""
    name, _, group = role.replace(" ", "_").partition(":")
    word = say(f"role.{name}", lang) if has(f"role.{name}") else role
    if not has(f"group.{group}") or group == "total":
        return word
    return say("role.of_group", lang, role=word, who=people_phrase("all", group, "other", lang))


def field_name(field: str, lang: Language) -> str:
    """Return the name of what is told of facilities: a mark, a capacity, or a text."""
    mark = load_marks().get(field)
    if mark is not None:
        return mark.zh if lang == "zh" else mark.en
    return say(f"capacity.{field}", lang) if has(f"capacity.{field}") else say(f"field.{field}", lang)


def symbol(kind: str) -> dict[str, Any]:
    """Return how a kind is drawn: ``shape`` (text), ``hollow`` (bool), ``radius_px`` (number)."""
    table = _symbols()
    drawn: dict[str, Any] = table["kinds"].get(kind, table["default"])
    return drawn
