"""What every answer of ev's /api/v1 must look like, and one checked request at a time.

    ev = Ev(stack, checks, "name", plan="pro")
    answer = ev.verify("what is asked", {"email": "john@example.com"})
    job = ev.submit("a list", ["a@b.com"]); ev.finish("a list", job)

Each request asserts its status and the shape of the answer (members, order, types); those that
cannot meet a running job also what it cost, to the unit."""

import csv
import io
import json
import time
import urllib.parse

from cascade import JSON_TYPE, NUMBER_OR_NULL, TEXT_OR_NULL, exchange, head_of

BASE = "/ev/api/v1"
TIERS = ("deliverable", "risky", "undeliverable", "unknown")
BANDS = {"deliverable": (80, 100), "risky": (40, 79), "undeliverable": (0, 39), "unknown": (0, 79)}
LABELS = {"deliverable": "OK", "risky": "Risky", "undeliverable": "Invalid", "unknown": "Unknown"}
RESULTS = {"deliverable": ("ok",), "risky": ("risky", "catch_all"), "undeliverable": ("invalid",),
           "unknown": ("unknown",)}

MX = [("exchange", str), ("priority", int)]
SMTP = [("connected", bool), ("mailboxExists", bool), ("responseCode", NUMBER_OR_NULL),
        ("latencyMs", NUMBER_OR_NULL)]
RESULT = [("email", str), ("domain", str), ("score", int), ("tier", str), ("tierLabel", str),
          ("result", str), ("quality", str), ("provider", TEXT_OR_NULL), ("isRole", bool),
          ("isDisposable", bool), ("mx", [MX]), ("smtp", SMTP),
          ("catchAll", [("isCatchAll", bool)]), ("spf", bool), ("dmarc", bool),
          ("verifiedAt", str), ("cached", bool)]
ERROR = [("error", str), ("message", str)]
USAGE_LIMIT = [*ERROR, ("used", int), ("limit", int)]
CREATED = [("jobId", str), ("status", str), ("total", int), ("message", str)]
JOB = [("id", str), ("status", str), ("total_emails", int), ("completed", int),
       *((tier, int) for tier in TIERS), ("created_at", str)]
PAGE = [("jobId", str), ("page", int), ("limit", int), ("total", int), ("totalPages", int),
        ("results", [RESULT])]
MONEY = (int, float)
MONEY_OR_NULL = (int, float, type(None))
PLAN = [("id", str), ("name", str), ("priceMonthly", MONEY), ("rateLimit", int), ("included", int),
        ("overageRate", MONEY_OR_NULL)]
PLANS = [("plans", [PLAN])]
ACCOUNT = [("plan", str), ("planName", str), ("month", str), ("used", int), ("included", int),
           ("remaining", int), ("overage", int), ("overageRate", MONEY_OR_NULL), ("rateLimit", int)]
COLUMNS = ["email", "domain", "score", "tier", "tierLabel", "result", "quality", "provider",
           "isRole", "isDisposable", "smtp.connected", "smtp.mailboxExists", "smtp.responseCode",
           "smtp.latencyMs", "catchAll.isCatchAll", "spf", "dmarc", "verifiedAt", "cached"]
ERRORS = {400: {"bad_request"}, 401: {"unauthorized"}, 402: {"usage_limit_reached"},
          403: {"email_not_verified", "account_suspended", "forbidden"}, 404: {"not_found"},
          405: {"method_not_allowed"}, 411: {"length_required"}, 413: {"payload_too_large"},
          415: {"unsupported_media_type"}, 429: {"rate_limit_exceeded"}, 500: {"internal_error"}}


def result_complaint(result):
    """What must hold between the members of any result."""
    tier, smtp = result["tier"], result["smtp"]
    if tier not in TIERS:
        return f"tier {tier}"
    low, high = BANDS[tier]
    rules = [
        (low <= result["score"] <= high, f"score {result['score']} is not of tier {tier}"),
        (result["tierLabel"] == LABELS[tier], f"tierLabel {result['tierLabel']}"),
        (result["quality"] == tier, f"quality {result['quality']}"),
        (result["result"] in RESULTS[tier], f"result {result['result']}"),
        (result["catchAll"]["isCatchAll"] == (result["result"] == "catch_all"), "isCatchAll"),
        (smtp["connected"] or not smtp["mailboxExists"], "a mailbox without a connection"),
        (is_stamp(result["verifiedAt"]), f"verifiedAt {result['verifiedAt']}"),
    ]
    return next((why for holds, why in rules if not holds), "")


def is_stamp(text):
    """2026-05-15T10:30:00.000Z, some time in the last hour."""
    try:
        when = time.strptime(text[:19] + text[23:], "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    seconds = time.time() - (time.mktime(when) - time.timezone)
    return len(text) == 24 and text[19] == "." and -5 < seconds < 3600


class Ev:
    """See the head of this file.  The account is made here."""

    def __init__(self, stack, checks, account, plan="pro", base=BASE):
        self.stack, self.checks, self.account, self.base = stack, checks, account, base
        self.key = stack.account(account, plan, dialect="ev")

    def used(self):
        """(spent, held) as the database has them."""
        [row] = self.stack.sql("SELECT spent, held FROM purse JOIN account ON account.id ="
                               f" account_id WHERE name = '{self.account}'")
        return tuple(int(value) for value in row)

    def send(self, method, path, body=None, headers=None, **more):
        """The answer to one request; `body` text, bytes or something for JSON."""
        fields = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            fields |= JSON_TYPE
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
            body = body.encode() if isinstance(body, str) else body
        fields |= headers or {}
        fields = {name: value for name, value in fields.items() if value is not None}
        head = head_of(method, self.base + path, fields, body)
        return exchange(self.stack.port, head, body or b"", timeout=more.get("timeout", 60))

    def ask(self, label, want, spec, method, path, body=None, headers=None, **more):
        """One checked request: its status, the shape of the answer (None: not JSON)."""
        answer = self.send(method, path, body, headers, **more)
        wrong = ""
        if answer.status != want:
            wrong = f"status {answer.status}, not {want}: {answer.data[:300]}"
        elif spec is not None:
            wrong = answer.complaint(spec)
        if not wrong and want >= 400 and spec is not None:
            said = answer.json()
            if said["error"] not in ERRORS[want]:
                wrong = f"error {said['error']} with {want}"
            elif more.get("message", "") not in said["message"] or not said["message"]:
                wrong = f"message {said['message']!r}"
        self.checks.that(label, not wrong, wrong)
        return answer

    def charged(self, label, cost, ask):
        """What ask() gives, which must cost so much and hold nothing afterwards."""
        spent, held = self.used()
        answer = ask()
        now = self.used()
        self.checks.equal(f"{label}: costs {cost}", (now[0] - spent, now[1] - held), (cost, 0))
        return answer

    def verify(self, label, body, **more):
        """POST /verify that is answered: the result; one unit."""
        def ask():
            return self.ask(label, 200, RESULT, "POST", "/verify", body, **more)
        said = self.charged(label, 1, ask).json()
        wrong = result_complaint(said) if "tier" in said else "no result"
        self.checks.that(f"{label}: members agree", not wrong, wrong)
        return said

    def refused(self, label, want, method, path, body=None, headers=None, **more):
        """An error in the dialect's shape, free of charge."""
        return self.charged(label, 0, lambda: self.ask(label, want, more.pop("spec", ERROR), method,
                                                       path, body, headers, **more))

    # ---- jobs ----

    def submit(self, label, emails, **more):
        """POST /verify/bulk: the job's id."""
        said = self.ask(label, 202, CREATED, "POST", "/verify/bulk", {"emails": emails},
                        **more).json()
        self.checks.equal(f"{label}: created", (said.get("status"), said.get("total"),
                                                said.get("message")),
                          ("processing", len(emails),
                           "Job created. Poll GET /api/v1/jobs/{jobId} for status."))
        return said.get("jobId", "")

    def poll(self, job):
        """GET /jobs/{id}: what it says, with "wrong" for what does not add up."""
        answer = self.send("GET", f"/jobs/{job}")
        said = answer.json()
        wrong = answer.complaint(JOB) or f"status {answer.status}" * (answer.status != 200)
        if not wrong and sum(said[tier] for tier in TIERS) != said["completed"]:
            wrong = f"{said} does not add up"
        if not wrong and (said["completed"] > said["total_emails"] or
                          (said["status"] == "completed") !=
                          (said["completed"] == said["total_emails"]) and
                          said["status"] == "completed"):
            wrong = f"{said} is not complete"
        return said | {"wrong": wrong}

    def finish(self, label, job, seconds=60, pause=0.1):
        """Polls until it is completed; every poll must add up; the last one."""
        until, seen, wrong = time.monotonic() + seconds, set(), ""
        while True:
            said = self.poll(job)
            seen.add(said.get("status"))
            wrong = wrong or said["wrong"]
            if said.get("status") in ("completed", "failed") or time.monotonic() > until or wrong:
                break
            time.sleep(pause)
        self.checks.that(f"{label}: every poll adds up", not wrong, wrong)
        self.checks.equal(f"{label}: completed", said.get("status"), "completed")
        self.checks.that(f"{label}: statuses", seen <= {"queued", "processing", "completed"}, seen)
        return said

    def page(self, label, job, **query):
        """GET /jobs/{id}/results: the page."""
        text = urllib.parse.urlencode(query)
        answer = self.ask(label, 200, PAGE, "GET", f"/jobs/{job}/results" + (f"?{text}" if text else
                                                                              ""))
        said = answer.json()
        wrong = next(filter(None, map(result_complaint, said.get("results", []))), "")
        self.checks.that(f"{label}: members agree", not wrong, wrong)
        return said

    def rows(self, job):
        """The lines of the download as lists of cells."""
        answer = self.send("GET", f"/jobs/{job}/download")
        return list(csv.reader(io.StringIO(answer.data.decode(), newline=""), strict=True))
