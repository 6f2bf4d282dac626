"""Write the tables of the documentation that come from the code.

Between ``<!-- schema: NAME -->`` and ``<!-- end -->`` of a page of docs/ stand the columns of
the schema NAME; between ``<!-- messages: AG2 -->`` and ``<!-- end -->`` of docs/messages.md the messages of that range;
between ``<!-- weights: fields -->`` (or ``bands``) and ``<!-- end -->`` those of the equal-access index.
``tests/contract/test_documentation.py`` fails when a table is missing or out of date; ``make docs`` mends it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import accessgis
from accessgis.base.errors import message_catalogue
from accessgis.base.schema import Schema
from accessgis.report.wording import say
from accessgis.standards.weights import Grounds, load_weights

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"<!-- (schema|messages|weights): (\S+) -->\n.*?<!-- end -->", re.DOTALL)


def schemas() -> dict[str, Schema]:
    """Return every schema constant of the package by its name."""
    found: dict[str, Schema] = {}
    for info in pkgutil.walk_packages(accessgis.__path__, "accessgis."):
        if info.name.startswith("accessgis._demo") or info.name == "accessgis.__main__":
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Schema):
                found[value.name] = value
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def schema_table(schema: Schema) -> str:
    """Return the columns of a schema as a Markdown table."""
    rows = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    rows += [f"| `{c.name}` | {c.type} | {c.unit} | {_cell(c.meaning)} |" for c in schema.columns]
    return "\n".join(rows)


def message_table(prefix: str) -> str:
    """Return the messages whose code starts with ``prefix`` as a Markdown table."""
    rows = ["| code | says | 中文 | mend it | 处理办法 |", "|---|---|---|---|---|"]
    if prefix.startswith("AG9"):
        rows = ["| code | says | 中文 |", "|---|---|---|"]
    for code, texts in sorted(message_catalogue().items()):
        if code.startswith(prefix):
            cells = [texts[part] for part in ("en", "zh", "fix_en", "fix_zh") if part in texts]
            rows.append("| " + " | ".join([code, *map(_cell, cells)]) + " |")
    return "\n".join(rows)


def weights_table(name: str) -> str:
    """Return the weights of the equal-access index, or its bands, as a Markdown table."""
    weights = load_weights()

    def grounds(entry: Grounds) -> str:
        assumed = entry.assumed
        return f"assumed: {assumed.en} {assumed.zh}" if assumed else f"{entry.source} {entry.section}"

    if name == "bands":
        rows = ["| band | 分档 | from | rests on |", "|---|---|---|---|"]
        rows += [f"| {b.title.en} | {b.title.zh} | {b.at_least:g} | {grounds(b.grounds)} |" for b in weights.bands]
        return "\n".join(rows)
    rows = ["| field | 领域 | weight | rests on |", "|---|---|---|---|"]
    for entry in weights.fields:
        names = (say(f"category.{entry.id}", "en"), say(f"category.{entry.id}", "zh"))
        rows.append(f"| {names[0]} (`{entry.id}`) | {names[1]} | {entry.weight:g} | {grounds(entry.grounds)} |")
    for entry in (weights.rule, *weights.rules):
        name = f"rule `{entry.id}` in its field" if entry.id else "each rule in its field"
        rows.append(f"| {name} | | {entry.weight:g} | {grounds(entry.grounds)} |")
    return "\n".join(rows)


def filled(text: str, known: dict[str, Schema]) -> str:
    """Return a page with every table written anew."""

    def block(match: re.Match[str]) -> str:
        what, name = match.groups()
        tables = {"messages": message_table, "weights": weights_table, "schema": lambda name: schema_table(known[name])}
        table = tables[what](name)
        return f"<!-- {what}: {name} -->\n{table}\n<!-- end -->"

    return BLOCK.sub(block, text)


def main() -> int:
    """Write every page anew and say which changed."""
    known = schemas()
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = filled(before, known)
        if after != before:
            page.write_text(after, encoding="utf-8", newline="\n")
            print(f"wrote {page.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
