"""Policy as data: dated, cited rules of plans, and the kinds of facilities they name.

The rules live in ``data/<source>.toml``; ``docs/standards.md`` describes the format.
"""

from accessgis.standards.catalogue import Catalogue, applies, load_catalogue, read_rules, stage, to_record
from accessgis.standards.kinds import Kind, OsmRule, kind_id, load_kinds, osm_keys, osm_kind, osm_rules
from accessgis.standards.model import Assumption, Source, Standard, Title

__all__ = [
    "Assumption",
    "Catalogue",
    "Kind",
    "OsmRule",
    "Source",
    "Standard",
    "Title",
    "applies",
    "kind_id",
    "load_catalogue",
    "load_kinds",
    "osm_keys",
    "osm_kind",
    "osm_rules",
    "read_rules",
    "stage",
    "to_record",
]
