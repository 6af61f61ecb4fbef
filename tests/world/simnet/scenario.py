"""The vocabulary scenarios are written in.

A scenario is one misfortune: domains, the hosts that take their mail, and what a verifier must make
of them.  It is data; the only code in one is a reply that depends on how often it was asked for.
Host names without a trailing dot are relative to the scenario's first domain; names with one are
absolute.  Addresses are given out by `load_all`, so that a scenario never names one unless the
address itself is the misfortune.
"""

import importlib.util
import os
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIO_DIR = os.path.join(os.path.dirname(HERE), "scenarios")
UNKNOWN_USER = "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown"
KEYWORDS = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES")


# ---- what a server may do instead of just answering; a plain str is a reply, '\n' between lines


@dataclass(frozen=True)
class Wait:
    """Answers late."""

    seconds: float
    reply: object = None


@dataclass(frozen=True)
class Raw:
    """Sends bytes as they are; a list is sent in segments 50 ms apart."""

    data: object


@dataclass(frozen=True)
class Segments:
    """Sends a good reply in several segments, 50 ms apart."""

    parts: tuple

    def __init__(self, *parts):
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True)
class Drip:
    """Sends a reply one octet at a time."""

    reply: str
    seconds: float


@dataclass(frozen=True)
class Endless:
    """Sends the same line until the peer has had enough."""

    line: str
    seconds: float = 0.001


@dataclass(frozen=True)
class Drop:
    """Answers (or not), then closes; reset=True closes with RST."""

    reply: object = None
    reset: bool = False


@dataclass(frozen=True)
class Silent:
    """Never answers again, keeps the connection open."""


@dataclass(frozen=True)
class Turns:
    """A different answer each time it is asked for (per host); the last one stays."""

    replies: tuple

    def __init__(self, *replies):
        object.__setattr__(self, "replies", replies)


# ---- domains, hosts, expectations


@dataclass
class Site:
    """A web site.  `pages`: {path: body, status, or (301, URL)}; any other path is 404."""

    pages: dict
    schemes: tuple = ("https", "http")  # what it is served by
    www: bool = False  # the name itself leads to www.NAME
    head: bool = True  # False: HEAD is 405


@dataclass
class Domain:
    """One mail domain.  `mx`: hosts, best first, or (preference, host); None: no MX record."""

    name: str
    mx: object = ("mx1",)
    a: bool = True  # the domain itself has an address (its web site), where no mail is served
    spf: bool = True
    dmarc: bool = True
    cname: str = None  # the domain is an alias and has nothing else
    records: tuple = ()  # further zone lines: "name. IN TYPE rdata", "@" is the domain
    # {(name or "@", "MX" or "*"): misbehaviour}; ("*.NAME", "*"): of every name below it
    dns: dict = field(default_factory=dict)
    exists: bool = True  # False: no name at all
    site: object = None  # Site; None: nobody answers at its address
    # What the registry says by RDAP: "N days ago", "N years ago"; a number: that HTTP status
    # instead; "silent": nothing ever; None: it does not know the domain (404)
    registered: object = "9 years ago"
    registrar: tuple = ("Example Registrar, Inc.", 9999)  # name, IANA's number


@dataclass
class Host:
    """One mail host.  Every member is what it does at that point of the conversation."""

    name: str
    state: str = "up"  # up, refused (nothing listens), deaf (SYNs are dropped)
    address: object = None  # literal address(es) in place of one that is served
    addresses: int = 1  # how many loopback addresses it has
    dead_addresses: int = 0  # how many of them, from the first, refuse connections
    ports: tuple = (25,)
    banner: object = "220 {host} ESMTP Postfix"
    ehlo: object = KEYWORDS  # tuple: keywords; str or action: the whole reply
    helo: object = "250 {host}"
    mail: object = "250 2.1.0 Ok"
    rcpt: object = field(default_factory=dict)  # local part -> reply; "*": everybody else
    rset: object = "250 2.0.0 Ok"
    quit: object = "221 2.0.0 Bye"
    starttls: object = "220 2.0.0 Ready to start TLS"
    tls_keywords: object = None  # EHLO keywords after STARTTLS; None: the same
    tls_mail: object = None  # replies inside TLS; None: the same
    tls_rcpt: object = None
    tls_break: object = None  # what the handshake meets: "alert", "silent" or an action
    tls_max: str = None  # "1.2": highest version offered


@dataclass
class Expect:
    """What a verifier must say of one address; None is not looked at, a tuple means any of these.

    From the program: status (cascade), verdict, reason, asked, policy (cascade's server_policy,
    "none" for null), catchall, code, cls, connect, end, host, mx, score, factors.
    From the world's log: connections and waits at most; rcpts exactly, tls, quit, dials, the name
    and sender given, sources (where each connection came from, "1.2" inside the world's net), DNS
    questions ("NAME/TYPE") at most.
    """

    local: str
    domain: str = None  # None: the scenario's first
    status: str = None
    verdict: str = None
    reason: str = None
    asked: str = None
    policy: str = None
    catchall: bool = None
    code: int = None
    cls: str = None
    connect: str = None
    end: str = None
    host: str = None
    mx: list = None
    score: int = None
    score_at_most: int = None
    factors: list = None
    factor: str = None  # one that must be there
    connections: int = None
    waits: int = None
    rcpts: int = None
    rcpts_at_most: int = None
    tls: bool = None
    quit: bool = None
    dials: dict = None  # {host: connections}
    helo: str = None
    mail_from: str = None
    sources: tuple = None
    questions: dict = None
    seconds: float = None  # answered within
    after: tuple = ()  # local parts asked about before, by the same verifier
    port: int = None
    note: str = None  # label, when a scenario asks about the same address twice

    def address(self, scenario):
        """The address asked about, as a client types it."""
        return f"{self.local}@{self.domain or scenario.domains[0].name}"

    def earlier(self, scenario):
        """The addresses asked about before it."""
        return [f"{local}@{self.domain or scenario.domains[0].name}" for local in self.after]


class Scenario:
    """The parts of one misfortune; `about` is the file's docstring."""

    def __init__(self, *parts, settings=None, show=None):
        self.domains = [p for p in parts if isinstance(p, Domain)]
        self.hosts = [p for p in parts if isinstance(p, Host)]
        self.expects = [p for p in parts if isinstance(p, Expect)]
        self.settings = settings or {}  # for the program, "{net}" is filled in
        self.show = show  # status under which `world --addresses` lists the first address
        self.name = self.about = None

    def headline(self):
        """The first paragraph of what it is about, as one line."""
        return " ".join(self.about.split("\n\n")[0].split())

    def host_name(self, host):
        """Absolute name, without the trailing dot."""
        if host.name.endswith("."):
            return host.name.rstrip(".")
        return f"{host.name}.{self.domains[0].name}" if host.name != "@" else self.domains[0].name


def load_file(path):
    """The scenario in one file."""
    spec = importlib.util.spec_from_file_location("scenario_" + os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scenario = module.scenario
    scenario.name = os.path.basename(path)[:-3]
    scenario.about = (module.__doc__ or "").strip()
    if not scenario.about:
        raise ValueError(f"{path}: a scenario says in its docstring what goes wrong")
    return scenario


def load_all(net, directory=SCENARIO_DIR):
    """Every scenario by name, each host with its addresses inside `net` (two octets).

    Host.served becomes the list of addresses in DNS.  127.N.0 is the world's own; hosts begin at
    127.N.10.  Domains and hosts must be the scenario's own, or the log could not tell them apart.
    """
    scenarios, owner, index = {}, {}, 0
    for file_name in sorted(os.listdir(directory)):
        if not file_name.endswith(".py"):
            continue
        scenario = load_file(os.path.join(directory, file_name))
        for domain in scenario.domains:
            claim(owner, domain.name, scenario)
            domain.dns = {key: how.replace("{net}", net) for key, how in domain.dns.items()}
        for host in scenario.hosts:
            if host.name != "@":
                claim(owner, scenario.host_name(host), scenario)
            host.served = [host.address] if isinstance(host.address, str) else host.address
            if host.served is None:
                host.served = [address_of(net, index + i) for i in range(host.addresses)]
                index += host.addresses
        scenarios[scenario.name] = scenario
    return scenarios


def claim(owner, name, scenario):
    """Two scenarios may not share a name."""
    if name in owner:
        raise ValueError(f"{name} is in both {owner[name]} and {scenario.name}")
    owner[name] = scenario.name


def address_of(net, index):
    """The index-th host address of the world."""
    return f"{net}.{10 + index // 250}.{1 + index % 250}"
