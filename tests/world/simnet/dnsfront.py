"""The DNS server programs are pointed at: misbehaves for the names scenarios list, forwards the
rest to nsd, counts every question.

A misbehaviour is the name of a method in `Misbehaviour`, with an argument behind a colon
("slow:0.3").  It gets the parsed question and returns the octets to send, or None for silence.
"""

import asyncio
import itertools
import struct

from . import dnswire
from .dnswire import NXDOMAIN, REFUSED, SERVFAIL, TC

UDP_MAX = 1232


class Question:
    """One question as it arrived."""

    def __init__(self, message, tcp):
        self.message, self.tcp = message, tcp
        self.ident, self.flags, self.name, self.qtype, self.section = dnswire.read_question(message)

    def answer(self, rcode=0, records=(), flags=dnswire.AA):
        """A well-formed answer to it."""
        return dnswire.answer(self.ident, self.section, rcode, records, flags)


class Misbehaviour:
    """What a name server may do wrong; `front.relay` gets what nsd says."""

    def __init__(self, front):
        self.front = front
        self.asked = {}

    async def timeout(self, _question, _argument):
        """Never answers."""
        return None

    async def servfail(self, question, _argument):
        """Says that it failed."""
        return question.answer(SERVFAIL)

    async def refused(self, question, _argument):
        """Will not say."""
        return question.answer(REFUSED)

    async def notimp(self, question, _argument):
        """Does not know how."""
        return question.answer(dnswire.NOTIMP)

    async def nxdomain(self, question, _argument):
        """No such name, without an SOA."""
        return question.answer(NXDOMAIN)

    async def first(self, question, argument):
        """Misbehaves `first:N:how` times, then answers."""
        times, how = argument.split(":", 1)
        seen = self.asked[question.name, question.qtype] = \
            self.asked.get((question.name, question.qtype), 0) + 1
        return await (self.do(how, question) if seen <= int(times) else self.front.relay(question))

    async def slow(self, question, argument):
        """Late, but right."""
        await asyncio.sleep(float(argument))
        return await self.front.relay(question)

    async def truncated(self, question, _argument):
        """Nothing fits over UDP."""
        return await self.front.relay(question) if question.tcp else question.answer(flags=TC)

    async def truncated_always(self, question, _argument):
        """Says truncated even over TCP."""
        return question.answer(flags=TC)

    async def truncated_deaf(self, question, _argument):
        """Truncated over UDP, silent over TCP."""
        return None if question.tcp else question.answer(flags=TC)

    async def wrong_id(self, question, _argument):
        """Somebody else's answer, and no other."""
        relayed = await self.front.relay(question)
        return struct.pack("!H", question.ident ^ 0x5A5A) + relayed[2:]

    async def wrong_id_first(self, question, _argument):
        """A forged answer (NXDOMAIN) with a wrong id, then the right one."""
        forged = question.answer(NXDOMAIN)
        return [struct.pack("!H", question.ident ^ 1) + forged[2:],
                await self.front.relay(question)]

    async def wrong_question(self, question, _argument):
        """An answer to another question (evil.example would be dialled by the careless)."""
        section = dnswire.name_octets("somebody-elses.com") + question.section[-4:]
        return dnswire.answer(question.ident, section, 0,
                              [("somebody-elses.com", "MX", 60, "5 mx.somebody-elses.com")])

    async def garbage(self, question, _argument):
        """Right id, then noise."""
        return struct.pack("!H", question.ident) + bytes(range(255, 155, -1))

    async def empty(self, _question, _argument):
        """A datagram of nothing."""
        return b""

    async def cut(self, question, _argument):
        """An answer whose last record is cut off."""
        relayed = await self.front.relay(question)
        return relayed[:-3]

    async def pointer_loop(self, question, _argument):
        """A compressed name that points at itself."""
        head = struct.pack("!HHHHHH", question.ident, 0x8500, 1, 1, 0, 0)
        here = 12 + len(question.section)
        return head + question.section + struct.pack("!HHHIH", 0xC000 | here, 15, 1, 60, 4) \
            + b"\0\x0a" + struct.pack("!H", 0xC000 | here)

    async def cname_loop(self, question, argument):
        """The name is an alias of a name that is an alias of it."""
        return question.answer(records=[(question.name, "CNAME", 60, argument)])

    async def cname_chain(self, question, argument):
        """An alias chain of `argument` links in one answer, with nothing at its end."""
        names = [question.name] + [f"link{i}.{question.name}" for i in range(int(argument))]
        return question.answer(records=[(a, "CNAME", 60, b) for a, b in zip(names, names[1:])])

    async def flip(self, question, argument):
        """`flip:ADDRESS,ADDRESS`: another A record every time, with no time to live."""
        if question.qtype != "A":
            return question.answer()
        seen = self.asked[question.name] = self.asked.get(question.name, -1) + 1
        addresses = argument.split(",")
        return question.answer(
            records=[(question.name, "A", 0, addresses[seen % len(addresses)])])

    async def do(self, how, question):
        """One misbehaviour by name."""
        name, _, argument = how.partition(":")
        return await getattr(self, name.replace("-", "_"))(question, argument)


class Front:
    """UDP and TCP on one address."""

    def __init__(self, address, upstream, scenarios, journal, always=None):
        self.address, self.upstream, self.journal = address, upstream, journal
        self.always = always  # one misbehaviour for every name: a broken second resolver
        self.rules = {}
        for scenario in scenarios.values():
            for domain in scenario.domains:
                for (name, qtype), how in domain.dns.items():
                    full = name.replace("@", domain.name)
                    self.rules[full.lower(), qtype] = how
        self.below = {key: how for key, how in self.rules.items() if key[0].startswith("*.")}
        self.misbehaviour = Misbehaviour(self)
        self.pending = {}
        self.idents = itertools.cycle(range(1, 65536))
        self.udp = self.out = self.tcp = None
        self.tasks = set()

    async def start(self):
        """Opens the sockets."""
        loop = asyncio.get_running_loop()
        self.udp, _ = await loop.create_datagram_endpoint(lambda: Udp(self), (self.address, 53))
        self.out, _ = await loop.create_datagram_endpoint(lambda: Upstream(self),
                                                          remote_addr=(self.upstream, 53))
        self.tcp = await asyncio.start_server(self.serve_tcp, self.address, 53)

    async def stop(self):
        """Closes them."""
        for transport in (self.udp, self.out, self.tcp):
            if transport:
                transport.close()
        for task in list(self.tasks):
            task.cancel()

    def rule(self, question):
        """The misbehaviour listed for this name and type, or for all below a name, or None."""
        return self.always or self.rules.get((question.name, question.qtype)) \
            or self.rules.get((question.name, "*")) or self.rule_above(question)

    def rule_above(self, question):
        """The misbehaviour of everything below a name: "*.NAME"."""
        parent = question.name
        while self.below and "." in parent:
            parent = parent.split(".", 1)[1]
            if ("*." + parent, "*") in self.below:
                return self.below["*." + parent, "*"]
        return None

    def received(self, message, peer):
        """One UDP question: the ordinary ones pass straight through to nsd."""
        try:
            question = Question(message, tcp=False)
        except (ValueError, IndexError):
            return
        self.journal.question(question.name, question.qtype)
        how = self.rule(question)
        if how is None:
            self.forward(question, lambda data: self.udp.sendto(data, peer))
            return
        task = asyncio.get_running_loop().create_task(self.misbehave(how, question, peer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def misbehave(self, how, question, peer):
        """Sends what the misbehaviour says."""
        reply = await self.misbehaviour.do(how, question)
        for data in reply if isinstance(reply, list) else [reply]:
            if data is not None:
                self.udp.sendto(data, peer)

    def forward(self, question, done):
        """Asks nsd; `done` gets the answer with the asker's id."""
        ident = next(self.idents)
        self.pending[ident] = (question.ident, done)
        self.out.sendto(struct.pack("!H", ident) + question.message[2:])

    def answered(self, data):
        """nsd answered."""
        ident, done = self.pending.pop(struct.unpack("!H", data[:2])[0], (0, None))
        if done:
            done(struct.pack("!H", ident) + data[2:])

    async def relay(self, question):
        """nsd's answer to a question, over the transport it came by."""
        if question.tcp:
            return await self.relay_tcp(question.message)
        future = asyncio.get_running_loop().create_future()
        self.forward(question, lambda data: future.done() or future.set_result(data))
        return await future

    async def relay_tcp(self, message):
        """One question to nsd over TCP."""
        reader, writer = await asyncio.open_connection(self.upstream, 53)
        try:
            writer.write(struct.pack("!H", len(message)) + message)
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            return await reader.readexactly(size)
        finally:
            writer.close()

    async def serve_tcp(self, reader, writer):
        """Questions over TCP, one after the other."""
        try:
            while True:
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                question = Question(await reader.readexactly(size), tcp=True)
                self.journal.question(question.name, question.qtype + "/tcp")
                how = self.rule(question)
                reply = await (self.misbehaviour.do(how, question) if how else
                               self.relay(question))
                for data in reply if isinstance(reply, list) else [reply]:
                    if data is not None:
                        writer.write(struct.pack("!H", len(data)) + data)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, IndexError):
            pass
        finally:
            writer.close()


class Udp(asyncio.DatagramProtocol):
    """Questions in."""

    def __init__(self, front):
        self.front = front

    def datagram_received(self, data, addr):
        """A question."""
        self.front.received(data, addr)


class Upstream(asyncio.DatagramProtocol):
    """Answers from nsd."""

    def __init__(self, front):
        self.front = front

    def datagram_received(self, data, addr):
        """An answer."""
        self.front.answered(data)

    def error_received(self, exc):
        """nsd is going away with us."""
