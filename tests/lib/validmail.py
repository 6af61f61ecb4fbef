"""What every answer of validmail must look like, and one checked request at a time.

    probe = Probe(stack, checks, "account", key)
    answer = probe.ask("what is asked", body='{"email": ...}', want=400, code="INVALID_EMAIL")

What each request asserts is in probe.py."""

import json

import probe

PATH = "/validmail/api/v1/verify"

SYNTAX = [("valid", bool), ("normalized", probe.TEXT_OR_NULL)]
DNS = [("valid", bool), ("hasMx", bool), ("mxRecords", [str])]
SMTP = [("valid", (bool, type(None))), ("catchAll", bool), ("reason", str)]
REPUTATION = [("score", int), ("isBlacklisted", bool)]
CHECKS = [("syntax", SYNTAX), ("dns", DNS), ("smtp", SMTP), ("disposable", bool),
          ("roleBased", bool), ("freeProvider", bool), ("spamTrap", bool),
          ("domainReputation", REPUTATION)]
ANSWER = [("email", str), ("status", str), ("score", int), ("verdict", str), ("checks", CHECKS),
          ("meta", [("responseTime", int)])]
ERROR = [("error", [("code", str), ("message", str)])]

BANDS = {"valid": (80, 100), "risky": (40, 79), "invalid": (0, 39), "unknown": (0, 79)}
STATUS_OF = {"INVALID_EMAIL": 400, "MISSING_EMAIL": 400, "INVALID_REQUEST": 400,
             "INVALID_API_KEY": 401, "INSUFFICIENT_CREDITS": 403, "FORBIDDEN": 403,
             "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "LENGTH_REQUIRED": 411,
             "PAYLOAD_TOO_LARGE": 413, "UNSUPPORTED_MEDIA_TYPE": 415, "RATE_LIMITED": 429,
             "INTERNAL_ERROR": 500}


def answer_complaint(said):
    """What must hold between the members of any answer."""
    checks, status = said["checks"], said["status"]
    smtp, dns, syntax = checks["smtp"], checks["dns"], checks["syntax"]
    reputation = checks["domainReputation"]
    low, high = BANDS.get(status, (1, 0))
    rules = [
        (low <= said["score"] <= high, "status and score"),
        (said["verdict"].isascii() and said["verdict"], "verdict"),
        (syntax["valid"] == (syntax["normalized"] is not None), "normalized"),
        (not syntax["valid"] or said["email"] == syntax["normalized"], "email"),
        (dns["hasMx"] == bool(dns["mxRecords"]), "hasMx"),
        (smtp["valid"] is not False or status == "invalid", "a refused mailbox"),
        (smtp["valid"] is not True or status in ("valid", "risky"), "a mailbox that exists"),
        (status != "unknown" or smtp["valid"] is None, "unknown with a verdict of SMTP"),
        (status != "valid" or (smtp["valid"] and dns["valid"]), "valid without a mailbox"),
        (status != "valid" or not (checks["disposable"] or checks["spamTrap"] or
                                   smtp["catchAll"] or reputation["isBlacklisted"]), "valid"),
        (0 <= reputation["score"] <= 100, "reputation"),
        (said["meta"]["responseTime"] >= 0, "responseTime"),
    ]
    return next((why for holds, why in rules if not holds), "")


class Probe(probe.Probe):
    """See the head of this file.  more: code and message of an error."""

    PATH = PATH

    def about(self, label, email, **more):
        """The answer about an address, decoded; {} when there is none."""
        return self.ask(label, body=json.dumps({"email": email}), **more).json()

    def complaints_of_answer(self, answer, available):
        """As there."""
        wrong = answer.complaint(ANSWER) or answer_complaint(answer.json())
        return [(wrong, f"{wrong} in {answer.data}")]

    def complaints_of_error(self, answer, available, more):
        """As there."""
        wrong = answer.complaint(ERROR)
        if wrong:
            return [(wrong, wrong)]
        code, message = (answer.json()["error"][name] for name in ("code", "message"))
        return [
            (code != more.get("code", code), f"code {code}, not {more.get('code')}"),
            (STATUS_OF.get(code) != answer.status, f"{code} with status {answer.status}"),
            (not message or not message.isascii(), f"message {message!r}"),
            (message != more.get("message", message), f"message {message!r}"),
        ]
