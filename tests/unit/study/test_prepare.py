"""The thread that reads people while the main one reads roads."""

from __future__ import annotations

import multiprocessing
import sys
import time

import pytest
from integration import tiny_study as tiny

from accessgis.base.errors import DataError
from accessgis.study import prepare as preparing
from accessgis.study.model import read_study
from accessgis.study.prepare import prepare


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_reads_as_its_parent_does(tmp_path) -> None:
    study = read_study(tiny.draw(tmp_path / "study"))
    prepare(study)
    child = multiprocessing.get_context("fork").Process(target=prepare, args=(study,))

    child.start()
    child.join(60)

    done = child.exitcode
    child.kill()
    assert done == 0


def test_a_failure_waits_until_the_other_reader_has_ended(tmp_path, monkeypatch) -> None:
    study = read_study(tiny.draw(tmp_path / "study"))
    (tmp_path / "study" / "roads.osm").write_text("")
    read, ended = preparing.people_of, []

    def slowly(*given):
        found = read(*given)
        time.sleep(0.5)
        ended.append(True)
        return found

    monkeypatch.setattr(preparing, "people_of", slowly)
    with pytest.raises(DataError, match="AG3101"):
        prepare(study)
    assert ended == [True], "nobody reads on when the failure is said"
