"""Scripts for a name server that misbehaves, octet by octet, and the server that plays them.

A script is a function of one Ask that returns what to do, in order: octets are a message to send
(over TCP with its length before it), Raw octets go out as they are, Elsewhere sends from another
address or port, a float waits, CLOSE and RESET end the TCP connection.  An empty list is silence.
What has no script is answered as a good server would, see `good`.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass

from .dnswire import NXDOMAIN, QR, RD, TC, TYPES, name_octets, rdata_of, read_question

RA = 0x0080
NUMBERS = {**TYPES, "DNAME": 39, "OPT": 41}
HERE = b"\xc0\x0c"  # a pointer to the question's name
CLOSE, RESET = "close", "reset"


@dataclass(frozen=True)
class Raw:
    """Octets without a length before them."""

    data: bytes


@dataclass(frozen=True)
class Elsewhere:
    """A message from somebody who was not asked; `port` 0: another address, same port."""

    data: bytes
    port: int = 0


class Ask:
    """One question, and the row it belongs to."""

    def __init__(self, message, tcp, rows):
        self.tcp = tcp
        self.ident, _, self.name, self.qtype, self.section = read_question(message)
        self.edns = struct.unpack_from("!H", message, 10)[0] > 0
        self.domain = ".".join(self.name.split(".")[-2:])
        self.row = rows.get(self.domain)
        self.label = self.name[:-len(self.domain)].rstrip(".").lstrip("_")
        self.what = f"{self.label}_{self.qtype}" if self.label else self.qtype
        self.seen = 0  # how often it was asked before

    def of(self, label):
        """A name in the row's domain."""
        return f"{label}.{self.domain}" if label else self.domain


# ---- messages


def rr(owner, rtype, data, ttl=60, cls=1, rdlength=None):
    """One record; `owner` and `data` as text or as octets."""
    owner = name_octets(owner) if isinstance(owner, str) else owner
    data = rdata_of(rtype, data) if isinstance(data, str) else data
    size = len(data) if rdlength is None else rdlength
    return owner + struct.pack("!HHIH", NUMBERS[rtype], cls, ttl, size) + data


def soa(zone, ttl=60, minimum=60):
    """An SOA for the authority section."""
    numbers = struct.pack("!IIIII", 1, 3600, 600, 86400, minimum)
    return rr(zone, "SOA", name_octets("ns.world") + name_octets("hostmaster.world") + numbers, ttl)


def opt(rcode=0, version=0):
    """The OPT pseudo-record with the upper bits of a response code (RFC 6891 6.1.3)."""
    return rr(b"\0", "OPT", b"", ttl=(rcode >> 4) << 24 | version << 16, cls=1232)


def message(ask, *answers, rcode=0, flags=QR | RD | RA, authority=(), extra=(), counts=None,
            question=None, ident=None):
    """A response; every part may be something else than it should."""
    numbers = counts or (1, len(answers), len(authority), len(extra))
    return struct.pack("!HHHHHH", ask.ident if ident is None else ident, flags | rcode & 15,
                       *numbers) \
        + (ask.section if question is None else question) + b"".join((*answers, *authority, *extra))


def records_of(ask):
    """What a good server knows: every name has one MX, mx, at the row's address."""
    if ask.qtype == "MX":
        return [rr(HERE, "MX", f"10 {ask.of('mx')}")]
    if ask.qtype == "A":
        return [rr(HERE, "A", ask.row.public)]
    if ask.qtype == "TXT":
        return [rr(HERE, "TXT", "v=DMARC1; p=none" if ask.label == "dmarc" else "v=spf1 mx -all")]
    return []


# ---- scripts


def good(ask):
    """The right answer."""
    if ask.row is None:
        return [message(ask, rcode=NXDOMAIN, authority=[soa("world")])]
    records = records_of(ask)
    return [message(ask, *records, authority=[] if records else [soa(ask.domain)])]


def silent(_ask):
    """Nothing."""
    return []


def code(number, *authority, extra=()):
    """A response code and nothing else; `authority` may be functions of the Ask."""
    def script(ask):
        return [message(ask, rcode=number, extra=extra, authority=[a(ask) for a in authority])]
    return script


def reply(*records, **parts):
    """An answer of these records: (owner label or octets, type, data[, ttl]) or octets; in texts
    {domain}, {public} and {trap} are filled in."""
    def script(ask):
        return [message(ask, *[build(ask, r) for r in records],
                        **{name: [build(ask, r) for r in part] if name in ("authority", "extra")
                           else part for name, part in parts.items()})]
    return script


def build(ask, record):
    """One record of `reply` as octets."""
    if callable(record):
        record = record(ask)
    if isinstance(record, bytes):
        return record
    owner, rtype, data, *ttl = record
    if isinstance(owner, str):
        owner = HERE if owner == "@" else owner if "." in owner else ask.of(owner)
    if isinstance(data, str):
        data = data.format(domain=ask.domain, public=ask.row.public, trap=ask.row.trap)
    return rr(owner, rtype, data, *ttl)


def turns(*scripts):
    """Another script each time the same is asked; the last one stays."""
    return lambda ask: scripts[min(ask.seen, len(scripts) - 1)](ask)


def both(*scripts):
    """One after the other, all for one question."""
    return lambda ask: [action for script in scripts for action in script(ask)]


def over(udp, tcp):
    """Different things over UDP and TCP."""
    return lambda ask: (tcp if ask.tcp else udp)(ask)


def do(*actions):
    """These actions, whatever was asked."""
    return lambda _ask: list(actions)


def cut(ask, *records):
    """Truncated, with some records or none."""
    return [message(ask, *[build(ask, r) for r in records], flags=QR | RD | RA | TC)]


def change(script, **parts):
    """The answer of `script` with other header members: ident, flags, counts, question."""
    def changed(ask):
        data = script(ask)[0]
        ident, flags, *counts = struct.unpack_from("!HHHHHH", data)
        question = parts.get("question")
        return [struct.pack("!HHHHHH", ident ^ parts.get("ident", 0), flags ^ parts.get("flags", 0),
                            *parts.get("counts", counts))
                + (question(ask) if question else ask.section) + data[12 + len(ask.section):]]
    return changed


def sliced(script, start, stop=None):
    """Only some octets of the answer."""
    return lambda ask: [script(ask)[0][start:stop]]


def elsewhere(script, port=0):
    """The answer comes from where nobody was asked."""
    return lambda ask: [Elsewhere(data, port) for data in script(ask)]


def cname_chain(links):
    """An alias chain in one answer, with an MX at its end."""
    def script(ask):
        names = [ask.name] + [ask.of(f"link{i}") for i in range(links)]
        return [message(ask, *[rr(a, "CNAME", b) for a, b in zip(names, names[1:])],
                        rr(names[-1], "MX", f"10 {ask.of('mx')}"))]
    return script


def next_alias(ask):
    """link0 is an alias of link1, which is one of link2 ... each in an answer of its own."""
    number = int(ask.label.removeprefix("link")) + 1 if ask.label.startswith("link") else 0
    return [message(ask, rr(HERE, "CNAME", ask.of(f"link{number}")))]


# ---- the server


class FaultServer:
    """UDP and TCP on `address`, UDP alone on `deaf`, which shares the scripts; nobody on others."""

    def __init__(self, address, deaf, other, rows):
        self.address, self.deaf, self.other, self.rows = address, deaf, other, rows
        self.counts = {}  # (name, type) -> how often
        self.udp, self.spoofers, self.tcp, self.tasks = [], {}, None, set()

    async def start(self):
        """Opens the sockets."""
        loop = asyncio.get_running_loop()
        for address in (self.address, self.deaf):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            sock.bind((address, 53))
            transport, _ = await loop.create_datagram_endpoint(lambda: Udp(self), sock=sock)
            self.udp.append(transport)
        self.tcp = await asyncio.start_server(self.serve_tcp, self.address, 53)
        for port, address in ((0, (self.other, 53)), (1, (self.address, 0))):
            self.spoofers[port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.spoofers[port].bind(address)

    async def stop(self):
        """Closes them."""
        for task in list(self.tasks):
            task.cancel()
        for part in (*self.udp, self.tcp, *self.spoofers.values()):
            part.close()

    def questions(self, domain):
        """How many questions there were about the names of a domain."""
        return sum(count for (name, _), count in self.counts.items()
                   if name == domain or name.endswith("." + domain))

    def actions(self, data, tcp):
        """What to do about a question."""
        ask = Ask(data, tcp, self.rows)
        ask.seen = self.counts.get((ask.name, ask.qtype), 0)
        self.counts[ask.name, ask.qtype] = ask.seen + 1
        scripts = ask.row.scripts if ask.row else {}
        return scripts.get(ask.what, scripts.get("ANY", good))(ask)

    def start_task(self, coroutine):
        """Runs on its own."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send_udp(self, transport, peer, actions):
        """Plays them as datagrams."""
        for action in actions:
            if isinstance(action, float):
                await asyncio.sleep(action)
            elif isinstance(action, Elsewhere):
                self.spoofers[action.port].sendto(action.data, peer)
            else:
                transport.sendto(action, peer)

    async def serve_tcp(self, reader, writer):
        """Questions over TCP, one after the other."""
        try:
            while True:
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                for action in self.actions(await reader.readexactly(size), tcp=True):
                    if not await self.send_tcp(writer, action):
                        return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def send_tcp(writer, action):
        """One action; False when it ends the connection."""
        if action == RESET:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if action in (CLOSE, RESET):
            return False
        if isinstance(action, float):
            await asyncio.sleep(action)
        else:
            writer.write(action.data if isinstance(action, Raw) else
                         struct.pack("!H", len(action)) + action)
            await writer.drain()
        return True


class Udp(asyncio.DatagramProtocol):
    """Questions in."""

    def __init__(self, server):
        self.server, self.transport = server, None

    def connection_made(self, transport):
        """The socket is open."""
        self.transport = transport

    def datagram_received(self, data, addr):
        """A question."""
        actions = self.server.actions(data, tcp=False)
        self.server.start_task(self.server.send_udp(self.transport, addr, actions))
