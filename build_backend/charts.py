"""Build the one file that draws charts, from the pinned package vl-convert-python.

Vega, Vega-Lite and Vega-Embed come out of that package, so no build of theirs is committed and nothing else
is downloaded. Only building needs this: an installed project has the file. `make assets` runs it by itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

BUNDLE = Path(__file__).parents[1] / "jira_assets" / "web" / "static" / "vendor" / "charts.js"
"""Where the page looks for it; `jira_assets.web.static_files` has the same, and a test compares them."""

SNIPPET = "window.vegaEmbed = vegaEmbed;"
HEADER = "/* Vega {vega}, Vega-Lite {lite}, Vega-Embed {embed}; licences: /static/licences.txt */\n"


def build_bundle(target: Path = BUNDLE) -> Path:
    """Write the bundle atomically, and return its path."""
    import vl_convert  # late: where the bundle exists already, building needs no such package

    target.parent.mkdir(parents=True, exist_ok=True)
    header = HEADER.format(
        vega=vl_convert.get_vega_version(),
        lite=vl_convert.get_vegalite_versions()[-1],
        embed=vl_convert.get_vega_embed_version(),
    )
    # Wrapped, so that the only name it leaves in the page is the one the snippet gives.
    text = f"{header}(() => {{\n{vl_convert.javascript_bundle(SNIPPET)}\n}})();\n"
    aside = target.with_name(f".{target.name}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(target)
    return target


if __name__ == "__main__":
    sys.stderr.write(f"Built {build_bundle()}\n")
