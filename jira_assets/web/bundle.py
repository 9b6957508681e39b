"""Build the one file that draws charts: `make assets` runs this where vl-convert is installed.

Vega, Vega-Lite and Vega-Embed come out of the pinned package, so that nothing is fetched from anywhere and no
build of theirs is committed here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jira_assets.web.static_files import CHARTS_BUNDLE, STATIC

SNIPPET = "window.vegaEmbed = vegaEmbed;"
HEADER = "/* Vega {vega}, Vega-Lite {lite}, Vega-Embed {embed}; licences: /static/licences.txt */\n"


def build_bundle(target: Path = STATIC / CHARTS_BUNDLE) -> Path:
    """Write the bundle, at once or not at all."""
    import vl_convert  # late: only who builds the bundle has it

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
