"""Objects in a store of Amazon (or one that speaks S3), Google or Azure; nothing else imports its client.

Credentials come from the standard variables of each cloud (AWS_…, GOOGLE_…, AZURE_…), or from the identity of
the host or the pod. Objects are written once, so no store has to support more than PUT, GET, LIST and DELETE.
A folder (`file:///path`) serves as a store in tests.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from jira_assets.errors import StoreUnavailable
from jira_assets.object_stores import endpoint_of, in_a_line

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, ObjectStore, RetryConfig, S3Config

LARGE = 64 * 2**20
"""A file of more bytes is written in parts, without the condition that there is none yet."""
_CHUNK = 8 * 2**20
_CLIENT: ClientConfig = {"connect_timeout": "10s", "timeout": "300s"}
_RETRY: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
_WORDS = 500


class Bucket:
    """The objects below one address; their keys are relative to it."""

    def __init__(self, address: str, environ: Mapping[str, str] = os.environ) -> None:
        self.address = address
        with self._errors("open"):
            self._store = _open(address, environ)

    def put(self, key: str, path: Path) -> None:
        """Write a file; one that is there already is the same, since names are unique."""
        with self._errors(f"write {key} to"):
            if path.stat().st_size > LARGE:
                obstore.put(self._store, key, path, chunk_size=_CHUNK)
                return
            content = path.read_bytes()
            try:
                obstore.put(self._store, key, content, mode="create")
            except AlreadyExistsError:
                return
            except NotSupportedError:  # the store knows no conditions
                obstore.put(self._store, key, content, use_multipart=False)

    def get(self, key: str, path: Path) -> bool:
        """Write an object to a file; return False when there is none."""
        with self._errors(f"read {key} from"):
            try:
                found = obstore.get(self._store, key)
            except FileNotFoundError:
                return False
            with path.open("wb") as file:
                for chunk in found.stream(_CHUNK):
                    file.write(chunk)
        return True

    def has(self, key: str) -> bool:
        """Check whether there is an object."""
        with self._errors(f"look for {key} in"):
            try:
                obstore.head(self._store, key)
            except FileNotFoundError:
                return False
        return True

    def move(self, key: str, new: str) -> bool:
        """Move an object to another key; return False when there is none."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "moved")
            # Azure may still be copying when its answer is there: too late if the object is deleted then.
            if not self.get(key, path):
                return False
            self.put(new, path)
        self.delete([key])
        return True

    def delete(self, keys: Collection[str]) -> None:
        """Remove objects; what is missing is passed over."""
        with self._errors("delete objects in"):
            for key in keys:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, key)

    def sizes(self, prefix: str) -> dict[str, int]:
        """Return the bytes of each object in a folder and below, by key."""
        with self._errors(f"list {prefix or 'objects'} in"):
            pages = obstore.list(self._store, prefix=prefix or None, chunk_size=1000)
            return {found["path"]: found["size"] for page in pages for found in page}

    def folders(self, prefix: str) -> list[str]:
        """Name the folders in a folder, or at the top."""
        with self._errors(f"list {prefix or 'objects'} in"):
            found = obstore.list_with_delimiter(self._store, prefix=prefix or None)["common_prefixes"]
            return sorted(key.rpartition("/")[2] for key in found)

    def probe(self) -> None:
        """Write, read, list and delete a small object; raises `StoreUnavailable` when one of these fails."""
        key = f"probe/{uuid.uuid4().hex}"
        with TemporaryDirectory() as folder:
            written, read = Path(folder, "written"), Path(folder, "read")
            written.write_text(key, encoding="utf-8")
            self.put(key, written)
            is_same = self.get(key, read) and read.read_text(encoding="utf-8") == key
        is_listed = key in self.sizes("probe")
        self.delete([key])
        if not is_same or not is_listed or self.has(key):
            raise StoreUnavailable(
                f"{self.address} does not show an object right after it was written or deleted.",
                "Use a store that is consistent.",
            )

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, ValueError, FileNotFoundError) as error:  # the last for a bucket that is missing
            said = in_a_line(str(error).split("\n\n", 1)[0])  # then comes what is for its developers
            raise StoreUnavailable(
                f"Could not {action} {self.address}: {said[:_WORDS]}.",
                "Run `jira-assets doctor`. It checks the address (JIRA_ASSETS_LAKE), the credentials in the "
                "environment and what they allow.",
            ) from None


def _open(address: str, environ: Mapping[str, str]) -> ObjectStore:
    parts = urlsplit(address)
    prefix = parts.path.strip("/") or None
    if parts.scheme == "file":
        return LocalStore(parts.path, mkdir=True, automatic_cleanup=True)
    endpoint = endpoint_of(address, environ)
    client: ClientConfig = {**_CLIENT, "allow_http": (endpoint or "").startswith("http://")}
    if parts.scheme == "gs":
        return GCSStore(parts.netloc, prefix=prefix, client_options=client, retry_config=_RETRY)
    # The client itself does not know all names of the variable.
    if parts.scheme == "az":
        azure: AzureConfig = {"endpoint": endpoint} if endpoint else {}
        return AzureStore(
            parts.netloc, prefix=prefix, config=azure, client_options=client, retry_config=_RETRY
        )
    s3: S3Config = {"endpoint": endpoint} if endpoint else {}
    return S3Store(parts.netloc, prefix=prefix, config=s3, client_options=client, retry_config=_RETRY)
