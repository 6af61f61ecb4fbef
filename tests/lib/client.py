"""What tests of running servers share: an HTTP client that hides nothing, a look at processes."""

import contextlib
import http.client
import json
import os
import socket
import time

import openapi


def free_port():
    """A TCP port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Answer:
    """Status, headers and body of a response."""

    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Requests to one server; `path` where none is named.  `described`: our programs answer there,
    not stand-ins, and so as data/openapi has it."""

    def __init__(self, port, path="/api/verify.php", described=True):
        self.port, self.path, self.described = port, path, described

    def ask(self, method="GET", path=None, body=None, timeout=20, **headers):
        """One request on a connection of its own; header names with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path or self.path, body=body, headers=fields)
            response = connection.getresponse()
            answer = Answer(response, response.read())
            if self.described:
                openapi.watch(method, path or self.path, answer.status, answer.headers.items(),
                              answer.body)
            return answer
        finally:
            connection.close()

    def post_json(self, value, path=None, **headers):
        """A JSON body, as the reference's samples send it."""
        return self.ask("POST", path, json.dumps(value), Content_Type="application/json", **headers)

    def raw(self):
        """A plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def alive(pid):
    """Runs, and does not only wait to be reaped."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="latin-1") as file:
        return file.read().rpartition(")")[2].split()[0] not in "ZX"
    return False


def wait_gone(pid, seconds):
    """Fails when a process has not ended by then."""
    start = time.monotonic()
    while alive(pid):
        if time.monotonic() - start > seconds:
            raise AssertionError(f"process {pid} still runs after {seconds} s")
        time.sleep(0.005)


def processes_of(folder):
    """{pid: program} of living processes whose program file lies below a folder."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            program = os.readlink(f"/proc/{name}/exe")
            if program.startswith(folder + "/") and alive(name):
                found[int(name)] = program
    return found
