"""Many rows through verifymail's /check/bulk/stream, and the memory of the program meanwhile."""

import contextlib
import http.client
import json

from client import processes_of

PATH = "/verifymail/v1/check/bulk/stream"
DOMAINS = ("smith-and-sons.com", "contoso-logistics.com", "guerrillamail.com",
           "no-such-company-anywhere.com", "evergreen-catering.com", "parked-pages.com")


def _status(stack, file):
    """A file in /proc of the one program there is."""
    [pid] = [p for p, program in processes_of(stack.dir).items()
             if program.endswith("verifymail.fcgi")]
    return f"/proc/{pid}/{file}"


def _kib(stack, name):
    """KiB of one line of its status."""
    with open(_status(stack, "status"), encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def idle_memory(stack):
    """KiB it has now; the peak is counted from here on."""
    with open(_status(stack, "clear_refs"), "w", encoding="ascii") as file:
        file.write("5")
    return _kib(stack, "VmRSS")


def most_memory(stack):
    """KiB it had at most since."""
    return _kib(stack, "VmHWM")


def stream(stack, key, count):
    """So many rows; how many came, how many indices, the last line."""
    emails = [f"somebody.number{i}@{DOMAINS[i % len(DOMAINS)]}" for i in range(count)]
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=390)
    seen, rows, last = set(), 0, None
    with contextlib.closing(connection):
        connection.request("POST", PATH, json.dumps({"emails": emails}),
                           {"Content-Type": "application/json", "X-API-Key": key})
        for line in connection.getresponse():
            last = json.loads(line)
            if "index" in last:
                rows += 1
                seen.add(last["index"])
    return rows, len(seen), last
