"""Lists through /api/bulk.php as clients send them: raw bytes, multipart, answers and their shapes.

    bulk = Bulk(stack, checks)
    batch = bulk.upload("what it is", csv_of(["a@b.com"]))["batch_id"]
    bulk.process(batch); rows = bulk.rows(batch)

Every request goes through Bulk.ask: a raw connection, so that a test may say anything; the answer
is judged by status and, where it is JSON, by the members of its shape in their order."""

import csv
import io
import json
import time
import urllib.parse

from cascade import ERROR, ERROR_WITH_BALANCE
from probe import JSON_TYPE, NUMBER_OR_NULL, TEXT_OR_NULL, exchange, head_of

PATH = "/api/bulk.php"
CSV_TYPE = {"Content-Type": "text/csv"}
COLUMNS = ["email", "domain", "status", "status_detail", "score", "is_catchall", "is_disposable",
           "is_role_account"]
STATUSES = ["deliverable", "likely_valid", "undeliverable", "invalid", "unknown"]

COUNTS = [(status, int) for status in STATUSES]
COLUMN = [("number", NUMBER_OR_NULL), ("name", TEXT_OR_NULL)]
UPLOADED = [("success", bool), ("batch_id", str), ("emails_found", int),
            ("credits_remaining", int), ("emails_unique", int), ("duplicates", int), ("rows", int),
            ("rows_without_address", int), ("column", COLUMN), ("header", bool),
            ("delimiter", TEXT_OR_NULL), ("encoding", str)]
HOW_FAR = [("status", str), ("total", int), ("processed", int), ("percent", int)]
BATCH = [("batch_id", str), *HOW_FAR, ("counts", COUNTS), ("seconds_left", NUMBER_OR_NULL),
         ("emails_found", int), ("emails_unique", int), ("duplicates", int),
         ("filename", TEXT_OR_NULL), ("created_at", str), ("started_at", TEXT_OR_NULL),
         ("finished_at", TEXT_OR_NULL)]
PROGRESS = [("success", bool), *BATCH, ("credits_remaining", int)]
LISTS = [("success", bool), ("batches", [BATCH]), ("total", int), ("credits_remaining", int)]
UNFINISHED = [*ERROR_WITH_BALANCE, *HOW_FAR]


def csv_of(rows, delimiter=",", end="\r\n"):
    """Lines of single cells, or of several."""
    lines = (row if isinstance(row, str) else delimiter.join(row) for row in rows)
    return "".join(line + end for line in lines)


def multipart(parts, boundary="----vrfyTestBoundary", closing=True):
    """(content type, body) of parts (name, filename or None, bytes)."""
    body = b""
    for name, filename, data in parts:
        said = f'form-data; name="{name}"'
        if filename is not None:
            said += f'; filename="{filename}"'
        body += f"--{boundary}\r\nContent-Disposition: {said}\r\n".encode()
        if filename is not None:
            body += b"Content-Type: text/csv\r\n"
        body += b"\r\n" + data + b"\r\n"
    if closing:
        body += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


class Bulk:
    """See the head of this file.  `account` is whose balance is looked at."""

    def __init__(self, stack, checks, key=None, account="tester"):
        self.stack, self.checks, self.account = stack, checks, account
        self.key = key or stack.key

    def balance(self):
        """(available, held, spent) as the database has them."""
        [row] = self.stack.sql("SELECT avail, held, spent FROM purse JOIN account ON account.id ="
                               f" account_id WHERE name = '{self.account}'")
        return tuple(int(value) for value in row)

    def send(self, method, query, body=None, headers=None, **more):
        """The answer to one request; `query` a dict, or text as it stands."""
        if isinstance(query, dict):
            query = urllib.parse.urlencode(query)
        fields = {"X-Api-Key": self.key, **(headers or {})}
        body = body.encode() if isinstance(body, str) else body
        path = f"{PATH}?{query}" if query else PATH
        head = head_of(method, path, fields, body)
        return exchange(self.stack.port, head, body or b"", more.get("shut", False),
                        more.get("timeout", 60))

    def ask(self, label, want, spec, query, method="GET", body=None, headers=None, **more):
        """One checked request: `want` its status (or a tuple), `spec` its shape (None: not JSON).
        more: error (what it begins with), balance (credits that it must say), shut, timeout."""
        answer = self.send(method, query, body, headers, **more)
        wants = want if isinstance(want, tuple) else (want,)
        complaint = ""
        if answer.status not in wants:
            complaint = f"status {answer.status}, not {want}: {answer.data[:300]}"
        elif spec is not None:
            complaint = answer.complaint(spec) or self.complaint(answer, more)
        self.checks.that(label, not complaint, complaint)
        return answer

    def complaint(self, answer, more):
        """What a shape alone does not say."""
        said = answer.json()
        if said.get("success") is not (answer.status == 200):
            return f"success is {said.get('success')}"
        if not str(said.get("error", "")).startswith(more.get("error", "")):
            return f"error {said.get('error')!r}, not {more.get('error')!r}"
        if "credits_remaining" in said:
            available = self.balance()[0]
            if more.get("settled", True) and said["credits_remaining"] != available:
                return f"it says {said['credits_remaining']} credits, not {available}"
        return ""

    def refused(self, label, want, query, error="", method="GET", body=None, headers=None, **more):
        """An error in the dialect's shape; 401 tells no balance."""
        spec = ERROR if want == 401 else ERROR_WITH_BALANCE
        return self.ask(label, want, spec, query, method, body, headers, error=error, **more)

    # ---- the actions ----

    def upload(self, label, data, query="", headers=None, **more):
        """What action=upload says; {} when it refused."""
        answer = self.ask(label, 200, UPLOADED, f"action=upload{query}", "POST", data,
                          headers or CSV_TYPE, **more)
        return answer.json()

    def process(self, label, batch, retry=None, **more):
        """What action=process says."""
        body = {"batch_id": batch} | ({"retry": retry} if retry else {})
        answer = self.ask(label, more.pop("want", 200), more.pop("spec", PROGRESS),
                          "action=process", "POST", json.dumps(body), JSON_TYPE, **more)
        return answer.json()

    def finish(self, label, batch, retry=None, seconds=60):
        """Processes until it is completed; what status says then."""
        said = self.process(label, batch, retry, settled=False)
        until = time.monotonic() + seconds
        while said.get("status") == "processing" and time.monotonic() < until:
            time.sleep(0.1)
            said = self.status(batch)
        self.checks.equal(f"{label}: completed", said.get("status"), "completed")
        return said

    def status(self, batch):
        """What action=status says, unchecked."""
        return self.send("GET", {"action": "status", "batch_id": batch}).json()

    def download(self, batch, **query):
        """The answer to action=download."""
        return self.send("GET", {"action": "download", "batch_id": batch, **query})

    def rows(self, batch, **query):
        """The lines of a CSV download as lists of cells; [] when there is none."""
        answer = self.download(batch, **query)
        return csv_rows(answer.data) if answer.status == 200 else []


def csv_rows(data):
    """As Python's reader takes it apart."""
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
