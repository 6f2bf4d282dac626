"""Weights and bands of the equal-access index, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from accessgis.base.files import packaged_toml
from accessgis.standards.model import Title

OTHER_FIELD = "other"
"""Field of rules that belong to no single field of service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a weight or a threshold rests on: a document and its section, or an assumption in both languages."""

    source: str = ""
    section: str = ""
    assumed: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The weight of a field of service, or of a rule within its field; never negative."""

    id: str
    weight: float
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A band of the index: from ``at_least`` up to the next better one."""

    at_least: float
    title: Title
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How rules add up to the index. Only the proportions of weights matter.

    Attributes
    ----------
    fields
        Fields of service with their weights, in the order they are printed.
    rule
        What a rule weighs within its field.
    band_needs
        Share of the weights that must be judged for a band to be named.
    rules
        Rules that weigh something else.
    bands
        Bands, the best first; the last takes the rest.
    duty
        Which plan asks for such an index.
    """

    fields: tuple[Weight, ...]
    rule: Weight
    bands: tuple[Band, ...]
    band_needs: Weight = Weight(id="", weight=0.0, grounds=Grounds())
    rules: tuple[Weight, ...] = ()
    duty: Grounds = Grounds()

    def field_weight(self, name: str) -> float:
        """Return the weight of a field of service; of one that is not listed, 0."""
        return next((entry.weight for entry in self.fields if entry.id == name), 0.0)

    def rule_weight(self, rule: str) -> float:
        """Return the weight of a rule within its field."""
        return next((entry.weight for entry in self.rules if entry.id == rule), self.rule.weight)

    def band(self, attained: float, *, weight_judged: float = 1.0) -> int:
        """Return the number of the band of a degree of attainment, 1 the best; 0 where too little is judged."""
        if weight_judged < self.band_needs.weight:
            return 0
        found = (number for number, band in enumerate(self.bands, 1) if attained >= band.at_least)
        return next(found, len(self.bands))


@cache
def load_weights() -> Weights:
    """Return the weights and bands that ship."""
    table = packaged_toml("accessgis.standards.data", "index.toml")
    named = {name: Title(zh=words["zh"], en=words["en"]) for name, words in table["assumptions"].items()}
    return Weights(
        fields=tuple(_weight(entry, named) for entry in table["fields"]),
        rule=_weight(table["rule"], named),
        bands=tuple(
            Band(at_least=entry["at_least"], title=_title(entry), grounds=_grounds(entry, named))
            for entry in table["bands"]
        ),
        band_needs=_weight(table["band_needs"], named),
        rules=tuple(_weight(entry, named) for entry in table.get("rules", ())),
        duty=_grounds(table["duty"], named),
    )


def _title(entry: Mapping[str, Any]) -> Title:
    return Title(zh=entry["zh"], en=entry["en"])


def _weight(entry: Mapping[str, Any], named: Mapping[str, Title]) -> Weight:
    return Weight(id=entry.get("id", ""), weight=entry["weight"], grounds=_grounds(entry, named))


def _grounds(entry: Mapping[str, Any], named: Mapping[str, Title]) -> Grounds:
    assumed = entry.get("assumed")
    return Grounds(
        source=entry.get("source", ""), section=entry.get("section", ""), assumed=named[assumed] if assumed else None
    )
