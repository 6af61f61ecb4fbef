"""What every answer of verifymail's /v1 must look like, and one checked request at a time.

    mail = Verifymail(stack, checks, "name", plan="growth")
    said = mail.check("what is asked", "john@example.com")
    items = mail.bulk("several", ["a@b.com", "c@d.com"])

What each request asserts is in caller.py; beside that, the three X-RateLimit headers are in every
answer of our program, and the members of a check agree with each other."""

import re

from caller import Caller

BASE = "/verifymail/v1"
NUMBER = (int, float)
NULL = type(None)

META = [("request_id", str), ("email", str), ("domain", (str, NULL)), ("checked_at", str),
        ("latency_ms", int), ("api_version", str), ("model_phase", str), ("model_version", str),
        ("path_taken", str), ("cached", bool), ("cache_age_seconds", (int, NULL))]
VERDICT = [("recommendation", str), ("risk_level", str), ("disposable", bool),
           ("catch_all", (bool, NULL)), ("catch_all_checked", bool), ("valid_address", bool),
           ("safe_to_send", bool), ("summary", str)]
COMPONENTS = [("strong_signals", int), ("corroborating", int), ("trust_adjustments", int),
              ("compounding_bonus", int), ("final_clamped", int)]
THRESHOLDS = [("block_at", int), ("flag_at", int), ("your_profile", str)]
SIGNAL = [("name", str), ("direction", str), ("weight", int)]
COMPOUNDING = [("applied", bool), ("signal_count", int), ("bonus_applied", int),
               ("explanation", str)]
SIGNALS = [("fired", [SIGNAL]), ("trust_signals", [SIGNAL]), ("compounding", COMPOUNDING)]
PROBE = [("ran", bool), ("latency_ms", (int, NULL))]
CHECKS = [(name, PROBE) for name in ("dns", "smtp", "blocklist", "rdap")]
DETAIL = [("detected", bool), ("probability", float), ("type", str),
          ("legitimate_use_likely", bool)]
ENTRY = [("list", str), ("domain", str)]
ENTRIES = [("list", str), ("domains", [str])]
USAGE = [("total_checks", int), ("checks_this_period", int), ("period_start", str),
         ("blocks", int), ("allow_with_flag", int), ("allows", int), ("avg_latency_ms", NUMBER),
         ("cache_hit_rate", NUMBER), ("credit_balance_checks", int)]
STATUS = [("status", str), ("components", [(name, str) for name in (
    "redis", "postgres", "dns", "cache", "database")]), ("latency_ms", int)]
SUMMARY = [("total", int), ("credits_charged", int), ("credits_remaining", int),
           ("elapsed_ms", int)]
ERROR_MEMBERS = [("code", str), ("http_status", int), ("message", str), ("request_id", str),
                 ("docs_url", str)]
ERROR = [("error", ERROR_MEMBERS)]
LIMITED = [("error", [*ERROR_MEMBERS, ("limit", int), ("reset_at", str)])]
RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
REQUEST_ID = re.compile("req_[0-9a-f]{12}")
THRESHOLDS_OF = {
    ("bootstrap", "strict"): (65, 45), ("bootstrap", "balanced"): (82, 60),
    ("bootstrap", "permissive"): (92, 75), ("calibrated", "strict"): (55, 35),
    ("calibrated", "balanced"): (70, 50), ("calibrated", "permissive"): (85, 65)}


def check_spec(said):
    """The shape of a CheckResponse; only its catch_all_detail has two."""
    detail = (said.get("score") or {}).get("catch_all_detail")
    score = [("value", int), ("confidence", NUMBER), ("confidence_level", str),
             ("components", COMPONENTS), ("thresholds", THRESHOLDS),
             ("catch_all_detail", NULL if detail is None else DETAIL)]
    return [("meta", META), ("verdict", VERDICT), ("score", score), ("signals", SIGNALS),
            ("checks", CHECKS)]


def fired(said):
    """Names of the signals of risk."""
    return [signal["name"] for signal in said["signals"]["fired"]]


def trusted(said):
    """Names of the others."""
    return [signal["name"] for signal in said["signals"]["trust_signals"]]


def opinion(said):
    """What must be the same when the same is asked again."""
    return (said["verdict"], said["score"], said["signals"])


def check_complaint(said):
    """What must hold between the members of any check."""
    meta, verdict, score, signals = (said[n] for n in ("meta", "verdict", "score", "signals"))
    parts, at = score["components"], score["thresholds"]
    risk, trust = (sum(s["weight"] for s in signals[n]) for n in ("fired", "trust_signals"))
    total = sum(parts[n] for n in ("strong_signals", "corroborating", "trust_adjustments",
                                   "compounding_bonus"))
    final = max(0, min(100, total))
    recommendation = verdict["recommendation"]
    detail = score["catch_all_detail"]
    rules = [
        (REQUEST_ID.fullmatch(meta["request_id"]), "request_id"),
        (meta["api_version"] == "2026-04", "api_version"),
        (meta["path_taken"] in ("fast", "standard", "deep"), "path_taken"),
        (meta["cached"] == (meta["cache_age_seconds"] is not None), "cache_age_seconds"),
        (THRESHOLDS_OF.get((meta["model_phase"], at["your_profile"])) ==
         (at["block_at"], at["flag_at"]), "thresholds"),
        (recommendation in ("block", "allow_with_flag", "allow"), "recommendation"),
        (score["value"] == parts["final_clamped"] == final, "value and components"),
        (parts["strong_signals"] + parts["corroborating"] == risk, "weights of risk"),
        (parts["trust_adjustments"] == trust <= 0, "weights of trust"),
        (signals["compounding"]["bonus_applied"] == parts["compounding_bonus"], "bonus"),
        ((verdict["risk_level"] == "critical") == (final == 100), "critical"),
        (recommendation != "allow" or final < at["flag_at"], "allowed from flag_at on"),
        (recommendation == "allow" or not verdict["safe_to_send"], "safe to send"),
        (verdict["catch_all_checked"] == (verdict["catch_all"] is not None), "catch_all"),
        ((verdict["catch_all"] is True) == bool(detail and detail["detected"]), "detected"),
        (0 < score["confidence"] <= 1, "confidence"),
        (all((p["latency_ms"] is not None) == p["ran"] for p in said["checks"].values()),
         "latency of checks"),
        (said["checks"]["smtp"]["ran"] == (meta["path_taken"] == "deep"), "path and checks"),
    ]
    return next((why for holds, why in rules if not holds), "")


class Verifymail(Caller):
    """See the head of this file."""

    DIALECT, BASE, ERROR = "verifymail", BASE, ERROR

    def __init__(self, stack, checks, account, plan="growth", base=None):
        super().__init__(stack, checks, account, plan, base)

    def send(self, method, path, body=None, headers=None, **more):
        """As there, with X-API-Key, and the headers that every answer has."""
        fields = {"Authorization": None, "X-API-Key": self.key} | (headers or {})
        answer = super().send(method, path, body, fields, **more)
        told = [answer.headers.get(name, "") for name in RATE]
        if answer.status and not all(number.isdigit() for number in told):
            self.checks.that(f"{method} {path}: rate limit headers", False, answer.headers)
        return answer

    def error_complaint(self, said, status, more):
        """As there; more: code, and a part of the text."""
        error = said["error"]
        rules = [
            (error["http_status"] == status, "http_status"),
            (error["code"] == more.get("code", error["code"]),
             f"code {error['code']}, not {more.get('code')}"),
            (more.get("message", "") in error["message"], f"message {error['message']!r}"),
            (REQUEST_ID.fullmatch(error["request_id"]), "request_id"),
            (error["docs_url"].startswith("https://verifymailapi.com/docs/"), "docs_url"),
        ]
        return next((why for holds, why in rules if not holds), "")

    def see(self, label, said):
        """A CheckResponse that must be in order; False: it is not."""
        wrong = check_complaint(said) if "meta" in said else f"no check: {said}"
        return self.checks.that(f"{label}: members agree", not wrong, f"{wrong}: {said}")

    def checked(self, label, path, body, cost=1, **more):
        """A check that is answered."""
        def ask():
            answer = self.ask(label, 200, None, "POST", path, body, **more)
            wrong = answer.complaint(check_spec(answer.json()))
            self.checks.that(f"{label}: shape", not wrong, wrong)
            return answer
        answer = self.charged(label, cost, ask)
        said = answer.json()
        self.see(label, said)
        return said

    def check(self, label, email, cost=1, profile=None, **more):
        """POST /check: the CheckResponse."""
        headers = {"X-Risk-Profile": profile} | more.pop("headers", {})
        return self.checked(label, "/check", {"email": email}, cost, headers=headers, **more)

    def domain(self, label, domain, cost=1, **more):
        """POST /check/domain."""
        said = self.checked(label, "/check/domain", {"domain": domain}, cost, **more)
        self.checks.equal(f"{label}: email is blank", said["meta"]["email"], "")
        return said

    def bulk(self, label, emails, cost=None, **more):
        """POST /check/bulk: its items."""
        cost = len(emails) if cost is None else cost

        def ask():
            answer = self.ask(label, 200, None, "POST", "/check/bulk", {"emails": emails}, **more)
            items = answer.json().get("items", [])
            spec = [("items", [[("meta", META)]]), ("summary", SUMMARY)]
            wrong = "" if list(answer.json()) == [n for n, _ in spec] else f"members {answer.data}"
            self.checks.that(f"{label}: shape", not wrong, wrong)
            self.checks.equal(f"{label}: order", [i["meta"]["email"] for i in items], emails)
            return answer
        said = self.charged(label, cost, ask).json()
        for number, item in enumerate(said.get("items", [])):
            self.see(f"{label}: item {number}", item)
        summary = said.get("summary", {})
        self.checks.equal(f"{label}: summary", (summary.get("total"),
                                                summary.get("credits_charged")),
                          (len(emails), cost))
        return said

    def add(self, which, domain):
        """POST /lists/{which}: free."""
        said = self.charged(f"{which} {domain}", 0, lambda: self.ask(
            f"{which} {domain}: added", 201, ENTRY, "POST", f"/lists/{which}", {"domain": domain}))
        return said.json()

    def remove(self, which, domain, want=204):
        """DELETE /lists/{which}/{domain}."""
        return self.ask(f"{which} {domain}: removed", want, ERROR if want >= 400 else None,
                        "DELETE", f"/lists/{which}/{domain}")

    def listed(self, which):
        """GET /lists/{which}."""
        return self.ask(f"list {which}", 200, ENTRIES, "GET", f"/lists/{which}").json()["domains"]

    def report(self, domain, outcome, notes=None, want=202, **more):
        """POST /report."""
        body = {"domain": domain, "outcome": outcome} | ({"notes": notes} if notes else {})
        spec = [("status", str)] if want == 202 else ERROR
        return self.ask(f"report {domain} {outcome}: {want}", want, spec, "POST", "/report", body,
                        **more)

    def usage(self):
        """GET /usage/me."""
        return self.ask("usage", 200, USAGE, "GET", "/usage/me").json()
