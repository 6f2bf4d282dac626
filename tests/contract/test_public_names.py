"""The public names: sorted, importable, light and silent to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import accessgis

HEAVY = (
    "branca", "docx", "folium", "geopandas", "llvmlite", "networkx", "numba", "numpy", "osmium", "osmnx", "pandas",
    "pyarrow", "pydantic", "pyogrio", "pyproj", "rasterio", "scipy", "shapely", "xlsxwriter",
)  # fmt: skip


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, encoding="utf-8", timeout=120
    )


def test_all_is_sorted_and_complete():
    assert accessgis.__all__ == sorted(accessgis.__all__)
    assert len(set(accessgis.__all__)) == len(accessgis.__all__)
    assert dir(accessgis) == accessgis.__all__


@pytest.mark.parametrize("name", accessgis.__all__)
def test_every_public_name_is_importable(name):
    assert getattr(accessgis, name) is not None


def test_functions_and_classes_are_callable():
    for name in ("AccessGISError", "DataError", "UsageError", "assess", "read_study", "write"):
        assert callable(getattr(accessgis, name)), name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'asess'"):
        accessgis.asess  # noqa: B018 the access is the test


@pytest.mark.parametrize(
    "first",
    [
        "import accessgis",
        "import accessgis.assess",
        "import accessgis.assess.assessment",
        "from accessgis.assess import assessment",
        "from accessgis.assess.assessment import RESULTS",
        "import accessgis.assess.assessment as a; assert a.RESULTS",
    ],
)
def test_assess_is_a_function_and_a_package_whatever_was_imported_first(first):
    done = run(
        f"{first}\nimport accessgis, accessgis.assess.assessment\n"
        "from accessgis import assess\n"
        "assert callable(accessgis.assess) and assess is accessgis.assess\n"
        "assert accessgis.assess.assessment.RESULTS.name == 'results'"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_assess_called_at_the_top_is_the_pipeline(monkeypatch):
    from accessgis.study import run as pipeline

    monkeypatch.setattr(pipeline, "assess", lambda study, **options: (study, options))

    assert accessgis.assess("study", evidence=True) == ("study", {"evidence": True})


def test_import_is_light_and_silent():
    done = run(f"import sys, accessgis; print(*[m for m in {HEAVY!r} if m in sys.modules])")

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_the_version_is_printed_without_heavy_imports():
    done = run(
        "import sys\n"
        "sys.argv = ['accessgis', '--version']\n"
        "from accessgis.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"print('heavy:', *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    version, heavy = done.stdout.strip().rsplit("\n", 1)

    assert done.returncode == 0, done.stderr
    assert accessgis.__version__ in version
    assert heavy.strip() == "heavy:"


def test_python_dash_m_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "accessgis", "--version"], capture_output=True, text=True, encoding="utf-8", timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert accessgis.__version__ in done.stdout


def test_measures_are_public_and_load_on_first_use():
    done = run(
        f"import sys, accessgis.measures as m; print(*[h for h in {HEAVY!r} if h in sys.modules])\n"
        "assert all(getattr(m, name) is getattr(m, name) for name in m.__all__)\n"
        "import accessgis; assert accessgis.measures is m"
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_an_unknown_measure_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'esfca'"):
        accessgis.measures.esfca  # noqa: B018 the access is the test
