"""What a folder of results holds, and that nothing for it is made twice."""

from __future__ import annotations

from accessgis.report import write as writing
from accessgis.report.write import write


def test_an_iterator_may_name_the_further_forms_and_layers_are_made_once(fake, tmp_path, monkeypatch, no_office_files):
    made = []
    monkeypatch.setattr(writing, "report_page", lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(writing, "write_pdf", lambda _, path, **__: path.write_bytes(b"%PDF"))
    layers = writing.result_layers
    monkeypatch.setattr(writing, "result_layers", lambda result: made.append(result) or layers(result))
    out = write(fake, tmp_path / "out", also=iter(["pdf", "shapefile"]))
    assert (out / "report.pdf").is_file()
    assert (out / "shapefile" / "fields.csv").is_file()
    assert len(made) == 1
