"""Keep among the notices which of several sites could not be asked, for those who look at the home.

Where there is one site, an error ends the sync as a whole.
"""

from __future__ import annotations

from contextlib import suppress

from jira_assets.auth.status import connected_as
from jira_assets.errors import AuthenticationError, JiraAssetsError, JiraError, LockHeld, WrongSite
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.site_pipeline import SitePipeline

PART = "connection"
_REFUSALS = (AuthenticationError, JiraError, WrongSite)


def note_access(site: SitePipeline, refusal: JiraAssetsError | None) -> None:
    """Keep why one of several sites could not be asked, or that it answers again.

    While another process holds the tables of the site, nothing is noted; the next look does that.
    """
    if len(site.state.sites.all()) == 1:
        return
    found = [] if refusal is None else _notices(site, refusal)
    if not found and not any(notice.part == PART for notice in site.lake.site_manifest().notices):
        return
    with suppress(LockHeld), site.lake.lock("site", "notices", wait=False):
        manifest = site.lake.site_manifest()
        if manifest.renew_notices([(PART, None)], found):
            site.lake.commit_site(manifest)


def _notices(site: SitePipeline, refusal: JiraAssetsError) -> list[Notice]:
    """Leave out what is said of the stored credential already."""
    if not isinstance(refusal, _REFUSALS) or not connected_as(site.settings, site.state).can_sync:
        return []
    return [Notice(PART, refusal.reason, refusal.instruction, site.clock())]
