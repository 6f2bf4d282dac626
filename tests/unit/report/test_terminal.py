from __future__ import annotations

import dataclasses
import io

import pytest
from fake_assessment import fake_assessment
from rich.cells import cell_len
from rich.console import Console

from accessgis.report.terminal import print_assessment, print_kinds, print_rule, print_rules
from accessgis.report.view import page_view
from accessgis.standards.catalogue import load_catalogue
from accessgis.standards.kinds import load_kinds


def printed(print_it, *, width=80):
    out = io.StringIO()
    print_it(Console(file=out, width=width, force_terminal=False))
    return out.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_fits_eighty_columns(fake, lang):
    catalogue = load_catalogue()
    texts = [
        printed(lambda console: print_assessment(fake, console=console, lang=lang)),
        printed(lambda console: print_rules(catalogue.standards, console=console, lang=lang)),
        printed(lambda console: print_rule(catalogue.standards[0], catalogue, console=console, lang=lang)),
        printed(lambda console: print_kinds(list(load_kinds().values()), console=console, lang=lang)),
    ]
    for text in texts:
        assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_cut_off(fake, lang):
    text = printed(lambda console: print_assessment(fake, console=console, lang=lang, map_path="out/map.html"))
    tight = "".join(text.split())
    assert "…" not in tight
    for rule in page_view(fake, lang=lang).rules:
        assert rule.headline.share_text in tight
        for mode in rule.modes:
            assert mode.share_text in tight
        for gap in rule.gaps[:3]:
            assert "".join(gap.place.split()) in tight
    assert "out/map.html" in tight


@pytest.mark.parametrize("width", [24, 80])
def test_a_rule_id_stands_whole_on_a_line_of_its_own(width):
    catalogue = load_catalogue()
    text = printed(lambda console: print_rules(catalogue.standards, console=console), width=width)
    assert {rule.id for rule in catalogue.standards} <= set(text.splitlines())
    for rule in catalogue.standards:
        shown = printed(lambda console: print_rule(rule, catalogue, console=console), width=width)  # noqa: B023
        assert shown.splitlines()[0] == rule.id


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_assumptions_are_wrapped_and_never_cut(lang):
    catalogue = load_catalogue()
    for rule in catalogue.standards:
        text = printed(lambda console: print_rule(rule, catalogue, console=console, lang=lang))  # noqa: B023
        tight = "".join(text.split())
        for item in rule.assumed:
            assert "".join((item.zh if lang == "zh" else item.en).split()) in tight


def test_kind_ids_are_not_broken():
    kinds = list(load_kinds().values())
    words = set(printed(lambda console: print_kinds(kinds, console=console)).split())
    assert {kind.id for kind in kinds} <= words


def test_a_rule_is_printed_in_english_alone_when_asked():
    catalogue = load_catalogue()
    text = printed(lambda console: print_rules(catalogue.standards, console=console, lang="en"))
    for rule in catalogue.standards:
        bare = dataclasses.replace(rule, note="")  # a note is free text in whatever language it was written
        text += printed(lambda console: print_rule(bare, catalogue, console=console, lang="en"))  # noqa: B023
    assert not [char for char in text if "\u3400" <= char <= "\u9fff"]


def test_the_text_survives_code_page_936(fake):
    for lang in ("zh", "en"):
        printed(lambda console: print_assessment(fake, console=console, lang=lang)).encode("gbk")  # noqa: B023


def test_names_are_text_and_cannot_drive_the_terminal():
    evil = "[bold red]村[/]\x1b[31m\x07"
    fake = fake_assessment(villages=40, name=evil)
    text = printed(lambda console: print_assessment(fake, console=console))
    assert "[bold red]村[/]" in text
    assert "\x1b" not in text
    assert "\x07" not in text
