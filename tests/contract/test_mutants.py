"""The list of faults that `make mutants` puts into the engine is true to the code of today."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def mutants(root: Path) -> ModuleType:
    """Load the script that runs them."""
    spec = importlib.util.spec_from_file_location("mutants", root / "scripts" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "mutants", module)
        spec.loader.exec_module(module)
    return module


def test_every_fault_can_be_put_in_and_names_tests_that_exist(mutants: ModuleType, root: Path) -> None:
    listed = mutants.read_mutants()
    assert len({mutant.name for mutant in listed}) == len(listed)
    for mutant in listed:
        text = (root / mutant.file).read_text(encoding="utf-8")
        compile(mutant.applied(text), mutant.file, "exec")
        assert mutant.tests
        assert all((root / test.partition("::")[0]).is_file() for test in mutant.tests)


def test_a_fault_that_no_longer_stands_in_the_code_is_an_error(mutants: ModuleType) -> None:
    fault = mutants.Mutant(name="gone", file="x.py", before="a < b", after="a <= b", tests=("tests",))
    assert fault.applied("if a < b:") == "if a <= b:"
    with pytest.raises(ValueError, match="gone: stands 0 times"):
        fault.applied("if a > b:")
