"""The report: one HTML file that opens from disk without a network and without any script.

Jinja escapes whatever it is given; drawings are the only ready-made markup. The style sheet is named by its hash in the
page's content security policy, which forbids everything else.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.beside import BESIDE
from accessgis.report.coverage_map import asset, policy_hash
from accessgis.report.numbers import count, numeral
from accessgis.report.ready import own_file, own_style
from accessgis.report.report_view import ReportView, report_view
from accessgis.report.symbol_drawing import symbol_svg
from accessgis.report.wording import say, section

_POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"


def report_page(
    assessment: Assessment, *, lang: Language = "zh", view: ReportView | None = None, compared: bool = False
) -> str:
    """Return the report of an assessment as one self-contained HTML page in one language.

    The same assessment gives the same bytes.

    Parameters
    ----------
    assessment
        What a run found.
    lang
        ``"zh"`` or ``"en"``.
    view
        The report where it was made already, to be shown in its own language.
    compared
        Whether ``compare.html`` stands beside it, to which it then leads.
    """
    view = view or report_view(assessment, lang=lang)
    lang = view.lang
    return filled_page(
        "report.html",
        lang=lang,
        generated=view.page.generated,
        view=view,
        page=view.page,
        compared=compared,
        words=section("report", lang),
        column=section("indicator", lang),
        legend=section("legend", lang),
        index_words=section("index", lang),
        beside=BESIDE,
        check_words=section("check", lang),
        total_words=section("total", lang),
        audit_words=section("audit", lang),
        say=lambda key, **values: say(key, lang, **values),
        symbol_svg=symbol_svg,
        numeral=lambda number: numeral(number, lang),
    )


def filled_page(template: str, *, lang: Language, generated: str, style: str = "", **values: Any) -> str:
    """Return a page of ours without a script: a template filled, with the report's style and policy.

    Parameters
    ----------
    template
        Name of the template; it is given ``lang``, ``css``, ``policy``, ``hatches``, ``report_words`` and
        ``numbered`` besides its values.
    lang
        ``"zh"`` or ``"en"``.
    generated
        What every printed page says of generated data, ``""`` for nothing.
    style
        Style of the page besides that of the report.
    **values
        What the template names; Jinja escapes all of it.
    """
    css = asset("report.css") + style + _running(generated)
    page = (
        environment()
        .get_template(template)
        .render(
            lang=lang,
            css=own_style(css),
            hatches=own_file("hatches.html"),
            policy=f"{_POLICY}; style-src {policy_hash(css)}",
            report_words=section("report", lang),
            numbered=lambda number, heading: say(
                "report.numbered", lang, number=numeral(number, lang), heading=heading
            ),
            **values,
        )
    )
    return page.lstrip()


def _running(generated: str) -> str:
    """Return the style of what runs along every printed page: its number, and that the data are generated."""
    tag = f'@top-right{{content:"{generated}";font-size:9pt}}' if generated else ""
    return "".join(
        f'@page{name}{{@bottom-center{{content:"— " counter(page) " —";font-size:10pt}}{tag}}}\n'
        for name in ("", " wide")
    )


@cache
def environment() -> Environment:
    """Return what fills templates of pages: all that it is given is escaped, and nothing may be missing."""
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    made = Environment(
        loader=PackageLoader("accessgis.report", "assets"), autoescape=True, undefined=StrictUndefined, **options
    )
    made.filters["count"] = count
    return made
