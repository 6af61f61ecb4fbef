"""A Unix socket in front of MariaDB that lets everything through, but for chosen COMMITs: the
server does it, and the answer never arrives; or the connection is lost before the server has it.
Seen from a program the two are the same: it has to ask once more, in a way that is harmless."""

import contextlib
import os
import select
import socket
import threading

COM_QUERY = 3
HEADER = 4  # three bytes of length, one of sequence
ANSWER, REQUEST = "answer", "request"  # what is lost


class Lost(Exception):
    """The connection ends here."""


class CommitEater:
    """Listens until stop().  `choose(number)` is asked at every COMMIT: ANSWER, REQUEST or None."""

    def __init__(self, path, server):
        self.path, self.server = path, server
        self.choose = lambda number: None
        self.commits, self.eaten = 0, {ANSWER: 0, REQUEST: 0}
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        """No new connections."""
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client):
        """One connection, both ways."""
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError, Lost):
            server.connect(self.server)
            waiting = b""
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    if ready is server:
                        client.sendall(data)
                    else:
                        waiting = self._packets(waiting + data, server)

    def _packets(self, data, server):
        """Hands on what is whole; the rest."""
        while len(data) >= HEADER:
            end = HEADER + int.from_bytes(data[:3], "little")
            if len(data) < end:
                break
            packet, data = data[:end], data[end:]
            commit = packet[3] == 0 and packet[HEADER:] == bytes([COM_QUERY]) + b"COMMIT"
            lost = self._choice() if commit else None
            if lost == REQUEST:
                raise Lost
            server.sendall(packet)
            if lost == ANSWER:
                self._swallow(server)
                raise Lost
        return data

    def _choice(self):
        with self.lock:
            self.commits += 1
            lost = self.choose(self.commits)
            if lost:
                self.eaten[lost] += 1
            return lost

    @staticmethod
    def _swallow(server):
        """The whole answer: by then it is done."""
        got = b""
        while len(got) < HEADER or len(got) < HEADER + int.from_bytes(got[:3], "little"):
            data = server.recv(1 << 16)
            if not data:
                return
            got += data


def nth(number, lost=ANSWER):
    """For choose: that COMMIT from now on, counted from 1."""
    seen = [0]

    def choose(_):
        seen[0] += 1
        return lost if seen[0] == number else None
    return choose
