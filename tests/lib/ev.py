"""What every answer of ev's /api/v1 must look like, and one checked request at a time.

    ev = Ev(stack, checks, "name", plan="pro")
    answer = ev.verify("what is asked", {"email": "john@example.com"})
    job = ev.submit("a list", ["a@b.com"]); ev.finish("a list", job)

What each request asserts is in caller.py."""

import csv
import io
import time
import urllib.parse

from caller import Caller
from probe import NUMBER_OR_NULL, TEXT_OR_NULL

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


class Ev(Caller):
    """See the head of this file."""

    DIALECT, BASE, ERROR, RUNNING = "ev", BASE, ERROR, ("queued", "processing")

    def __init__(self, stack, checks, account, plan="pro", base=None):
        super().__init__(stack, checks, account, plan, base)

    def error_complaint(self, said, status, more):
        """As there; more: a part of the message."""
        if said["error"] not in ERRORS[status]:
            return f"error {said['error']} with {status}"
        if more.get("message", "") not in said["message"] or not said["message"]:
            return f"message {said['message']!r}"
        return ""

    def verify(self, label, body, **more):
        """POST /verify that is answered: the result; one unit."""
        def ask():
            return self.ask(label, 200, RESULT, "POST", "/verify", body, **more)
        said = self.charged(label, 1, ask).json()
        wrong = result_complaint(said) if "tier" in said else "no result"
        self.checks.that(f"{label}: members agree", not wrong, wrong)
        return said

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
