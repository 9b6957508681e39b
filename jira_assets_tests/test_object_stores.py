"""Stores are where the environment says; what they refuse is said in a line, without signatures."""

from __future__ import annotations

import pytest

from jira_assets.object_stores import endpoint_of, in_a_line

AZURE = """Kernel error
  ↳ Error performing GET https://acme.blob.core.windows.net/a?sig=hunter2 in 2ms - 403 Forbidden: \
<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>It is refused.
RequestId:1</Message><AuthenticationErrorDetail>hunter2 differs</AuthenticationErrorDetail></Error>"""
S3 = """Error performing PUT https://acme.s3.amazonaws.com/a?X-Amz-Signature=hunter2 in 2ms - 404 Not Found: \
<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NoSuchBucket</Code><Message>There is no such bucket</Message><HostId>hunter2</HostId></Error>"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            AZURE,
            "Kernel error: Error performing GET https://acme.blob.core.windows.net/a in 2ms - 403 Forbidden: "
            "AuthenticationFailed: It is refused",
        ),
        (
            S3,
            "Error performing PUT https://acme.s3.amazonaws.com/a in 2ms - 404 Not Found: "
            "NoSuchBucket: There is no such bucket",
        ),
        ("\x1b[31mNo such file\x1b[0m.", "No such file"),
    ],
)
def test_an_error_is_a_line_with_its_reason(said: str, expected: str) -> None:
    assert in_a_line(said) == expected


def test_a_store_is_where_the_variables_of_its_cloud_say() -> None:
    environ = {"AWS_ENDPOINT_URL": "https://s3.acme.com", "AZURE_ENDPOINT": "https://blob.acme.com"}
    assert endpoint_of("s3://bucket/lake", environ) == "https://s3.acme.com"
    assert endpoint_of("az://container/lake", environ) == "https://blob.acme.com"
    assert endpoint_of("gs://bucket/lake", environ) is None
    for_s3 = {**environ, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    assert endpoint_of("s3://bucket/lake", for_s3) == "http://127.0.0.1:1"
    assert endpoint_of("s3://bucket/lake", {"AWS_ENDPOINT_URL_S3": ""}) is None
