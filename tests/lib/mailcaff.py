"""What every answer of mailcaff's /api/v1 must look like, and one checked request at a time.

    caff = Mailcaff(stack, checks, "name", plan="growth")
    said = caff.verify("what is asked", {"email": "john@example.com", "mode": "quick"})
    job = caff.submit("a list", ["a@b.com"]); caff.finish("a list", job)

What each request asserts is in caller.py."""

import calendar
import time

from caller import Caller

BASE = "/mailcaff/api/v1"
STATUSES = ("valid", "invalid", "risky", "unknown", "disposable", "error")
BANDS = {"valid": (90, 100), "invalid": (5, 10), "risky": (40, 85), "unknown": (40, 45),
         "disposable": (0, 10), "error": (0, 0)}
OF_QUICK = ("invalid", "unknown", "disposable", "error")

RESULT = [("email", str), ("status", str), ("quality_score", int), ("is_valid", bool),
          ("is_deliverable", bool), ("is_disposable", bool), ("is_role_account", bool),
          ("is_free_email", bool), ("can_connect_smtp", bool), ("mx_accepts_mail", bool),
          ("mode", str), ("response_ms", int)]
TRAPPED = [*RESULT[:-1], ("is_spam_trap", bool), RESULT[-1]]
CREATED = [("job_id", str), ("total", int), ("status", str)]
COUNTS = ("valid", "invalid", "risky", "disposable", "unknown")
JOB = [("job_id", str), ("status", str), ("total", int), ("processed", int),
       *((f"{name}_count", int) for name in COUNTS), ("results", [RESULT])]
ERROR = [("error", str)]
LIMIT = [*ERROR, ("monthly_limit", int), ("monthly_used", int), ("resets_at", str)]
MAINTENANCE = [*ERROR, ("retry_after", int)]


def result_complaint(said):
    """What must hold between the members of any result."""
    status = said["status"]
    low, high = BANDS.get(status, (1, 0))
    rules = [
        (low <= said["quality_score"] <= high, f"score {said['quality_score']} of {status}"),
        (said["is_valid"] == (status == "valid"), "is_valid"),
        (not said["is_valid"] or said["is_deliverable"], "valid and not deliverable"),
        (status != "invalid" or not said["is_deliverable"], "invalid and deliverable"),
        (said["can_connect_smtp"] or not said["is_valid"], "valid without a connection"),
        (said["mode"] in ("power", "quick"), f"mode {said['mode']}"),
        (status != "disposable" or said["is_disposable"], "is_disposable"),
        (said.get("is_spam_trap", True) is True, "is_spam_trap when it is not"),
        (said["response_ms"] >= 0, "response_ms"),
    ]
    if said["mode"] == "quick":
        rules += [(status in OF_QUICK, f"quick and {status}"),
                  (not said["is_deliverable"] and not said["can_connect_smtp"],
                   "quick, and a mail server was asked")]
    return next((why for holds, why in rules if not holds), "")


def counts_of(said):
    """A job's counts by name."""
    return {name: said[f"{name}_count"] for name in COUNTS}


def counted(results):
    """What the counts must be; errors are among the unknown."""
    names = ["unknown" if r["status"] == "error" else r["status"] for r in results]
    return {name: names.count(name) for name in COUNTS}


def next_month(now):
    """The first second of the month after the one of that time (UTC)."""
    year, month = time.gmtime(now)[:2]
    return calendar.timegm((year + month // 12, month % 12 + 1, 1, 0, 0, 0))


class Mailcaff(Caller):
    """See the head of this file."""

    DIALECT, BASE, ERROR = "mailcaff", BASE, ERROR

    def __init__(self, stack, checks, account, plan="growth", base=None):
        super().__init__(stack, checks, account, plan, base)

    def error_complaint(self, said, status, more):
        """As there; more: a part of the text."""
        text = said["error"]
        fine = text and text.isascii() and more.get("message", "") in text
        return "" if fine else f"error {text!r}"

    def verify(self, label, body, trap=False, **more):
        """POST /verify that is answered: the result; one credit."""
        def ask():
            spec = TRAPPED if trap else RESULT
            return self.ask(label, 200, spec, "POST", "/verify", body, **more)
        said = self.charged(label, 1, ask).json()
        wrong = result_complaint(said) if "status" in said else "no result"
        self.checks.that(f"{label}: members agree", not wrong, wrong)
        return said

    def over_limit(self, label, limit, used, method, path, body):
        """429: the month's credits are used up; says how many there were, and when there are
        more."""
        before = time.time()
        answer = self.refused(label, 429, method, path, body, spec=LIMIT)
        resets = next_month(before)  # the test does not run over a month's end
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(resets))
        self.checks.equal(f"{label}: body", answer.json(),
                          {"error": "Monthly limit exceeded", "monthly_limit": limit,
                           "monthly_used": used, "resets_at": stamp})
        wait = int(answer.headers.get("Retry-After", -1))
        self.checks.that(f"{label}: Retry-After", resets - time.time() - 2 <= wait <=
                         resets - before + 2, wait)

    # ---- jobs ----

    def submit(self, label, emails, **more):
        """POST /verify/bulk: the job's id."""
        said = self.ask(label, 202, CREATED, "POST", "/verify/bulk", {"emails": emails},
                        **more).json()
        self.checks.equal(f"{label}: created", (said.get("status"), said.get("total")),
                          ("processing", len(emails)))
        return said.get("job_id", "")

    def poll(self, job):
        """GET /verify/bulk/{id}: what it says, with "wrong" for what does not add up."""
        answer = self.send("GET", f"/verify/bulk/{job}")
        wrong = f"status {answer.status}" * (answer.status != 200) or answer.complaint(JOB)
        said = answer.json()
        if not wrong:
            results = said["results"]
            rules = [
                (counts_of(said) == counted(results), "counts and results"),
                (len(results) == said["processed"], "processed and results"),
                (said["processed"] <= said["total"], "more than all"),
                (said["status"] != "completed" or said["processed"] == said["total"], "completed"),
                (said["job_id"] == job, "job_id"),
                *((not why, why) for why in map(result_complaint, results)),
            ]
            wrong = next((f"{why}: {said}" for holds, why in rules if not holds), "")
        return said | {"wrong": wrong}
