"""Postfix and Exim from Debian, as mail hosts on loopback addresses.

Their packages exclude each other, and would turn a host that runs the tests into a mail server, so
they are unpacked into build/mx and not installed; tools/packages has the libraries they need.
Nothing is delivered: a verifier never says DATA."""

import contextlib
import glob
import grp
import os
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "world"))

from simnet.children import die_with_parent  # noqa: E402  pylint: disable=wrong-import-position

STORE = os.path.join(TOP, "build", "mx")
START_SECONDS, STOP_SECONDS = 20, 10

POSTFIX_MAIN = """\
compatibility_level = 3.6
myhostname = mx.{domain}
mydestination = {domain}
local_recipient_maps = inline:{{ {users} }}
virtual_mailbox_domains = {catch_all}
virtual_mailbox_maps = inline:{{ {{ @{catch_all} = any }} }}
mynetworks = 192.0.2.0/24
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ {full} = 452 4.2.2 Mailbox full }} }},
    check_policy_service inet:{address}:10023
smtpd_tls_security_level = may
smtpd_tls_chain_files = {tls.key} {tls.certificate}
mail_owner = news
setgid_group = mail
default_privs = nobody
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {dir}
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
import_environment = LD_LIBRARY_PATH MAIL_CONFIG
alias_maps =
alias_database =
"""

POSTFIX_MASTER = """\
{address}:25 inet n - n - - smtpd
{address}:465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
{address}:587 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

EXIM = """\
primary_hostname = mx.{domain}
domainlist ours = {domain} : {catch_all}
local_interfaces = {address}
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
spool_directory = {dir}/spool
log_file_path = {dir}/%s.log
pid_file_path = {dir}/exim.pid
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {dir}/tls.pem
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
begin acl
mail:
  require message = 530 5.7.0 Must issue a STARTTLS command first
          condition = ${{if or {{ {{!={{$received_port}}{{587}}}} {{def:tls_in_cipher}} }} }}
  accept
rcpt:
  defer recipients = {full}
        message = mailbox full
        log_message = as configured
  require message = relay not permitted
          domains = +ours
  require verify = recipient
  accept
begin routers
catch_all:
  driver = accept
  domains = {catch_all}
  transport = none
known:
  driver = accept
  domains = {domain}
  local_parts = {users}
  transport = none
begin transports
none:
  driver = appendfile
  file = /dev/null
"""


def unpacked(package):
    """The folder with that package's files; fetched when it is not there."""
    folder = os.path.join(STORE, package)
    if not os.path.isdir(folder):
        shutil.rmtree(f"{folder}.new", ignore_errors=True)
        os.makedirs(f"{folder}.new")
        fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
        if subprocess.run(fetch, cwd=STORE, capture_output=True, check=False).returncode:
            subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=True)
            subprocess.run(fetch, cwd=STORE, capture_output=True, check=True)
        archive, = glob.glob(os.path.join(STORE, f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive, f"{folder}.new"], check=True)
        os.unlink(archive)
        for exim in glob.glob(f"{folder}.new/usr/sbin/exim4"):
            os.chmod(exim, 0o755)  # a clone is no place for a set-user-ID program
        os.rename(f"{folder}.new", folder)
        subprocess.run(["chown", "-R", f"--reference={TOP}", STORE], check=True)
    return folder


class Greylist:
    """Postfix's policy protocol: who asks about these addresses is told to come back."""

    def __init__(self, address, grey):
        class Handler(socketserver.StreamRequestHandler):
            """Requests of `name=value` lines, each ended by an empty one."""

            def handle(self):
                action = "DUNNO"
                for line in self.rfile:
                    name, _, value = line.decode().strip().partition("=")
                    if name == "recipient" and value == grey:
                        action = "DEFER_IF_PERMIT Greylisted, try again in five minutes"
                    if not name:
                        self.wfile.write(f"action={action}\n\n".encode())
                        action = "DUNNO"

        class Server(socketserver.ThreadingTCPServer):
            """A test may follow another at once."""
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server((address, 10023), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        """No further request is answered."""
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """One of them; values: address, domain, catch_all, full, grey, users (a list), tls, dir."""

    def __init__(self, **values):
        self.values, self.process = values, None
        self.dir, self.address = values["dir"], values["address"]
        self.log = open(os.path.join(self.dir, "output.log"), "ab")

    def write(self, name, text):
        """A configuration file, owned by root."""
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def launch(self, command, **environment):
        """Returns when port 25 answers."""
        self.process = subprocess.Popen(
            command, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, preexec_fn=die_with_parent, env={**os.environ, **environment})
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self.address, 25), 5) as s:
                if s.recv(100).startswith(b"220 "):
                    return self
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} does not start:\n{self.said()}")
            time.sleep(0.05)

    def said(self):
        """Its logs."""
        text = ""
        for path in sorted(glob.glob(os.path.join(self.dir, "*.log"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()[-3000:]
        return text

    def stop(self):
        """The whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


class Postfix(MailServer):
    """Knows its users by a map, asks a greylisting policy service."""

    def start(self):
        """Its queue is made by hand: `postfix start` wants an installed Postfix."""
        root = unpacked("postfix")
        self.greylist = Greylist(self.address, self.values["grey"])
        owner, group = pwd.getpwnam("news").pw_uid, grp.getgrnam("mail").gr_gid
        for name, uid, gid, mode in [
                ("queue", 0, 0, 0o755), ("queue/pid", 0, 0, 0o755), ("data", owner, 0, 0o700),
                ("queue/private", owner, 0, 0o700), ("queue/public", owner, group, 0o710),
                ("queue/incoming", owner, 0, 0o700), ("queue/active", owner, 0, 0o700),
                ("queue/deferred", owner, 0, 0o700), ("queue/bounce", owner, 0, 0o700),
                ("queue/defer", owner, 0, 0o700), ("queue/trace", owner, 0, 0o700),
                ("queue/flush", owner, 0, 0o700), ("queue/maildrop", owner, group, 0o730)]:
            path = os.path.join(self.dir, name)
            os.mkdir(path)
            os.chmod(path, mode)
            os.chown(path, uid, gid)
        known = ", ".join(f"{{ {user} = x }}" for user in self.values["users"])
        self.write("main.cf", POSTFIX_MAIN.format(**{**self.values, "users": known}, root=root))
        self.write("master.cf", POSTFIX_MASTER.format(**self.values))
        library = f"{root}/usr/lib/postfix"
        return self.launch([f"{library}/sbin/master", "-c", self.dir, "-d"],
                           MAIL_CONFIG=self.dir, LD_LIBRARY_PATH=library)

    def stop(self):
        """The policy service last."""
        super().stop()
        self.greylist.stop()


class Exim(MailServer):
    """Knows its users by its routers; its user's name is compiled in."""

    USER = "Debian-exim"
    made_user = False

    def start(self):
        """In the foreground; as root it believes a configuration that is root's."""
        program = os.path.join(unpacked("exim4-daemon-light"), "usr/sbin/exim4")
        try:
            pwd.getpwnam(self.USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--no-create-home", "--user-group", "--shell",
                            "/usr/sbin/nologin", self.USER], check=True)
            self.made_user = True
        for path in (self.dir, self.write("tls.pem", self.key_and_certificate())):
            os.chown(path, pwd.getpwnam(self.USER).pw_uid, -1)
        known = " : ".join(self.values["users"])
        text = EXIM.format(**{**self.values, "users": known})
        return self.launch([program, "-C", self.write("exim.conf", text), "-bdf"])

    def key_and_certificate(self):
        """In one text: Exim reads them as its own user."""
        text = ""
        for path in (self.values["tls"].key, self.values["tls"].certificate):
            with open(path, encoding="ascii") as file:
                text += file.read()
        return text

    def stop(self):
        """Takes the user along that it made."""
        super().stop()
        if self.made_user:
            subprocess.run(["userdel", self.USER], check=False, capture_output=True)
