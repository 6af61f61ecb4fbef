"""An account at a dialect whose keys come as Bearer and whose lists are polled, one checked request
at a time.

    class Ev(Caller):                          # of a dialect, in its own file
        DIALECT, BASE, ERROR = "ev", "/ev/api/v1", [("error", str), ("message", str)]
        def error_complaint(self, said, status, more): ...
        def poll(self, job): ...

Each request asserts its status and the shape of the answer (members, order, types); those that
cannot meet a running job also what it cost, to the unit."""

import json
import time

from probe import JSON_TYPE, exchange, head_of


class Caller:
    """See the head of this file.  The account is made here."""

    DIALECT = BASE = ERROR = None
    RUNNING = ("processing",)  # what a job says until it has ended

    def __init__(self, stack, checks, account, plan, base=None):
        self.stack, self.checks, self.account, self.base = stack, checks, account, base or self.BASE
        self.key = stack.account(account, plan, dialect=self.DIALECT)

    def used(self):
        """(spent, held) as the database has them."""
        [row] = self.stack.sql("SELECT spent, held FROM purse JOIN account ON account.id ="
                               f" account_id WHERE name = '{self.account}'"
                               f" AND dialect = '{self.DIALECT}'")
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
            wrong = self.error_complaint(answer.json(), want, more)
        self.checks.that(label, not wrong, wrong)
        return answer

    def charged(self, label, cost, ask):
        """What ask() gives, which must cost so much and hold nothing afterwards."""
        spent, held = self.used()
        answer = ask()
        now = self.used()
        self.checks.equal(f"{label}: costs {cost}", (now[0] - spent, now[1] - held), (cost, 0))
        return answer

    def refused(self, label, want, method, path, body=None, headers=None, **more):
        """An error in the dialect's shape, free of charge."""
        spec = more.pop("spec", self.ERROR)
        return self.charged(label, 0, lambda: self.ask(label, want, spec, method, path, body,
                                                       headers, **more))

    def error_complaint(self, said, status, more):
        """What is wrong with an error that has the right shape; "" when nothing is."""
        raise NotImplementedError

    # ---- jobs ----

    def poll(self, job):
        """What the job says, with "status", and "wrong" for what does not add up."""
        raise NotImplementedError

    def finish(self, label, job, seconds=60, pause=0.1, poll=None):
        """Polls until it is completed; every poll must add up; the last one."""
        until, seen, wrong = time.monotonic() + seconds, set(), ""
        poll = poll or self.poll
        while True:
            said = poll(job)
            seen.add(said.get("status"))
            wrong = wrong or said["wrong"]
            if said.get("status") in ("completed", "failed") or time.monotonic() > until or wrong:
                break
            time.sleep(pause)
        self.checks.that(f"{label}: every poll adds up", not wrong, wrong)
        self.checks.equal(f"{label}: completed", said.get("status"), "completed")
        self.checks.that(f"{label}: statuses", seen <= {*self.RUNNING, "completed"}, seen)
        return said
