"""Make a believable Jira site from a seed: the same seed and time give the same site."""

from __future__ import annotations

from random import Random

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.births import Birth, plan_births
from jira_assets.demo.generate.calendar import DAY, HOUR
from jira_assets.demo.generate.changes import Teller
from jira_assets.demo.generate.entities import Entities
from jira_assets.demo.generate.extras import Extras
from jira_assets.demo.generate.issues import tell_issue
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.generate.people import people, sample_team
from jira_assets.demo.generate.projects import plan_projects
from jira_assets.demo.generate.setup import Setup
from jira_assets.demo.generate.text import Descriptions

MOST_WITH_ENTITIES = 20_000

__all__ = ["generate_site", "sample_team"]


def generate_site(
    seed: int,
    *,
    projects: int = 4,
    issues: int = 400,
    now_ms: int,
    body_bytes: int | None = None,
    time_zone: str = "Europe/Berlin",
    entities: bool | None = None,
) -> SiteData:
    """Make a site of `issues` issues in all, spread over the two years before `now_ms` (epoch ms).

    `body_bytes` gives every description that many bytes of JSON (the rest of an issue is served in about
    4 KB); otherwise their lengths vary.
    Each issue's changelog leads to its present fields. `entities` are comments, worklogs, attachments and
    remote links; unless it is said, sites of up to 20,000 issues have some.
    """
    rng = Random(seed)
    data = SiteData(site_name="Demo site", time_zone=time_zone)
    data.users = people(rng, projects)
    plans = plan_projects(rng, data, Setup(data), projects, issues, now_ms)
    descriptions = Descriptions(rng, body_bytes)
    teller = Teller(rng, data, now_ms)
    bulk_edit = now_ms - 40 * DAY - int(rng.random() * 100 * DAY) // HOUR * HOUR
    births = plan_births(rng, plans, now_ms)
    data.issues = [tell_issue(teller, birth, descriptions, bulk_edit) for birth in births]
    extras = Extras(Random(f"{seed} extras"), data, births, teller)
    for place, birth in enumerate(births):
        extras.add(place, birth)
    extras.finish()
    if entities if entities is not None else issues <= MOST_WITH_ENTITIES:
        _add_entities(seed, data, births, teller)
    return data


def _add_entities(seed: int, data: SiteData, births: list[Birth], teller: Teller) -> None:
    dice = Random(f"{seed} entities")
    added = Entities(dice, data, Descriptions(dice, None), LateEntries(dice, teller))
    for issue, birth in zip(data.issues, births, strict=True):
        added.add(issue, birth)
