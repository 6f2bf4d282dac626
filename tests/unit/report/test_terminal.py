from __future__ import annotations

import dataclasses
import io

import pytest
from fake_assessment import fake_assessment
from rich.cells import cell_len
from rich.console import Console

from accessgis.assess.assessment import INDEX
from accessgis.report.equal_access import index_document, index_view
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
    paths = {"map_path": "out/map.html", "report_path": "out/report.html"}
    text = printed(lambda console: print_assessment(fake, console=console, lang=lang, **paths))
    tight = "".join(text.split())
    assert "…" not in tight
    for rule in page_view(fake, lang=lang).rules:
        assert rule.headline.share_text in tight
        for mode in rule.modes:
            assert mode.share_text in tight
        for gap in rule.gaps[:3]:
            assert "".join(gap.place.split()) in tight
    assert "out/map.html" in tight
    assert "out/report.html" in tight


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


def test_each_rule_names_its_plan_its_adoption_its_period_and_its_people(fake):
    tight = "".join(printed(lambda console: print_assessment(fake, console=console)).split())
    for rule in page_view(fake).rules:
        assert "".join(rule.standing.split()) in tight
        assert "".join(rule.headline.who_text.split()) in tight
    assert "参照执行（县政府会议纪要〔2025〕3号）" in tight
    assert "规划期末评估" in tight


@pytest.mark.parametrize(
    ("lang", "heading"), [("zh", "规划期已满，仅供参照"), ("en", "Plan period over: for reference only")]
)
def test_rules_of_a_plan_that_is_over_stand_after_the_others(fake, lang, heading):
    first, *rest = fake.rules
    over = dataclasses.replace(fake, rules=(dataclasses.replace(first, stage="expired"), *rest))
    text = printed(lambda console: print_assessment(over, console=console, lang=lang), width=200)
    title = page_view(over, lang=lang).rules[0].title
    assert heading in text.splitlines()
    assert title not in text[: text.index(f"\n{heading}\n")]
    assert heading not in printed(lambda console: print_assessment(fake, console=console, lang=lang)).splitlines()


def test_rules_of_one_title_are_told_apart_by_their_plan(fake):
    first, second, *rest = fake.rules
    same = dataclasses.replace(fake, rules=(first, dataclasses.replace(second, title=first.title), *rest))
    titles = [rule.title for rule in page_view(same).rules]
    assert titles[:2] == [f"{first.title.zh}（贵州省“十四五”）", f"{first.title.zh}（山西省“十四五”）"]
    twins = dataclasses.replace(
        fake, rules=(first, dataclasses.replace(second, title=first.title, source_title=first.source_title))
    )
    assert len({rule.title for rule in page_view(twins).rules}) == 2


def test_an_estimate_of_people_is_called_one(fake):
    demand = dataclasses.replace(fake.demand, estimate="a stated total spread over buildings")
    guessed = dataclasses.replace(fake, demand=demand)
    assert "（估算）" in page_view(guessed).meta
    for rule in page_view(guessed).rules:
        if rule.headline.people_text:
            assert rule.headline.people_text.endswith("，估算")
            assert rule.headline.people_text in rule.headline.sentence
    assert "estimate" in page_view(guessed, lang="en").meta
    assert "估算" not in printed(lambda console: print_assessment(fake, console=console))


def test_what_was_not_checked_is_printed_beside_the_headline(fake):
    text = printed(lambda console: print_assessment(fake, console=console), width=200)
    assert text.count("村卫生室：未与官方数核对。") == 3  # beside two rules and in the list of doubts


def test_a_gap_over_several_villages_says_how_many(fake):
    gaps = fake.gaps.assign(villages=9)
    place = page_view(dataclasses.replace(fake, gaps=gaps)).rules[1].gaps[0].place
    assert place.endswith("等9个村（社区）")
    assert "村（社区）" not in page_view(fake).rules[1].gaps[0].place


@pytest.mark.parametrize(
    ("lang", "heading", "left_out"),
    [("zh", "非官方统计指标", "不作零分"), ("en", "not an official statistic", "never scored zero")],
)
def test_the_index_is_printed_with_what_it_rests_on(fake, lang, heading, left_out):
    tight = "".join(printed(lambda console: print_assessment(fake, console=console, lang=lang)).split())
    view = index_view(fake, lang=lang)
    for text in (heading, left_out, view.figure, *view.notes, *(line.attained for line in view.fields)):
        assert "".join(text.split()) in tight
    assert view.fields


def test_an_index_that_rests_on_nothing_says_why(fake):
    rules = fake.index_rules.assign(status="not_judged")
    bare = dataclasses.replace(fake, index=INDEX.empty(), index_rules=rules)
    text = "".join(printed(lambda console: print_assessment(bare, console=console)).split())
    assert "未测算：没有可评价的规则（已评价0条、暂无法评价4条" in text
    assert index_document(bare)["none"]["en"].startswith("Not computed")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_leaving_out_neighbours_is_said(fake, lang):
    words = {"zh": "只计本县设施", "en": "own facilities only"}[lang]
    alone = dataclasses.replace(fake, parameters=fake.parameters | {"sharing": "none"})
    assert words in printed(lambda console: print_assessment(alone, console=console, lang=lang))
    assert words not in printed(lambda console: print_assessment(fake, console=console, lang=lang))
