"""Scenes for tests that look at a whole run: hosts of one operator, the domains they receive for,
and `vrfy` programs sent there, all in one process, so that a test can look at the referee's log
while things happen."""

import asyncio
import json
import os
import re

from .dnsfaults import FaultServer, reply
from .journal import Journal
from .scenario import UNKNOWN_USER, Domain, Scenario
from .smtpd import Server
from .tls import Tls
from .verifier import SETTINGS

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PROGRAM = os.path.abspath(os.environ.get("VRFY", os.path.join(ROOT, "build/asan/bin/vrfy")))
RECIPIENT = re.compile(r"RCPT TO:<(.*)>", re.IGNORECASE)
TAKEN = "250 2.1.5 Ok"
PATIENCE = 50  # seconds for a program, far more than it takes
# Nothing here may run out of time because the machine is slow.
UNHURRIED = {"smtp.connect_timeout": "20s", "smtp.banner_timeout": "20s",
             "smtp.reply_timeout": "20s", "smtp.quit_timeout": "10s",
             "smtp.session_timeout": "60s", "verify.deadline": "30s", "dns.timeout": "10s",
             "pace.starts_per_second": "10000"}


class Desk:
    """What a host says of recipients, and whom it has told.  Local parts that begin with "real."
    are there, the others are not; `everybody`: all are.  After `limit` recipients of a session (or
    transaction) it does `beyond`; at the recipient `poison` it does `harm`, with `once` only the
    first time."""

    def __init__(self, everybody=False, limit=None, beyond=None, per="session", poison=None,
                 harm=None, once=False):
        self.everybody, self.limit, self.beyond, self.per = everybody, limit, beyond, per
        self.poison, self.harm, self.once = poison, harm, once
        self.told = {}  # address -> how often

    def __call__(self, session, address):
        if address == self.poison:
            if self.once:
                self.poison = None
            return self.harm
        if self.limit is not None and self.so_far(session.record) > self.limit:
            return self.beyond
        self.told[address] = self.told.get(address, 0) + 1
        return TAKEN if self.everybody or address.startswith("real.") else UNKNOWN_USER

    def so_far(self, record):
        """The number of this recipient."""
        return len(transactions(record)[-1]) if self.per == "transaction" else record.rcpts


def verbs(visit):
    """The commands of a visit, without arguments."""
    return [line.split(" ", 1)[0].upper() for _, _, line in visit.commands]


def transactions(visit):
    """The recipients of each transaction."""
    found = []
    for _, _, line in visit.commands:
        if line.upper().startswith("MAIL"):
            found.append([])
        elif line.upper().startswith("RCPT"):
            found[-1].append(RECIPIENT.match(line)[1])
    return found


class Crowd(Journal):
    """A journal that knows how many were there at once, by scenario and by client."""

    def __init__(self):
        super().__init__()
        self.now, self.most = {}, {}

    def opened(self, scenario, connection):
        super().opened(scenario, connection)
        for key in (scenario, (scenario, connection.client)):
            self.now[key] = self.now.get(key, 0) + 1
            self.most[key] = max(self.now[key], self.most.get(key, 0))

    def finished(self, scenario, connection):
        super().finished(scenario, connection)
        for key in (scenario, (scenario, connection.client)):
            self.now[key] -= 1


class Names:
    """What the name server knows of one domain."""

    def __init__(self, public, scripts):
        self.public, self.trap, self.scripts = public, None, scripts


class Run:
    """What a program said."""

    def __init__(self, code, out, err):
        self.code, self.err = code, err.decode(errors="replace")
        self.lines = [line for line in out.decode().splitlines() if line[:1] == "{"]
        self.rows = [json.loads(line) for line in self.lines]
        self.answers = {row["address"]: row for row in self.rows if "address" in row}

    def stats(self):
        """Of --stats=json."""
        return json.loads(self.err[self.err.index("{"):])

    def reasons(self):
        """By address."""
        return {address: row["reason"] for address, row in self.answers.items()}


class Scene:
    """One operator."""

    def __init__(self, stage, name, *hosts, domains=1):
        self.stage, self.name, self.operator = stage, name, f"{name}-op.com"
        self.domains = [f"{name}-{number}.com" for number in range(domains)]
        scenario = Scenario(Domain(self.domains[0]), *hosts)
        scenario.name = name
        self.hosts, self.programs = hosts, []
        addresses, receivers = {}, []
        for preference, host in enumerate(hosts):
            host.served = host.address or stage.addresses(host.addresses)
            label, host.name = host.name, f"{host.name}.{self.operator}."
            receivers.append(("@", "MX", f"{10 + preference} {host.name[:-1]}"))
            for kind, mark in (("A", "."), ("AAAA", ":")):
                records = [("@", kind, a) for a in host.served if mark in a]
                if records:
                    addresses[f"{label}_{kind}"] = reply(*records)
        self.servers = [Server(scenario, host, stage.journal, stage.tls) for host in hosts]
        web = f"{stage.net}.0.81"
        stage.names.rows[self.operator] = Names(web, addresses)
        for domain in self.domains:
            stage.names.rows[domain] = Names(web, {"MX": reply(*receivers)})

    async def start(self):
        """The hosts listen; those with an address given listen where the scenario says."""
        for server, host in zip(self.servers, self.hosts):
            if host.address is None:
                await server.start()

    async def stop(self):
        """They do not."""
        for server in self.servers:
            await server.stop()

    def people(self, real, gone=0, domains=None):
        """Addresses, so many of each kind in each domain, mixed."""
        locals_ = [f"real.{n}" for n in range(real)] + [f"gone.{n}" for n in range(gone)]
        mixed = sorted(locals_, key=lambda local: int(local.split(".")[1]))
        return [f"{local}@{domain}" for domain in domains or self.domains for local in mixed]

    def command(self, what, *arguments, settings=None):
        """A program and its arguments."""
        chosen = {**SETTINGS, **UNHURRIED, "pace.file": os.path.join(self.stage.folder, self.name),
                  **(settings or {})}
        options = [word for name, value in chosen.items()
                   for word in ("-o", f"{name}={value.replace('{net}', self.stage.net)}")]
        return [PROGRAM, what, "--json", *options, *arguments]

    async def spawn(self, command):
        """Started, with pipes."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)

    async def hear(self, process, text=b""):
        """To its end; an AssertionError when it misbehaves as a program."""
        try:
            out, err = await asyncio.wait_for(process.communicate(text), PATIENCE)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError("no end") from None
        if b"Sanitizer" in err or b"runtime error" in err:
            raise AssertionError(err.decode(errors="replace")[:600])
        return Run(process.returncode, out, err)

    async def check(self, *arguments, settings=None):
        """`vrfy check` of arguments."""
        async with self.stage.turn:
            return await self.hear(await self.spawn(self.command("check", *arguments,
                                                                 settings=settings)))

    async def list(self, addresses, *arguments, settings=None):
        """`vrfy check -` of a list."""
        async with self.stage.turn:
            process = await self.spawn(self.command("check", *arguments, "-", settings=settings))
            return await self.hear(process, "".join(f"{a}\n" for a in addresses).encode())

    async def pace(self, *arguments):
        """`vrfy pace`."""
        async with self.stage.turn:
            return await self.hear(await self.spawn(self.command("pace", *arguments)))

    async def visits(self):
        """All connections, once they are over."""
        while self.stage.journal.now.get(self.name, 0) > 0:
            await asyncio.sleep(0.01)
        return list(self.stage.journal.connections.get(self.name, []))

    def count(self):
        """How many connections there were until now."""
        return self.stage.journal.counts.get(self.name, 0)

    def most(self, client=None):
        """How many there were at once, from one client or from all."""
        return self.stage.journal.most.get((self.name, client) if client else self.name, 0)


class Stage:
    """Everything the scenes share."""

    def __init__(self, net, folder, programs_at_once):
        self.net, self.folder, self.journal = net, folder, Crowd()
        self.names = FaultServer(f"{net}.0.53", f"{net}.0.58", f"{net}.0.59", {})
        self.tls = Tls(folder)
        self.turn = asyncio.Semaphore(programs_at_once)
        self.taken = 0

    def addresses(self, count):
        """Some that nobody has yet."""
        first, self.taken = self.taken, self.taken + count
        return [f"{self.net}.10.{number + 1}" for number in range(first, first + count)]
