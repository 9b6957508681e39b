"""The vocabulary of the demo site: people, projects, work items and prose, all of it invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GIVEN_NAMES = (
    "Ana",
    "Björn",
    "Chloé",
    "Dmitri",
    "Elif",
    "Fatoumata",
    "Gwen",
    "Hiroshi",
    "Inés",
    "Jakub",
    "Kavya",
    "Łucja",
    "Mateo",
    "Nadia",
    "Oluwaseun",
    "Priya",
    "Quentin",
    "Renée",
    "Søren",
    "Tomáš",
    "Ursula",
    "Vikram",
    "Wanjiru",
    "Ximena",
    "Yusuf",
    "Zoë",
)
FAMILY_NAMES = (
    "Adeyemi",
    "Bianchi",
    "Castaño",
    "Dvořák",
    "Eriksson",
    "Ferreira",
    "Ğüneş",
    "Haddad",
    "Ibarra",
    "Jensen",
    "Kowalczyk",
    "Lindqvist",
    "Müller",
    "Novák",
    "O'Brien",
    "Petrov",
    "Quispe",
    "Rossi",
    "Sharma",
    "Tanaka",
    "Ueda",
    "van den Berg",
    "Weiß",
    "Xu",
    "Yıldırım",  # noqa: RUF001 - a dotless i is the point: it has no lower-case twin in ASCII
    "Ziegler",
)
# Whole names whose script, direction or composition breaks code that expects "Given Family" in Latin letters.
# The last two are one name in composed and decomposed form: they look alike and compare unequal.
UNUSUAL_NAMES = (
    "王小明",
    "佐藤 美咲",
    "김민준",
    "محمد الأحمد",
    "נועה כהן",
    "Αλέξανδρος Παπαδόπουλος",
    "Nguyễn Thị Minh Khai",
    "Madonna",
    "Ana-María de la Cruz y Ortega",
    "René Lévêque",
    "Rene\u0301 Le\u0301ve\u0302que",
)
TWIN_NAME = "Alex Kim"
FORMER_USER_NAME = "Former user"
APP_NAMES = ("Automation for Jira", "Deploy Bot", "Slack for Jira Cloud")
CUSTOMER_NAMES = ("Harbour Books Ltd", "Lena (Café Morgenrot)", "support@tidewater.example")
TIME_ZONES = (
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Africa/Lagos",
    "Pacific/Auckland",
)


@dataclass(frozen=True)
class ProjectIdea:
    """What a believable project is called and what its people work on."""

    key: str
    name: str
    style: Literal["classic", "next-gen"]
    board_types: tuple[Literal["scrum", "kanban", "simple"], ...]
    things: tuple[str, ...]
    components: tuple[str, ...]
    project_type: Literal["software", "service_desk"] = "software"


PROJECT_IDEAS = (
    ProjectIdea(
        "PAY",
        "Payments",
        "classic",
        ("scrum",),
        ("card form", "refund", "ledger export", "3-D Secure step", "invoice", "payout batch", "VAT rate"),
        ("Checkout", "Ledger", "Fraud rules", "Provider adapters"),
    ),
    ProjectIdea(
        "WEB",
        "Web Shop",
        "classic",
        ("scrum", "scrum", "kanban"),
        ("product page", "search box", "basket", "cookie banner", "sitemap", "image carousel", "login form"),
        ("Catalogue", "Account", "Design system", "Search, filters & sorting"),
    ),
    ProjectIdea(
        "MOB",
        "Mobile App",
        "next-gen",
        ("simple",),
        (
            "push message",
            "offline mode",
            "barcode scanner",
            "dark theme",
            "onboarding",
            "deep link",
            "widget",
        ),
        (),
    ),
    ProjectIdea(
        "OPS",
        "Operations",
        "classic",
        ("kanban",),
        (
            "TLS certificate",
            "backup job",
            "alert rule",
            "Kubernetes node",
            "DNS zone",
            "runbook",
            "log retention",
        ),
        ("Network", "Databases", "Monitoring"),
        "service_desk",
    ),
    ProjectIdea(
        "DATA",
        "Data Platform",
        "classic",
        ("scrum",),
        (
            "orders model",
            "event schema",
            "nightly load",
            "dashboard",
            "backfill",
            "customer dimension",
            "GDPR export",
        ),
        ("Ingestion", "Modelling", "Reporting"),
    ),
    ProjectIdea(
        "LAB",
        "Research Lab",
        "next-gen",
        ("simple",),
        (
            "recommendation model",
            "survey",
            "prototype",
            "feature flag",
            "A/B test",
            "embedding",
            "price experiment",
        ),
        (),
    ),
    ProjectIdea(
        "CARE",
        "Customer Care",
        "classic",
        ("kanban",),
        (
            "macro",
            "ticket form",
            "satisfaction survey",
            "phone queue",
            "knowledge article",
            "complaint",
            "SLA",
        ),
        ("Inbox", "Telephony"),
    ),
    ProjectIdea(
        "DEP",
        "Depot & Delivery",
        "classic",
        ("scrum",),
        (
            "route planner",
            "label printer",
            "stock count",
            "return parcel",
            "driver roster",
            "customs form",
            "pallet",
        ),
        ("Warehouse floor", "Carriers", "Returns"),
    ),
)

EPIC_SHAPES = (
    "{thing} 2.0",
    "Make the {thing} trustworthy",
    "Everything about the {thing}",
    "Retire the old {thing}",
)
STORY_SHAPES = (
    "As a customer I can see the state of my {thing}",
    "Let support correct a {thing}",
    "Show the {thing} in the customer's language",
    "Measure how often the {thing} is used",
    "Add an audit trail to the {thing}",
    "Offer the {thing} to business accounts",
)
TASK_SHAPES = (
    "Upgrade the library behind the {thing}",
    "Document the {thing}",
    "Move the {thing} to the new cluster",
    "Split the {thing} into two services",
    "Write a load test for the {thing}",
)
BUG_SHAPES = (
    "{thing} fails with error 500",
    "{thing} is slow on Mondays",
    "Wrong total in the {thing} after midnight UTC",
    "{thing} shows raw HTML: <b>&amp;nbsp;</b>",
    "NullPointerException when the {thing} is empty",
    'Umlauts break the {thing} ("Größe" → "Gr??e")',
)
SUBTASK_SHAPES = (
    "Review the {thing}",
    "Tests for the {thing}",
    "Migration script: {thing}",
    "Copy text: {thing}",
)
UNUSUAL_SUMMARIES = (
    "🚀 Ship it! {thing} 🎉🎉",
    "決済画面で {thing} が表示されない",
    "خطأ في {thing} عند الدفع",
    "שגיאה ב-{thing}",
    "'; drop table issues; -- {thing}",
    'Line "one", comma, and\ttab in {thing}',
    "👩‍👩‍👧‍👦 family accounts: {thing}",
    "{thing} | [DUPLICATE?] | =1+1",
)
LABELS = (
    "backend",
    "frontend",
    "tech-debt",
    "quick-win",
    "security",
    "q3",
    "customer-request",
    "übersetzung",
    "flaky",
)
BULK_LABEL = "cleanup"
SPRINT_GOALS = (
    "Ship the new {thing} to 10% of customers",
    "No open bugs older than a month, and the {thing} behind a flag",
    "Make the {thing} boring",
    "Two goals: [1] {thing}, [2] a quiet release",
)
SENTENCES = (
    "The present behaviour surprises people, who then write to support.",
    "We agreed in the review to keep the change small and to measure before and after.",
    "See the notes of last week's meeting; the open question is who owns the data.",
    "Steps: open the page as a guest, choose any article, press the button twice.",
    "Expected: one entry. Seen: two entries, and the second has no owner.",
    "It happens in about one case of two hundred and only under load.",
    "The provider changes its interface in spring, so this has a natural deadline.",
    "Nothing here may be visible to other tenants; please add a test that proves it.",
    "Größere Bestellungen über 10.000 € sind besonders betroffen.",
    "利用者からの問い合わせが増えているため、優先度を上げてください。",
    "If the queue is longer than a thousand entries we drop to the slow path.",
    "Rollback is a feature flag; there is no data migration in this step.",
    "The log says 'unexpected end of stream', which is true but does not help.",
    "Design has a draft: it keeps the old colours and moves the button to the right.",
    "Finance wants the figures for last quarter to stay exactly as they were.",
    "After this we can delete the nightly job and its three workarounds.",
)
