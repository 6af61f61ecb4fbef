"""The world's own HTTP: what happened, and start over.

    GET  /log?domain=NAME     connections and DNS counts of the scenario that owns NAME
    GET  /questions           DNS counts of all names, also of those that nobody owns
    GET  /violations          all of them so far, with their number
    POST /reset[?domain=NAME] forget what happened (and whose turn it was) there, or everywhere
    GET  /scenarios           names, domains and hosts with their addresses
"""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

PORT = 8080


class Control:
    """A minimal HTTP/1.1 server, one request per connection."""

    def __init__(self, address, scenarios, servers, journal):
        self.address, self.scenarios, self.journal = address, scenarios, journal
        self.servers = servers
        self.by_domain = {d.name: s for s in scenarios.values() for d in s.domains}
        self.listener = None

    async def start(self):
        """Listens."""
        self.listener = await asyncio.start_server(self.serve, self.address, PORT)

    async def stop(self):
        """Stops listening."""
        if self.listener:
            self.listener.close()

    async def serve(self, reader, writer):
        """One request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split("\r\n", 1)[0].split(" ")
            status, body = self.respond(method, urlsplit(target))
            data = json.dumps(body).encode()
            writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close"
                         f"\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError,
                ConnectionError):
            pass
        finally:
            writer.close()

    def respond(self, method, url):
        """(status, JSON) for one request."""
        domain = parse_qs(url.query).get("domain", [None])[0]
        scenario = self.by_domain.get(domain)
        if domain and not scenario:
            return "404 Not Found", {"error": f"no scenario owns {domain}"}
        if (method, url.path) == ("GET", "/log") and scenario:
            return "200 OK", self.journal.log(scenario)
        if (method, url.path) == ("POST", "/reset"):
            self.journal.reset(scenario)
            for server in self.servers:
                if scenario in (None, server.scenario):
                    server.turns.clear()
            return "200 OK", {}
        if (method, url.path) == ("GET", "/questions"):
            return "200 OK", self.journal.dns
        if (method, url.path) == ("GET", "/violations"):
            return "200 OK", {"count": self.journal.violation_count,
                              "first": self.journal.first_violations}
        if (method, url.path) == ("GET", "/scenarios"):
            return "200 OK", {name: describe(s) for name, s in self.scenarios.items()}
        return "404 Not Found", {"error": "see tests/world/simnet/control.py"}


def describe(scenario):
    """One scenario for /scenarios."""
    return {"about": scenario.headline(),
            "domains": [d.name for d in scenario.domains],
            "hosts": {scenario.host_name(h): h.served for h in scenario.hosts}}
