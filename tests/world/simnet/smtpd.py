"""The SMTP servers: one process, every host of every scenario on its own loopback address.

A session answers each command from its Host's table.  Plain replies of one burst leave in one
write, as Postfix does; an action (a late, broken or missing answer) runs as a task, and what the
client sent meanwhile waits its turn.  Nothing is logged to disk, so that thousands of sessions a
second are no burden.
"""

import asyncio
import re
import socket
import struct

from .journal import FORBIDDEN, LAST_IN_GROUP, Connection
from .scenario import UNKNOWN_USER, Drip, Drop, Endless, Raw, Segments, Silent, Turns, Wait

PATH = re.compile(rb"^(MAIL FROM|RCPT TO):<(.*)>((?: [!-~]+)*)$", re.IGNORECASE | re.DOTALL)
KEYWORD = re.compile(r"^250[- ](\w+)", re.MULTILINE)
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # TLS alert, fatal, handshake_failure
HANDSHAKES = {"alert": Drop(Raw(ALERT)), "silent": Silent()}
DRAIN_BYTES = 1 << 20  # a client that does not read is not fed more than this


def wire(reply):
    """A reply as written in a scenario, as octets."""
    return "".join(line + "\r\n" for line in reply.split("\n")).encode()


def multi_line(code, lines):
    """Several lines under one code."""
    last = len(lines) - 1
    return "\n".join(f"{code}{' ' if i == last else '-'}{text}" for i, text in enumerate(lines))


class Server:
    """One host: its table, and how often each of its Turns was taken."""

    def __init__(self, scenario, host, journal, tls):
        self.scenario, self.host, self.journal, self.tls = scenario, host, journal, tls
        self.name = scenario.host_name(host)
        self.turns = {}
        self.sockets = []
        self.listeners = []

    def turn(self, key, reply):
        """Settles Turns to the reply whose turn it is."""
        while isinstance(reply, Turns):
            taken = self.turns.get(key, 0)
            self.turns[key] = taken + 1
            reply = reply.replies[min(taken, len(reply.replies) - 1)]
        return reply

    async def start(self):
        """Listens on every address and port; a deaf host listens with its queue full."""
        if self.host.address is not None or self.host.state == "refused":
            return
        for address in self.host.served[self.host.dead_addresses:]:
            for port in self.host.ports:
                if self.host.state == "deaf":
                    self.deafen(address, port)
                else:
                    await self.listen(address, port)

    async def listen(self, address, port):
        """One listening socket."""
        context = self.tls.context(self.host.tls_max)
        implicit = context if port == 465 and not self.host.tls_break else None
        loop = asyncio.get_running_loop()
        self.listeners.append(await loop.create_server(
            lambda: Session(self, address, port), address, port, backlog=4096, ssl=implicit))

    def deafen(self, address, port):
        """A full accept queue: the kernel drops every further SYN, so connecting times out."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        self.sockets.append(listener)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address, port))
            self.sockets.append(filler)

    async def stop(self):
        """Closes what listens."""
        for listener in self.listeners:
            listener.close()
        for sock in self.sockets:
            sock.close()


class Session(asyncio.Protocol):
    """One conversation."""

    def __init__(self, server, address, port):
        self.server, self.host = server, server.host
        self.record = Connection(server.name, address, port)
        self.transport = self.task = None
        self.input = b""
        self.output = []
        self.busy = True  # not listening to commands: before the banner, or while acting
        self.greeted = self.in_tls = self.breaking = self.shaking_hands = False
        self.keywords = frozenset()
        self.helo_ok = self.mail_ok = False

    # ---- connection

    def connection_made(self, transport):
        """A client is there: greet it."""
        self.transport = transport
        self.record.client = (transport.get_extra_info("peername") or (None,))[0]
        self.in_tls = self.record.tls = transport.get_extra_info("ssl_object") is not None
        self.server.journal.opened(self.server.scenario.name, self.record)
        if self.host.tls_break and self.record.port == 465:
            self.breaking = True
            return
        reply = self.server.turn("banner", self.host.banner)
        self.perform(reply, self.greet)

    def greet(self):
        """The banner is out; who had read it before our last pause has spoken already."""
        self.greeted = True
        self.resume()

    def eof_received(self):
        """The client half-closed: that is the end, in SMTP."""
        self.record.closed = self.record.closed or "client"

    def connection_lost(self, _exc):
        """Gone; settle the record once."""
        if self.task:
            self.task.cancel()
        self.close("client")

    def close(self, who):
        """Marks the end once; `who` closed first."""
        if self.host is None:
            return
        self.record.closed = self.record.closed or who
        self.record.quit |= self.input.endswith(b"QUIT\r\n")  # said while we were busy
        self.server.journal.finished(self.server.scenario.name, self.record)
        self.host = None

    # ---- input

    def data_received(self, data):
        """Bytes from the client."""
        if self.breaking:
            self.record.unwell = True
            if self.task is None:
                how = self.host.tls_break
                self.perform(HANDSHAKES.get(how, how), lambda: None)
            return
        if not self.greeted and not self.record.unwell:
            self.record.violation("spoke before the banner")
        if not self.input and not self.busy:
            self.record.bursts += 1
        self.input += data
        if self.busy:
            may = "PIPELINING" in self.keywords or self.shaking_hands or self.record.unwell
            if self.greeted and not may:
                self.record.violation("sent on without waiting, PIPELINING not offered")
            return
        self.process()

    def process(self):
        """Answers the complete commands at hand; plain replies leave together."""
        while not self.busy:
            line, found, rest = self.input.partition(b"\r\n")
            if not found:
                break
            self.input = rest
            self.record.command(line)
            self.answer(line)
        self.flush()

    def answer(self, line):
        """One command."""
        verb = line.split(b" ", 1)[0].decode("latin-1").upper()
        if self.input:
            if "PIPELINING" not in self.keywords and not self.record.unwell:
                self.record.violation(f"{verb} pipelined, PIPELINING not offered")
            elif verb in LAST_IN_GROUP:
                self.record.violation(f"{verb} is not the last of its group")
        if verb in FORBIDDEN:
            self.record.violation(f"{verb} sent")
        handler = getattr(self, "on_" + verb.lower(), None)
        if handler is None:
            self.record.violation(f"unknown command {verb[:20]!r}")
            self.say("502 5.5.2 Error: command not recognized")
            return
        handler(line)

    def say(self, reply):
        """Queues a plain reply for the burst's one write."""
        if reply[0] in "45":
            self.record.errors += 1
        self.output.append(wire(reply))

    def flush(self):
        """Writes what is queued."""
        if self.output and self.transport and not self.transport.is_closing():
            self.transport.write(b"".join(self.output))
        self.output = []

    # ---- commands

    def on_ehlo(self, line):
        """EHLO: the greeting with keywords, or whatever the host says instead."""
        self.record.helo_name = line[5:].decode("latin-1")
        offered = self.host.ehlo
        if self.in_tls and self.host.tls_keywords is not None:
            offered = self.host.tls_keywords
        if isinstance(offered, tuple):
            shown = [word for word in offered if not (word == "STARTTLS" and self.in_tls)]
            offered = multi_line(250, ["{host}", *shown])
        offered = self.server.turn("ehlo", offered)
        text = text_of(offered)
        self.helo_ok, self.mail_ok = text[:1] == "2", False
        self.keywords = frozenset(word.upper() for word in KEYWORD.findall(text))
        self.reply("ehlo", offered)

    def on_helo(self, line):
        """HELO."""
        self.record.helo_name = line[5:].decode("latin-1")
        reply = self.server.turn("helo", self.host.helo)
        self.helo_ok, self.mail_ok, self.keywords = text_of(reply)[:1] == "2", False, frozenset()
        self.reply("helo", reply)

    def on_mail(self, line):
        """MAIL: opens the transaction when the reply is positive."""
        match = PATH.match(line)
        if not match or not self.helo_ok or self.mail_ok:
            self.record.violation(f"MAIL out of order or malformed: {line!r}")
            self.say("503 5.5.1 Error: nested or malformed MAIL command")
            return
        self.record.mail_from = match[2].decode("latin-1")
        if b" SMTPUTF8" in match[3] and "SMTPUTF8" not in self.keywords:
            self.record.violation("SMTPUTF8 asked for, not offered")
        inside = self.in_tls and self.host.tls_mail is not None
        reply = self.server.turn("mail", self.host.tls_mail if inside else self.host.mail)
        self.mail_ok = text_of(reply)[:1] == "2"
        self.reply("mail", reply)

    def on_rcpt(self, line):
        """RCPT: the table by local part."""
        match = PATH.match(line)
        if not match:
            self.record.violation(f"RCPT malformed: {line!r}")
            self.say("501 5.5.4 Syntax: RCPT TO:<address>")
            return
        if any(octet > 0x7E for octet in line) and "SMTPUTF8" not in self.keywords:
            self.record.violation("octets above 0x7E, SMTPUTF8 not offered")
        self.record.rcpts += 1
        if not self.mail_ok:
            self.say("503 5.5.1 Error: need MAIL command")
            return
        address = match[2].decode("utf-8", "replace")
        inside = self.in_tls and self.host.tls_rcpt is not None
        key, reply = choose(self.host.tls_rcpt if inside else self.host.rcpt, address)
        self.reply("rcpt " + key, reply, address)

    def on_rset(self, _line):
        """RSET."""
        self.mail_ok = False
        self.reply("rset", self.host.rset)

    def on_noop(self, _line):
        """NOOP."""
        self.say("250 2.0.0 Ok")

    def on_quit(self, _line):
        """QUIT: a plain reply leaves with the rest of its burst, and the server closes."""
        self.record.quit = True
        reply = self.server.turn("quit", self.host.quit)
        if not isinstance(reply, str):
            self.perform(reply, self.resume)
            return
        self.say(self.fill(reply))
        self.flush()
        self.busy, self.record.closed = True, self.record.closed or "server"
        self.transport.close()

    def on_starttls(self, _line):
        """STARTTLS: a handshake after 220, or a break."""
        if "STARTTLS" not in self.keywords:
            self.record.violation("STARTTLS asked for, not offered")
        reply = self.server.turn("starttls", self.host.starttls)
        if not isinstance(reply, str) or reply[0] != "2":
            self.reply("starttls", reply)
            return
        self.say(reply)
        self.flush()
        self.busy, self.input, self.shaking_hands = True, b"", True
        self.helo_ok, self.keywords = False, frozenset()
        if self.host.tls_break:
            self.breaking = True
            return
        self.task = asyncio.get_running_loop().create_task(self.handshake())

    async def handshake(self):
        """Moves the connection into TLS."""
        context = self.server.tls.context(self.host.tls_max)
        loop = asyncio.get_running_loop()
        try:
            self.transport = await loop.start_tls(self.transport, self, context, server_side=True,
                                                  ssl_handshake_timeout=10)
        except (OSError, asyncio.CancelledError):
            self.record.unwell = True
            self.close("client")
            return
        if self.transport is None:
            return
        self.in_tls = self.record.tls = True
        self.busy = self.shaking_hands = False
        if self.input:  # it was quicker than our handshake's last step
            self.record.bursts += 1
        self.process()

    # ---- replies

    def reply(self, key, reply, rcpt=""):
        """Answers from the table: plain replies at once, actions as a task."""
        reply = self.server.turn(key, reply)
        if callable(reply):
            reply = reply(self, rcpt)
        if isinstance(reply, str):
            self.say(self.fill(reply, rcpt))
            return
        self.perform(reply, self.resume, rcpt)

    def fill(self, reply, rcpt=""):
        """Fills a reply's blanks."""
        peer = (self.transport.get_extra_info("peername") or ("unknown",))[0] if self.transport \
            else "unknown"
        return (reply.replace("{host}", self.server.name).replace("{rcpt}", rcpt)
                .replace("{client}", peer))

    def perform(self, action, then, rcpt=""):
        """Runs an action, then goes on; a plain banner needs no task."""
        if callable(action):
            action = action(self, rcpt)
        if isinstance(action, str):
            self.say(self.fill(action, rcpt))
            self.flush()
            then()
            return
        self.busy = True
        self.flush()
        self.task = asyncio.get_running_loop().create_task(self.act(action, then, rcpt))

    def resume(self):
        """The action is over: back to the commands that came meanwhile."""
        self.busy = False
        self.process()

    async def act(self, action, then, rcpt):
        """One action, to its end."""
        try:
            await ACTIONS[type(action)](self, action, rcpt)
        except (ConnectionError, asyncio.CancelledError):
            return
        if self.host is not None and not self.transport.is_closing():
            then()

    async def drain(self):
        """Waits while the client does not read."""
        while self.host is not None and self.transport.get_write_buffer_size() > DRAIN_BYTES:
            await asyncio.sleep(0.01)

    async def act_plain(self, reply, rcpt):
        """A reply inside an action."""
        self.say(self.fill(reply, rcpt))
        self.flush()

    async def act_wait(self, action, rcpt):
        """Late, then the reply (which may be an action again)."""
        await asyncio.sleep(action.seconds)
        if action.reply is not None and self.host is not None:
            await ACTIONS[type(action.reply)](self, action.reply, rcpt)

    async def act_raw(self, action, _rcpt):
        """Octets as they are."""
        self.record.unwell = True
        parts = action.data if isinstance(action.data, (list, tuple)) else [action.data]
        for number, part in enumerate(parts):
            if number:
                await asyncio.sleep(0.05)
            self.transport.write(part)
            await self.drain()

    async def act_segments(self, action, rcpt):
        """A good reply, cut up."""
        for number, part in enumerate(action.parts):
            if number:
                await asyncio.sleep(0.05)
            self.transport.write(self.fill(part, rcpt).encode())

    async def act_drip(self, action, rcpt):
        """One octet at a time."""
        self.record.unwell = True
        for octet in wire(self.fill(action.reply, rcpt)):
            self.transport.write(bytes([octet]))
            await asyncio.sleep(action.seconds)

    async def act_endless(self, action, rcpt):
        """Never a last line."""
        self.record.unwell = True
        line = wire(self.fill(action.line, rcpt))
        while self.host is not None and not self.transport.is_closing():
            self.transport.write(line)
            await self.drain()
            await asyncio.sleep(action.seconds)

    async def act_drop(self, action, rcpt):
        """The reply, if any, then the end."""
        if action.reply is not None:
            await ACTIONS[type(action.reply)](self, action.reply, rcpt)
        if not self.record.quit:
            self.record.unwell = True
        self.record.closed = self.record.closed or "server"
        if action.reset:
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        self.transport.close()

    async def act_silent(self, _action, _rcpt):
        """Never again."""
        self.record.unwell = True
        await asyncio.get_running_loop().create_future()


ACTIONS = {
    str: Session.act_plain, Wait: Session.act_wait, Raw: Session.act_raw,
    Segments: Session.act_segments, Drip: Session.act_drip, Endless: Session.act_endless,
    Drop: Session.act_drop, Silent: Session.act_silent,
}


def text_of(reply):
    """The text of a reply, also of one inside an action; "" when it has none."""
    while isinstance(reply, (Wait, Drop, Drip)):
        reply = reply.reply
    if isinstance(reply, Segments):
        return "".join(reply.parts).replace("\r\n", "\n")
    if isinstance(reply, Raw):
        data = reply.data if isinstance(reply.data, bytes) else b"".join(reply.data)
        return data.decode("latin-1")
    return reply if isinstance(reply, str) else ""


def choose(table, address):
    """(key, reply) for a recipient: whole address, local part, the rest, no such user."""
    local = address.rpartition("@")[0]
    for key in (address, local, local.lower(), "*"):
        if key in table:
            return key, table[key]
    return "*", UNKNOWN_USER
