"""The documentation agrees with the code: every frame, message, study key and public name is in it."""

from __future__ import annotations

import importlib.util
import re

import pytest

import accessgis

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def document(root):
    """Return the module that writes the tables of the documentation."""
    spec = importlib.util.spec_from_file_location("document", root / "scripts" / "document.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(root):
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted((root / "docs").glob("*.md"))}
    assert found
    return found


def test_tables_are_up_to_date(document, pages):
    known = document.schemas()
    stale = [name for name, text in pages.items() if document.filled(text, known) != text]

    assert stale == [], "run `make docs`"


def test_every_schema_is_documented(document, pages):
    documented = set(re.findall(r"<!-- schema: (\S+) -->", "\n".join(pages.values())))

    assert set(document.schemas()) == documented


def test_every_message_is_documented(pages):
    from accessgis.base.errors import message_catalogue

    assert [code for code in message_catalogue() if f"| {code} |" not in pages["messages.md"]] == []


def test_every_study_key_is_documented(pages):
    from accessgis.study import model

    lacking = []
    for table, kind in model._TABLES.items():
        for key, field in kind.model_fields.items():
            name = f"`{table}.{field.alias or key}`"
            if name not in pages["study-file.md"]:
                lacking.append(name)

    assert lacking == []


def test_every_result_file_is_documented(pages, root):
    files = ("assessment.json", "coverage.csv", "equity.csv", "index.csv", "results.gpkg", "map.html", "report.html")
    for name in (*files, "manifest.json", "evidence/"):
        assert f"`{name}`" in pages["outputs.md"], name
    source = (root / "accessgis" / "report" / "write.py").read_text(encoding="utf-8")
    written = set(re.findall(r'folder / "([\w.]+)"', source))
    assert written >= {*files, "manifest.json", "evidence", "report.docx", "coverage.xlsx"}
    text = pages["outputs.md"] + pages["batch.md"]
    for name in written:
        assert f"`{name}`" in text or f"`{name}/`" in text or f"/{name}`" in text, name


def test_every_public_name_is_documented(pages):
    page = pages["python.md"]

    assert [name for name in accessgis.__all__ if f"`{name}`" not in page] == []


def test_every_page_is_linked_from_the_index(pages):
    linked = set(re.findall(r"\]\(([\w.-]+\.md)\)", pages["index.md"]))

    assert set(pages) - {"index.md"} == linked


def test_links_between_pages_lead_somewhere(root):
    broken = []
    for page in [*(root / "docs").glob("*.md"), *root.glob("*.md"), *(root / "tests").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")

    assert broken == []


def test_study_files_in_the_documentation_are_valid(pages, tmp_path):
    blocks = [block for text in pages.values() for language, block in FENCED.findall(text) if language == "toml"]
    whole = [block for block in blocks if block.startswith("[study]")]
    for number, block in enumerate(whole):
        path = tmp_path / f"study-{number}.toml"
        path.write_text(block, encoding="utf-8")
        accessgis.read_study(path)

    assert whole


def test_commands_in_the_documentation_exist(root, pages):
    from typer.main import get_command

    from accessgis.cli.main import app

    known = get_command(app)
    text = "\n".join([*pages.values(), (root / "README.md").read_text(encoding="utf-8")])
    fenced = [block for language, block in FENCED.findall(text) if not language]
    inline = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    lines = [line for block in fenced for line in block.splitlines()] + inline
    commands = [found[1].split() for line in lines if (found := re.match(r"\s*(?:\S+ -m )?accessgis ([a-z -]+)", line))]
    absent = set()
    for words in commands:
        command, rest = known, list(words)
        while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
            if rest[0] not in command.commands:
                absent.add(" ".join(words))
                break
            command = command.commands[rest.pop(0)]

    assert commands
    assert absent == set()
