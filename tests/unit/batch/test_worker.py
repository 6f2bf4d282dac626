"""What a worker loads before it is set up: nothing of GDAL, whose readers can only be limited before it is loaded."""

from __future__ import annotations

import pickle
import subprocess
import sys

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
