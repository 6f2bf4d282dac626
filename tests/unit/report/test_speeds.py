from __future__ import annotations

import dataclasses
from dataclasses import asdict

from accessgis.network.profiles import load_profiles
from accessgis.report.speeds import speed_lines
from accessgis.report.view import page_view


def with_speeds(fake):
    return dataclasses.replace(fake, profiles=tuple(asdict(profile) for profile in load_profiles().values()))


def test_speeds_are_told_with_their_range_and_source(fake):
    lines = speed_lines(with_speeds(fake), ["vehicle+walk", "walk-elderly"], "zh")
    assert lines[0] == "老年人步行 2.4／3.0／3.6 公里/小时（低/中/高；假定）"
    assert lines[1].startswith("步行 3.2／4.0／4.8 公里/小时（低/中/高；GB 50180—2018")
    assert lines[2].startswith("驾车 按道路等级，")
    assert "–100 公里/小时（中值），见 docs/method" in lines[2]
    assert len(lines) == 3


def test_speeds_in_english_cite_the_norms_alone(fake):
    text = " ".join(speed_lines(with_speeds(fake), list(load_profiles()), "en"))
    assert "Walking 3.2 / 4.0 / 4.8 km/h (low / central / high; GB 50180—2018 and assumptions)" in text
    assert "JTG B01—2014" in text
    assert not [char for char in text if "\u3400" <= char <= "\u9fff"]


def test_speeds_stand_among_the_facts_of_each_rule_and_once_on_the_page(fake):
    view = page_view(with_speeds(fake))
    for rule in view.rules:
        told = {text for label, text in rule.facts if label == "假定速度"}
        assert told
        assert told <= set(view.speeds)
    assert len(set(view.speeds)) == len(view.speeds)
