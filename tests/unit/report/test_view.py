from __future__ import annotations

import dataclasses

import pytest
from fake_assessment import fake_assessment, kind_values

from accessgis.base.errors import Doubt
from accessgis.report.figures import gap_people, whole_figures
from accessgis.report.finding import leading_rule
from accessgis.report.report_view import report_view
from accessgis.report.sentences import area_class
from accessgis.report.view import page_view, rule_view


def headline_row(assessment, rule):
    rows = assessment.results
    return rows[(rows["rule"] == rule.rule) & (rows["level"] == "county") & rows["headline"]].iloc[0]


def changed(assessment, rule, **values):
    """The assessment with other values in the headline row of a rule's county."""
    results = assessment.results.copy()
    at = headline_row(assessment, rule).name
    for column, value in values.items():
        results[column] = results[column].astype(object)
        results.at[at, column] = value
    return dataclasses.replace(assessment, results=results)


def test_the_headline_comes_first_and_names_its_mode(fake):
    view = page_view(fake, lang="zh")
    for rule in view.rules:
        assert rule.modes[0].headline
        assert not any(mode.headline for mode in rule.modes[1:])
        assert rule.modes[0].label == f"结论（按{rule.modes[0].name}）"
        for mode in rule.modes[1:]:
            assert mode.label == f"比较口径（按{mode.name}），不是本规则的结论"


def test_the_verdict_words_are_those_of_the_wording_table(fake):
    words = {rule.rule: (rule.headline.word, rule.headline.detail) for rule in page_view(fake).rules}
    assert words["guizhou-14fyp/rural-medical-30"][0] in ("达到目标", "未达到目标")
    word, detail = words["shanxi-14fyp/county-town-fitness"]
    assert word == "未达到目标"
    assert detail.startswith("差")
    assert "个百分点，约" in detail
    assert words["test/clinic-walk-60plus"] == ("规划未设量化目标", "")
    assert words["guizhou-14fyp/central-elderly-15"] == ("暂无法评价", "缺中心城区范围")


def test_a_rule_without_people_reads_not_concerned(fake):
    rule = fake.rules[1]
    nobody = changed(fake, rule, people=0.0, covered=0.0, covered_share=float("nan"), verdict="nobody_concerned")
    mode = rule_view(nobody, rule).headline
    assert (mode.word, mode.share, mode.share_text) == ("不涉及", None, "")
    assert "0人" in mode.sentence


def test_a_comparison_mode_is_said_to_lie_above_or_below_and_never_to_meet(fake):
    for rule in page_view(fake).rules:
        for mode in rule.modes[1:]:
            assert mode.mark in ("above", "below", "share_only")
            assert "达到目标" not in mode.word


def test_the_sentence_gives_count_share_limit_and_whose_target(fake):
    mode = page_view(fake).rules[1].headline
    assert mode.sentence.startswith("按步行测算，县城社区常住人口中")
    assert mode.share_text in mode.sentence
    assert f"（{mode.people_text}）" in mode.sentence
    assert "15分钟以内（含）可到达公共健身点" in mode.sentence
    assert "低于本县自定目标（90%），差" in mode.sentence


def test_the_mode_dependence_names_the_modes_on_both_sides():
    fake = fake_assessment(villages=260)
    rule = fake.rules[0]
    assert headline_row(fake, rule)["mode_dependent"]
    note = next(note for note in rule_view(fake, rule).notes if note.title == "结论随出行方式改变")
    assert note.tone == "warn"
    above, below = note.text.split("；")
    assert "驾车或步行" in above
    assert above.endswith("高于目标")
    assert "步行" in below
    assert below.endswith("低于目标。")


def test_a_verdict_that_hangs_on_the_assumptions_says_so(fake):
    rule = fake.rules[1]
    shaky = changed(fake, rule, robust=False, range_low=0.25, range_high=0.93)
    assert any("25.0–93.0%" in note.text for note in rule_view(shaky, rule).notes)
    assert not any("跨过目标" in note.text for note in rule_view(fake, rule).notes)


def test_people_off_the_network_and_near_the_edge_stand_beside_the_verdict(fake):
    rule = fake.rules[1]
    texts = " ".join(
        note.text for note in rule_view(changed(fake, rule, off_network=1234.0, edge_people=20.6), rule).notes
    )
    assert "1,234人未接入路网" in texts
    assert "21人靠近数据边界" in texts


def test_figures_that_are_unknown_print_nothing(fake):
    unknown = dict.fromkeys(
        ("off_network", "edge_people", "unclassified", "covered_share_own", "covered_share_high", "range_low",
         "range_high", "median_s", "p90_s"),
        float("nan"),
    )  # fmt: skip
    for rule in fake.rules:
        view = rule_view(changed(fake, rule, **unknown), rule)
        assert not [note for note in view.notes if "nan" in note.text]
        assert view.headline.range_text == view.headline.times_text == ""


def test_adoption_horizon_source_and_assumptions_are_listed(fake):
    facts = dict(rule_view(fake, fake.rules[0]).facts)
    assert facts["依据"] == "贵州省“十四五”公共服务规划 三章四节"
    assert facts["适用"] == "参照执行（县政府会议纪要〔2025〕3号）"
    assert facts["期限"] == "规划期末评估（目标年2025年，数据时点2025-12-31）"
    assert facts["城乡分类来源"] == "国家统计局城乡分类代码"
    assert facts["假定"] == "规划未说明出行方式，按步行测算。"
    expired = dataclasses.replace(fake.rules[0], stage="expired")
    assert any("规划期已满" in note.text and "仅供参照" in note.text for note in rule_view(fake, expired).notes)


def test_a_doubt_stands_beside_the_rules_it_touches_and_in_the_list_of_all(fake):
    view = page_view(fake)
    text = "村卫生室：未与官方数核对。"
    assert text in view.doubts
    assert [any(note.text == text for note in rule.notes) for rule in view.rules] == [True, False, True, False]
    other = dataclasses.replace(
        fake,
        quality=dataclasses.replace(fake.quality, doubts=(Doubt(code="AG9203", values=kind_values("fitness_site")),)),
    )
    assert [len([n for n in rule.notes if "核对" in n.text]) for rule in page_view(other).rules] == [0, 1, 0, 0]


def test_incomplete_data_stand_beside_the_verdict_and_complete_data_among_the_facts(fake):
    def told(code, percent):
        doubt = Doubt(
            code=code,
            values={
                "what": "facilities:fitness_site",
                "what_zh": "公共健身点",
                "what_en": "public fitness site",
                "have": 16,
                "value": 17.0,
                "source": "年报",
                "percent": percent,
            },
        )
        quality = dataclasses.replace(fake.quality, doubts=(doubt,))
        view = rule_view(dataclasses.replace(fake, quality=quality), fake.rules[1])
        return [note.text for note in view.notes], [text for label, text in view.facts if label == "核对"]

    text = "公共健身点：本次数据16，官方数17（年报），完整率94.1%"
    notes, facts = told("AG9211", "94.1")
    assert f"{text}：数据不完整，结果可能偏低。" in notes
    assert facts == []
    notes, facts = told("AG9202", "96.0")
    complete = text.replace("94.1", "96.0") + "。"
    assert complete in facts
    assert complete not in notes


def test_generated_data_is_said_on_the_page(fake):
    assert page_view(fake).generated == "生成数据"
    real = dataclasses.replace(fake, study=dataclasses.replace(fake.study, generated=False))
    assert page_view(real).generated == ""


def test_a_target_of_a_level_above_is_never_a_failure(fake):
    rule = dataclasses.replace(fake.rules[1], target_level="prefecture", target_basis="")
    mode = rule_view(changed(fake, fake.rules[1], verdict=""), rule).headline
    assert mode.mark == "below"
    assert mode.word == "低于目标"
    assert "全市目标（90%，非本县考核指标）" in mode.sentence


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_is_left_with_braces_or_empty(fake, lang):
    view = page_view(fake, lang=lang)
    texts = [view.title, view.meta, view.approval, *view.doubts, *view.inputs]
    for rule in view.rules:
        texts += [rule.title, rule.limit_text, *rule.kind_names, *(text for pair in rule.facts for text in pair)]
        texts += [note.text for note in rule.notes] + [gap.place for gap in rule.gaps]
        texts += [text for mode in rule.modes for text in (mode.name, mode.label, mode.word, mode.sentence)]
    assert all(texts)
    assert not [text for text in texts if "{" in text or "nan" in text or "inf" in text.split()]


def test_people_add_up_from_villages_to_county_in_every_mode(fake):
    parent = dict(zip(fake.areas.frame["code"], fake.areas.frame["parent"], strict=True))
    for rule in fake.rules[:3]:
        for profile in fake.results.loc[fake.results["rule"] == rule.rule, "profile"].unique():
            figures = whole_figures(fake, rule, profile)
            for upper, lower in (("county", "township"), ("township", "village")):
                for code, figure in figures[upper].items():
                    members = [part for area, part in figures[lower].items() if parent[area] == code]
                    assert sum(part.people for part in members) == figure.people
                    assert sum(part.covered for part in members) == figure.covered
                    assert all(0 <= part.covered <= part.people for part in members)


def test_a_township_covered_to_the_last_person_has_nobody_left_uncovered(fake):
    rows = fake.results
    for rule in fake.rules[:3]:
        for profile in rows.loc[rows["rule"] == rule.rule, "profile"].unique():
            shares = whole_figures(fake, rule, profile)["township"].values()
            assert all(figure.uncovered == 0 for figure in shares if figure.share == 1.0)
            assert all(figure.covered == 0 for figure in shares if figure.share == 0.0)


def test_gaps_add_up_to_the_uncovered(fake):
    rule = fake.rules[1]
    figures = whole_figures(fake, rule, rule.headline_profile)
    gaps = fake.gaps[fake.gaps["rule"] == rule.rule]
    assert sum(gap_people(figures["township"], gaps)) == figures["county"]["149921"].uncovered


def test_gaps_name_the_place_the_nearest_facility_and_whole_minutes(fake):
    gap = rule_view(fake, fake.rules[1]).gaps[0]
    row = fake.gaps[(fake.gaps["rule"] == fake.rules[1].rule) & (fake.gaps["rank"] == 1)].iloc[0]
    name = fake.facilities.frame.set_index("facility_id").loc[row["facility_id"], "name"]
    assert gap.place == row["township_name"] + row["village_name"]
    assert gap.nearest.startswith(f"最近：{name}，")
    assert int(gap.nearest.rpartition("，")[2].removesuffix("分钟")) > 15
    assert gap.reason == "超过时限"


def test_areas_are_classed_against_the_target_by_exact_shares(fake):
    rule = dataclasses.replace(fake.rules[0], target=0.95)
    figure = whole_figures(fake, rule, rule.headline_profile)["county"]["149921"]

    def classed(share, rule):
        return area_class(dataclasses.replace(figure, share=share), rule, judged=True)

    shares = (0.95, 0.9499, 0.8501, 0.85, 0.7501, 0.75, 0.1)
    assert [classed(share, rule) for share in shares] == ["a", "b", "b", "c", "c", "d", "d"]
    free = dataclasses.replace(rule, target=None)
    assert [classed(share, free) for share in (0.6, 0.59, 0.4, 0.2, 0.19)] == ["s1", "s2", "s2", "s3", "s4"]
    assert classed(0.95 - 1e-13, rule) == "a", "judged as met: only the order of additions puts it under the target"
    nobody = dataclasses.replace(figure, people=0, covered=0, share=float("nan"))
    assert area_class(nobody, rule, judged=True) == "x"
    assert area_class(nobody, rule, judged=False) == "u"


def test_facilities_to_come_stand_beside_the_verdict_where_they_change_the_share(fake):
    rule = fake.rules[1]

    def told(construction, planned, lang="zh"):
        shares = {"covered_share_construction": construction, "covered_share_planned": planned}
        notes = rule_view(changed(fake, rule, **shares), rule, lang=lang).notes
        return [note.text for note in notes if note.title in ("在建、规划设施", "Facilities to come")]

    share = float(headline_row(fake, rule)["covered_share"])
    assert told(share, share) == []
    assert told(float("nan"), float("nan")) == []
    assert told(0.912, 0.934) == ["含在建设施，覆盖率为91.2%；含规划设施，为93.4%。"]
    assert "91.2%" in told(0.912, 0.934, "en")[0]


def test_a_place_is_named_by_the_study_where_no_township_names_it(fake):
    rule = fake.rules[1]
    frame = fake.areas.frame
    counties = dataclasses.replace(
        fake, areas=dataclasses.replace(fake.areas, frame=frame[frame["level"] == "county"].reset_index(drop=True)),
        gaps=fake.gaps.assign(township="", village="", township_name="", village_name=""),
        results=fake.results[fake.results["level"] == "county"],
    )  # fmt: skip
    name = frame["name"].iloc[0]
    for gap in rule_view(counties, rule).gaps:
        assert gap.place.startswith(name)
        assert gap.rank == 0 or f"{gap.lon:.4f}，{gap.lat:.4f}" in gap.place
    with_villages = dataclasses.replace(counties, gaps=counties.gaps.assign(village_name="甲村"))
    assert {gap.place for gap in rule_view(with_villages, rule).gaps if gap.rank} == {f"{name}甲村"}


def test_doubts_that_differ_in_the_rule_alone_become_one_and_are_bare_beside_the_rule(fake):
    doubts = tuple(Doubt(code="AG9206", values={"rule": rule.rule}) for rule in fake.rules[:2])
    both = dataclasses.replace(fake, quality=dataclasses.replace(fake.quality, doubts=doubts))
    view = page_view(both, lang="en")
    assert len(view.doubts) == 1
    assert all(rule.title in view.doubts[0] for rule in view.rules[:2])
    for rule in view.rules[:2]:
        note = next(note for note in rule.notes if "beyond the border is in the data" in note.text)
        assert note.text.startswith("No facility")


def test_a_mode_that_only_an_addition_puts_under_the_target_stands_with_those_above(fake):
    rule = next(rule for rule in fake.circles if rule.target is not None and rule.stage != "expired")
    results = fake.results.copy()
    mine = results["rule"] == rule.rule
    below = min(results.loc[mine & ~results["headline"], "profile"])
    results.loc[mine, ["covered_share", "covered_share_high"]] = rule.target - 1e-13
    results.loc[mine & (results["profile"] == below), ["covered_share", "covered_share_high"]] = rule.target - 0.2
    results.loc[mine & results["headline"], ["mode_dependent", "verdict"]] = [True, "meets"]
    view = report_view(dataclasses.replace(fake, results=results))
    (part,) = [each for each in view.circles if each.view.rule == rule.rule]
    names = {mode.name for mode in part.view.modes if mode.profile == below}
    assert {mode.name for mode in part.view.modes if mode.mark == "below"} == names
    flip = next(note.text for note in part.view.notes if note.title == "结论随出行方式改变")
    above, under = flip.split("；")
    assert all(mode.name in (under if mode.name in names else above) for mode in part.view.modes)
    assert [drawing.mode for drawing in part.maps] == [part.view.headline.name, *names]
    assert {row.compared for row in part.table.rows} == {"高0.0个百分点"}


def standing(page, *told):
    """The page with its first rules standing as told: mark, share, target, and people uncovered."""
    rules = [
        dataclasses.replace(
            rule,
            expired=False,
            target=target,
            uncovered=uncovered,
            modes=(dataclasses.replace(rule.headline, mark=mark, share=share), *rule.modes[1:]),
        )
        for rule, (mark, share, target, uncovered) in zip(page.rules, told, strict=False)
    ]
    return dataclasses.replace(page, rules=tuple(rules))


def test_the_rule_that_leads_is_missed_by_most_people_or_nearest_to_its_target(fake):
    page = page_view(fake)
    first, second = (rule.rule for rule in page.rules[:2])
    missed = standing(page, ("falls_short", 0.8, 0.9, 10), ("falls_short", 0.89, 0.9, 11))
    assert leading_rule(missed).rule == second
    met = standing(page, ("meets", 0.7, 0.5, 0), ("meets", 0.96, 0.95, 0))
    assert leading_rule(met).rule == second, "0.01 above its target, the other 0.2"
    assert leading_rule(standing(page, ("meets", 0.7, 0.5, 0), ("falls_short", 0.8, 0.9, 1))).rule == second
    assert leading_rule(standing(page, ("no_target", 0.7, None, 5), ("no_target", 0.6, None, 5))).rule == first


def test_the_people_of_gaps_that_are_not_listed_count_too(fake):
    rule = next(rule for rule in fake.circles if (fake.gaps["rule"] == rule.rule).any())
    mine = fake.gaps[(fake.gaps["rule"] == rule.rule) & (fake.gaps["rank"] > 0)]
    many = mine.iloc[[0] * 80].reset_index(drop=True).assign(rank=range(1, 81), people=1.0, township="nowhere")
    view = rule_view(dataclasses.replace(fake, gaps=many), rule)
    assert (len(view.gaps), view.uncovered) == (50, 80)
