"""What every answer about a search must look like, and one checked search at a time.

    finder = Finder(stack, checks, "name", plan="growth")     # a Mailcaff, and more
    said = finder.find("who is looked for", "John", "Doe", "company.com")
    said = finder.find_domain("whose domain", "Company Ltd")
    job = finder.submit_leads("a list", [("John", "Doe", "company.com")])
    finder.finish_leads("a list", job)

    visit = Visit(stack, "company.com")        # what the world has seen of it since the last reset
    visit.sessions, visit.asked, visit.pages, visit.dns"""

import json
import re
import time
import urllib.request

from mailcaff import CREATED, Mailcaff
from probe import TEXT_OR_NULL

HOW = [("confidence", TEXT_OR_NULL), ("pattern", TEXT_OR_NULL), ("source", TEXT_OR_NULL)]
FOUND = [("found", bool), ("email", str), *HOW, ("response_ms", int)]
NOT_FOUND = [("found", bool), ("email", type(None)), *HOW, ("reason", TEXT_OR_NULL),
             ("response_ms", int)]
DOMAIN = [("company_name", str), ("domain", TEXT_OR_NULL), ("has_mx", bool), ("has_website", bool),
          ("confidence", TEXT_OR_NULL), ("candidates_checked", int), ("status", str),
          ("response_ms", int)]
JOB = [("job_id", str), ("status", str), ("total", int), ("processed", int), ("found_count", int),
       ("results", list)]
LEAD = ["first_name", "last_name", "domain", "found", "email", "confidence", "pattern", "source"]
SOURCES = {"high": {"learned", "pattern_db", "cache"},
           "medium": {"learned", "pattern_db", "gravatar", "scraped"},
           "low": {"pattern_db", "mx_intel"}}
REASONS = ("no_mx_records", "disposable_domain", "catchall_detected", "no_pattern_matched", None)
REFUSALS_MOST = 9  # in a session; Postfix sleeps from the tenth on


def search_complaint(said):
    """What must hold between the members of what is said of a search."""
    if not said["found"]:
        empty = all(said[name] is None for name in ("email", "confidence", "pattern", "source"))
        return "" if empty and said["reason"] in REASONS else f"not found: {said}"
    rules = [("@" in said["email"], "email"), ("reason" not in said, "a reason"),
             (said["source"] in SOURCES.get(said["confidence"], ()), "source and confidence"),
             (bool(said["pattern"]), "pattern")]
    return next((f"{why}: {said}" for holds, why in rules if not holds), "")


def lead(first, last, domain):
    """A person's name and a domain as the API takes them; None: left out."""
    members = {"first_name": first, "last_name": last, "domain": domain}
    return {name: value for name, value in members.items() if value is not None}


class Finder(Mailcaff):
    """See the head of this file."""

    def find(self, label, first, last, domain, **more):
        """POST /find that is answered: what it says; one credit."""
        body = more.pop("body", None) or lead(first, last, domain)
        said = self.charged(label, 1, lambda: self.ask(label, 200, None, "POST", "/find", body,
                                                       **more))
        wrong = said.complaint(FOUND if said.json().get("found") else NOT_FOUND)
        wrong = wrong or search_complaint(said.json())
        self.checks.that(f"{label}: members", not wrong, wrong)
        return said.json()

    def found(self, label, first, last, domain, want):
        """That, and (email, confidence, pattern, source)."""
        said = self.find(label, first, last, domain)
        got = tuple(said.get(name) for name in ("email", "confidence", "pattern", "source"))
        self.checks.equal(f"{label}: found", got, want)

    def not_found(self, label, first, last, domain, reason):
        """The same of one that nobody is found for."""
        said = self.find(label, first, last, domain)
        self.checks.equal(f"{label}: not found", (said.get("found"), said.get("reason", "none")),
                          (False, reason))

    def find_domain(self, label, name, price=1, **more):
        """POST /find-domain that is answered: what it says."""
        def ask():
            return self.ask(label, 200, DOMAIN, "POST", "/find-domain",
                            more.pop("body", None) or {"company_name": name}, **more)
        return self.charged(label, price, ask).json()

    # ---- lists ----

    def submit_leads(self, label, leads):
        """POST /find/bulk: the job's id."""
        body = {"leads": [one if isinstance(one, dict) else lead(*one) for one in leads]}
        said = self.ask(label, 202, CREATED, "POST", "/find/bulk", body).json()
        self.checks.equal(f"{label}: created", (said.get("status"), said.get("total")),
                          ("processing", len(leads)))
        return said.get("job_id", "")

    def poll_leads(self, job):
        """GET /find/bulk/{id}: what it says, with "wrong" for what does not add up."""
        answer = self.send("GET", f"/find/bulk/{job}")
        said = answer.json()
        wrong = f"status {answer.status}" * (answer.status != 200)
        if not wrong and list(said) != [name for name, _ in JOB]:
            wrong = f"members {list(said)}"
        if not wrong:
            results = said["results"]
            rules = [
                (said["found_count"] == sum(r["found"] for r in results), "found_count"),
                (len(results) == said["processed"], "processed and results"),
                (said["processed"] <= said["total"], "more than all"),
                (said["status"] != "completed" or said["processed"] == said["total"], "completed"),
                (said["job_id"] == job, "job_id"),
                *((list(r) == LEAD + ["reason"] * (not r["found"]), f"members {list(r)}")
                  for r in results),
                *((not why, why) for why in map(search_complaint, results)),
            ]
            wrong = next((f"{why}: {said}" for holds, why in rules if not holds), "")
        return said | {"wrong": wrong}

    def finish_leads(self, label, job, **more):
        """Polls until it is completed; the last poll."""
        return self.finish(label, job, poll=self.poll_leads, **more)


# ---- the world as referee ----

class Visit:
    """What the world has seen of a domain's scenario, once every connection is over."""

    def __init__(self, stack, domain, seconds=5):
        base = stack.control().base
        until = time.monotonic() + seconds
        while True:
            with urllib.request.urlopen(f"{base}/log?domain={domain}", timeout=10) as answer:
                log = json.load(answer)
            over = all(visit["closed"] for visit in log["connections"])
            if over or time.monotonic() > until:
                break
            time.sleep(0.05)
        self.sessions, self.pages, self.dns = log["connections"], log["web"], log["dns"]

    @property
    def asked(self):
        """Recipients' local parts in their order, session by session."""
        return [local for session in self.sessions for local in locals_of(session)]

    def complaint(self):
        """What no search may do to a mail server."""
        for session in self.sessions:
            lines = [command["line"] for command in session["commands"]]
            if session["violations"] or session["errors"] > REFUSALS_MOST:
                return f"{session['errors']} refusals, {session['violations']}"
            if any(not line.isascii() or re.search(r"[\r\n\0]", line) for line in lines):
                return f"octets: {lines}"
        return "" if len(self.sessions) <= 2 else f"{len(self.sessions)} sessions"


def locals_of(session):
    """Whom a session was asked about."""
    recipients = [re.fullmatch(r"RCPT TO:<([^>]*)@[^@>]*>.*", command["line"])
                  for command in session["commands"]]
    return [match[1] for match in recipients if match]


def forget(stack, domain):
    """Begins anew."""
    url = f"{stack.control().base}/reset?domain={domain}"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10):
        pass


def questions(stack):
    """All names whose mail servers the world's name server was asked about."""
    with urllib.request.urlopen(f"{stack.control().base}/questions", timeout=10) as answer:
        return {key[:-3] for key in json.load(answer) if key.endswith("/MX")}
