"""The locks pin what pyproject.toml asks for, with hashes, and agree with each other."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


@pytest.fixture(scope="module")
def project(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pins(root) -> dict[str, set[tuple[str, str, str]]]:
    names = {"runtime": "requirements.lock", "test": "requirements-test.lock"}
    return {key: set(PIN.findall((root / name).read_text(encoding="utf-8"))) for key, name in names.items()}


@pytest.mark.parametrize("lock", ["runtime", "test"])
def test_every_dependency_is_pinned_within_its_bounds(project, pins, lock):
    wanted = list(project["dependencies"])
    if lock == "test":
        wanted += project["optional-dependencies"]["test"]
    pinned = {name: version for name, version, _ in pins[lock]}

    for text in wanted:
        requirement = Requirement(text)
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_the_tests_run_on_what_users_get(pins):
    versions = {lock: {(name, version) for name, version, _ in found} for lock, found in pins.items()}

    assert versions["runtime"] <= versions["test"]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_every_pin_has_hashes_and_nothing_else_is_asked_for(root, name):
    text = (root / name).read_text(encoding="utf-8")
    entries = re.findall(r"^\S.*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)*", text, re.MULTILINE)

    assert entries
    assert [entry for entry in entries if "--hash" not in entry] == []
    assert "http" not in text


def test_dependencies_are_sorted(project):
    for group in (project["dependencies"], project["optional-dependencies"]["test"]):
        names = [Requirement(text).name for text in group]
        assert names == sorted(names)
