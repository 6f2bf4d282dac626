"""Every row of the catalogue page is a shipped rule, or is named as recorded only with the reason."""

from __future__ import annotations

from pathlib import Path

from accessgis.standards import load_catalogue

LINES = [
    line.split(" | ")
    for line in (Path(__file__).parents[2] / "catalogue_ids.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
ROWS = {
    "1": 11, "2.education": 19, "2.health": 9, "2.elderly": 8, "2.welfare": 15, "2.work": 4, "2.networks": 26,
    "2.totals": 14, "3": 13, "4.facilities": 23, "4.use": 8, "5": 6, "10": 8,
}  # fmt: skip
"""Rows of each table of the page, counted by hand."""


def shipped(parts: list[str]) -> set[str]:
    return {name.strip() for name in parts[2].split(",") if name.strip()}


def recorded(parts: list[str]) -> dict[str, str]:
    found = {}
    for entry in parts[3:]:
        for clause in entry.removeprefix("recorded: ").split("; "):
            name, _, reason = clause.partition(" – ")
            found[name.strip()] = reason
    return found


def test_no_row_of_the_page_is_left_out():
    for section, count in ROWS.items():
        numbers = [int(parts[0].rsplit("-", 1)[1]) for parts in LINES if parts[0].rsplit("-", 1)[0] == section]
        assert numbers == list(range(1, count + 1)), section
    assert len(LINES) == sum(ROWS.values())


def test_every_row_has_a_rule_that_is_judged_or_a_reason():
    kinds = {rule.id: rule.kind for rule in load_catalogue().standards}
    for parts in LINES:
        assert shipped(parts) or recorded(parts), parts[0]
        assert all(kinds[name] != "direction" for name in shipped(parts)), parts[0]
        for name, reason in recorded(parts).items():
            assert kinds[name] == "direction", name
            assert reason, name


def test_every_shipped_rule_belongs_to_a_row():
    named = {name for parts in LINES for name in (*shipped(parts), *recorded(parts))}
    assert named == {rule.id for rule in load_catalogue().standards}
