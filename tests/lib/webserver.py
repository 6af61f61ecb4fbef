#!/usr/bin/python3
"""Starts a web server on 127.0.0.1 with the configuration that we ship, included as it is.

    webserver.py start KIND DIR PORT LIBEXEC CONF [--user NAME]
    webserver.py stop DIR

KIND      lighttpd | lighttpd-cgi | apache-proxy | apache-fcgid | apache-cgid | apache-htaccess
DIR       a private folder for configuration, logs, sockets and pids.  Keep its path short (that of
          a socket ends at 107 bytes); it gets mode 0755
LIBEXEC   the folder of the programs (verify.fcgi, ...), which the user must be able to run
CONF      the programs' configuration file (VRFY_CONF)
--user    whom servers and programs run as when we are root; www-data unless given

`start` prints the pids and returns when the server answers.  Everything runs in process groups of
its own, so a Ctrl-C in the caller's terminal reaches none of it; `stop` lets running requests
finish.  Python programs use class WebServer."""

import argparse
import contextlib
import grp
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOAD_MODULE = "LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
START_SECONDS, STOP_SECONDS = 15, 8

LIGHTTPD = """\
server.port = {port}
server.bind = "127.0.0.1"
server.document-root = "{dir}/www"
server.errorlog = "{dir}/log/error.log"
server.pid-file = "{dir}/run/lighttpd.pid"
server.upload-dirs = ( "{dir}/run" )
server.max-fds = 2048
server.max-connections = 1024
server.feature-flags += ( "server.graceful-shutdown-timeout" => 30 )
{identity}
var.vrfy_libexec = "{libexec}"
var.vrfy_rundir = "{dir}/run"
var.vrfy_conf = "{conf}"
include "{top}/lighttpd-conf/{shipped}"
accesslog.filename = "{dir}/log/access.log"
accesslog.format = "%h %u %t \\"%m %U %H\\" %>s %b"
"""

APACHE = """\
ServerRoot "{dir}"
DefaultRuntimeDir "{dir}/run"
PidFile "{dir}/run/apache.pid"
Mutex file:{dir}/run default
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
{modules}
{identity}
StartServers 1
ServerLimit 6
ThreadsPerChild 64
MaxRequestWorkers 384
GracefulShutdownTimeout 30
ErrorLog "{dir}/log/error.log"
DocumentRoot "{dir}/www"
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory "{dir}/www">
    AllowOverride {override}
    Require all granted
</Directory>
Define VRFY_LIBEXEC {libexec}
Define VRFY_RUNDIR {dir}/run
Define VRFY_CONF {conf}
{extra}
CustomLog "{dir}/log/access.log" vrfy
"""

CGID_SOCKET = 'ScriptSock "{dir}/run/cgid.sock"\n'
FCGID_FILES = 'FcgidIPCDir "{dir}/run"\nFcgidProcessTableFile "{dir}/run/fcgid_shm"\n'

# The log format is part of the shipped server configurations; a tenant with an .htaccess has none.
HTACCESS_LOG = 'LogFormat "%h %u %t \\"%m %U %H\\" %>s %O" vrfy'


class Kind:
    """What differs between the ways to run us."""

    def __init__(self, shipped, modules=(), extra="", listen=False):
        self.shipped = shipped
        self.modules = ["mpm_event", "authz_core", *modules] if modules else []
        self.extra = extra
        self.listen = listen  # the programs are services of their own


KINDS = {
    "lighttpd": Kind("vrfy-fastcgi.conf"),
    "lighttpd-cgi": Kind("vrfy-cgi.conf"),
    "apache-proxy": Kind("vrfy-proxy.conf", ["env", "proxy", "proxy_fcgi"], listen=True),
    "apache-fcgid": Kind("vrfy-fcgid.conf", ["fcgid"], FCGID_FILES),
    "apache-cgid": Kind("vrfy-cgid.conf", ["alias", "env", "cgid"], CGID_SOCKET),
    "apache-htaccess": Kind(
        "htaccess",
        ["env", "setenvif", "cgid", "fcgid", "rewrite"],
        CGID_SOCKET + FCGID_FILES + HTACCESS_LOG,
    ),
}


CASCADE = ("verify", "bulk")  # files of one folder; each other program has a folder of its own


class StartError(Exception):
    """The server did not come up; the text says what its log says."""


class WebServer:
    """One running web server and, where it needs them, our programs as services."""

    def __init__(self, kind, directory, port, libexec, conf, user=None, more=""):
        self.kind, self.how = kind, KINDS[kind]
        self.more = more  # configuration of the host's own, behind ours
        self.dir, self.port = os.path.abspath(directory), int(port)
        self.libexec, self.conf = os.path.abspath(libexec), os.path.abspath(conf)
        self.user = (user or "www-data") if os.geteuid() == 0 else None
        self.server = None
        self.services = {}

    def path(self, *names):
        """Inside our folder."""
        return os.path.join(self.dir, *names)

    def start(self, environment=None):
        """Returns when a connection is accepted."""
        self._make_folders()
        if self.how.listen:
            self.start_services(environment)
        command = self._write_apache() if self.how.modules else self._write_lighttpd()
        self.server = self._spawn(command, environment, as_user=False)
        self._wait(lambda: _listens(self.server.pid, self.port), self.server, "the web server")
        return self

    def stop(self):
        """Running requests finish, then nothing of ours is left."""
        if self.server is not None:
            _stop_group(self.server.pid, self.graceful_signal(), self.server)
        for process in self.services.values():
            _stop_group(process.pid, signal.SIGTERM, process)
        self.server, self.services = None, {}

    def graceful_signal(self):
        """What makes the server finish its requests and go."""
        return signal.SIGWINCH if self.how.modules else signal.SIGINT

    def start_services(self, environment=None):
        """Our programs as FastCGI services; again after they have ended."""
        for name in sorted(os.listdir(self.libexec)):
            running = self.services.get(name)
            if not name.endswith(".fcgi") or (running and running.poll() is None):
                continue
            sock = self.path("run", name[: -len(".fcgi")] + ".sock")
            command = [os.path.join(self.libexec, name), "--listen", "unix:" + sock]
            self.services[name] = self._spawn(command, environment, as_user=True)
            self._wait(lambda s=sock: _answers(s), self.services[name], name)

    def _make_folders(self):
        for name in ("www", "www/api", "run", "log"):
            os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.dir, 0o755)
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            for name in ("run", "log"):
                os.chown(self.path(name), account.pw_uid, account.pw_gid)

    def _identity(self, lines):
        if self.user is None:
            return ""
        group = grp.getgrgid(pwd.getpwnam(self.user).pw_gid).gr_name
        return lines.format(user=self.user, group=group)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def _values(self):
        return {"dir": self.dir, "port": self.port, "libexec": self.libexec, "conf": self.conf,
                "top": TOP}

    def _write_lighttpd(self):
        identity = self._identity('server.username = "{user}"\nserver.groupname = "{group}"')
        text = LIGHTTPD.format(**self._values(), identity=identity, shipped=self.how.shipped)
        text += self.more
        return ["/usr/sbin/lighttpd", "-D", "-f", self._write("lighttpd.conf", text)]

    def _write_apache(self):
        extra = self.how.extra.format(**self._values())
        tenant = self.kind == "apache-htaccess"
        if tenant:
            self._write_tenant()
        else:
            extra += f'\nInclude "{TOP}/apache-conf/{self.how.shipped}"\n{self.more}'
        text = APACHE.format(
            **self._values(),
            modules="\n".join(LOAD_MODULE.format(name=name) for name in self.how.modules),
            identity=self._identity("User {user}\nGroup {group}"),
            override="Options AuthConfig FileInfo Limit" if tenant else "None",
            extra=extra,
        )
        return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", self._write("apache.conf", text)]

    def _write_tenant(self):
        """What a customer of a shared host does by hand."""
        with open(os.path.join(TOP, "apache-conf", self.how.shipped), encoding="utf-8") as file:
            text = file.read().replace("@CONF@", self.conf)
        program = os.path.join(self.libexec, "verify.fcgi")
        text = text.replace("@BULK@", os.path.join(self.libexec, "bulk.fcgi"))
        text = text.replace("@PROGRAM@", program)
        for name in sorted(os.listdir(self.libexec)):
            if not name.endswith(".fcgi"):
                continue
            stem = name[: -len(".fcgi")]
            folder, files = f"{stem}/api", ["v1"]
            if stem in CASCADE:
                folder, files = "api", [stem + ".php"]
            elif stem == "verifymail":
                folder, files = stem, ["v1", "health"]
            os.makedirs(self.path("www", folder), exist_ok=True)
            self._write(f"www/{folder}/.htaccess", text)
            for file in files:
                shutil.copyfile(os.path.join(self.libexec, name), self.path("www", folder, file))
                os.chmod(self.path("www", folder, file), 0o755)

    def _spawn(self, command, environment, as_user):
        base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "VRFY_CONF": self.conf}
        extra = {}
        if as_user and self.user is not None:
            account = pwd.getpwnam(self.user)
            extra = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with open(self.path("log", "stderr.log"), "ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.dir,
                env={**base, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **extra,
            )

    def _wait(self, ready, process, what):
        end = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise StartError(f"{what} did not start; its log:\n{self.logs()}")
            time.sleep(0.02)

    def logs(self):
        """The last lines of what server and programs had to say."""
        text = ""
        for name in ("log/error.log", "log/stderr.log"):
            with contextlib.suppress(OSError), open(self.path(name), "rb") as file:
                text += b"".join(file.readlines()[-20:]).decode(errors="replace")
        return text

    def pids(self):
        """Of the processes we started ourselves."""
        return [p.pid for p in (self.server, *self.services.values()) if p is not None]


def _answers(path):
    with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(OSError):
        sock.connect(path)
        return True
    return False


def _listens(pid, port):
    """Whether this very process listens there: another one may have taken the port before it."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows
              if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}") in inodes:
                    return True
    return False


def group_lives(pgid):
    """Whether a process of the group still runs; one that only waits to be reaped does not."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="latin-1") as file:
            state, _, pgrp = file.read().rpartition(")")[2].split()[:3]
            if int(pgrp) == pgid and state not in "ZX":
                return True
    return False


def _stop_group(pgid, signo, process=None):
    """`signo` to the leader, then harder words to what is left of its group."""
    for step, seconds in ((signo, STOP_SECONDS), (signal.SIGTERM, 2), (signal.SIGKILL, 2)):
        with contextlib.suppress(ProcessLookupError):
            (os.kill if step == signo else os.killpg)(pgid, step)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process is not None:
                process.poll()
            if not group_lives(pgid):
                if process is not None:
                    process.wait()  # it may have ended since
                return
            time.sleep(0.02)


def _stop_recorded(directory):
    path = os.path.join(directory, "webserver.json")
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    for pid in record["pids"]:
        _stop_group(pid, record["signal"] if pid == record["pids"][0] else signal.SIGTERM)
    os.unlink(path)


def main():
    """The command line; see the head of this file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start")
    start.add_argument("kind", choices=sorted(KINDS))
    for name in ("dir", "port", "libexec", "conf"):
        start.add_argument(name)
    start.add_argument("--user")
    stop = commands.add_parser("stop")
    stop.add_argument("dir")
    args = parser.parse_args()
    if args.command == "stop":
        _stop_recorded(args.dir)
        return 0
    server = WebServer(args.kind, args.dir, args.port, args.libexec, args.conf, args.user)
    try:
        server.start()
    except StartError as error:
        print(f"webserver: {error}", file=sys.stderr)
        return 1
    record = {"pids": server.pids(), "signal": server.graceful_signal()}
    with open(server.path("webserver.json"), "w", encoding="utf-8") as file:
        json.dump(record, file)
    print(" ".join(str(pid) for pid in server.pids()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
