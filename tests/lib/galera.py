"""A MariaDB Galera cluster of three nodes on one machine, and the proxy in front of it.

    with Cluster(folder) as cluster, Proxy(cluster, path) as proxy:
        cluster.nodes[0].kill()
        cluster.rejoin(cluster.nodes[0])

A node is a mariadbd with a data folder and a socket of its own on an address 127.N.9.x; it is as
durable as vrfy asks for (innodb_flush_log_at_trx_commit=1), everything else is Galera's default.
State is copied by rsync: mysqldump wants accounts and a donor that runs, mariabackup a package
more; rsync stops writes on the donor, which is why the writer is named last among the donors.
The scripts for it come with Debian's mariadb-server, which would also start a daemon: it is
unpacked, not installed.  Nodes run as nobody when we are root: a root's rsync daemon would become
nobody by itself, and then not be able to write.

The proxy stands for what an operator runs: an ordered list of nodes, all connections to the first
that is synced.  It stays with a writer as long as that one is synced (a node that comes back must
not become a second writer), and cuts the connections to one that is not."""

import asyncio
import contextlib
import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pymysql

from mailservers import unpacked

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "world"))

# pylint: disable=wrong-import-position
from simnet.children import die_with_parent  # noqa: E402
from simnet.harness import Network  # noqa: E402

NODES = 3
USER = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
START_SECONDS, SYNC_SECONDS, LOOK_SECONDS, SILENT_SECONDS = 60, 120, 0.2, 3
PROVIDER = "/usr/lib/galera/libgalera_smm.so"
POSITION = re.compile(r"WSREP: Recovered position:\s*([0-9a-f-]+):(-?\d+)")


def connect(path, database=None, seconds=5):
    """A connection of root's to a socket."""
    return pymysql.connect(unix_socket=path, user="root", database=database, autocommit=True,
                           connect_timeout=seconds, read_timeout=seconds, write_timeout=seconds)


def rows_of(connection, sql, *values):
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


class Node:
    """One mariadbd of the cluster."""

    def __init__(self, cluster, number):
        self.cluster, self.number, self.name = cluster, number, f"n{number}"
        self.address = f"{cluster.network.net}.9.{number}"
        self.dir = os.path.join(cluster.dir, self.name)
        self.data, self.sock = os.path.join(self.dir, "data"), os.path.join(self.dir, "sock")
        self.log = os.path.join(self.dir, "log")
        self.process = None
        os.makedirs(self.data)
        for folder in (self.dir, self.data):
            os.chown(folder, USER.pw_uid, USER.pw_gid)

    def command(self, *more):
        """To start it; reads nothing from /etc."""
        options = (f"gmcast.listen_addr=tcp://{self.address}:4567;"
                   f"ist.recv_addr={self.address}:4568;gcache.size=128M")
        everyone = ",".join(node.address for node in self.cluster.nodes)
        return ["mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.sock}",
                f"--pid-file={self.dir}/pid", f"--tmpdir={self.dir}", "--skip-networking",
                "--max-connections=400", "--innodb-buffer-pool-size=64M",
                "--innodb-log-file-size=16M",
                f"--innodb-flush-log-at-trx-commit={self.cluster.flush}",
                "--innodb-autoinc-lock-mode=2", "--binlog-format=ROW", "--key-buffer-size=1M",
                "--performance-schema=OFF", "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
                f"--wsrep-provider-options={options}", "--wsrep-cluster-name=vrfy",
                f"--wsrep-cluster-address=gcomm://{everyone}", f"--wsrep-node-name={self.name}",
                f"--wsrep-node-address={self.address}", "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address={self.address}:4444", *more]

    def launch(self, *more):
        """Starts it; comes back at once.  Not from a thread that ends: it would take it along."""
        if os.path.exists(self.sock):
            os.unlink(self.sock)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(*more), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self.cluster.as_user)

    def position(self):
        """(uuid, seqno) of the last transaction in a data folder whose server was killed: what
        galera_recovery of the package's systemd unit finds out."""
        said = subprocess.run(self.command("--wsrep-recover"), capture_output=True, text=True,
                              check=False, timeout=START_SECONDS, **self.cluster.as_user)
        found = POSITION.search(said.stderr + said.stdout)
        if not found:
            raise RuntimeError(f"{self.name}: no position in:\n{said.stderr[-2000:]}")
        return found.group(1), int(found.group(2))

    def status(self):
        """wsrep_* as a dict; {} when it does not answer."""
        try:
            with contextlib.closing(connect(self.sock, seconds=SILENT_SECONDS)) as connection:
                return dict(rows_of(connection, "SHOW STATUS LIKE 'wsrep\\_%'"))
        except (pymysql.Error, OSError):
            return {}

    def wait_synced(self, members=None):
        """Until it is, in a cluster of so many; the seconds it took."""
        start = time.monotonic()
        while time.monotonic() < start + SYNC_SECONDS:
            status = self.status()
            if is_synced(status) and members in (None, int(status["wsrep_cluster_size"])):
                return time.monotonic() - start
            if self.process.poll() is not None:
                break
            time.sleep(LOOK_SECONDS)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self.name} is not synced: {self.status()}\n{log.read()[-3000:]}")

    def signal(self, number):
        """To the server alone."""
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL, to everything it started as well."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pid in session_members(self.process.pid):  # a copy of state by a script
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process = None


def is_synced(status):
    """What the wsrep_ variables say."""
    return (status.get("wsrep_ready") == "ON" and status.get("wsrep_cluster_status") == "Primary"
            and status.get("wsrep_local_state_comment") == "Synced")


def session_members(session):
    """Processes of a session that was begun by start_new_session."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="latin-1") as file:
            if int(file.read().rpartition(")")[2].split()[3]) == session:
                yield int(name)


class Cluster:
    """See the head of this file."""

    def __init__(self, flush=1):
        self.network, self.flush = Network(), flush
        self.dir = tempfile.mkdtemp(prefix="vg", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.as_user = {
            "env": {"PATH": f"{self.dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.dir},
            "preexec_fn": die_with_parent, "cwd": "/"}
        if os.geteuid() == 0:
            self.as_user |= {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []}
        self.nodes = [Node(self, number + 1) for number in range(NODES)]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """The first node begins the cluster, the others copy it."""
        first = self.nodes[0]
        os.makedirs(os.path.join(self.dir, "bin"))
        for script in glob.glob(f"{unpacked('mariadb-server')}/usr/bin/wsrep_sst_*"):
            shutil.copy(script, os.path.join(self.dir, "bin"))  # a clone may be closed to nobody
        subprocess.run(["mariadb-install-db", "--no-defaults", "--skip-test-db", "--force",
                        "--auth-root-authentication-method=normal", f"--datadir={first.data}",
                        f"--tmpdir={first.dir}", "--innodb-log-file-size=16M"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.as_user)
        first.launch("--wsrep-new-cluster")
        first.wait_synced(1)
        for size, node in enumerate(self.nodes[1:], 2):
            node.launch("--wsrep-sst-donor=n1")
            node.wait_synced(size)

    def rejoin(self, node, writer=None):
        """A killed node comes back, from its own data as far as they go.  Returns at once."""
        uuid, seqno = node.position()
        donors = [other.name for other in self.nodes if other not in (node, writer)]
        donors += [writer.name] if writer and writer is not node else []
        node.launch(f"--wsrep-start-position={uuid}:{seqno}",
                    f"--wsrep-sst-donor={','.join(donors)}")

    def kill(self):
        """All nodes in one moment."""
        for node in self.nodes:
            node.signal(signal.SIGKILL)
        for node in self.nodes:
            node.kill()

    def restart(self):
        """After all were killed: the one that knows most begins a new cluster.  Nobody else can
        tell that it is safe, so grastate.dat has to be told.  Returns who it was."""
        positions = {node: node.position() for node in self.nodes}
        first = max(self.nodes, key=lambda node: positions[node][1])
        state = os.path.join(first.data, "grastate.dat")
        with open(state, encoding="ascii") as file:
            text = file.read().replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1")
        with open(state, "w", encoding="ascii") as file:
            file.write(text)
        for node in self.nodes:  # the view of a cluster that is no more
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(node.data, "gvwstate.dat"))
        uuid, seqno = positions[first]
        first.launch("--wsrep-new-cluster", f"--wsrep-start-position={uuid}:{seqno}")
        first.wait_synced(1)
        for size, node in enumerate([n for n in self.nodes if n is not first], 2):
            self.rejoin(node)
            node.wait_synced(size)
        return first, [positions[node][1] for node in self.nodes]

    def stop(self):
        """Nothing of it is left.  No goodbyes: the data go with it."""
        for node in self.nodes:
            node.kill()
        self.network.release()
        shutil.rmtree(self.dir, ignore_errors=True)


class Watch:
    """Asks one node how it is, on a connection that stays, so that a silent one is noticed."""

    def __init__(self, node):
        self.node, self.good, self.ended = node, False, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        """Until the end."""
        connection = None
        while not self.ended:
            try:
                connection = connection or connect(self.node.sock, seconds=SILENT_SECONDS)
                self.good = is_synced(dict(rows_of(connection, "SHOW STATUS LIKE 'wsrep\\_%'")))
            except (pymysql.Error, OSError):
                self.good = False
                connection = None
            time.sleep(LOOK_SECONDS)


class Proxy:
    """See the head of this file.  `changes`: (when, name of the new writer or None)."""

    def __init__(self, cluster, path):
        self.cluster, self.path = cluster, path
        self.writer, self.changes, self.pairs = None, [], set()
        self.spread, self.turn = False, 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.up = threading.Event()
        self.watches = [Watch(node) for node in cluster.nodes]

    def __enter__(self):
        self.thread.start()
        if not self.up.wait(SYNC_SECONDS):
            raise RuntimeError("the proxy finds no synced node")
        return self

    def __exit__(self, *_):
        for watch in self.watches:
            watch.ended = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def run(self):
        """The thread that moves bytes."""
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_unix_server(self.client, self.path))
        os.chmod(self.path, 0o777)
        keeper = self.loop.create_task(self.keep_writer())
        self.loop.run_forever()
        server.close()
        keeper.cancel()
        self.cut()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.1))
        self.loop.close()

    async def keep_writer(self):
        """The first synced one, until it no longer is."""
        await asyncio.sleep(2 * LOOK_SECONDS)
        while True:
            good = [watch.node for watch in self.watches if watch.good]
            if self.writer not in good:
                self.cut()
                before, self.writer = self.writer, good[0] if good else None
                if self.writer is not before:
                    self.changes.append((time.monotonic(), self.writer and self.writer.name))
            if self.writer:
                self.up.set()
            await asyncio.sleep(0.05)

    def cut(self):
        """All connections, at once."""
        for transport in self.pairs:
            transport.abort()
        self.pairs.clear()

    def set_spread(self, spread):
        """From now on; running connections are cut."""
        self.spread = spread
        self.loop.call_soon_threadsafe(self.cut)

    def target(self):
        """Where the next connection goes."""
        good = [watch.node for watch in self.watches if watch.good]
        if not self.spread or not good:
            return self.writer
        self.turn += 1
        return good[self.turn % len(good)]

    async def client(self, reader, writer):
        """One connection, both ways."""
        ends = [writer.transport]
        try:
            target = self.target()
            if target is None:
                return
            far_reader, far_writer = await asyncio.open_unix_connection(target.sock)
            ends.append(far_writer.transport)
            self.pairs.update(ends)
            await asyncio.wait([self.loop.create_task(pump(reader, far_writer)),
                                self.loop.create_task(pump(far_reader, writer))],
                               return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for transport in ends:
                transport.abort()
                self.pairs.discard(transport)


async def pump(reader, writer):
    """One way, until it ends."""
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
