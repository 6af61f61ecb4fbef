"""The well-behaved half of DNS: one zone with every name, served by nsd."""

import asyncio
import os
import socket

from .children import die_with_parent
from .web import RDAP_HOST

ORIGIN = """$TTL 60
. IN SOA ns.world. hostmaster.world. 1 3600 600 86400 30
. IN NS ns.world.
"""
CONFIG = """server:
  ip-address: {address}
  port: 53
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{dir}"
  database: ""
  pidfile: "{dir}/nsd.pid"
  xfrdfile: "{dir}/xfrd.state"
  zonelistfile: "{dir}/zone.list"
  logfile: "{dir}/nsd.log"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  tcp-count: 500
  verbosity: 0
  hide-version: yes
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "world.zone"
"""


def domain_lines(scenario, domain, web_address):
    """The zone lines of one domain."""
    if not domain.exists:
        return
    owner = domain.name + "."
    if domain.cname:
        yield f"{owner} IN CNAME {domain.cname}"
        return
    for number, entry in enumerate(domain.mx or ()):
        preference, host = entry if isinstance(entry, tuple) else (10 * (number + 1), entry)
        target = host if host.endswith(".") else f"{host}.{owner}"
        yield f"{owner} IN MX {preference} {target}"
    if domain.a:
        yield f"{owner} IN A {web_address}"
    if domain.spf:
        yield f'{owner} IN TXT "v=spf1 mx -all"'
    if domain.dmarc:
        yield f'_dmarc.{owner} IN TXT "v=DMARC1; p=reject"'
    for line in domain.records:
        name, rest = line.split(" ", 1)
        yield f"{name.replace('@', owner)} {rest}"


def host_lines(scenario):
    """The addresses of a scenario's mail hosts."""
    for host in scenario.hosts:
        for address in host.served:
            rtype = "AAAA" if ":" in address else "A"
            yield f"{scenario.host_name(host)}. IN {rtype} {address}"


def zone_text(scenarios, web_address):
    """The whole zone."""
    lines = [ORIGIN, f"{RDAP_HOST}. IN A {web_address}"]
    for scenario in scenarios.values():
        lines.append(f"; {scenario.name}")
        for domain in scenario.domains:
            lines.extend(domain_lines(scenario, domain, web_address))
        lines.extend(host_lines(scenario))
    return "\n".join(lines) + "\n"


class Nsd:
    """One nsd of our own, in the foreground, with its files in `directory`."""

    def __init__(self, directory, address):
        self.directory, self.address = directory, address
        self.process = None

    async def start(self, zone):
        """Writes zone and configuration, starts nsd and waits until it answers."""
        with open(os.path.join(self.directory, "world.zone"), "w", encoding="latin-1") as file:
            file.write(zone)
        config = os.path.join(self.directory, "nsd.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(address=self.address, dir=self.directory))
        nsd = "/usr/sbin/nsd" if os.path.exists("/usr/sbin/nsd") else "nsd"
        # a session of its own: Ctrl-C reaches the world, and the world stops nsd
        self.process = await asyncio.create_subprocess_exec(
            nsd, "-d", "-c", config, start_new_session=True, preexec_fn=die_with_parent)
        for _ in range(100):
            if self.process.returncode is not None:
                break
            if await asyncio.to_thread(self.answers):
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("nsd does not answer:\n" + self.log())

    def answers(self):
        """Does it answer for the root?"""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect((self.address, 53))
            try:
                sock.send(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\0\0\6\0\1")
                return len(sock.recv(512)) > 12
            except OSError:
                return False

    def log(self):
        """What nsd wrote."""
        path = os.path.join(self.directory, "nsd.log")
        if not os.path.exists(path):
            return "(no log)"
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    async def stop(self):
        """Ends it and waits."""
        if self.process and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except asyncio.TimeoutError:
                self.process.kill()
                await self.process.wait()
