"""An HTTPS server that takes webhooks, remembers them and answers by a script.

    with WebhookReceiver([(500, {}, 0), (429, {"Retry-After": "2"}, 0), (200, {}, 0)],
                         names=["hook.example.org"]) as receiver:
        url = receiver.url("hook.example.org")     # https://hook.example.org:41234/hook
        ... ca_file=receiver.ca_file, whoever resolves says receiver.address ...
        assert receiver.wait(3)
        receiver.requests[0].headers["webhook-id"], .body (raw), .time

The script is a list of (status, extra headers, delay in seconds); the last is repeated.  A status
of None hangs up without an answer.  The CA and the certificate are made by `openssl` and go with
the receiver.  The order of the script is the order in which the requests are whole."""

import http.server
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

BODY_MAX = 10_000_000
PATIENCE_SECONDS = 30  # for a client that says nothing


class Request:
    """One request as it came; header names are case-insensitive."""

    def __init__(self, handler, body, number):
        self.method, self.path, self.headers = handler.command, handler.path, handler.headers
        self.body, self.number, self.time = body, number, time.time()

    def __repr__(self):
        return f"<{self.method} {self.path} {len(self.body)} bytes, number {self.number}>"


class _Handler(http.server.BaseHTTPRequestHandler):
    """Reads the body, asks the receiver what to say."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_SECONDS

    def _body(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_MAX:
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _answer(self):
        self.close_connection = True
        body = self._body()
        if body is None:
            return
        status, headers, delay = self.server.receiver.take(self, body)
        if self.server.receiver.closing.wait(delay) or status is None:
            return
        text = b"" if status < 200 or status in (204, 304) else b"{}"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status >= 200 and status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_POST = do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Says nothing on stderr."""


class _Server(http.server.ThreadingHTTPServer):
    """Handshakes in the connection's own thread, so that a silent client holds up nobody."""

    daemon_threads = True
    request_queue_size = 128
    receiver = None
    context = None

    def server_bind(self):  # without HTTPServer's look-up of its own name
        super(http.server.HTTPServer, self).server_bind()

    def finish_request(self, request, client_address):
        """On the connection's thread."""
        request.settimeout(PATIENCE_SECONDS)
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request, client_address):
        """A client that hangs up, or mistrusts us, is no error here; it is counted."""
        with self.receiver.changed:
            self.receiver.broken += 1
            self.receiver.changed.notify_all()


def _openssl(*arguments):
    """Runs openssl; what it complains of is in the exception."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")


def make_certificates(folder, names, addresses=()):
    """ca.pem, server.pem and server.key for DNS names and IP addresses."""
    def at(name):
        return os.path.join(folder, name)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    alternatives = [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses]
    with open(at("extensions"), "w", encoding="ascii") as file:
        file.write(f"subjectAltName={','.join(alternatives)}\n")
    _openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=Webhook test CA",
             "-keyout", at("ca.key"), "-out", at("ca.pem"))
    _openssl("req", *key, "-subj", "/CN=webhook receiver", "-keyout", at("server.key"),
             "-out", at("server.csr"))
    _openssl("x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"),
             "-set_serial", str(time.time_ns()), "-days", "1", "-extfile", at("extensions"),
             "-out", at("server.pem"))


class WebhookReceiver:
    """See the top.  `requests` grows while it runs; `broken` counts connections that came to no
    request (a handshake that failed, a hang-up)."""

    def __init__(self, script=((200, {}, 0),), names=("hook.example.org",), address="127.0.0.1"):
        self.script = list(script)
        if not self.script:
            raise ValueError("the script is empty")
        self.names, self.address = list(names), address
        self.requests, self.broken = [], 0
        self.changed, self.closing = threading.Condition(), threading.Event()
        self.folder = self.server = self.thread = self.port = self.ca_file = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="vrfy-webhook-")
        try:
            make_certificates(self.folder, self.names, [self.address])
            self.ca_file = os.path.join(self.folder, "ca.pem")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(self.folder, "server.pem"),
                                    os.path.join(self.folder, "server.key"))
            self.server = _Server((self.address, 0), _Handler)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        self.server.receiver, self.server.context = self, context
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        shutil.rmtree(self.folder)

    def url(self, host=None, path="/hook"):
        """Under one of its names (the first), or its address."""
        return f"https://{host or self.names[0]}:{self.port}{path}"

    def take(self, handler, body):
        """Remembers a request; what the script answers to it."""
        with self.changed:
            number = len(self.requests)
            self.requests.append(Request(handler, body, number))
            self.changed.notify_all()
            return self.script[min(number, len(self.script) - 1)]

    def wait(self, count, timeout=10):
        """Whether `count` requests came in time."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.requests) >= count, timeout)


def _self_test():
    """Every promise of the top, by a client of the standard library."""
    import http.client  # pylint: disable=import-outside-toplevel

    class Dialler(http.client.HTTPSConnection):
        """Goes to the receiver's address, whatever the name."""

        def connect(self):
            plain = socket.create_connection((receiver.address, receiver.port), 5)
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)

    def post(host, body, trust=True, **headers):
        context = ssl.create_default_context(cafile=receiver.ca_file if trust else None)
        connection = Dialler(host, receiver.port, context=context, timeout=5)
        try:
            connection.request("POST", "/hook?x=1", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Retry-After"), answer.read()
        finally:
            connection.close()

    def fails(error, *arguments, **more):
        try:
            post(*arguments, **more)
        except error:
            return True
        return False

    script = [(500, {}, 0), (429, {"Retry-After": "2"}, 0), (None, {}, 0), (204, {}, 0),
              (200, {}, 0.3)]
    with WebhookReceiver(script, ["a.example", "b.example"], "127.0.0.5") as receiver:
        folder = receiver.folder
        assert receiver.url() == f"https://a.example:{receiver.port}/hook"
        silent = socket.create_connection((receiver.address, receiver.port))  # holds up nobody
        assert post("a.example", b"one", X_A="b") == (500, None, b"{}")
        assert post("b.example", b"\0\xff") == (429, "2", b"{}")
        assert fails(http.client.RemoteDisconnected, "a.example", b"three")
        assert post("127.0.0.5", b"four") == (204, None, b"")
        for number in range(2):
            began = time.monotonic()
            assert post("a.example", b"") == (200, None, b"{}"), number
            assert 0.3 <= time.monotonic() - began < 2
        assert fails(ssl.SSLCertVerificationError, "c.example", b"")
        assert fails(ssl.SSLCertVerificationError, "a.example", b"", trust=False)
        assert receiver.wait(6) and not receiver.wait(7, 0.05)
        first = receiver.requests[0]
        assert (first.method, first.path, first.body) == ("POST", "/hook?x=1", b"one")
        assert first.headers["x_a"] == "b" and abs(time.time() - first.time) < 10
        assert receiver.requests[1].body == b"\0\xff" and len(receiver.requests) == 6
        with receiver.changed:
            assert receiver.changed.wait_for(lambda: receiver.broken == 2, 5), receiver.broken
        port = receiver.port
        silent.close()
    assert not os.path.exists(folder)
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.5", port)) != 0
    print("webhook_receiver: all is as promised")


if __name__ == "__main__":
    _self_test()
