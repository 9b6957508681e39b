"""Words that are made for pages."""

from __future__ import annotations

from jira_assets.web.formatting import with_code


def test_commands_in_a_remedy_are_code_and_nothing_else_is_markup() -> None:
    told = with_code("Run `jira-assets sync`, not <b>`a & b`</b> or `")
    assert told == ("Run <code>jira-assets sync</code>, not &lt;b&gt;<code>a &amp; b</code>&lt;/b&gt; or `")
