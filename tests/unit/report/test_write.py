"""What a folder of results holds, and that nothing for it is made twice."""

from __future__ import annotations

from fake_assessment import fake_assessment

from accessgis.report import write as writing
from accessgis.report.report_view import report_view
from accessgis.report.tables import coverage_table
from accessgis.report.view import gap_views, page_view
from accessgis.report.workbook import sheets
from accessgis.report.write import write


def test_an_iterator_may_name_the_further_forms_and_layers_are_made_once(fake, tmp_path, monkeypatch, no_office_files):
    made = []
    monkeypatch.setattr(writing, "report_page", lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(writing, "write_field_check", lambda *_, **__: None)
    monkeypatch.setattr(writing, "write_pdf", lambda _, path, **__: path.write_bytes(b"%PDF"))
    layers = writing.result_layers
    monkeypatch.setattr(writing, "result_layers", lambda result: made.append(result) or layers(result))
    out = write(fake, tmp_path / "out", also=iter(["pdf", "shapefile"]))
    assert (out / "report.pdf").is_file()
    assert (out / "shapefile" / "fields.csv").is_file()
    assert len(made) == 1


def test_only_beside_a_comparison_map_and_report_lead_to_it(fake, tmp_path, monkeypatch, no_office_files):
    led = []
    for name in ("map_page", "report_page"):
        monkeypatch.setattr(writing, name, lambda *_, compared, **__: led.append(compared) or "<!doctype html>")
    monkeypatch.setattr(writing, "write_field_check", lambda *_, **__: None)
    write(fake, tmp_path / "a", beside={"compare.html": "<!doctype html>"})
    write(fake, tmp_path / "b")
    assert led == [True, True, False, False]


def test_what_several_files_tell_is_made_once_and_left_as_it_was():
    fake = fake_assessment(villages=60)
    page, table = page_view(fake), coverage_table(fake)
    gaps = {rule.rule: gap_views(fake, rule, "zh") for rule in fake.circles}
    before = table.copy(deep=True)
    view = report_view(fake)
    assert sheets(fake, view)
    assert view.page is page_view(fake) is page
    assert page_view(fake, lang="en") is not page
    assert all(gap_views(fake, rule, "zh") is gaps[rule.rule] for rule in fake.circles)
    assert coverage_table(fake) is table
    assert table.equals(before)
