"""Measures rescope, HAProxy and nginx in turns in front of one upstream.

The proxies take turns within every round, so that a noisy machine disturbs
all of them alike, and the table shows medians over the rounds. What counts is
the CPU time of a proxy's own processes per request: unlike requests per
second it does not depend on what the load generator and the upstream take.
"""

import argparse
import http.client
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
AUTHORIZE = "https://zoom.us/oauth/authorize?response_type=code&client_id=AbC123"
REDIRECT_URI = "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb"
SCOPE = "&scope=user%3Aread+meeting%3Awrite"
STATE = "&state=Etrn8XiUF5ElHF4pUdUb3AKeoSNtTF"
LOCATION = AUTHORIZE + REDIRECT_URI + SCOPE + STATE
STRIPPED = AUTHORIZE + REDIRECT_URI + STATE
SMALL = ("rescope " * 13)[:100]
BIG_BYTES = 1 << 20
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Row:
    """One kind of load."""

    title: str
    path: str
    headers: list = field(default_factory=list)


ROWS = {
    "redirect": Row("redirect with scope", "/login"),
    "small": Row("200, 100 bytes", "/small"),
    "big": Row("200, 1 MiB", "/big"),
    "close": Row("redirect, new connection each", "/login", ["Connection: close"]),
}


@dataclass
class Sample:
    """What one turn of one proxy gave; times in microseconds."""

    user: float
    system: float
    per_second: float
    p50: float
    p99: float
    memory: int

    @property
    def cpu(self):
        return self.user + self.system


class Server:
    """A process of ours on a free port of 127.0.0.1, its output in a file."""

    def __init__(self, name, command, port, directory, environment=None):
        self.name = name
        self.port = port
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
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        tail = self.log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{self.name} does not listen on port {self.port}:\n{tail}")

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_config(name, directory, **values):
    """Fills the template `name` and returns where the result lies."""
    # Started by root, nginx hands its workers to a user who cannot read our directory.
    values["USER"] = "user root;" if os.geteuid() == 0 else ""
    values["DIR"] = str(directory)
    text = (HERE / name).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    target = directory / name
    target.write_text(text)
    return str(target)


def start_upstream(directory, servers):
    files = directory / "files"
    files.mkdir()
    (files / "big").write_bytes(os.urandom(BIG_BYTES))
    port = free_port()
    config = write_config(
        "upstream.conf", directory, UPSTREAM=port, LOCATION=LOCATION, SMALL=SMALL
    )
    command = ["nginx", "-p", str(directory), "-c", config]
    servers.append(Server("upstream", command, port, directory))
    servers[-1].wait_until_listening()
    return port


def start_proxies(options, directory, upstream, servers):
    """Starts every proxy that can be had and returns them in the order of the table."""
    started = []

    def start(name, port, command, **environment):
        server = Server(name, command, port, directory, environment)
        servers.append(server)
        started.append(server)

    if options.rescope.exists():
        for name, log in (("rescope", "warn"), ("rescope, default log", None)):
            port = free_port()
            command = [str(options.rescope), "run", "--listen", f"127.0.0.1:{port}"]
            command += ["--upstream", f"http://127.0.0.1:{upstream}"]
            start(name, port, command, **({"RESCOPE_LOG": log} if log else {}))
    else:
        print(f"no rescope at {options.rescope}, measuring without it", file=sys.stderr)
    for other in options.other:
        name, _, text = other.partition("=")
        port = free_port()
        text = text.replace("{listen}", f"127.0.0.1:{port}")
        start(name, port, shlex.split(text.replace("{upstream}", f"127.0.0.1:{upstream}")))
    port = free_port()
    config = write_config("haproxy.cfg", directory, LISTEN=port, UPSTREAM=upstream)
    start("HAProxy", port, ["haproxy", "-db", "-f", config])
    port = free_port()
    config = write_config("nginx.conf", directory, LISTEN=port, UPSTREAM=upstream)
    start("nginx", port, ["nginx", "-p", str(directory), "-c", config])
    for server in started:
        server.wait_until_listening()
        check_answers(server)
    return started


def check_answers(server):
    """Ends the run unless the proxy does the job that is to be measured."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for path, status, length in (("/login", 302, None), ("/small", 200, 100), ("/big", 200, BIG_BYTES)):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != status or length not in (None, len(body)):
            raise SystemExit(f"{server.name}: {path} gave {response.status} with {len(body)} bytes")
        if path == "/login" and response.headers.get_all("Location") != [STRIPPED]:
            raise SystemExit(f"{server.name}: Location is {response.headers.get_all('Location')}")
    connection.close()


def measure(server, row, options, seconds):
    command = ["wrk", "--latency", "-t1", f"-c{options.connections}", f"-d{seconds}s"]
    for header in row.headers:
        command += ["-H", header]
    command.append(f"http://127.0.0.1:{server.port}{row.path}")
    user, system = server.cpu_seconds()
    report = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + 15, check=True
    ).stdout
    user_after, system_after = server.cpu_seconds()
    faults = re.findall(r"(Socket errors:.*|Non-2xx.*)", report)
    if faults:
        print(f"{server.name}, {row.title}: {'; '.join(faults)}", file=sys.stderr)
    requests = int(re.search(r"(\d+) requests in", report)[1])
    if requests == 0:
        raise SystemExit(f"{server.name}, {row.title}: no request was answered")
    return Sample(
        user=(user_after - user) / requests * 1e6,
        system=(system_after - system) / requests * 1e6,
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1]),
        p50=latency(report, 50),
        p99=latency(report, 99),
        memory=server.memory(),
    )


def latency(report, percentile):
    value, unit = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s|m)\s*$", report, re.MULTILINE).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit]


def print_table(rows, proxies, samples):
    print("| load | proxy | CPU us/request | user + system | of HAProxy's | of nginx's | requests/s | p50 us | p99 us | memory MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        for proxy in proxies:
            taken = samples[row, proxy.name]
            cells = [
                ROWS[row].title,
                proxy.name,
                f"{median(taken, 'cpu'):.1f}",
                f"{median(taken, 'user'):.1f} + {median(taken, 'system'):.1f}",
                ratio(taken, samples[row, "HAProxy"]),
                ratio(taken, samples[row, "nginx"]),
                f"{median(taken, 'per_second'):,.0f}",
                f"{median(taken, 'p50'):,.0f}",
                f"{median(taken, 'p99'):,.0f}",
                f"{median(taken, 'memory') / (1 << 20):.1f}",
            ]
            print("| " + " | ".join(cells) + " |")


def median(taken, name):
    return statistics.median(getattr(sample, name) for sample in taken)


def ratio(taken, reference):
    """Returns the median over the rounds of the CPU time against a peer's in the same round."""
    return f"{statistics.median(a.cpu / b.cpu for a, b in zip(taken, reference) if b.cpu):.2f}"


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of every proxy in every row (5)")
    parser.add_argument("--seconds", type=int, default=2, help="length of a turn, whole seconds (2)")
    parser.add_argument("--connections", type=int, default=32, help="kept by the load generator (32)")
    parser.add_argument("--rows", default=",".join(ROWS), help=f"some of {','.join(ROWS)} (all)")
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))
    parser.add_argument("--rescope", type=Path, default=target / "release" / "rescope", help="the binary to measure")
    parser.add_argument(
        "--other",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="one more proxy, such as another build; {listen} and {upstream} stand for host:port; may be repeated",
    )
    options = parser.parse_args()
    options.rescope = options.rescope.resolve()
    options.rows = options.rows.split(",")
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if min(options.rounds, options.seconds, options.connections) < 1:
        parser.error("--rounds, --seconds and --connections start at 1")
    for tool in ("nginx", "haproxy", "wrk"):
        if not shutil.which(tool):
            parser.error(f"{tool} is not installed; run.sh installs it")
    return options


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers = []
    directory = Path(tempfile.mkdtemp(prefix="rescope-compare-"))
    try:
        upstream = start_upstream(directory, servers)
        proxies = start_proxies(options, directory, upstream, servers)
        samples = {(row, proxy.name): [] for row in options.rows for proxy in proxies}
        for proxy in proxies:
            measure(proxy, ROWS["redirect"], options, 1)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for row in options.rows:
                for proxy in proxies:
                    samples[row, proxy.name].append(measure(proxy, ROWS[row], options, options.seconds))
        print_table(options.rows, proxies, samples)
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
