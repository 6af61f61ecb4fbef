"""The fake internet of tests/bench/fakenet.c, lists of addresses in it, and the two programs that
ask it: vrfy and ref_client.  Names say what is true there; tests/bench/truth.h has the grammar.

Who is measured is measured alike: time from start to exit, list read and answers written included;
CPU by wait4; memory by VmHWM; and what happened on the wire by the one referee."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "world"))

# pylint: disable=wrong-import-position
from simnet.children import LIBC, die_with_parent  # noqa: E402
from simnet.harness import Network  # noqa: E402

SMTP_PORT, DNS_PORT = 2525, 5300
POLL_SECONDS = 0.05  # between readings of a program's memory

# What a polite client never does; the referee counts each.
MISDEEDS = ["quits_missing", "early_talkers", "unasked_pipelining", "bad_octets", "bad_commands",
            "over_budget", "repeated_after_answer", "refused_421", "errors_421", "error_sleeps",
            "dns_bad"]

BY_LOCAL = {"yes": "deliverable", "no": "undeliverable", "full": "risky", "later": "unknown"}
BY_DOMAIN = {"open": "risky", "grey": "unknown", "gone": "undeliverable", "mute": "undeliverable",
             "tar": "unknown", "tomb": "unknown"}
ADDRESS = re.compile(r"([a-z]+)\.[^@]*@([a-z]+)\d+(?:-at\d)?\.com")


def program(name):
    """The path of fakenet, ref_client or bench_addresses."""
    return os.path.join(os.environ.get("VRFY_BUILD", os.path.join(TOP, "build", "plain")), "bench",
                        name)


def build():
    """fakenet and its friends, optimised."""
    subprocess.run(["make", "-s", "-j2", "SAN=", "benches"], cwd=TOP, check=True)


def truth(address):
    """The verdict that is right.  What is greylisted is unknown for now."""
    local, domain = ADDRESS.fullmatch(address).groups()
    return BY_DOMAIN.get(domain) or BY_LOCAL[local]


def write_addresses(path, *arguments):
    """A list, by bench_addresses."""
    with open(path, "w", encoding="ascii") as file:
        subprocess.run([program("bench_addresses"), *map(str, arguments)], stdout=file,
                       check=True)


class Wire:
    """Two network namespaces joined by tundelay: servers on one side, clients on the other, a real
    round trip between them.  Needs root and iproute2."""

    # 127.0.0.0/16 is the clients' side, 127.N.0.0/16 the servers'.
    SETUP = """set -e
        ip link set lo up
        ip addr del 127.0.0.1/8 dev lo
        ip addr add {own}.0.1/16 dev lo
        ip link set wire up txqueuelen 20000
        echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
        ip route add {other}.0.0/16 dev wire src {own}.0.1"""

    def __init__(self, rtt_ms, net):
        self.process = subprocess.Popen([program("tundelay"), str(rtt_ms)], text=True,
                                        stdout=subprocess.PIPE, start_new_session=True,
                                        preexec_fn=die_with_parent)
        words = self.process.stdout.readline().split()
        if len(words) != 3:
            raise RuntimeError("no namespaces here: tundelay needs root")
        self.sides = [os.open(f"/proc/{self.process.pid}/fd/{word}", os.O_RDONLY)
                      for word in words[1:]]
        for enter, own, other in ((self.enter_servers, net, "127.0"),
                                  (self.enter_clients, "127.0", net)):
            subprocess.run(["sh", "-c", self.SETUP.format(own=own, other=other)], check=True,
                           preexec_fn=enter)

    def enter_servers(self):
        """For preexec_fn."""
        self.enter(0)

    def enter_clients(self):
        """For preexec_fn."""
        self.enter(1)

    def enter(self, side):
        """The child belongs there from now on."""
        die_with_parent()
        if LIBC.setns(self.sides[side], 0) != 0:
            raise OSError("setns")

    def stop(self):
        """The namespaces go with their last process."""
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        for side in self.sides:
            os.close(side)


class FakeNet:
    """One fakenet process; options as fakenet has them, with _ for -.  With `wire`, the delay is on
    the way, between namespaces, and not on every reply; clients then have to `enter`."""

    def __init__(self, wire=False, delay_ms=0, **options):
        self.network = Network()
        self.net = self.network.net
        self.dir = tempfile.mkdtemp(prefix="vrfy-fakenet-")
        self.wire = Wire(delay_ms, self.net) if wire else None
        self.enter = self.wire.enter_clients if wire else die_with_parent
        options["delay_ms"] = 0 if wire else delay_ms
        self.report = os.path.join(self.dir, "referee.json")
        given = {"smtp_port": SMTP_PORT, "dns_port": DNS_PORT, "report": self.report, **options}
        words = [f"{name.replace('_', '-')}={value}" for name, value in given.items()]
        self.process = subprocess.Popen(
            [program("fakenet"), self.net, *words], stdout=subprocess.PIPE, text=True,
            start_new_session=True,
            preexec_fn=self.wire.enter_servers if wire else die_with_parent)
        if self.process.stdout.readline() != "ready\n":
            self.stop()
            raise RuntimeError("fakenet does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def dns(self):
        """Where its name server is."""
        return f"{self.net}.0.53:{DNS_PORT}"

    def so_far(self):
        """What the referee has counted by now."""
        before = os.stat(self.report).st_ino if os.path.exists(self.report) else None
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if os.path.exists(self.report) and os.stat(self.report).st_ino != before:
                break
            time.sleep(0.005)
        with open(self.report, encoding="ascii") as file:
            return json.load(file)

    def settled(self):
        """The same, when the last session is over: a client may leave before its 221."""
        until = time.monotonic() + 10
        while True:
            counted = self.so_far()
            if counted["sessions_open"] == 0 or time.monotonic() > until:
                return counted
            time.sleep(0.05)

    def stop(self):
        """Nothing of it is left."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process.stdout.close()
        if self.wire is not None:
            self.wire.stop()
        self.network.release()
        shutil.rmtree(self.dir, ignore_errors=True)


class Run:
    """What one run of a program took."""

    def __init__(self, seconds, cpu_seconds, rss_kb, code):
        self.seconds, self.cpu_seconds, self.rss_kb, self.code = seconds, cpu_seconds, rss_kb, code


def peak_memory(pid):
    """kB, or 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return int(re.search(r"^VmHWM:\s+(\d+)", file.read(), re.M).group(1))
    except (OSError, AttributeError):
        return 0


def run_measured(command, net, list_path, answers_path, patience=900):
    """Runs a program where it sees that net, with the list as its input.  wait4's peak memory would
    be ours: between fork and exec the child is as big as this interpreter."""
    rss_kb = 0
    with open(list_path, "rb") as source, open(answers_path, "wb") as answers:
        started = time.monotonic()
        child = subprocess.Popen(command, stdin=source, stdout=answers,
                                 preexec_fn=net.enter)
        gone = os.pidfd_open(child.pid)
        try:
            while not select.select([gone], [], [], POLL_SECONDS)[0]:
                rss_kb = max(rss_kb, peak_memory(child.pid))
                if time.monotonic() - started > patience:
                    child.kill()
            seconds = time.monotonic() - started
        except BaseException:
            child.kill()
            raise
        finally:
            os.close(gone)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, rss_kb, child.returncode)


class Limits:
    """What both programs are told alike."""

    def __init__(self, sessions=20, rcpts=9, concurrency=4000):
        self.sessions, self.rcpts, self.concurrency = sessions, rcpts, concurrency


def ref_command(net, limits):
    """The yardstick."""
    return [program("ref_client"), f"dns={net.dns}", f"port={SMTP_PORT}",
            f"sessions={limits.sessions}", f"rcpts={limits.rcpts}",
            f"concurrency={limits.concurrency}"]


def settings_known(vrfy):
    """section.name of all of the program's settings."""
    text = subprocess.run([vrfy, "config"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    known, section = set(), ""
    for line in text.splitlines():
        match = re.match(r"\[(\w+)\]|(\w+) =", line)
        if match and match.group(1):
            section = match.group(1)
        elif match:
            known.add(f"{section}.{match.group(2)}")
    return known


def most_in_flight(vrfy, wanted):
    """What of it --concurrency takes."""
    while wanted > 1 and subprocess.run([vrfy, "check", "--concurrency", str(wanted), "-"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        check=False).returncode == os.EX_USAGE:
        wanted = 256 if wanted > 256 else wanted // 2
    return wanted


def vrfy_options(vrfy, net, limits, **settings):
    """What makes vrfy ask that net within those limits: -o, of the settings that it knows."""
    wanted = {
        "dns.servers": net.dns, "smtp.port": SMTP_PORT,
        "smtp.allow_networks": f"{net.net}.0.0/16", "smtp.helo_name": "probe.vrfy-world.com",
        "smtp.mail_from": "probe@vrfy-world.com", "smtp.sessions_per_destination": limits.sessions,
        "pace.file": os.path.join(net.dir, "pace"), "pace.starts_per_second": 100_000,
        "verify.list_deadline": "1h", **settings}
    known = settings_known(vrfy)
    words = []
    for name, value in wanted.items():
        if name in known:
            words += ["-o", f"{name}={value}"]
    return words


def vrfy_command(vrfy, net, limits, in_flight, **settings):
    """`vrfy check -` against that net."""
    return [vrfy, "check", "-", "--json", "--concurrency", str(in_flight),
            *vrfy_options(vrfy, net, limits, **settings)]


def vrfy_answers(path):
    """(address, verdict, milliseconds) of every line."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("{"):
                said = json.loads(line)
                yield said["address"], said["verdict"], said["ms"]


def ref_answers(path):
    """The same of ref_client, which has codes only."""
    codes = {"250": "deliverable", "550": "undeliverable", "452": "risky", "451": "unknown"}
    ends = {"no-mail": "undeliverable", "catch-all": "risky", "unresolved": "none"}
    with open(path, encoding="utf-8") as file:
        for line in file:
            address, code, end = line.rstrip("\n").split("\t")
            yield address, ends.get(end) or codes.get(code, "none"), 0


def agreement(answers, count):
    """(share of `count` addresses that got the right verdict, examples of others).  An address
    answered twice counts once, and one that is missing is wrong."""
    right, wrong = set(), []
    for address, verdict, _ in answers:
        if verdict == truth(address):
            right.add(address)
        elif len(wrong) < 5:
            wrong.append(f"{address}: {verdict}")
    return len(right) / count, wrong


def complaints(counted, sessions):
    """What the referee has against a client that was told so many sessions per operator."""
    found = [f"{name} {counted[name]}" for name in MISDEEDS if counted[name]]
    if counted["left_at_banner"] > counted["connections"] / 100:
        found.append(f"{counted['left_at_banner']} left at the banner, without QUIT")
    if counted["per_operator_max"] > sessions:
        found.append(f"{counted['per_operator_max']} sessions at once with one operator")
    return found


def dns_queries(counted):
    """Of all types."""
    return sum(count for name, count in counted.items()
               if name.startswith("dns_") and name != "dns_bad")


def tidy_when_terminated():
    """SIGTERM becomes an exception, so that everything started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
