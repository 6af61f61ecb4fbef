"""What every answer of cascade's verify.php must look like, and one checked request at a time.

    probe = Probe(stack, checks)
    answer = probe.ask("what is asked", body='{"email": ...}', headers=..., want=200)

Beside what probe.py asserts: the balance that answers tell."""

import probe
from probe import NUMBER_OR_NULL, TEXT_OR_NULL

PATH = "/api/verify.php"

DNS_HEALTH = [("has_spf", bool), ("has_dmarc", bool), ("has_a_record", bool)]
SMTP_CHECK = [("mx_host", TEXT_OR_NULL), ("connected", bool), ("helo_ok", bool),
              ("mail_from_ok", bool), ("rcpt_to_ok", bool), ("rcpt_to_code", NUMBER_OR_NULL),
              ("rcpt_to_response", TEXT_OR_NULL)]
RESULT = [("email", str), ("domain", str), ("valid_syntax", bool), ("mx_records", [str]),
          ("deliverable", bool), ("status", str), ("status_detail", str), ("is_catchall", bool),
          ("score", int), ("score_factors", [str]), ("is_disposable", bool),
          ("is_role_account", bool), ("is_known_provider", bool), ("dns_health", DNS_HEALTH),
          ("smtp_check", SMTP_CHECK), ("server_policy", TEXT_OR_NULL),
          ("credits_remaining", int)]
ANSWER = [("success", bool), ("result", RESULT)]
ERROR = [("success", bool), ("error", str)]
ERROR_WITH_BALANCE = ERROR + [("credits_remaining", int)]

STATUSES = ("deliverable", "likely_valid", "undeliverable", "invalid", "unknown")
POLICIES = (None, "accept-all", "reject-all", "differential")


def answer_complaint(result):
    """What must hold between the members of any result."""
    rules = [
        (result["status"] in STATUSES, "an unknown status"),
        (1 <= result["score"] <= 10, "a score outside 1..10"),
        (result["server_policy"] in POLICIES, "an unknown policy"),
        (result["deliverable"] == (result["status"] == "deliverable"), "deliverable"),
        (result["is_catchall"] == (result["server_policy"] == "accept-all"), "is_catchall"),
        (result["status_detail"].isascii() and result["status_detail"], "status_detail"),
        (result["credits_remaining"] >= 0, "credits_remaining"),
    ]
    return next((why for holds, why in rules if not holds), "")


class Probe(probe.Probe):
    """See the head of this file.

    more: known (an error that tells the balance; default: all but 401 and 500), error (text the
    error begins with)."""

    PATH = PATH

    def complaints_of_answer(self, answer, available):
        """As there."""
        wrong = answer.complaint(ANSWER)
        if wrong:
            return [(wrong, wrong)]
        wrong, said = answer_complaint(answer.result()), answer.result()["credits_remaining"]
        return [(wrong, f"{wrong} in {answer.data}"),
                (said != available, f"it says {said} credits, not {available}")]

    def complaints_of_error(self, answer, available, more):
        """As there."""
        known = more.get("known", answer.status not in (401, 500))
        wrong = answer.complaint(ERROR_WITH_BALANCE if known else ERROR)
        said = answer.json()
        return [
            (wrong, wrong),
            (said.get("success") is not False, "success is not false"),
            (known and said.get("credits_remaining") != available,
             f"it says {said.get('credits_remaining')} credits, not {available}"),
            (not said.get("error"), "no error text"),
            (not str(said.get("error")).startswith(more.get("error", "")),
             f"error {said.get('error')!r}, not {more.get('error')!r}"),
        ]
