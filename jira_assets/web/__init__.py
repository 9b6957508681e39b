"""`jira-assets web`: the page on which an admin chooses projects and a team looks at its flow."""

DEFAULT_BIND = "127.0.0.1"
DEFAULT_PORT = 3210
