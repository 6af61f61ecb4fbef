"""The referee: what every client did, and whether it may.

One Connection per SMTP connection, kept in memory per scenario until reset.  A violation is
something no verifier may do to anybody's server, whatever the server did before.
"""

import time

FORBIDDEN = {"VRFY", "EXPN", "DATA", "BDAT", "TURN", "ETRN", "SEND", "SOML", "SAML"}
ERRORS_MAX = 9  # Postfix sleeps from the tenth error on
LAST_IN_GROUP = {"EHLO", "HELO", "STARTTLS", "QUIT", "NOOP"}  # RFC 2920 3.1


class Connection:
    """One client's visit."""

    __slots__ = ("host", "address", "port", "opened", "commands", "bursts", "rcpts", "errors",
                 "tls", "quit", "closed", "violations", "unwell", "helo_name", "mail_from",
                 "client")

    def __init__(self, host, address, port):
        self.host, self.address, self.port = host, address, port
        self.opened = time.monotonic()
        self.commands = []  # (seconds since opened, burst number, line)
        self.bursts = self.rcpts = self.errors = 0
        self.tls = self.quit = False
        self.closed = None  # "client", "server"; None: still open
        self.violations = []
        self.unwell = False  # the server did something odd, so no manners are owed to it
        self.helo_name = self.mail_from = None
        self.client = None  # the address it came from

    def command(self, line):
        """Files one command of the current burst and judges its octets."""
        self.commands.append((round(time.monotonic() - self.opened, 4), self.bursts,
                              line.decode("latin-1")))
        if b"\r" in line or b"\n" in line or b"\0" in line:
            self.violation(f"bare CR, LF or NUL inside a command: {line!r}")
        if len(line) > 510:
            self.violation(f"command of {len(line)} octets")

    def violation(self, text):
        """The client broke a rule."""
        self.violations.append(text)

    def waits(self):
        """Times the client waited for the server before it knew: the banner, then once per burst;
        a last burst of QUIT alone comes after the answer and is no wait."""
        last = [line for _, burst, line in self.commands if burst == self.bursts]
        return 1 + self.bursts - (last == ["QUIT"])

    def as_json(self):
        """For GET /log."""
        return {
            "client": self.client, "host": self.host, "address": self.address, "port": self.port,
            "bursts": self.bursts, "waits": self.waits(), "rcpts": self.rcpts,
            "errors": self.errors, "tls": self.tls,
            "quit": self.quit, "closed": self.closed, "helo_name": self.helo_name,
            "mail_from": self.mail_from, "violations": self.violations,
            "commands": [{"at": at, "burst": burst, "line": line}
                         for at, burst, line in self.commands],
        }


class Journal:
    """All connections, by scenario; counts of DNS questions by name and type."""

    KEEP = 1000  # connections per scenario kept whole; the rest are only counted

    def __init__(self):
        self.connections = {}
        self.counts = {}
        self.dns = {}
        self.requests = {}  # to web sites
        self.violation_count = 0
        self.first_violations = []

    def opened(self, scenario, connection):
        """A client connected to a host of `scenario`."""
        kept = self.connections.setdefault(scenario, [])
        self.counts[scenario] = self.counts.get(scenario, 0) + 1
        if len(kept) < self.KEEP:
            kept.append(connection)

    def finished(self, scenario, connection):
        """It is gone: settle what can only be judged at the end."""
        if connection.closed == "client" and not connection.quit and not connection.unwell:
            connection.violation("left a well-behaved server without QUIT")
        if connection.errors > ERRORS_MAX:
            connection.violation(f"{connection.errors} refusals in one session")
        for text in connection.violations:
            self.violation_count += 1
            if len(self.first_violations) < 50:
                self.first_violations.append(f"{scenario}: {connection.host}: {text}")

    def question(self, name, qtype):
        """One DNS question arrived."""
        key = f"{name}/{qtype}"
        self.dns[key] = self.dns.get(key, 0) + 1

    def web(self, scenario, request):
        """A web site of `scenario` was asked: "GET https://name/path"."""
        kept = self.requests.setdefault(scenario.name, [])
        if len(kept) < self.KEEP:
            kept.append(request)

    def log(self, scenario):
        """What happened to one scenario."""
        return {
            "scenario": scenario.name,
            "count": self.counts.get(scenario.name, 0),
            "connections": [c.as_json() for c in self.connections.get(scenario.name, [])],
            "dns": {key: n for key, n in self.dns.items() if self.concerns(scenario, key)},
            "web": self.requests.get(scenario.name, []),
        }

    @staticmethod
    def concerns(scenario, key):
        """Is this DNS key about one of the scenario's names?"""
        name = key.rsplit("/", 1)[0]
        owned = [d.name for d in scenario.domains] + [scenario.host_name(h) for h in scenario.hosts]
        return any(name == own or name.endswith("." + own) for own in owned)

    def reset(self, scenario=None):
        """Forgets the connections (and DNS counts) of one scenario, or everything."""
        if scenario is None:
            self.connections, self.counts, self.dns, self.requests = {}, {}, {}, {}
            return
        self.connections.pop(scenario.name, None)
        self.counts.pop(scenario.name, None)
        self.requests.pop(scenario.name, None)
        for key in [k for k in self.dns if self.concerns(scenario, k)]:
            del self.dns[key]
