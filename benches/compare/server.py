"""A server that is measured: its process, its ports, its CPU time and memory."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server:
    """A process of ours on free ports of 127.0.0.1, its output in a file."""

    def __init__(self, name, command, ports, directory, environment=None, rewrites=None):
        self.name = name
        self.ports = ports
        # Whether it rewrites pages; None for whoever may do either.
        self.rewrites = rewrites
        self.log = directory / f"{name.replace(' ', '-')}.log"
        # Settings of whoever runs this are not to be measured.
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("RESCOPE_")}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                env={**inherited, **(environment or {})},
                start_new_session=True,
            )

    def wait_until_listening(self, limit=10.0):
        deadline = time.monotonic() + limit
        for port in self.ports.values():
            while not can_connect(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    tail = self.log.read_text(errors="replace")[-2000:]
                    raise SystemExit(f"{self.name} does not listen on port {port}:\n{tail}")
                time.sleep(0.02)

    def url(self, address, path):
        """Returns the URL of `path` at an address of ROWS."""
        scheme = "https" if address == "tls" else "http"
        return f"{scheme}://127.0.0.1:{self.ports[address]}{path}"

    def takes(self, row):
        return row.address in self.ports

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                continue

    def tree(self):
        """Returns the ids of the process and all its descendants."""
        children = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (stat := stat_fields(int(entry.name))):
                children.setdefault(int(stat[1]), []).append(int(entry.name))
        found, pending = [], [self.process.pid]
        while pending:
            pid = pending.pop()
            found.append(pid)
            pending.extend(children.get(pid, []))
        return found

    def cpu_seconds(self):
        """Returns the user and the system time that the tree has taken."""
        stats = [stat for pid in self.tree() if (stat := stat_fields(pid))]
        user = sum(int(stat[11]) for stat in stats)
        system = sum(int(stat[12]) for stat in stats)
        return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND

    def memory(self):
        """Returns the resident bytes of the tree; a page that processes share counts once."""
        return sum(proportional_bytes(pid) for pid in self.tree())


def stat_fields(pid):
    """Returns /proc/PID/stat from its state on (the name before it may hold spaces)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def proportional_bytes(pid):
    for name, key in (("smaps_rollup", "Pss"), ("status", "VmRSS")):
        try:
            text = Path(f"/proc/{pid}/{name}").read_text()
        except OSError:
            continue
        if match := re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE):
            return int(match[1]) * 1024
    return 0


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
