"""Link the issues of a demo site and take links off, with the changelog of both ends."""

from __future__ import annotations

from jira_assets.demo.data import DemoIssue
from jira_assets.demo.simulate.base import SiteBase
from jira_assets.demo.things import link_item


class IssueLinks(SiteBase):
    """Add and remove links; a link leads from the issue that has its outward name."""

    def link_issues(
        self, source: str | int, target: str | int, link_type: str = "Relates", *, author: str | None = None
    ) -> str:
        """Link an issue to another one, or to itself, and return the id of the link."""
        with self.lock:
            link_id = str(self._new_id())
            self._change_ends(link_id, self.issue(source), self.issue(target), link_type, True, author)
            return link_id

    def unlink_issues(
        self, source: str | int, target: str | int, link_type: str = "Relates", *, author: str | None = None
    ) -> None:
        """Take a link off; raises KeyError when there is none."""
        with self.lock:
            one, two = self.issue(source), self.issue(target)
            ending = f"/outward/{link_type}/{two.id}"
            found = [text for text in one.fields.get("issuelinks") or [] if str(text).endswith(ending)]
            if not found:
                raise KeyError(f"no link of the type {link_type} from {source} to {target}")
            link_id = found[0].partition("/")[0]
            self._change_ends(link_id, one, two, link_type, False, author)

    def _change_ends(
        self, link_id: str, one: DemoIssue, two: DemoIssue, name: str, is_new: bool, author: str | None
    ) -> None:
        author = author or self.accounts.first.account_id
        ends = ((one, two, "outward"), (two, one, "inward"))
        keys = {issue.id: self.render.key(issue) for issue in (one, two)}
        for near, far, direction in ends:
            issue = self.issue(near.id)
            text = f"{link_id}/{direction}/{name}/{far.id}"
            links = [each for each in issue.fields.get("issuelinks") or [] if each != text]
            fields = issue.fields | {"issuelinks": [*links, text] if is_new else links}
            item = link_item(name, direction, keys[far.id], is_new=is_new)
            self._changed(issue, fields, [item], author)
        self.render.touch("link", one.id)
