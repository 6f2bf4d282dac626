"""A batch of counties: the same bytes however it is run, one broken county stops nobody, what is done stays done."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from distributed import Client, LocalCluster
from integration import many_counties as many
from integration import tiny_study as tiny

import accessgis as ag
from accessgis.batch.county import Options
from accessgis.batch.run import Batch, Progress, batch_run
from accessgis.cli.main import run
from accessgis.study.model import read_study
from accessgis.study.run import assess

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return many.draw(tmp_path_factory.mktemp("batch") / "counties")


@pytest.fixture(scope="module")
def plain(counties: Path, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Return the batch as one process does it, one county after another."""
    return batch_run(counties, tmp_path_factory.mktemp("plain") / "out", workers=0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Return a scheduler with two workers, as a user's own."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as started:
        yield started


def states(batch: Batch) -> dict[str, str]:
    return {outcome.code: outcome.state for outcome in batch.outcomes}


def test_a_county_is_what_assess_finds_alone(counties, plain):
    alone = assess(read_study(counties / "149922" / "study.toml"))
    rows = plain.results[plain.results["county"] == "149922"].reset_index(drop=True)

    assert states(plain) == dict.fromkeys(many.CODES, "done")
    for name, column in {"people": "people", "covered": "covered", "share": "covered_share", "area": "area"}.items():
        pd.testing.assert_series_equal(rows[name], alone.results[column], check_names=False, check_exact=True)
    folder = plain.out / "counties" / "149922"
    assert {path.name for path in folder.iterdir()} == {
        "assessment.json", "batch.json", "manifest.json", "map.html", "outline.parquet", "parts.parquet",
        "rows.parquet", "villages.parquet",
    }  # fmt: skip
    villages = gpd.read_parquet(folder / "villages.parquet")
    assert villages.crs == "EPSG:4326"
    share = alone.results.query("level == 'village' and headline").set_index("area")["covered_share"]
    assert villages.set_index("code")[f"covered_share {alone.rules[0].rule}"].to_dict() == share.to_dict()


def test_sums_over_counties_are_exactly_the_sums_of_their_rows(plain):
    rows = plain.results
    county = rows[(rows["level"] == "county") & rows["headline"] & (rows["profile"] != "")]
    whole = rows[(rows["level"] == "all") & rows["headline"]]

    assert len(county) == 3
    assert whole["people"].item() == math.fsum(county["people"])
    assert whole["covered"].item() == math.fsum(county["covered"])
    assert whole["share"].item() == whole["covered"].item() / whole["people"].item()
    assert whole["people"].item() == pytest.approx(500 * (1 + 8 / 7 + 9 / 7), rel=1e-6)
    assert whole["counties"].item() == 3
    by_prefecture = rows[(rows["level"] == "prefecture") & rows["headline"]].set_index("prefecture")
    assert by_prefecture["counties"].to_dict() == {"1498": 1, "1499": 2}
    assert by_prefecture["people"]["1499"] == math.fsum(county["people"][county["prefecture"] == "1499"])
    villages = rows[(rows["level"] == "village") & rows["headline"]]
    assert whole["people"].item() == pytest.approx(villages["people"].sum(), rel=1e-12)


def test_the_province_map_leads_into_every_county(plain):
    page = BeautifulSoup((plain.out / "map.html").read_text(encoding="utf-8"), "html.parser")
    links = {link["href"] for link in page.select("figure a")}

    assert links == {f"counties/{code}/map.html" for code in many.CODES}
    assert all((plain.out / link).is_file() for link in links)
    assert "map.html" in json.loads((plain.out / "batch.json").read_text(encoding="utf-8"))["outputs"]


def test_the_table_reads_back_with_codes_as_text(plain):
    back = ag.read_results(plain.out)

    pd.testing.assert_frame_equal(back, plain.results, check_exact=True)
    assert {type(code) for code in back["county"]} == {str}
    assert pd.api.types.is_string_dtype(back["area"].dtype)


def test_a_users_scheduler_gives_the_same_bytes(counties, plain, cluster, tmp_path):
    seen: list[Progress] = []
    batch = batch_run(counties, tmp_path / "out", scheduler=cluster.scheduler_address, progress=seen.append)

    assert tiny.contents(batch.out) == tiny.contents(plain.out)
    assert [state.done for state in seen if state.ended] == [1, 2, 3]
    assert {code for state in seen for code in state.running} == set(many.CODES)
    assert any("verdicts" in state.running.values() for state in seen)


def test_two_batches_on_one_scheduler_both_write_their_counties(counties, plain, cluster, tmp_path):
    def done(name: str) -> Batch:
        return batch_run(counties, tmp_path / name, scheduler=cluster.scheduler_address)

    with ThreadPoolExecutor(2) as both:
        batches = list(both.map(done, ("one", "two")))

    for batch in batches:
        assert tiny.contents(batch.out) == tiny.contents(plain.out)


def test_one_worker_of_this_machine_gives_the_same_bytes(counties, plain, tmp_path):
    batch = batch_run(counties, tmp_path / "out", workers=1)

    assert tiny.contents(batch.out) == tiny.contents(plain.out)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_workers_killed_in_the_middle_of_their_counties_change_nothing(counties, plain, cluster, tmp_path):
    with Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
    begun: Counter[str] = Counter()
    killed: list[int] = []

    def watch(state: Progress) -> None:
        begun.update(code for code, step in state.running.items() if step == "")
        if "verdicts" in state.running.values() and not killed:
            killed.extend(workers)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)

    batch = batch_run(counties, tmp_path / "out", scheduler=cluster.scheduler_address, progress=watch)

    assert len(killed) == 2
    assert max(begun.values()) > 1
    assert states(batch) == dict.fromkeys(many.CODES, "done")
    assert tiny.contents(batch.out) == tiny.contents(plain.out)


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_fails_the_counties_and_resume_does_them(counties, plain, tmp_path):
    batch = batch_run(counties, tmp_path / "out", workers=1, start=many.fill_the_disk)

    assert [failure.error for failure in batch.failures] == ["AG1001"] * len(many.CODES)
    assert list((tmp_path / "out" / "counties").iterdir()) == [], "nothing is half there"
    again = batch_run(counties, tmp_path / "out", workers=0, resume=True)
    assert states(again) == dict.fromkeys(many.CODES, "done")
    assert tiny.contents(again.out) == tiny.contents(plain.out)


def test_a_broken_county_is_reported_and_the_others_are_done(tmp_path, plain, cluster, capsys):
    folder = many.draw(tmp_path / "counties")
    many.spoil(folder, "149921")
    arguments = ["batch", "run", str(folder), "--scheduler", cluster.scheduler_address, "--lang", "en"]

    assert run([*arguments, "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    with (tmp_path / "out" / "failures.csv").open(encoding="utf-8-sig", newline="") as stream:
        failures = list(csv.DictReader(stream))

    assert [(row["code"], row["study"], row["error"]) for row in failures] == [
        ("149921", "149921/study.toml", "AG3001")
    ]
    assert "roads.osm" in failures[0]["message"]
    assert failures[0]["fix"]
    assert "3 counties: done 2, kept 0, failed 1" in said
    assert "149921 小县149921: AG3001" in said
    sheets = pd.read_excel(tmp_path / "out" / "results.xlsx", sheet_name=None, engine="calamine", dtype={"county": str})
    assert list(sheets["failures 未完成"]["error"]) == ["AG3001"]
    assert list(sheets["counties 各县"]["county"]) == ["149801", "149922"]
    rows = ag.read_results(tmp_path / "out")
    whole = sheets["sums 合计"].query("level == 'all'")
    assert whole["people"].item() == rows.query("level == 'all' and headline")["people"].item()
    assert sorted(set(rows["county"])) == ["", "149801", "149922"]
    assert set(rows["counties"][rows["level"] == "all"]) == {2}
    assert not (tmp_path / "out" / "counties" / "149921").exists()


def test_resume_does_again_only_what_changed(tmp_path, monkeypatch):
    for drawn in ("accessgis.report.write.map_page", "accessgis.batch.province_map.province_page"):
        monkeypatch.setattr(drawn, lambda *_, **__: "<!doctype html>")
    folder, out = many.draw(tmp_path / "counties"), tmp_path / "out"
    batch_run(folder, out, workers=0)
    first = tiny.contents(out)

    def again(**options: object) -> set[str]:
        batch = batch_run(folder, out, workers=0, resume=True, **options)
        return {code for code, state in states(batch).items() if state != "kept"}

    assert again() == set()
    assert tiny.contents(out) == first
    clinics = folder / "149922" / "clinics.csv"
    clinics.write_text(clinics.read_text(encoding="utf-8").replace("乙村", "丁村"), encoding="utf-8")
    assert again() == {"149922"}
    study = folder / "149922" / "study.toml"
    (folder / "149922" / "own.toml").write_text(tiny.OWN_RULE, encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8").replace("use = []", 'use = []\nfiles = ["own.toml"]'), "utf-8")
    assert again() == {"149922"}
    (folder / "149922" / "own.toml").write_text(tiny.OWN_RULE.replace("minutes = 1", "minutes = 2"), encoding="utf-8")
    assert again() == {"149922"}
    (folder / "149801" / "total.tif.aux.xml").write_text("<PAMDataset></PAMDataset>", encoding="utf-8")
    assert again() == {"149801"}
    (out / "counties" / "149921" / "map.html").write_text("cut", encoding="utf-8")
    assert again() == {"149921"}
    (out / "counties" / "149921" / "rows.parquet").unlink()
    assert again() == {"149921"}
    assert again(options=Options(lang="en")) == set(many.CODES)
    assert again(options=Options(lang="en")) == set()


def test_resume_takes_no_result_of_another_version_for_its_own(counties, plain, tmp_path, monkeypatch):
    out = tiny.copy(plain.out, tmp_path / "out")
    assert set(states(batch_run(counties, out, workers=0, resume=True)).values()) == {"kept"}
    monkeypatch.setattr("accessgis.batch.resume.library_versions", lambda: {"accessgis": "9"})

    assert set(states(batch_run(counties, out, workers=0, resume=True)).values()) == {"done"}


@pytest.mark.soak
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_batch_goes_on_where_it_was(counties, plain, tmp_path, root, stop, code):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "accessgis", "batch", "run", str(counties), "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--quiet"], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stderr=subprocess.PIPE
    )
    patience = time.monotonic() + PATIENCE_S
    while not list(out.glob("counties/[0-9]*/manifest.json")) and time.monotonic() < patience:
        time.sleep(0.005)
    process.send_signal(stop)
    said = process.communicate(timeout=PATIENCE_S)[1].decode("utf-8", errors="replace")

    assert process.returncode == code, said
    assert "Traceback" not in said
    with pytest.raises(ag.UsageError) as raised:
        ag.read_results(out)
    assert raised.value.code == "AG2506"
    batch = batch_run(counties, out, workers=0, resume=True)
    assert "kept" in states(batch).values()
    assert "done" in states(batch).values()
    assert tiny.contents(out) == tiny.contents(plain.out)


@pytest.mark.soak
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.slow
def test_a_scheduler_that_dies_fails_what_is_left_and_resume_does_it(counties, plain, tmp_path, root):
    place = tmp_path / "scheduler.json"
    words = {"scheduler": ["--port", "0"], "worker": ["--nthreads", "1"]}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", "--scheduler-file", str(place), "--no-dashboard",
             "--host", "127.0.0.1", *more],
            cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stderr=subprocess.DEVNULL,
        )
        for name, more in words.items()
    ]  # fmt: skip
    patience = time.monotonic() + PATIENCE_S
    while not place.exists() and time.monotonic() < patience:
        time.sleep(0.01)
    address = json.loads(place.read_text(encoding="utf-8"))["address"]
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=PATIENCE_S)

    def watch(state: Progress) -> None:
        if state.ended:
            started[0].kill()

    try:
        batch = batch_run(counties, tmp_path / "out", scheduler=address, progress=watch)
    finally:
        for process in started:
            process.kill()
            process.wait()
    errors = Counter(outcome.error for outcome in batch.outcomes)
    assert errors["AG1505"] >= 1
    assert set(errors) == {"", "AG1505"}
    assert set(states(batch_run(counties, tmp_path / "out", workers=0, resume=True)).values()) <= {"kept", "done"}
    assert tiny.contents(tmp_path / "out") == tiny.contents(plain.out)


def test_documents_on_request_are_those_of_assess(counties, tmp_path, capfdbinary):
    alone = tmp_path / "alone"
    ag.write(assess(read_study(counties / "149921" / "study.toml")), alone)
    one = tmp_path / "list"
    tiny.copy(counties / "149921", one / "a")

    assert run(["batch", "run", str(one), "--workers", "0", "--documents", "--json"]) == 0
    said = json.loads(capfdbinary.readouterr().out)
    written = tiny.contents(one / "out" / "counties" / "149921")
    assert said["counties"][0]["state"] == "done"
    assert written.keys() - tiny.contents(alone).keys() == {
        "batch.json",
        "outline.parquet",
        "parts.parquet",
        "rows.parquet",
    }
    assert {name: digest for name, digest in tiny.contents(alone).items() if written[name] != digest}.keys() == {
        "manifest.json"
    }
