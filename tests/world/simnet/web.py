"""The web sites of the world's domains: HTTP and HTTPS on one address, a site by its name; and the
registry of all of them, which answers by RDAP.

A domain without a site has an address where nobody answers: the connection is taken, because other
sites live there too, and closed without a word; a handshake with an alert.  One certificate has the
names of all sites; its authority's is written to where programs under test look for it, and goes
with the world."""

import asyncio
import json
import os
import ssl
import subprocess
import time
from urllib.parse import urlsplit

CA_FILE = "/dev/shm/vrfy-world-{net}.ca"
RDAP_HOST = "rdap.world"
SECONDS = {"days": 86400, "years": 365.25 * 86400}
REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 404: "Not Found",
           429: "Too Many Requests",
           405: "Method Not Allowed", 503: "Service Unavailable"}


def openssl(*arguments, text=""):
    """Runs it; raises when it fails."""
    subprocess.run(["openssl", *arguments], input=text, text=True, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_certificate(directory, names, ca_file):
    """An authority of our own and one certificate by it; (certificate, key)."""
    def path(name):
        return os.path.join(directory, name)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-days", "30", "-subj", "/CN=web.world authority",
            "-keyout", path("web-ca.key"), "-out", ca_file)
    openssl("req", "-new", *curve, "-subj", "/CN=web.world", "-keyout", path("web.key"),
            "-out", path("web.csr"))
    with open(path("web.ext"), "w", encoding="ascii") as file:
        file.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
    openssl("x509", "-req", "-in", path("web.csr"), "-CA", ca_file, "-CAkey", path("web-ca.key"),
            "-CAcreateserial", "-CAserial", path("web.srl"), "-days", "30",
            "-extfile", path("web.ext"), "-out", path("web.pem"))
    return path("web.pem"), path("web.key")


class Web:
    """All sites."""

    def __init__(self, net, directory, scenarios, journal):
        self.address, self.directory, self.journal = f"{net}.0.81", directory, journal
        self.ca_file = CA_FILE.format(net=net)
        self.sites = {d.name: d.site for s in scenarios.values() for d in s.domains if d.site}
        self.domains = {d.name: d for s in scenarios.values() for d in s.domains if d.exists}
        self.owners = {d.name: s for s in scenarios.values() for d in s.domains}
        self.listeners = []

    async def start(self):
        """Listens on both ports."""
        names = [RDAP_HOST] + sorted(self.sites) + sorted("www." + name for name in self.sites)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(self.directory, names, self.ca_file))
        context.sni_callback = self.meet
        self.listeners = [await asyncio.start_server(self.serve, self.address, 80),
                          await asyncio.start_server(self.serve_tls, self.address, 443,
                                                     ssl=context)]

    async def stop(self):
        """Nothing is left."""
        for listener in self.listeners:
            listener.close()
        if os.path.exists(self.ca_file):
            os.unlink(self.ca_file)

    def meet(self, _tls, name, _context):
        """The handshake ends for names that have no site by HTTPS."""
        site = self.sites.get((name or "").removeprefix("www."))
        known = name == RDAP_HOST or (site and "https" in site.schemes)
        return None if known else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    async def serve_tls(self, reader, writer):
        """One request over HTTPS."""
        await self.serve(reader, writer, "https")

    async def serve(self, reader, writer, scheme="http"):
        """One request; whoever has no site there hears nothing."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            method, target, _ = lines[0].split(" ")
            host = next((line.split(":", 1)[1].strip().lower() for line in lines[1:]
                         if line.lower().startswith("host:")), "").split(":")[0]
            if host == RDAP_HOST:
                await self.registry(writer, method, target)
                return
            site = self.sites.get(host.removeprefix("www."))
            self.note(host, scheme, method, target)
            if site and scheme in site.schemes:
                writer.write(answer(site, host, method, target))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError,
                ConnectionError):
            pass
        finally:
            writer.close()

    async def registry(self, writer, method, target):
        """One answer by RDAP (RFC 9082: /domain/NAME)."""
        name = urlsplit(target).path.removeprefix("/domain/").lower()
        domain = self.domains.get(name)
        self.note(RDAP_HOST, "https", method, target, name)
        if domain and domain.registered == "silent":
            await asyncio.sleep(60)
            return
        status, body = rdap_answer(domain, name)
        data = json.dumps(body).encode()
        head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}",
                "Content-Type: application/rdap+json", f"Content-Length: {len(data)}",
                "Connection: close"]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)
        await writer.drain()

    def note(self, host, scheme, method, target, owner=None):
        """For the log of whoever owns the name."""
        scenario = self.owners.get(owner or host.removeprefix("www."))
        if scenario:
            self.journal.web(scenario, f"{method} {scheme}://{host}{target}")


def rdap_answer(domain, name):
    """(status, body) as RFC 9083 has them."""
    told = domain.registered if domain else None
    if told is None or isinstance(told, int):
        status = told or 404
        return status, {"errorCode": status, "title": REASONS.get(status, "Whatever")}
    number, unit, _ = told.split(" ")
    # an hour more, so that a test never meets the very moment
    then = time.gmtime(time.time() - int(number) * SECONDS[unit] - 3600)
    registrar, iana = domain.registrar
    return 200, {
        "objectClassName": "domain", "ldhName": name, "status": ["active"],
        "events": [{"eventAction": "registration",
                    "eventDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", then)},
                   {"eventAction": "expiration", "eventDate": "2099-01-01T00:00:00Z"}],
        "entities": [{"objectClassName": "entity", "roles": ["registrar"],
                      "publicIds": [{"type": "IANA Registrar ID", "identifier": str(iana)}],
                      "vcardArray": ["vcard", [["version", {}, "text", "4.0"],
                                               ["fn", {}, "text", registrar]]]}],
        "rdapConformance": ["rdap_level_0"]}


def answer(site, host, method, target):
    """The bytes of one answer."""
    path = urlsplit(target).path
    page = site.pages.get(path, 404)
    if site.www and not host.startswith("www."):
        page = (301, f"https://www.{host}{path}")
    status, location, body = 200, None, ""
    if isinstance(page, tuple):
        status, location = page
    elif isinstance(page, int):
        status = page
    else:
        body = page
    if method not in ("GET", "HEAD") or (method == "HEAD" and not site.head):
        status, location, body = 405, None, ""
    data = body.encode()
    head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}",
            "Content-Type: text/html; charset=utf-8", f"Content-Length: {len(data)}",
            "Connection: close"]
    if location:
        head.append(f"Location: {location}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else data)
