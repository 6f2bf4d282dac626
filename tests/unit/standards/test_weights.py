from __future__ import annotations

from typing import get_args

import pytest

from accessgis.standards.catalogue import load_catalogue
from accessgis.standards.model import Category
from accessgis.standards.weights import OTHER_FIELD, load_weights


def test_every_field_of_service_has_a_weight():
    assert [entry.id for entry in load_weights().fields] == [*get_args(Category), OTHER_FIELD]


def test_every_weight_and_band_has_a_source_or_is_assumed_in_both_languages():
    weights = load_weights()
    for entry in (*weights.fields, weights.rule, *weights.rules, *weights.bands):
        stated = entry.grounds.source and entry.grounds.section
        assumed = entry.grounds.assumed is not None and entry.grounds.assumed.zh and entry.grounds.assumed.en
        assert bool(stated) != bool(assumed)


def test_weights_are_positive_and_of_rules_that_ship():
    weights = load_weights()
    assert all(entry.weight > 0 for entry in (*weights.fields, weights.rule, *weights.rules))
    assert {entry.id for entry in weights.rules} <= {rule.id for rule in load_catalogue().standards}
    assert weights.duty.source in {source.id for source in load_catalogue().sources}
    assert weights.field_weight("no field") == 0


def test_bands_fall_to_zero():
    starts = [band.at_least for band in load_weights().bands]
    assert starts == sorted(set(starts), reverse=True)
    assert starts[-1] == 0


@pytest.mark.parametrize(("share", "number"), [(1.0, 1), (0.9, 1), (0.8999, 2), (0.6, 3), (0.0, 4)])
def test_a_threshold_belongs_to_the_better_band(share, number):
    assert load_weights().band(share) == number
