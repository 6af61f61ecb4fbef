"""Who uses the product while its database falls over, and a journal of what each was told.

Every client is a thread that asks again and again.  What was answered is written down with the
time; what was not answered, or with an error, is counted: it may or may not have happened, and
nobody has been promised anything."""

import http.client
import json
import os
import threading
import time

import pymysql

from galera import connect, rows_of

PATIENCE = 60  # seconds for one answer
TROUBLE = (OSError, ValueError, http.client.HTTPException)


class Client(threading.Thread):
    """One that asks until it is told to end.  `good`: times of acknowledged answers; `bad`: (time,
    what) of the others."""

    def __init__(self, stack, name, pause):
        super().__init__(name=name, daemon=True)
        self.stack, self.pause = stack, pause
        self.good, self.bad = [], []
        self.end = threading.Event()

    def run(self):
        """Never in a hurry, never at rest."""
        while not self.end.is_set():
            self.once()
            self.end.wait(self.pause)

    def once(self):
        """One thing to ask."""
        raise NotImplementedError

    def refused(self, what):
        """An answer that promises nothing."""
        self.bad.append((time.monotonic(), str(what)))

    def longest_gap(self, since, until):
        """The longest time between two good answers."""
        times = [since] + [t for t in self.good if since < t < until] + [until]
        return max(b - a for a, b in zip(times, times[1:]))


class Beats(Client):
    """Plain INSERTs that commit by themselves: what the cluster does without our program."""

    def __init__(self, stack):
        super().__init__(stack, "beats", 0.05)
        self.next, self.told, self.connection = 0, {}, None
        with connect(stack.sock) as first:
            rows_of(first, "CREATE DATABASE probe")
            rows_of(first, "CREATE TABLE probe.beat (id INT PRIMARY KEY) ENGINE=InnoDB")

    def once(self):
        self.next += 1
        try:
            self.connection = self.connection or connect(self.stack.sock, seconds=30)
            rows_of(self.connection, "INSERT INTO probe.beat VALUES (%s)", self.next)
        except (pymysql.Error, OSError) as error:
            self.connection = None
            self.refused(error)
            return
        self.good.append(time.monotonic())
        self.told[self.next] = self.good[-1]


class Singles(Client):
    """Single checks, each address once.  `told`: address -> when; `untold`: address -> status."""

    def __init__(self, stack, name, key):
        super().__init__(stack, name, 0.1)
        self.key, self.next, self.told, self.untold = key, 0, {}, {}

    def once(self):
        self.next += 1
        address = f"yes.{self.name}{self.next}@firm{self.next % 40}.com"
        try:
            status, _, answer = self.stack.post({"email": address}, key=self.key, timeout=PATIENCE)
        except TROUBLE as error:
            status, answer = type(error).__name__, {}
        if status == 200 and answer.get("success"):
            self.good.append(time.monotonic())
            self.told[address] = self.good[-1]
        else:
            self.untold[address] = status
            self.refused(status)


class Lists(Client):
    """Small lists: upload, process, wait, download; every third is deleted.  `told`: batch_id ->
    {what was acknowledged: when, or what it said}."""

    ROWS = 12

    def __init__(self, stack, name, key):
        super().__init__(stack, name, 0.2)
        self.key, self.next, self.told = key, 0, {}
        self.current = None

    def ask(self, method, query, body=None):
        """(status, bytes) of bulk.php; errors as their names."""
        headers = {"X-Api-Key": self.key}
        if body:
            headers["Content-Type"] = "text/csv"
        try:
            status, _, data = self.stack.request(method, f"/api/bulk.php?{query}", body, headers,
                                                 PATIENCE)
        except TROUBLE as error:
            status, data = type(error).__name__, b""
        if status == 200:
            self.good.append(time.monotonic())
        elif status != 409:
            self.refused(f"{query.split('&')[0]} {status}")
        return status, data

    def once(self):
        if self.current is None:
            self.upload()
        elif "processed" not in self.told[self.current]:
            self.step("process", "POST", "processed")
        elif "completed" not in self.told[self.current]:
            status, data = self.ask("GET", f"action=status&batch_id={self.current}")
            if status == 200 and json.loads(data)["status"] == "completed":
                self.told[self.current]["completed"] = json.loads(data)
        elif "downloaded" not in self.told[self.current]:
            self.step("download", "GET", "downloaded")
        elif self.next % 3 == 0 and "deleted" not in self.told[self.current]:
            self.step("delete", "POST", "deleted")
        else:
            self.current = None

    def upload(self):
        """A new list; when that fails, the next one is another."""
        self.next += 1
        body = "".join(f"yes.{self.name}{self.next}x{row}@firm{row}.com\n"
                       for row in range(self.ROWS)).encode()
        status, data = self.ask("POST", f"action=upload&filename={self.next}.csv", body)
        if status == 200:
            self.current = json.loads(data)["batch_id"]
            self.told[self.current] = {"uploaded": time.monotonic()}

    def step(self, action, method, name):
        """One action on the current list."""
        status, data = self.ask(method, f"action={action}&batch_id={self.current}")
        if status == 200:
            self.told[self.current][name] = data if action == "download" else time.monotonic()


class Grants(Client):
    """Payments that come in: one credit each, repeated with the same reference until it is
    acknowledged.  `told`: reference -> when."""

    def __init__(self, stack, account):
        super().__init__(stack, "grants", 0.5)
        self.account, self.next, self.told = account, 0, {}

    def once(self):
        ref = f"pay-{self.next}"
        done = self.stack.vrfy("credit", "grant", self.account, "1", "--ref", ref, check=False)
        if done.returncode == os.EX_OK:
            self.good.append(time.monotonic())
            self.told[ref] = self.good[-1]
            self.next += 1
        else:
            self.refused(f"exit {done.returncode}: {done.stderr.strip()}")
