"""Whether figures of two results mean the same: the data they rest on, how people travel, what a rule counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from accessgis.base.files import content_key

Difference = Literal["basis", "mode", "rule", "target"]
DIFFERENCES: tuple[Difference, ...] = ("basis", "mode", "rule", "target")
"""Other data or parameters; other profiles or speeds; another definition; another target or horizon."""

_DEFINITION = (
    "rule_kind", "kinds", "parts", "where", "group", "direction", "limit_s", "limit_m", "metric", "sharing", "op",
    "having", "presence", "amount", "statistic",
)  # fmt: skip
_GOAL = ("target", "target_level", "value", "units", "horizon")
_DATA = ("population_basis", "generated")
_CLASSES = ("class_source", "class_assumed")
"""What place classes rest on: it matters to rules about some places alone."""


def rule_hash(rule: Mapping[str, Any]) -> str:
    """Return a hash of what a rule counts, from its fields in assessment.json: titles and targets are no part of it."""
    return hash_of({name: rule.get(name) for name in _DEFINITION})


def signatures(document: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[Difference, str]:
    """Return what must be the same for figures of one rule to be comparable.

    Parameters
    ----------
    document
        A result with ``study`` as in assessment.json and ``manifest``, as in manifest.json or empty.
    rule
        One of its rules.
    """
    manifest, study = document["manifest"], document["study"]
    speeds = {profile["id"]: profile for profile in manifest.get("profiles", ())}
    own = [speeds.get(str(name)) for name in rule.get("profiles") or ()]
    some = rule.get("where") not in (None, "all") or bool((rule.get("presence") or {}).get("within"))
    data = {name: study.get(name) for name in (*_DATA, *(_CLASSES if some else ()))}
    return {
        "basis": hash_of([data, manifest.get("parameters")]),
        "mode": hash_of([rule.get("headline_profile"), own]),
        "rule": rule_hash(rule),
        "target": hash_of({name: rule.get(name) for name in _GOAL}),
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[Difference, list[str]]:
    """Return in what two results differ, each with the ids of the rules that both have and that it is about."""
    now = {rule["rule"]: rule for rule in other["rules"]}
    found: dict[Difference, list[str]] = {}
    for rule in one["rules"]:
        if rule["rule"] in now:
            was, is_ = signatures(one, rule), signatures(other, now[rule["rule"]])
            for name in DIFFERENCES:
                if was[name] != is_[name]:
                    found.setdefault(name, []).append(rule["rule"])
    return found


def hash_of(value: Any) -> str:
    """Return a hash of a value of JSON."""
    return content_key(json.dumps(value, ensure_ascii=False, sort_keys=True))
