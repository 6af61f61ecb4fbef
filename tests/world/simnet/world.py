"""All parts together: nsd, the DNS front, the SMTP servers, the control port."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile

from .control import PORT, Control
from .dnsfront import Front
from .journal import Journal
from .scenario import load_all
from .smtpd import Server
from .tls import Tls
from .web import Web
from .zone import Nsd, zone_text

EXIT_VIOLATIONS = 3


class World:
    """One simulated internet inside `net` ("127.77")."""

    def __init__(self, net, directory):
        self.net, self.directory = net, directory
        self.scenarios = load_all(net)
        self.journal = Journal()
        tls = Tls(directory)
        self.servers = [Server(scenario, host, self.journal, tls)
                        for scenario in self.scenarios.values() for host in scenario.hosts]
        self.nsd = Nsd(directory, f"{net}.0.54")
        self.dns = f"{net}.0.53"
        front = Front(self.dns, self.nsd.address, self.scenarios, self.journal)
        broken = [Front(f"{net}.0.{last}", self.nsd.address, {}, Journal(), always)
                  for last, always in ((55, "refused"), (56, "servfail"), (57, "timeout"))]
        control = Control(f"{net}.0.80", self.scenarios, self.servers, self.journal)
        web = Web(net, directory, self.scenarios, self.journal)
        self.parts = [front, *broken, *self.servers, web, control]

    def ready_line(self):
        """What is printed when all is up."""
        return f"WORLD READY dns={self.dns}:53 control=http://{self.net}.0.80:{PORT}"

    async def start(self):
        """Everything up, or an exception."""
        await self.nsd.start(zone_text(self.scenarios, f"{self.net}.0.81"))
        for part in self.parts:
            await part.start()

    async def stop(self):
        """Everything down."""
        for part in self.parts:
            await part.stop()
        await self.nsd.stop()


async def run(net, directory, quiet=False):
    """Runs a world until SIGTERM or SIGINT; the exit code."""
    own = directory is None
    directory = directory or tempfile.mkdtemp(prefix="vrfy-world-")
    os.makedirs(directory, exist_ok=True)
    world = World(net, os.path.abspath(directory))
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    try:
        await world.start()
        print(world.ready_line(), flush=True)
        await over.wait()
    finally:
        await world.stop()
        if own:
            shutil.rmtree(directory, ignore_errors=True)
    for text in world.journal.first_violations if not quiet else ():
        print(f"violation: {text}", file=sys.stderr)
    return EXIT_VIOLATIONS if world.journal.violation_count else 0
