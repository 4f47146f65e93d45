"""The kinds of load, and the generators that make them.

wrk loads kept HTTP/1.1 connections, h2load HTTP/2. Both resume TLS sessions when
they connect again, so connections that are to begin with full handshakes come
from ab, which never does.
"""

import re
import subprocess
from dataclasses import dataclass, field

# What OpenSSL's clients ask for first; h2load would ask for AES-128.
CIPHER = "TLS_AES_256_GCM_SHA384"
UNITS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}


@dataclass
class Row:
    """One kind of load. Its address is one of `plain`, `tls`, `h2c` and `pages`."""

    title: str
    path: str
    address: str = "plain"
    generator: str = "wrk"
    headers: list = field(default_factory=list)


ROWS = {
    "redirect": Row("redirect with scope", "/login"),
    "small": Row("200, 100 bytes", "/small"),
    "big": Row("200, 1 MiB", "/big"),
    "close": Row("redirect, new connection each", "/login", headers=["Connection: close"]),
    "tls": Row("redirect, TLS HTTP/1.1", "/login", "tls"),
    "h2": Row("redirect, HTTP/2 (TLS)", "/login", "tls", "h2load"),
    "h2c": Row("redirect, HTTP/2 clear text", "/login", "h2c", "h2load"),
    "handshake": Row("redirect, full TLS handshake each", "/login", "tls", "ab"),
    "page": Row("HTML, 128 KiB, no match", "/page.html", "pages"),
    "page-match": Row("HTML, 128 KiB, one match", "/page-match.html", "pages"),
    "page-big": Row("HTML, 1 MiB, no match", "/page-big.html", "pages"),
    "page-big-match": Row("HTML, 1 MiB, one match", "/page-big-match.html", "pages"),
}


@dataclass
class Report:
    """What a generator saw; latencies in microseconds, faults in its own words."""

    requests: int
    per_second: float
    p50: float
    p99: float
    faults: list


def run(row, url, connections, seconds, directory):
    """Loads `url` for `seconds` and returns the report."""
    generators = {"wrk": run_wrk, "h2load": run_h2load, "ab": run_ab}
    return generators[row.generator](row, url, connections, seconds, directory)


def output(command, seconds):
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds + 15, check=True).stdout


def run_wrk(row, url, connections, seconds, _directory):
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for header in row.headers:
        command += ["-H", header]
    text = output([*command, url], seconds)

    def latency(percentile):
        value, unit = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE).groups()
        return float(value) * UNITS[unit]

    return Report(
        requests=int(re.search(r"(\d+) requests in", text)[1]),
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        p50=latency(50),
        p99=latency(99),
        faults=re.findall(r"Socket errors:.*|Non-2xx.*", text),
    )


def run_h2load(_row, url, connections, seconds, directory):
    """One stream at a time on each connection, as with HTTP/1.1."""
    log = directory / "h2load.log"
    # It would append.
    log.unlink(missing_ok=True)
    command = ["h2load", "-t1", f"-c{connections}", f"-D{seconds}", f"--log-file={log}"]
    text = output([*command, f"--tls13-ciphers={CIPHER}", url], seconds)
    succeeded, failed = re.search(r"(\d+) succeeded, (\d+) failed", text).groups()
    # Start, status and duration of each request, apart by tabs.
    durations = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return Report(
        requests=int(succeeded),
        per_second=float(re.search(r"([\d.]+) req/s,", text)[1]),
        p50=durations[len(durations) // 2] if durations else 0.0,
        p99=durations[len(durations) * 99 // 100] if durations else 0.0,
        faults=[f"{failed} failed"] if failed != "0" else [],
    )


def run_ab(_row, url, connections, seconds, directory):
    table = directory / "ab.csv"
    # Its time limit alone would end at 50,000 requests, and it must come first.
    command = ["ab", "-q", f"-t{seconds}", "-n100000000", f"-c{connections}", f"-e{table}"]
    text = output([*command, "-fTLS1.3", url], seconds)
    # Lines of "percentage,milliseconds" below a heading.
    latency = dict(line.split(",") for line in table.read_text().splitlines()[1:])
    failed = re.search(r"Failed requests:\s+(\d+)", text)[1]
    return Report(
        requests=int(re.search(r"Complete requests:\s+(\d+)", text)[1]),
        per_second=float(re.search(r"Requests per second:\s+([\d.]+)", text)[1]),
        p50=float(latency["50"]) * 1e3,
        p99=float(latency["99"]) * 1e3,
        faults=[f"{failed} failed"] if failed != "0" else [],
    )
