"""The whole product in a private folder: MariaDB, schema, account, key, a world, a web server.

    with Stack(server="lighttpd") as stack:
        status, headers, answer = stack.post({"email": "john.smith@smith-and-sons.com"})

Everything is started from the build (VRFY_BUILD, default build/asan), on loopback, in process
groups of its own, and ended at the end of the block.  Leaving it, `vrfy db check` must be empty, no
sanitizer may have complained, and every answer must have been as data/openapi describes it."""

import contextlib
import glob
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "world"))

# pylint: disable=wrong-import-position
from simnet.harness import ControlClient, OwnWorld  # noqa: E402
from simnet.verifier import SETTINGS  # noqa: E402

import openapi  # noqa: E402
import webserver  # noqa: E402
from client import free_port  # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("VRFY_BUILD", "build/asan"))
MARIADB = os.path.join(TOP, "tests", "lib", "mariadb")
SANITIZER = re.compile(r"(?:Sanitizer: |runtime error: ).{0,4000}", re.S)


class Checks:
    """`ok LABEL` or `not ok LABEL: why`, one line a check; the exit code at the end."""

    def __init__(self):
        self.failed = 0

    def that(self, label, true, why=""):
        """One check."""
        if true:
            print(f"ok {label}", flush=True)
        else:
            self.failed += 1
            text = " ".join(str(why).split())
            print(f"not ok {label}: {text[:600]}", flush=True)
        return bool(true)

    def equal(self, label, got, want):
        """got == want."""
        return self.that(label, got == want, f"got {got!r}, not {want!r}")

    def code(self):
        """For sys.exit."""
        return 1 if self.failed else 0


class Stack:
    """See the head of this file."""

    def __init__(self, server="lighttpd", world=True, settings=None, plan="enterprise"):
        self.kind, self.want_world, self.plan = server, world, plan
        self.settings = settings or {}
        self.world = self.web = self.key = self.net = self.sock = None
        self.dir = tempfile.mkdtemp(prefix="vt", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.conf = self.path("vrfy.conf")
        self.pace = f"/dev/shm/vrfy-{os.path.basename(self.dir)}.pace"  # anybody may make it
        self.worker_lock = self.pace.replace(".pace", ".worker")
        self.port = free_port()

    def path(self, *names):
        """Inside our folder."""
        return os.path.join(self.dir, *names)

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.prove()
        finally:
            self.stop()

    def _start(self):
        os.makedirs(self.path("bin"))
        os.makedirs(self.path("log"))
        os.chmod(self.path("log"), 0o1777)
        for program in glob.glob(os.path.join(BUILD, "bin", "*")):
            shutil.copy(program, self.path("bin"))
        self.sock = self.start_database()
        if self.want_world:
            self.world = OwnWorld()
            self.net = self.world.net
        self.write_conf(self.sock)
        self.vrfy("db", "init")
        self.key = self.account("tester", self.plan)
        self.start_web()

    def start_database(self):
        """A private MariaDB; its socket."""
        return subprocess.run([MARIADB, "start", self.path("db")], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def write_conf(self, sock):
        """The programs' one configuration file."""
        settings = {"database.socket": sock, "database.user": "root", "database.name": "vrfy",
                    "log.level": "info"}
        if self.world:
            settings |= {k: v.replace("{net}", self.net) for k, v in SETTINGS.items()}
        settings["pace.file"] = self.pace
        settings["bulk.lock_file"] = self.worker_lock
        settings |= self.settings
        sections = {}
        for name, value in settings.items():
            section, _, key = name.partition(".")
            sections.setdefault(section, []).append(f"{key} = {value}\n")
        with open(self.conf, "w", encoding="utf-8") as file:
            for section, lines in sections.items():
                file.write(f"[{section}]\n" + "".join(lines))

    def environment(self):
        """For our programs: a sanitizer's complaint becomes a file.  lighttpd as shipped hands on
        no such variable, and the complaint is in its standard error; prove() reads both."""
        return {"ASAN_OPTIONS": f"log_path={self.path('log', 'asan')}",
                "UBSAN_OPTIONS": f"log_path={self.path('log', 'ubsan')}:print_stacktrace=1",
                "TSAN_OPTIONS": f"log_path={self.path('log', 'tsan')}:second_deadlock_stack=1"}

    def start_web(self):
        """The web server as shipped, in front of our programs."""
        self.web = webserver.WebServer(self.kind, self.path("web", self.kind), self.port,
                                       self.path("bin"), self.conf)
        self.web.start(self.environment())

    def change_web(self, kind):
        """Another web server in place of the running one, beside the same database and world."""
        self.stop_web()
        self.kind, self.port = kind, free_port()
        self.start_web()

    def stop_web(self):
        """Ends it, gracefully."""
        if self.web:
            self.web.stop()
            self.web = None

    def vrfy(self, *arguments, check=True, stdin=None):
        """The command; its standard output."""
        done = subprocess.run([self.path("bin", "vrfy"), "-c", self.conf, *arguments], input=stdin,
                              capture_output=True, text=True, check=False, timeout=120,
                              env={**os.environ, **self.environment()})
        if check and done.returncode != 0:
            raise RuntimeError(f"vrfy {' '.join(arguments)}: exit {done.returncode}: "
                               f"{done.stdout}{done.stderr}")
        return done.stdout if check else done

    def account(self, name, plan="enterprise", credits=0, dialect="cascade"):
        """A new account with a key, whose text is returned."""
        which = ("--dialect", dialect)
        self.vrfy("account", "create", name, *which, "--plan", plan)
        if credits:
            self.vrfy("credit", "grant", name, str(credits), *which)
        return self.vrfy("key", "create", name, *which).strip()

    def sql(self, statement):
        """Rows of a query as lists of strings."""
        command = ["mariadb", "--no-defaults", "-S", self.sock, "-uroot", "-N", "-B",
                   "vrfy", "-e", statement]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def request(self, method, path, body=None, headers=None, timeout=60, dialect=None):
        """(status, headers, bytes) of one request.  `dialect` where the path does not tell whose
        it is: at a virtual host."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            answer = response.status, dict(response.getheaders()), response.read()
        openapi.watch(method, path, *answer, dialect=dialect)
        return answer

    @staticmethod
    def until_served(ask, seconds=20):
        """The first status of ask() that is not a web server's own about a program that was killed,
        or none at all (0): it may wait a little before it starts another."""
        end = time.monotonic() + seconds
        with openapi.WATCH.killing():
            while (status := ask()) in (0, *openapi.NO_PROGRAM) and time.monotonic() < end:
                time.sleep(0.1)
        return status

    def post(self, body, key=None, path="/api/verify.php", timeout=60):
        """POSTs JSON; (status, headers, decoded answer)."""
        headers = {"Content-Type": "application/json", "X-Api-Key": key or self.key}
        status, headers, data = self.request("POST", path, json.dumps(body), headers, timeout)
        return status, headers, json.loads(data)

    def get(self, query, headers=None, path="/api/verify.php"):
        """GETs with a query; (status, headers, decoded answer)."""
        status, headers, data = self.request("GET", f"{path}?{urllib.parse.urlencode(query)}",
                                             headers=headers)
        return status, headers, json.loads(data)

    def control(self):
        """The world's log."""
        return ControlClient(self.net)

    def logs(self):
        """Everything that was written to a log, of whomever."""
        text = b""
        for path in glob.glob(self.path("web", "*", "log", "*")) + glob.glob(self.path("log", "*")):
            with open(path, "rb") as file:
                text += file.read()
        return text.decode("utf-8", "replace")

    def prove(self):
        """Books in order, sanitizers silent, answers as they are described."""
        self.stop_web()
        said = SANITIZER.search(self.logs())
        if said:
            raise AssertionError(f"sanitizer: {said.group()}")
        done = self.vrfy("db", "check", check=False)
        if done.returncode != 0:
            raise AssertionError(f"vrfy db check: {done.stdout}{done.stderr}")
        openapi.WATCH.prove()
        print(f"# {openapi.WATCH.judged} answers are as data/openapi describes them", flush=True)

    def stop(self):
        """Ends everything, also what is half started."""
        openapi.WATCH.forget()
        self.stop_web()
        if self.world:
            self.world.stop()
            self.world = None
        subprocess.run([MARIADB, "clean", self.path("db")], check=False)
        for path in (self.pace, self.worker_lock):
            if os.path.exists(path):
                os.unlink(path)
        shutil.rmtree(self.dir, ignore_errors=True)
