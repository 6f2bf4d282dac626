"""Markup that templates paste as it is: drawings that ElementTree wrote, and files of ours. Nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from markupsafe import Markup

from accessgis.report.coverage_map import asset

Ready = Markup
"""Markup that is not escaped again."""


def drawing(element: ET.Element) -> Ready:
    """Return an element as markup; ElementTree has escaped every text and attribute in it."""
    return Markup(ET.tostring(element, encoding="unicode"))  # noqa: S704


def own_file(name: str) -> Ready:
    """Return a file that comes with accessgis."""
    return Markup(asset(name))  # noqa: S704


def own_style(css: str) -> Ready:
    """Return a style sheet made of a file and words of ours."""
    return Markup(css)  # noqa: S704
