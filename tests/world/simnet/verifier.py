"""Asking a verifier about one address: the `vrfy` command, or the HTTP API."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from .web import CA_FILE, RDAP_HOST

# Of one world only: what was learnt of a scenario's operator must not outlive it.
PACE_FILE = "/dev/shm/vrfy-world-{net}.pace"

# Scaled down so that misfortunes pass quickly; the scenarios' delays fit these.
SETTINGS = {
    "smtp.allow_networks": "{net}.0.0/16",
    "smtp.helo_name": "probe.vrfy-world.com",
    "smtp.mail_from": "probe@vrfy-world.com",
    "smtp.connect_timeout": "2s",
    "smtp.banner_timeout": "3s",
    "smtp.reply_timeout": "3s",
    "smtp.session_timeout": "10s",
    "verify.deadline": "12s",
    "dns.servers": "{net}.0.53:53",
    "dns.timeout": "500ms",
    "pace.file": PACE_FILE,
    "find.allow_networks": "{net}.0.0/16",
    "find.ca_file": CA_FILE,
    "find.web_timeout": "2s",
    "rdap.server": f"https://{RDAP_HOST}/",
    "rdap.allow_networks": "{net}.0.0/16",
    "rdap.ca_file": CA_FILE,
    "rdap.timeout": "2s",
}
PATIENCE = 40  # seconds a program may take, far beyond its deadline


class Answer:
    """What a verifier said, under the names expectations use."""

    def __init__(self, **said):
        self.said = said

    def get(self, name):
        """(known, value): some verifiers do not tell everything."""
        return name in self.said, self.said.get(name)


class Command:
    """`vrfy check --json`."""

    warm = False  # every run starts knowing nothing

    def __init__(self, program, net):
        self.program, self.net = program, net

    def can(self, _scenario):
        """It can be given any settings."""
        return True

    def ask(self, scenario, expect):
        """One run of the program; raises AssertionError when it misbehaves as a program."""
        arguments = [self.program, "check", "--json"]
        for name, value in {**SETTINGS, **scenario.settings}.items():
            arguments += ["-o", f"{name}={value.replace('{net}', self.net)}"]
        if expect.port:
            arguments += ["--port", str(expect.port)]
        if expect.after:
            arguments.append("--trace")  # which asks one after the other
        done = subprocess.run([*arguments, *expect.earlier(scenario), expect.address(scenario)],
                              capture_output=True, timeout=PATIENCE, check=False)
        lines = [line for line in done.stdout.decode().splitlines() if line.startswith("{")]
        complaint = done.stderr.decode(errors="replace").strip()
        if len(lines) != 1 + len(expect.after):
            raise AssertionError(f"{len(lines)} lines of JSON, exit {done.returncode}: {complaint}")
        if "Sanitizer" in complaint or "runtime error" in complaint:
            raise AssertionError(complaint)
        return self.answer(json.loads(lines[-1]))

    @staticmethod
    def answer(said):
        """The program's JSON under our names."""
        smtp = said.get("smtp") or {}
        return Answer(
            status=said["status"], verdict=said["verdict"], reason=said["reason"],
            asked=said["asked"], policy=said["server_policy"] or "none",
            catchall=said["is_catchall"], mx=said["mx_records"], score=said["score"],
            factors=said["score_factors"], code=smtp.get("code"), cls=smtp.get("class"),
            connect=smtp.get("connect"), end=smtp.get("end"), host=smtp.get("host"))


class Api:
    """/api/verify.php of a running server that was pointed at the same world."""

    warm = True  # the server remembers, so the log says nothing about a cold address

    def __init__(self, base, key):
        self.base, self.key = base.rstrip("/"), key

    def can(self, scenario):
        """Its settings are what they are."""
        return not scenario.settings

    def ask(self, scenario, expect):
        """One request, and one for each address that is asked about before."""
        for address in expect.earlier(scenario):
            self.request(address, expect)
        return self.request(expect.address(scenario), expect)

    def request(self, address, expect):
        """One request."""
        body = {"email": address}
        if expect.port:
            body["port"] = expect.port
        request = urllib.request.Request(
            f"{self.base}/api/verify.php", json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-Api-Key": self.key})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                said = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"HTTP {error.code}: {error.read(300)!r}") from error
        if said.get("success") is not True:
            raise AssertionError(f"no success: {said}")
        result = said["result"]
        return Answer(
            status=result["status"], policy=result["server_policy"] or "none",
            catchall=result["is_catchall"], mx=result["mx_records"], score=result["score"],
            factors=result["score_factors"], code=result["smtp_check"]["rcpt_to_code"],
            host=result["smtp_check"]["mx_host"])
