"""Measures rescope, HAProxy and nginx in turns in front of one upstream.

The proxies take turns within every round, so that a noisy machine disturbs
all of them alike, and the table shows medians over the rounds. What counts is
the CPU time of a proxy's own processes per request: unlike requests per
second it does not depend on what the load generator and the upstream take.

TLS is 1.3 with X25519, AES-256-GCM and one P-256 certificate for all, who
all offer tickets that nobody uses. No proxy tells the upstream of the client.

A second table has HTML pages that rescope and nginx pass on as they are, and
rewrite. rescope then looks for any authorize URL in any spelling; nginx's
sub_filter for one string, the page's own URL up to the end of its scope, or
for that URL in each of some spellings.
"""

import argparse
import os
import shlex
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import load
from load import CIPHER, ROWS
from pages import make_pages
from server import Server, free_port

HERE = Path(__file__).resolve().parent
AUTHORIZE = "https://zoom.us/oauth/authorize?response_type=code&client_id=AbC123"
REDIRECT_URI = "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb"
SCOPE = "&scope=user%3Aread+meeting%3Awrite"
STATE = "&state=Etrn8XiUF5ElHF4pUdUb3AKeoSNtTF"
LOCATION = AUTHORIZE + REDIRECT_URI + SCOPE + STATE
STRIPPED = AUTHORIZE + REDIRECT_URI + STATE
SMALL = ("rescope " * 13)[:100]
BIG_BYTES = 1 << 20
PAGES = {page.path: page for page in make_pages(LOCATION, STRIPPED)}
BODIES = '[bodies]\ntypes = ["html"]'
# Ampersands and slashes as templates, JSON and scripts spell them.
AMPERSANDS = ("&amp;", "&", "&#38;", "\\u0026", "\\x26")
SLASHES = ("/", "\\/")
SPELLINGS = [(ampersand, slash) for ampersand in AMPERSANDS for slash in SLASHES]
# Who rewrites bodies, and the same program that leaves them alone.
BODIES_OFF = {
    "rescope, bodies on": "rescope",
    "nginx, sub_filter": "nginx",
    f"nginx, {len(SPELLINGS)} sub_filters": "nginx",
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


def write_config(name, directory, **values):
    """Fills the template `name` for the server at port PLAIN and returns where the result lies."""
    # Started by root, nginx hands its workers to a user who cannot read our directory.
    values["USER"] = "user root;" if os.geteuid() == 0 else ""
    values = {"DIR": str(directory), "CIPHER": CIPHER, "BODIES": "", "SUB_FILTER": "", **values}
    text = (HERE / name).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    target = directory / f"{values['PLAIN']}-{name}"
    target.write_text(text)
    return str(target)


def make_certificate(directory):
    """Makes a P-256 leaf and a key that only we can read, where HAProxy looks for it."""
    certs = directory / "certs"
    certs.mkdir()
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-days", "30", "-addext", "basicConstraints=critical,CA:FALSE"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-out", str(certs / "leaf.pem"), "-keyout", str(certs / "leaf.pem.key")]
    subprocess.run(command, capture_output=True, check=True)
    (certs / "leaf.pem.key").chmod(0o600)


def start_upstream(directory, servers):
    files = directory / "files"
    files.mkdir()
    (files / "big").write_bytes(os.urandom(BIG_BYTES))
    for page in PAGES.values():
        (files / page.path[1:]).write_bytes(page.served)
    port = free_port()
    config = write_config("upstream.conf", directory, PLAIN=port, LOCATION=LOCATION, SMALL=SMALL)
    command = ["nginx", "-p", str(directory), "-c", config]
    servers.append(Server("upstream", command, {"plain": port}, directory))
    servers[-1].wait_until_listening()
    return port


def start_proxies(options, directory, upstream, servers):
    """Starts every proxy that can be had and returns them in the order of the tables."""
    started = []

    def start(name, ports, command, rewrites=None, **environment):
        server = Server(name, command, ports, directory, environment, rewrites)
        servers.append(server)
        started.append(server)

    def configured(template, **values):
        ports = {address: free_port() for address in ("plain", "tls", "h2c")}
        ports["pages"] = ports["plain"]
        values |= {address.upper(): port for address, port in ports.items()}
        return ports, write_config(template, directory, UPSTREAM=upstream, **values)

    if options.rescope.exists():
        start_rescopes(options.rescope, configured, start)
    else:
        print(f"no rescope at {options.rescope}, measuring without it", file=sys.stderr)
    for other in options.other:
        name, _, text = other.partition("=")
        start(name, *other_command(text, upstream, directory))
    ports, config = configured("haproxy.cfg")
    del ports["pages"]
    start("HAProxy", ports, ["haproxy", "-db", "-f", config])
    for name, spellings in (
        ("nginx", []),
        ("nginx, sub_filter", SPELLINGS[:1]),
        (f"nginx, {len(SPELLINGS)} sub_filters", SPELLINGS),
    ):
        ports, config = configured("nginx.conf", SUB_FILTER=sub_filters(spellings))
        command = ["nginx", "-p", str(directory), "-c", config]
        start(name, pages_only(ports) if spellings else ports, command, bool(spellings))
    for server in started:
        server.wait_until_listening()
        check_answers(server)
    return started


def start_rescopes(binary, configured, start):
    """Starts it as most run it here, with the log that most run it with, and with bodies on."""
    for name, log, rewrites in (
        ("rescope", "warn", False),
        ("rescope, default log", None, False),
        ("rescope, bodies on", "warn", True),
    ):
        ports, config = configured("rescope.toml", BODIES=BODIES if rewrites else "")
        # It tells HTTP/2 from HTTP/1.1 by how a connection begins.
        ports["h2c"] = ports["plain"]
        if log is None:
            del ports["pages"]
        if rewrites:
            ports = pages_only(ports)
            checked = subprocess.run([binary, "check", "--config", config], capture_output=True, text=True)
            if checked.returncode:
                print(f"measuring without {name}:\n{checked.stderr}", file=sys.stderr)
                continue
        command = [str(binary), "run", "--config", config]
        start(name, ports, command, rewrites, **({"RESCOPE_LOG": log} if log else {}))


def sub_filters(spellings):
    """Returns what strips the scope of our URL in each of these spellings."""
    lines = ["sub_filter_once off;"]
    for ampersand, slash in spellings:
        texts = (AUTHORIZE + REDIRECT_URI + SCOPE, AUTHORIZE + REDIRECT_URI)
        found, instead = (text.replace("/", slash).replace("&", ampersand).replace("\\", "\\\\") for text in texts)
        lines.append(f"sub_filter '{found}' '{instead}';")
    return "\n            ".join(lines) if spellings else ""


def pages_only(ports):
    return {"pages": ports["pages"]}


def other_command(text, upstream, directory):
    """Returns the ports that a command of --other names, and the command."""
    ports = {}
    for address in ("plain", "tls", "h2c", "pages"):
        name = "{listen}" if address == "plain" else f"{{listen_{address}}}"
        if name in text:
            ports[address] = free_port()
            text = text.replace(name, f"127.0.0.1:{ports[address]}")
    text = text.replace("{upstream}", f"127.0.0.1:{upstream}").replace("{certs}", str(directory / "certs"))
    return ports, shlex.split(text)


def check_answers(server):
    """Ends the run unless the proxy does the job that is to be measured."""
    for address, option in (
        ("plain", "--http1.1"),
        ("tls", "--http1.1"),
        ("tls", "--http2"),
        ("h2c", "--http2-prior-knowledge"),
    ):
        if address in server.ports:
            check_address(server, address, option)
    if "tls" in server.ports:
        check_tls(server)
    if "pages" in server.ports:
        check_pages(server)


def check_address(server, address, option):
    version = "1.1" if option == "--http1.1" else "2"
    form = "%{http_version} %{http_code} %{size_download} %header{location}"
    for path, status, length in (("/login", "302", None), ("/small", "200", 100), ("/big", "200", BIG_BYTES)):
        command = ["curl", "-qsk", "--noproxy", "*", "-m5", option, "-o", os.devnull, "-w", form]
        command.append(server.url(address, path))
        text = subprocess.run(command, capture_output=True, text=True).stdout
        found = text.split(" ")
        wanted = [version, status, found[2] if length is None else str(length)]
        wanted.append(STRIPPED if status == "302" else "")
        if found != wanted:
            raise SystemExit(f"{server.name}: {path} with {option} at its {address} address gave {text}")


def check_pages(server):
    for path, page in PAGES.items():
        command = ["curl", "-qsf", "--noproxy", "*", "-m5", server.url("pages", path)]
        found = subprocess.run(command, capture_output=True).stdout
        wanted = {False: [page.served], True: [page.rewritten], None: [page.served, page.rewritten]}
        if found not in wanted[server.rewrites]:
            raise SystemExit(f"{server.name}: {path} came with {len(found)} bytes that are not those wanted")


def check_tls(server):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.ports["tls"]), 5) as connection:
        with context.wrap_socket(connection) as stream:
            agreed = stream.version(), stream.cipher()[0]
    if agreed != ("TLSv1.3", CIPHER):
        raise SystemExit(f"{server.name}: the handshake gave {agreed}")


def measure(server, row, options, seconds, directory):
    user, system = server.cpu_seconds()
    report = load.run(row, server.url(row.address, row.path), options.connections, seconds, directory)
    user_after, system_after = server.cpu_seconds()
    if report.faults:
        print(f"{server.name}, {row.title}: {'; '.join(report.faults)}", file=sys.stderr)
    if report.requests == 0:
        raise SystemExit(f"{server.name}, {row.title}: no request was answered")
    return Sample(
        user=(user_after - user) / report.requests * 1e6,
        system=(system_after - system) / report.requests * 1e6,
        per_second=report.per_second,
        p50=report.p50,
        p99=report.p99,
        memory=server.memory(),
    )


def print_tables(rows, proxies, samples):
    pages = [row for row in rows if ROWS[row].address == "pages"]
    if rest := [row for row in rows if row not in pages]:
        print_table(rest, proxies, samples)
    if rest and pages:
        print()
    if pages:
        print_page_table(pages, proxies, samples)


def print_page_table(rows, proxies, samples):
    print(
        "| load | proxy | MiB per CPU second | of sub_filter's | of bodies off | CPU us/request | user + system | "
        "for bodies | requests/s | p50 us | p99 us | memory MiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        mib = len(PAGES[ROWS[row].path].served) / (1 << 20)
        for proxy in (proxy for proxy in proxies if proxy.takes(ROWS[row])):
            taken = samples[row, proxy.name]
            off = samples.get((row, BODIES_OFF.get(proxy.name)))
            cells = [
                ROWS[row].title,
                proxy.name,
                f"{mib / (median(taken, 'cpu') / 1e6):,.0f}",
                # What goes through in a CPU second, against a peer: its time against ours.
                ratio(samples[row, "nginx, sub_filter"], taken),
                ratio(off, taken) if off else "",
                f"{median(taken, 'cpu'):.1f}",
                f"{median(taken, 'user'):.1f} + {median(taken, 'system'):.1f}",
                f"{statistics.median(a.cpu - b.cpu for a, b in zip(taken, off)):.1f}" if off else "",
                f"{median(taken, 'per_second'):,.0f}",
                f"{median(taken, 'p50'):,.0f}",
                f"{median(taken, 'p99'):,.0f}",
                f"{median(taken, 'memory') / (1 << 20):.1f}",
            ]
            print("| " + " | ".join(cells) + " |")


def print_table(rows, proxies, samples):
    print("| load | proxy | CPU us/request | user + system | of HAProxy's | of nginx's | requests/s | p50 us | p99 us | memory MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        for proxy in (proxy for proxy in proxies if proxy.takes(ROWS[row])):
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
        help="one more proxy, such as another build, for the rows whose address it names: {listen}, {listen_tls}, "
        "{listen_h2c} and {listen_pages} stand for host:port, as does {upstream}, {certs} for the certificate's folder; "
        "may be repeated",
    )
    options = parser.parse_args()
    options.rescope = options.rescope.resolve()
    options.rows = options.rows.split(",")
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if min(options.rounds, options.seconds, options.connections) < 1:
        parser.error("--rounds, --seconds and --connections start at 1")
    for tool in ("nginx", "haproxy", "wrk", "h2load", "ab", "curl", "openssl"):
        if not shutil.which(tool):
            parser.error(f"{tool} is not installed; run.sh installs it")
    return options


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers = []
    directory = Path(tempfile.mkdtemp(prefix="rescope-compare-"))
    try:
        make_certificate(directory)
        upstream = start_upstream(directory, servers)
        proxies = start_proxies(options, directory, upstream, servers)
        turns = [(row, proxy) for row in options.rows for proxy in proxies if proxy.takes(ROWS[row])]
        samples = {(row, proxy.name): [] for row, proxy in turns}
        for proxy in proxies:
            measure(proxy, next(row for row in ROWS.values() if proxy.takes(row)), options, 1, directory)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for row, proxy in turns:
                sample = measure(proxy, ROWS[row], options, options.seconds, directory)
                samples[row, proxy.name].append(sample)
        print_tables(options.rows, proxies, samples)
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
