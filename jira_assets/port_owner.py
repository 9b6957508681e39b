"""Find which process listens on a port of this machine, where the system shows it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_LISTENS = "0A"


def port_owner(port: int) -> str:
    """Name the process, as `process 123 (name)`; `another program` when it is not known."""
    sockets = _listening_sockets(port)
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        with suppress(OSError):  # not ours to look into, or gone meanwhile
            if any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return "another program"


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENS and int(columns[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{columns[9]}]")
    return found
