"""How a study reads kinds of facilities: what its tags can give, and which unclear kinds it takes for which."""

from __future__ import annotations

from accessgis.base.errors import Doubt, Place, UsageError
from accessgis.standards.kinds import load_kinds
from accessgis.study.model import FacilitiesTable, Study


def require_producible(kind: str, kind_map: dict[str, str], study: Study, number: int) -> None:
    """Refuse a kind that no OSM tag can give: it would look like a layer without any facility."""
    kinds = load_kinds()
    possible = {kind_map.get(name, name) for name, entry in kinds.items() if entry.osm}
    if kind not in possible:
        zh, en = kinds[kind].zh, kinds[kind].en
        key = f"facilities[{number}].kind"
        raise UsageError("AG2059", file=study.path.name, key=key, kind=kind, kind_zh=zh, kind_en=en)


def reading_of_kinds(kind_map: dict[str, str], table: FacilitiesTable) -> list[Doubt]:
    """Say which unclear kinds the study reads as which."""
    kinds, place = load_kinds(), Place(file=table.path or "osm", key="facilities.kind_map")
    return [
        Doubt(
            code="AG9215",
            place=place,
            values={
                "from_zh": kinds[old].zh,
                "from_en": kinds[old].en,
                "kind_zh": kinds[new].zh,
                "kind_en": kinds[new].en,
            },
        )
        for old, new in sorted(kind_map.items())
    ]
