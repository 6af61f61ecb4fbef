"""What proves that lists lose and double nothing, whatever is killed, stopped or cut off.

A Rig is a database, a fast internet whose truth is in its names (fakenet.py) and our programs, with
no web server: bulk.fcgi runs as plain CGI, one process a request, so each can be killed alone.

The client keeps a journal: what was acknowledged (a 2xx it has seen) must be there in the end.
What was not may or may not have happened; the client asks again, as a real one would.
prove() compares the journal, the database, a download and the truth:

    uploaded    all its rows are stored, in their places
    processed   exactly one result per address, with the status that is true; charged exactly that
    cancelled   what was settled is charged, the rest came back
    purse       granted = available + spent, nothing is held
    books       `vrfy db check` finds nothing; no sanitizer said a word"""

import contextlib
import csv
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.environ.setdefault("VRFY_BUILD", os.path.join(TOP, "build", "asan"))

# pylint: disable=wrong-import-position
import fakenet  # noqa: E402
import openapi  # noqa: E402
from stack import MARIADB, Stack  # noqa: E402
from simnet.children import die_with_parent  # noqa: E402

BY_LOCAL = {"yes": "deliverable", "no": "undeliverable", "full": "unknown", "later": "unknown"}
BY_DOMAIN = {"open": "unknown", "grey": "unknown", "gone": "invalid", "mute": "invalid"}
STATUSES = ["deliverable", "likely_valid", "undeliverable", "invalid", "unknown"]
UNKNOWN = STATUSES.index("unknown")
COMPLETED, CANCELLED, FAILED, DELETED = 3, 4, 5, 6  # job.state
# Greylisting servers ask for minutes; here they pass at once.
HURRY = ("SET tx_isolation = 'READ-COMMITTED'; UPDATE work SET run_at = UTC_TIMESTAMP(6)"
         " WHERE owner IS NULL AND run_at > UTC_TIMESTAMP(6) + INTERVAL 1 SECOND")

SETTINGS = {
    "bulk.worker": "external", "bulk.process_wait": "0s", "bulk.lease": "1s", "bulk.retries": "1",
    "bulk.retry_after": "1s", "bulk.concurrency": "200", "smtp.helo_name": "probe.vrfy-world.com",
    "smtp.mail_from": "probe@vrfy-world.com", "smtp.sessions_per_destination": "20",
    "pace.starts_per_second": "100000", "database.query_timeout": "10s",
}


# What our programs say when the database, or a guard, has caught a mistake of theirs.
CAUGHT = re.compile(r"error: (?:database: .* in: |database: a |database: \d+ rows|ledger: "
                    r"|worker: \d+ results are not stored).*")


class Wrong(AssertionError):
    """Something was lost, doubled, or is not true."""


def require(true, why):
    """An assertion that python -O keeps."""
    if not true:
        raise Wrong(why)


def status_of(address):
    """The status that is true in the fake internet."""
    local, domain = fakenet.ADDRESS.fullmatch(address).groups()
    return STATUSES.index(BY_DOMAIN.get(domain) or BY_LOCAL[local])


def addresses(count, dice, grey=1):
    """Made-up addresses, all different, as many of each kind in every list of the same length;
    `grey` of them are greylisted and so come a second time."""
    locals_ = ["yes", "no", "yes", "no", "yes", "full", "yes", "no", "yes"]
    domains = ["firm"] * 4 + ["open"] + ["firm"] * 3 + ["gone", "mute"]
    made = []
    for i in range(count):
        domain = "grey" if i < grey else domains[i % len(domains)]
        number = dice.randrange(1, 9) if domain == "firm" else dice.randrange(1, 3)
        local = locals_[i % len(locals_)]
        made.append(f"{local}.p{i}x{dice.randrange(10**6)}@{domain}{number}.com")
    dice.shuffle(made)
    return made


class Answer:
    """What a CGI client has seen; `status` is None when there was no whole answer."""

    def __init__(self, code, out):
        self.code = code
        head, found, self.body = out.partition(b"\r\n\r\n")
        self.status = None
        if code == 0 and found:
            lines = dict(line.partition(": ")[::2] for line in head.decode().split("\r\n"))
            self.status = int(lines.get("Status", "200").split()[0])

    @property
    def killed(self):
        """By SIGKILL, at a crash point."""
        return self.code == -signal.SIGKILL

    @property
    def acknowledged(self):
        """What this answer says must never be undone."""
        return self.status is not None and 200 <= self.status < 300

    def json(self):
        """The body."""
        return json.loads(self.body)


class List:
    """A list as its client knows it."""

    def __init__(self, account, rows):
        self.account, self.rows = account, rows
        self.uniques = {}       # {address: row number of the first} in the order of the file
        for n, address in enumerate(rows, 1):
            self.uniques.setdefault(address, n)
        self.id = None          # of the upload that was acknowledged
        self.started = 0        # runs whose start was acknowledged
        self.ended = None       # "cancelled", "deleted": acknowledged; "failed": given up
        self.runs = []          # hex ids of its runs' batches, as last seen
        account.lists.append(self)

    @property
    def hex(self):
        """Its id as the database has it."""
        return self.id.replace("-", "").upper()


class Account:
    """Who pays."""

    def __init__(self, name, key, credits):
        self.name, self.key, self.credits = name, key, credits
        self.lists = []


class Rig(Stack):
    """See the head of this file."""

    def __init__(self, seed=1, delay_ms=0, settings=None):
        super().__init__(server=None, world=False)
        self.dice = random.Random(seed)
        self.fake, self.own, self.receiver = fakenet.FakeNet(delay_ms=delay_ms), settings, None
        self.settings = {**SETTINGS, "dns.servers": self.fake.dns,
                         "smtp.port": fakenet.SMTP_PORT,
                         "smtp.allow_networks": f"{self.fake.net}.0.0/16", **(settings or {})}
        self.database = "vrfy"
        self.strict = True  # no mistake may be caught, either
        self.accounts, self.children, self.journal = [], [], []
        self.lock = threading.Lock()

    # ---- from start to end ----

    def start_web(self):
        """There is none."""

    def __exit__(self, kind, value, trace):
        if kind is not None and issubclass(kind, Exception):
            self.last_words()
        super().__exit__(kind, value, trace)

    def last_words(self, lines=25):
        """The ends of our programs' logs, for who wants to know why; the folder goes."""
        for name in ("workers", "cgi"):
            with contextlib.suppress(OSError), open(self.path("log", name), errors="replace",
                                                    encoding="utf-8") as file:
                for line in file.read().splitlines()[-lines:]:
                    print(f"# {name}: {line}", flush=True)

    def stop(self):
        """Everything we started."""
        self.stop_children()
        super().stop()
        self.fake.stop()

    def stop_children(self):
        """At once."""
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            child.wait()
        self.children = []

    def use_database(self, name):
        """Another one beside the first, empty or as it was left."""
        self.database = name
        self.settings["database.name"] = name
        self.write_conf(self.path("db", "sock"))
        if name != "vrfy":
            self.vrfy("db", "init")

    def sql(self, statement):
        """Rows of a query as lists of strings."""
        command = ["mariadb", "--no-defaults", "-S", self.path("db", "sock"), "-uroot", "-N", "-B",
                   self.database, "-e", statement]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def prove(self):
        """At the very end: the books, what our programs said of themselves, the sanitizers."""
        self.check_books()
        caught = CAUGHT.search(self.logs()) if self.strict else None
        require(caught is None, f"a program says: {caught and caught.group()}")
        super().prove()

    def environment(self):
        """Leaks are other tests' business, and looking for them takes its time at every exit."""
        given = super().environment()
        given["ASAN_OPTIONS"] += ":detect_leaks=0"
        return given

    def second_conf(self, name, **settings):
        """The same configuration but for some settings (with _ for the dot); its path."""
        path = self.path(name)
        with open(self.conf, encoding="utf-8") as file:
            text = file.read()
        for setting, value in settings.items():
            section, _, key = setting.partition("__")
            text += f"[{section}]\n{key} = {value}\n"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def kill_database(self):
        """As a power cut would; then it recovers."""
        subprocess.run([MARIADB, "kill", self.path("db")], check=True)

    def restart_database(self):
        """Again, on the same data."""
        subprocess.run([MARIADB, "start", self.path("db")], check=True, stdout=subprocess.DEVNULL)

    # ---- programs ----

    def new_account(self, credits=1_000_000):
        """One with so many credits, and a key."""
        name = f"a{len(self.accounts)}"
        account = Account(name, super().account(name, "starter", credits), credits)
        account.credits = int(self.sql("SELECT granted FROM purse p JOIN account a ON"
                                       f" a.id = p.account_id WHERE a.name = '{name}'")[0][0])
        self.accounts.append(account)
        return account

    def cgi(self, account, action, query=None, body=b"", kind="text/csv", env=None, length=None):
        """One request of one process; an Answer."""
        query = urllib.parse.urlencode({"action": action, **(query or {})})
        given = {**os.environ, **self.environment(), "GATEWAY_INTERFACE": "CGI/1.1",
                 "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/api/bulk.php", "QUERY_STRING": query,
                 "CONTENT_LENGTH": str(len(body) if length is None else length),
                 "HTTP_X_API_KEY": account.key, "VRFY_CONF": self.conf, **(env or {})}
        if body:
            given["CONTENT_TYPE"] = kind
        with open(self.path("log", "cgi"), "ab") as log:
            done = subprocess.run([self.path("bin", "bulk.fcgi")], input=body, env=given,
                                  timeout=90, stdout=subprocess.PIPE, stderr=log, check=False,
                                  preexec_fn=die_with_parent)
        answer = Answer(done.returncode, done.stdout)
        if answer.status is not None:
            openapi.watch_cgi("POST", "/api/bulk.php", done.stdout)
        return answer

    def spawn(self, *command, env=None):
        """A program that goes on; ended with us at the latest."""
        with open(self.path("log", "workers"), "ab") as log:
            child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                     env={**os.environ, **self.environment(), **(env or {})},
                                     preexec_fn=die_with_parent)
        self.children.append(child)
        return child

    def worker(self, *arguments, env=None, conf=None):
        """`vrfy worker`."""
        return self.spawn(self.path("bin", "vrfy"), "-c", conf or self.conf, "worker", *arguments,
                          env=env)

    def end(self, child, seconds=30):
        """Gracefully; it must go well."""
        child.terminate()
        code = child.wait(seconds)
        self.children.remove(child)
        # One that has only just begun does not know yet that it is a worker.
        require(code in (0, -signal.SIGTERM), f"a worker left with {code}")

    def reap(self, child):
        """It was killed, or has ended; its exit code."""
        code = child.wait(30)
        self.children.remove(child)
        return code

    # ---- the client ----

    def note(self, what, lst, answer):
        """Into the journal, when it was acknowledged."""
        if answer.acknowledged:
            with self.lock:
                self.journal.append((what, lst, answer.json()))
        return answer

    def upload(self, lst, **how):
        """The whole file."""
        body = "".join(f"{address}\n" for address in lst.rows).encode()
        answer = self.note("uploaded", lst, self.cgi(lst.account, "upload", body=body, **how))
        if answer.acknowledged:
            lst.id = answer.json()["batch_id"]
        return answer

    def process(self, lst, again=False, **how):
        """Starts it, or what was unknown again."""
        query = {"batch_id": lst.id, **({"retry": "unknown"} if again else {})}
        answer = self.note("started", lst, self.cgi(lst.account, "process", query, **how))
        if answer.acknowledged:
            lst.started = max(lst.started, 2 if again else 1)
        return answer

    def finish(self, lst, action, **how):
        """action: cancel, delete."""
        answer = self.cgi(lst.account, action, {"batch_id": lst.id}, **how)
        self.note(action, lst, answer)
        if answer.acknowledged or (action == "delete" and answer.status == 404):
            lst.ended = {"cancel": "cancelled", "delete": "deleted"}[action]
        return answer

    def until_acknowledged(self, ask, seconds=60):
        """A client that does not give up."""
        until = time.monotonic() + seconds
        while not (answer := ask()).acknowledged:
            if answer.status == 404:  # deleted by the try whose answer was lost
                return answer
            require(time.monotonic() < until, f"never acknowledged; at last {answer.status}:"
                                              f" {answer.body[:300]}")
            time.sleep(0.05)
        return answer

    def running_list(self, account, count, grey=1):
        """A new list that waits for a worker."""
        lst = List(account, addresses(count, self.dice, grey))
        self.until_acknowledged(lambda: self.upload(lst))
        self.until_acknowledged(lambda: self.process(lst))
        return lst

    # ---- to the end ----

    def running(self):
        """How many lists are."""
        return int(self.sql("SELECT COUNT(*) FROM job WHERE state = 2")[0][0])

    def settle_all(self, seconds=60, swept=False, env=None):
        """Workers nobody disturbs, until every list has ended; and what was deleted is swept."""
        open_ = "SELECT COUNT(*) FROM job WHERE state = 2"
        if swept:
            open_ += (" OR leftovers = 1"
                      " OR (state = 0 AND touched < UTC_TIMESTAMP() - INTERVAL 1 DAY)")
        if self.sql(open_) == [["0"]]:
            return
        child = self.worker(env=env)
        until = time.monotonic() + seconds
        while self.hurry(open_) != [["0"]]:
            require(child.poll() is None, f"a worker left with {child.returncode}")
            require(time.monotonic() < until, f"lists do not end: {self.states()}")
            time.sleep(0.1)
        self.end(child)

    def hurry(self, question):
        """Time passes for what was put off; then the answer.  A worker in the way goes first."""
        try:
            return self.sql(f"{HURRY}; {question}")
        except subprocess.CalledProcessError:
            return self.sql(question)

    def states(self):
        """For messages."""
        return self.sql("SELECT HEX(j.id), j.state, j.total, j.fed, j.done, COUNT(w.n),"
                        " MAX(w.tries), MAX(w.run_at) - UTC_TIMESTAMP() FROM job j LEFT JOIN work w"
                        " ON w.batch_id = j.batch_id WHERE j.state = 2 GROUP BY j.id LIMIT 5")

    # ---- the proof ----

    def check_books(self):
        """`vrfy db check`."""
        done = self.vrfy("db", "check", check=False)
        require(done.returncode == 0, f"vrfy db check: {done.stdout}{done.stderr}")

    def prove_lists(self, lists, download=True):
        """All of it, for these lists and the purses of their accounts; how many poisoned rows."""
        accounts = list(dict.fromkeys(lst.account for lst in lists))
        proof = Proof(self, [lst for account in accounts for lst in account.lists if lst.id])
        for lst in proof.lists:
            proof.stored(lst)
        for account in accounts:
            proof.purse(account)
        for lst in lists if download else []:
            if lst.id and proof.state(lst) == COMPLETED:
                proof.download(lst)
        return proof.poisoned


class Proof:
    """What the database says about some lists, and whether it is right."""

    def __init__(self, rig, lists):
        self.rig, self.lists, self.poisoned = rig, lists, 0
        self.jobs, self.runs, self.rows, self.results = {}, {}, {}, {}
        if not lists:
            return
        ids = ", ".join(f"X'{lst.hex}'" for lst in lists)
        for row in rig.sql("SELECT HEX(id), state, row_count, address_count, unique_count, run,"
                           f" total, fed, done FROM job WHERE id IN ({ids})"):
            self.jobs[row[0]] = [int(value) for value in row[1:]]
        for row in rig.sql(f"SELECT HEX(job_id), n, address FROM job_row WHERE job_id IN ({ids})"):
            self.rows.setdefault(row[0], {})[int(row[1])] = row[2]
        for row in rig.sql("SELECT HEX(job_id), HEX(batch_id) FROM job_run"
                           f" WHERE job_id IN ({ids}) ORDER BY job_id, run"):
            self.runs.setdefault(row[0], []).append(row[1])
        for lst in lists:
            lst.runs = self.runs.get(lst.hex) or lst.runs
        self.batches = {}
        self._read_batches(", ".join(f"X'{run}'" for lst in lists for run in lst.runs))

    def _read_batches(self, ids):
        """Sums of the ledger, results and the queue, by batch."""
        if not ids:
            return
        ask = self.rig.sql
        for row in ask("SELECT HEX(b.id), b.state, b.total, b.posted, b.released,"
                       " COALESCE(SUM(IF(g.kind = 2, g.amount, 0)), 0),"
                       " COALESCE(SUM(IF(g.kind = 3, g.amount, 0)), 0),"
                       " COALESCE(SUM(IF(g.kind = 5, g.amount, 0)), 0)"
                       " FROM batch b LEFT JOIN ledger g ON g.batch_id = b.id"
                       f" WHERE b.id IN ({ids}) GROUP BY b.id"):
            self.batches[row[0]] = [int(value) for value in row[1:]]
        for row in ask("SELECT HEX(batch_id), n, status, reason, charged, facts IS NOT NULL"
                       f" FROM job_item WHERE batch_id IN ({ids})"):
            self.results.setdefault(row[0], []).append([int(value) for value in row[1:]])
        for row in ask("SELECT HEX(w.batch_id), COUNT(*) FROM work w JOIN job j"
                       " ON j.batch_id = w.batch_id AND j.state = 3"
                       f" WHERE w.batch_id IN ({ids}) GROUP BY w.batch_id"):
            raise Wrong(f"a completed list has work left: {row}")

    def state(self, lst):
        """job.state; a swept list is deleted."""
        return self.jobs[lst.hex][0] if lst.hex in self.jobs else DELETED

    def stored(self, lst):
        """One list: rows, results, price."""
        where = f"list {lst.id}"
        state = self.state(lst)
        if lst.ended == "deleted":
            require(state == DELETED, f"{where}: deleted, acknowledged, but in state {state}")
        else:
            require(state != DELETED, f"{where}: an acknowledged upload is gone")
            self._rows(lst, where)
        if lst.started and lst.ended is None:
            require(state == COMPLETED, f"{where}: processed, but in state {state}")
        if lst.ended == "cancelled":
            require(state in (CANCELLED, COMPLETED), f"{where}: cancelled, but in state {state}")
        if lst.ended == "failed":
            require(state == FAILED, f"{where}: nobody's for a week, but in state {state}")
        if state != DELETED:
            require(len(lst.runs) == self.jobs[lst.hex][4], f"{where}: runs that do not count")
        require(len(lst.runs) <= max(lst.started, 0) or lst.ended is not None,
                f"{where}: started {lst.started} times, but {len(lst.runs)} runs")
        before = None
        for number, run in enumerate(lst.runs):
            complete = state == COMPLETED or number < len(lst.runs) - 1
            before = self._results(lst, run, before, complete, f"{where}, run {number + 1}")

    def _rows(self, lst, where):
        """As they were uploaded, in their places."""
        rows = self.rows.get(lst.hex, {})
        require(len(rows) == len(lst.rows), f"{where}: {len(rows)} rows of {len(lst.rows)}")
        for n, address in enumerate(lst.rows, 1):
            require(rows.get(n) == address, f"{where}, row {n}: {rows.get(n)}, not {address}")
        counts = self.jobs[lst.hex][1:4]
        require(counts == [len(lst.rows), len(lst.rows), len(lst.uniques)],
                f"{where}: counts {counts}")

    def _results(self, lst, run, before, complete, where):
        """Exactly one per address, true, at its price; {n: status}."""
        batch = self.batches.get(run)
        require(batch is not None, f"{where}: no batch")
        closed, total, posted, released, hold, post, release = batch
        asked = {n: address for address, n in lst.uniques.items()
                 if before is None or before.get(n) == UNKNOWN}
        got = self.results.get(run, [])
        seen = {row[0]: row[1] for row in got}
        require(len(seen) == len(got), f"{where}: a row has two results")
        require(not seen.keys() - asked.keys(), f"{where}: results of rows that were not asked")
        if complete:
            require(len(seen) == len(asked), f"{where}: {len(seen)} results, not {len(asked)}")
        charged = 0
        for n, status, reason, price, _ in got:
            charged += price
            if price == 0 and status == UNKNOWN and reason == 0:
                self.poisoned += 1  # nobody who asked about it lived; free
                continue
            require(price == 1, f"{where}, row {n}: charged {price}")
            true = status_of(asked[n])
            require(status == true, f"{where}, {asked[n]}: {STATUSES[status]} (reason {reason}),"
                                    f" not {STATUSES[true]}")
        require(closed == 3, f"{where}: its batch is not closed")
        require(total == len(asked) == hold, f"{where}: held {hold} of {total} for {len(asked)}")
        require(charged == posted == post, f"{where}: {charged} charged, {posted} posted, {post}"
                                           " in the ledger")
        require(released == release == total - charged, f"{where}: {released} released, {release}"
                                                        " in the ledger")
        return seen

    def purse(self, account):
        """Of one account: what its lists cost, and nothing else."""
        row = self.rig.sql(
            "SELECT avail, held, spent, granted, (SELECT COALESCE(SUM(i.charged), 0) FROM batch b"
            " JOIN job_item i ON i.batch_id = b.id WHERE b.purse_id = p.id),"
            " (SELECT COUNT(*) FROM batch b WHERE b.purse_id = p.id AND b.state <> 3)"
            " FROM purse p JOIN account a ON a.id = p.account_id"
            f" WHERE a.name = '{account.name}'")[0]
        avail, held, spent, granted, cost, unclosed = map(int, row)
        known = sum(result[3] for lst in account.lists for run in lst.runs
                    for result in self.results.get(run, []))
        deleted = any(self.state(lst) == DELETED for lst in account.lists if lst.id)
        where = f"account {account.name}"
        require(granted == account.credits == avail + spent, f"{where}: granted {granted}, of"
                f" {account.credits}, available {avail}, spent {spent}")
        require(held == 0, f"{where}: {held} still held")
        require(spent == cost, f"{where}: spent {spent}, its results cost {cost}")
        require(cost == known or deleted,
                f"{where}: {cost - known} paid for what it never started")
        require(unclosed == 0, f"{where}: {unclosed} open batches")

    def download(self, lst):
        """What the client gets: one line per row, the truth in each."""
        answer = self.rig.cgi(lst.account, "download", {"batch_id": lst.id})
        require(answer.status == 200, f"download of {lst.id}: {answer.status} {answer.body[:200]}")
        lines = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
        require([line["email"] for line in lines] == lst.rows, f"download of {lst.id}: other rows")
        final = {}
        for run in lst.runs:
            final |= {row[0]: row[1] for row in self.results.get(run, [])}
        for line in lines:
            stored = STATUSES[final[lst.uniques[line["email"]]]]
            require(line["status"] == stored, f"download: {line} is {stored}")


def arguments(text, **more):
    """--long, --seed N, and what else a test takes: name=(default, help)."""
    import argparse  # pylint: disable=import-outside-toplevel
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--long", action="store_true", help="as `make test-faults` runs it")
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86400,
                        help="of everything random; every day another")
    for name, (default, words) in more.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=words)
    options = parser.parse_args()
    options.long = options.long or os.environ.get("VRFY_FAULTS") == "long"
    print(f"# seed {options.seed}, {'long' if options.long else 'short'}", flush=True)
    return options


def main(run):
    """A test's main: SIGTERM tidies up."""
    fakenet.tidy_when_terminated()
    sys.exit(run())
