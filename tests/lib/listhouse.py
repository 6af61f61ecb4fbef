"""Lists of addresses without a web server: MariaDB, the programs, a name server, all on loopback.

    with ListHouse() as house:
        house.account("shop"), batch = house.list("shop", 20), house.vrfy("worker", "--once")

Domains say what becomes of their addresses: "gone..." do not exist, "mute..." are never answered
for; `hosts` are names that webhooks go to.  At the end the books must be in order and no sanitizer
may have complained."""

import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(TOP, os.environ.get("VRFY_BUILD", "build/asan"), "bin")
MARIADB = os.path.join(TOP, "tests", "lib", "mariadb")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

# pylint: disable=wrong-import-position
import openapi  # noqa: E402
from fcgi import Service, answer_of, request_of  # noqa: E402

A, NXDOMAIN = 1, 3


class Names(threading.Thread):
    """The name server: UDP, A records of `hosts`, no other name exists."""

    def __init__(self, hosts):
        super().__init__(daemon=True)
        self.hosts = hosts
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.start()

    def answer(self, query):
        """The message to send; None: silence."""
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += query[at] + 1
        question, kind = query[12:at + 5], struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        if "mute" in name:
            return None
        address = self.hosts.get(name)
        records = b""
        if address and kind == A:
            records = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 60, 4) + socket.inet_aton(address)
        flags = 0x8180 | (0 if address else NXDOMAIN)
        return query[:2] + struct.pack(">HHHHH", flags, 1, bool(records), 0, 0) + question + records

    def run(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            with contextlib.suppress(OSError, IndexError):
                said = self.answer(query)
                if said:
                    self.sock.sendto(said, peer)


class ListHouse:
    """See the head of this file."""

    def __init__(self, hosts=None, settings=None):
        self.names = Names({"hook.example.org": "127.0.0.1"} | (hosts or {}))
        self.dir = tempfile.mkdtemp(prefix="vl", dir="/tmp")
        self.conf, self.settings = self.path("vrfy.conf"), settings or {}
        self.bulk, self.keys, self.children = None, {}, []

    def path(self, *names):
        """Inside our folder."""
        return os.path.join(self.dir, *names)

    def __enter__(self):
        try:
            sock = subprocess.run([MARIADB, "start", self.path("db"), str(os.getpid())], check=True,
                                  stdout=subprocess.PIPE, text=True).stdout.strip()
            self.write_conf(sock)
            self.vrfy("db", "init")
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

    def write_conf(self, sock):
        """The programs' one configuration file."""
        settings = {"database.socket": sock, "database.user": "root", "database.name": "vrfy",
                    "log.level": "info", "log.target": self.path("program.log"),
                    "dns.servers": f"127.0.0.1:{self.names.port}", "dns.timeout": "20s",
                    "smtp.allow_networks": "127.0.0.0/8", "smtp.helo_name": "probe.example.org",
                    "bulk.worker": "external", "bulk.process_wait": "0s",
                    "bulk.lock_file": self.path("worker.lock"),
                    "pace.file": self.path("pace")} | self.settings
        sections = {}
        for name, value in settings.items():
            section, _, key = name.partition(".")
            sections.setdefault(section, []).append(f"{key} = {value}\n")
        with open(self.conf, "w", encoding="utf-8") as file:
            for section, lines in sections.items():
                file.write(f"[{section}]\n" + "".join(lines))

    def environment(self, **more):
        """For our programs."""
        report = os.environ.get("VRFY_REPORT", self.path("sanitizer"))
        return {**os.environ, "VRFY_CONF": self.conf,
                "ASAN_OPTIONS": f"log_path={report}", "UBSAN_OPTIONS": f"log_path={report}",
                "TSAN_OPTIONS": f"log_path={report}", **more}

    def start(self, *arguments, **more):
        """The command, in the background."""
        child = subprocess.Popen([os.path.join(BIN, "vrfy"), "-c", self.conf, *arguments],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 stdin=subprocess.DEVNULL, env=self.environment(**more))
        self.children.append(child)
        return child

    def run(self, *arguments, **more):
        """The command to its end: (exit code, standard output, standard error)."""
        child = self.start(*arguments, **more)
        out, err = child.communicate(timeout=60)
        return child.returncode, out, err

    def vrfy(self, *arguments, **more):
        """The command, which must succeed; its standard output."""
        code, out, err = self.run(*arguments, **more)
        if code != 0:
            raise RuntimeError(f"vrfy {' '.join(arguments)}: exit {code}: {out}{err}")
        return out

    def sql(self, statement):
        """Rows of a query as lists of strings."""
        command = ["mariadb", "--no-defaults", "-S", self.path("db", "sock"), "-uroot", "-N", "-B",
                   "vrfy", "-e", statement]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def number(self, statement):
        """The one number of a query."""
        return int(self.sql(statement)[0][0])

    def wait(self, statement, want, seconds=20):
        """Whether the query comes to give that number."""
        end = time.monotonic() + seconds
        while self.number(statement) != want:
            if time.monotonic() > end:
                return False
            time.sleep(0.03)
        return True

    def account(self, name):
        """A new one, with a key and 100,000 credits."""
        self.vrfy("account", "create", name, "--plan", "enterprise")
        self.keys[name] = self.vrfy("key", "create", name).strip()

    def ask(self, account, query, body=b"", service=None):
        """One request to bulk.fcgi, which is started when first needed; the answer as JSON."""
        kind = "text/csv" if body else "application/x-www-form-urlencoded"
        if service is None and self.bulk is None:
            self.bulk = self.serve("bulk")
        with (service or self.bulk).connect() as sock:
            sock.sendall(request_of(body, REQUEST_METHOD="POST", SCRIPT_NAME="/api/bulk.php",
                                    QUERY_STRING=query, CONTENT_TYPE=kind,
                                    HTTP_X_API_KEY=self.keys[account]))
            answer = answer_of(sock)
        openapi.watch_cgi("POST", "/api/bulk.php", answer)
        said = json.loads(answer.partition(b"\r\n\r\n")[2])
        if not said["success"]:
            raise RuntimeError(f"bulk.fcgi, {query}: {said}")
        return said

    def serve(self, folder):
        """Another bulk.fcgi."""
        os.makedirs(self.path(folder))
        report = self.path("sanitizer")
        return Service(os.path.join(BIN, "bulk.fcgi"), self.path(folder), VRFY_CONF=self.conf,
                       ASAN_OPTIONS=f"log_path={report}", UBSAN_OPTIONS=f"log_path={report}")

    def list(self, account, count, domain="gone{}.example.com", start=True):
        """A list of that many addresses, started; its batch_id."""
        rows = "".join(f"u{i}@{domain.format(i)}\n" for i in range(count)).encode()
        batch = self.ask(account, "action=upload", rows)["batch_id"]
        if start:
            self.ask(account, f"action=process&batch_id={batch}")
        return batch

    def signal_database(self, signo):
        """To the server's process."""
        with open(self.path("db", "pid"), encoding="ascii") as file:
            os.kill(int(file.read()), signo)

    def prove(self):
        """Books in order, sanitizers silent."""
        self.stop_programs()
        for path in glob.glob(self.path("sanitizer*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                raise AssertionError(f"sanitizer: {file.read(3000)}")
        self.vrfy("db", "check")
        openapi.WATCH.prove()

    def stop_programs(self):
        """Ends what still runs."""
        if self.bulk:
            self.bulk.stop()
            self.bulk = None
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.communicate(timeout=10)
            if child.poll() is None:
                child.kill()
                child.communicate()

    def stop(self):
        """Ends everything, also what is half started."""
        openapi.WATCH.forget()
        self.stop_programs()
        subprocess.run([MARIADB, "clean", self.path("db")], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
