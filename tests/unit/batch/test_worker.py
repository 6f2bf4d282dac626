"""What a worker loads before it is set up: nothing of GDAL, whose readers can only be limited before it is loaded."""

from __future__ import annotations

import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest

from accessgis.base.errors import AccessGISError
from accessgis.batch import worker
from accessgis.batch.cluster import require_seen, shared_paths
from accessgis.batch.county import Job
from accessgis.batch.listing import County
from accessgis.batch.worker import SetUp
from accessgis.cli.drivers import limit_drivers


def test_setting_up_comes_before_gdal():
    pickled = pickle.dumps(SetUp(limit_drivers))
    program = (
        "import pickle, sys\n"
        f"plugin = pickle.loads({pickled!r})\n"
        "assert 'pyogrio' not in sys.modules and 'rasterio' not in sys.modules\n"
        "plugin.setup(None)\n"
        "import pyogrio\n"
        "print('OGR_VRT' in pyogrio.list_drivers(), 'GPKG' in pyogrio.list_drivers())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, encoding="utf-8", timeout=120
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "False True", "")


def job(folder, *, there: bool) -> Job:
    study = folder / "cache" / "pieces" / "140702.toml"
    study.parent.mkdir(parents=True, exist_ok=True)
    if there:
        study.write_text("", encoding="utf-8")
    county = County(code="140702", name="甲", study=study, label="whole.toml 140702")
    return Job(county=county, target=folder / "out" / "counties" / "140702")


def test_workers_must_see_what_this_machine_sees(tmp_path):
    one = job(tmp_path, there=True)
    paths = shared_paths([one])
    assert paths == [one.target.parent, one.county.study]
    assert worker.unseen(paths) == [], "the folder of the results is made before any worker could make its own"
    require_seen({"tcp://a:1": [], "tcp://b:1": []})
    with pytest.raises(AccessGISError) as caught:
        require_seen({"tcp://a:1": [], "tcp://b:1": [one.county.study]})
    assert caught.value.code == "AG1508"
    assert caught.value.message("en").startswith("The worker tcp://b:1 does not see /")
    assert "XDG_CACHE_HOME" in caught.value.fix("zh")
    assert shared_paths([job(tmp_path / "bare", there=False)]) == [tmp_path / "bare" / "out" / "counties"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AccessGISError) as unwritable:
        shared_paths([Job(county=one.county, target=tmp_path / "file" / "a" / "b")])
    assert unwritable.value.code == "AG1001"


def test_a_worker_that_comes_late_makes_no_folder_of_its_own(tmp_path, monkeypatch):
    one = job(tmp_path, there=True)
    here = SimpleNamespace(address="tcp://late:1", log_event=lambda *_: None)
    monkeypatch.setattr(worker, "get_worker", lambda: here)
    outcome = worker.run_job(one, [one.target.parent, one.county.study])
    assert (outcome.state, outcome.error) == ("failed", "AG1508")
    assert not one.target.exists()
