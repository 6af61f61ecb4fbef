"""A program of ours alone, spoken to in FastCGI as a web server would."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time


def record(kind, content):
    """FastCGI 1.0, section 3.3; request id 1."""
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def size_of(text):
    """A name-value length, section 3.4."""
    return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)


def params_of(**variables):
    """The PARAMS stream, cut into records."""
    data = b""
    for name, value in variables.items():
        data += size_of(name) + size_of(value) + name.encode() + value.encode()
    cuts = [data[i : i + 65528] for i in range(0, len(data), 65528)]
    return b"".join(record(4, cut) for cut in cuts) + record(4, b"")


def request_of(body=b"", flags=0, **variables):
    """A whole request."""
    variables = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/api/verify.php",
                 "CONTENT_LENGTH": str(len(body)), **variables}
    begin = record(1, struct.pack(">HB5x", 1, flags))
    stdin = record(5, body) + record(5, b"") if body else record(5, b"")
    return begin + params_of(**variables) + stdin


def answer_of(sock):
    """Everything on STDOUT until END_REQUEST, or until the end."""
    stream, text = sock.makefile("rb"), b""
    while len(header := stream.read(8)) == 8:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", header)
        content = stream.read(length + padding)[:length]
        if kind == 6:
            text += content
        if kind == 3:
            break
    return text


class Service:
    """The program as a FastCGI service of its own."""

    def __init__(self, program, folder, **environment):
        self.path = os.path.join(folder, "alone.sock")
        self.log = os.path.join(folder, "alone.log")
        env = {"PATH": "/usr/bin:/bin", **environment}
        env.update({name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")})
        with open(self.log, "ab") as log:
            command = [program, "--listen", "unix:" + self.path]
            self.process = subprocess.Popen(command, env=env, stderr=log, start_new_session=True)
        end = time.monotonic() + 10
        while not self._answers() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)

    def _answers(self):
        with contextlib.suppress(OSError):
            self.connect().close()
            return True
        return False

    def connect(self):
        """A connection to it."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(20)
        sock.connect(self.path)
        return sock

    def ask(self, **variables):
        """One request."""
        with self.connect() as sock:
            sock.sendall(request_of(**variables))
            return answer_of(sock)

    def wait_idle(self):
        """Until its only socket is the one it listens on: a thread closes a connection some time
        after its peer has the whole answer."""
        folder, end = f"/proc/{self.process.pid}/fd", time.monotonic() + 10
        while True:
            sockets = 0
            for name in os.listdir(folder):
                with contextlib.suppress(OSError):
                    sockets += os.readlink(f"{folder}/{name}").startswith("socket:")
            if sockets <= 1:
                return
            if time.monotonic() > end:
                raise AssertionError(f"{sockets} sockets are open, nobody asks")
            time.sleep(0.001)

    def stop(self):
        """SIGTERM; how long it took and the exit code."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=15)
        return time.monotonic() - start, code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
