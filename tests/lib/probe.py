"""Checked requests over raw connections, in any dialect.

    class Probe(probe.Probe):                  # of a dialect, in its own file
        PATH = "/validmail/api/v1/verify"
        def complaints_of_answer(self, answer, available): ...
        def complaints_of_error(self, answer, available, more): ...

    Probe(stack, checks, account, key).ask("what is asked", body='{"email": ...}', want=200)

Each request asserts its status, the shape of the answer (members, order, types), that the balance
moved by exactly what it costs, and that nothing the caller marked as secret comes back in an
error."""

import http.client
import json
import socket

import openapi

JSON_TYPE = {"Content-Type": "application/json"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
SECRET = "canary7q4x"  # part of every local part and key that must never be seen again

TEXT_OR_NULL = (str, type(None))
NUMBER_OR_NULL = (int, type(None))


class Pairs(list):
    """A JSON object as its (name, value) pairs, in their order."""


def shape_complaint(value, spec, where="answer"):
    """What is wrong with the order and the types of `value`; "" when nothing is.  A spec is a type,
    a tuple of types, [spec] for an array, [(name, spec), ...] for an object."""
    is_array = isinstance(spec, list) and not isinstance(spec[0], tuple)
    if is_array:
        if not isinstance(value, list) or isinstance(value, Pairs):
            return f"{where} is no array"
        return next(filter(None, (shape_complaint(v, spec[0], where) for v in value)), "")
    if isinstance(spec, list):
        if not isinstance(value, Pairs) or [n for n, _ in value] != [n for n, _ in spec]:
            return f"{where} has not the members {[n for n, _ in spec]}: {value!r}"
        parts = zip(value, spec)
        return next(filter(None, (shape_complaint(v, s, n) for (n, v), (_, s) in parts)), "")
    if type(value) not in (spec if isinstance(spec, tuple) else (spec,)):
        return f"{where} is {value!r}"
    return ""


class Answer:
    """Status, headers and body of one response."""

    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data

    def json(self):
        """The body; {} when it is none."""
        try:
            return json.loads(self.data)
        except ValueError:
            return {}

    def result(self):
        """Its member of that name, which some dialects' answers have; {} when there is none."""
        return self.json().get("result", {})

    def complaint(self, spec):
        """What is wrong with the body as bytes and as JSON."""
        try:
            self.data.decode("utf-8")
        except UnicodeDecodeError:
            return "the body is not UTF-8"
        if any(byte < 0x20 or byte == 0x7F for byte in self.data):
            return "a control character in the body"
        if self.headers.get("Content-Type") != "application/json":
            return f"Content-Type {self.headers.get('Content-Type')}"
        try:
            return shape_complaint(json.loads(self.data, object_pairs_hook=Pairs), spec)
        except ValueError as error:
            return f"no JSON: {error}"


def exchange(port, head, body=b"", shut=False, timeout=60):
    """Raw bytes out, one response in.  `shut`: we stop sending, as one who goes away half."""
    with socket.create_connection(("127.0.0.1", port), timeout) as sock:
        try:
            sock.sendall(head + b"\r\n" + body)
            if shut:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it may answer before it has read everything
        response = http.client.HTTPResponse(sock, method=head.split(b" ", 1)[0].decode("latin-1"))
        try:
            response.begin()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, {}, str(error).encode())
    openapi.watch_raw(head, answer.status, answer.headers, answer.data)
    return answer


def head_of(method, path, headers, body):
    """A request's head, with the length of its body unless a length is given."""
    fields = {"Host": "127.0.0.1", "Connection": "close", **headers}
    if body is not None and not {"Content-Length", "Transfer-Encoding"} & set(fields):
        fields["Content-Length"] = str(len(body))
    lines = [b"%s %s HTTP/1.1" % (method.encode(), octets(path))]
    lines += [b"%s: %s" % (octets(name), octets(value)) for name, value in fields.items()
              if value is not None]
    return b"\r\n".join(lines) + b"\r\n"


def octets(text):
    """Text as UTF-8; bytes as they are."""
    return text if isinstance(text, bytes) else str(text).encode()


class Probe:
    """See the head of this file.  `account` is whose balance is watched."""

    PATH = None

    def __init__(self, stack, checks, account="tester", key=None):
        self.stack, self.checks, self.account = stack, checks, account
        self.key = key or stack.key

    def balance(self):
        """(available, held) as the database has them."""
        rows = self.stack.sql("SELECT avail, held FROM purse JOIN account ON account.id ="
                              f" account_id WHERE name = '{self.account}'")
        return int(rows[0][0]), int(rows[0][1])

    def ask(self, label, method="POST", path=None, body=None, headers=None, want=200, **more):
        """One request with the key in X-Api-Key unless `headers` says otherwise.  A 200 costs one
        credit, but not to HEAD; anything else is free.

        more: shape (False: the web server's own answer), shut, raw (sent instead of the head), and
        what the dialect knows."""
        body = None if body is None else octets(body)
        fields = {"X-Api-Key": self.key} | (JSON_TYPE if body is not None else {}) | (headers or {})
        before = self.balance()
        head = more.get("raw") or head_of(method, path or self.PATH, fields, body)
        answer = exchange(self.stack.port, head, body or b"", more.get("shut", False))
        after = self.balance()
        cost = int(answer.status == 200 and method != "HEAD")
        wants = want if isinstance(want, tuple) else (want,)
        complaints = [
            (answer.status not in wants,
             f"status {answer.status}, not {want}: {answer.data[:300]}"),
            (before[0] - after[0] != cost, f"it cost {before[0] - after[0]}, not {cost}"),
            (after[1] != before[1], f"{after[1]} credits are left held"),
        ]
        complaints += self.complaints_of(answer, method, after[0], more)
        why = next((text for bad, text in complaints if bad), "")
        self.checks.that(label, not why, why)
        return answer

    def complaints_of(self, answer, method, available, more):
        """(bad, why) of an answer's body."""
        if method == "HEAD" or answer.status == 204:
            return [(answer.data != b"", f"a body: {answer.data[:300]}")]
        said = []
        if more.get("shape", True) and answer.status == 200:
            said = self.complaints_of_answer(answer, available)
        elif more.get("shape", True):
            said = self.complaints_of_error(answer, available, more)
        echoes = answer.status != 200 and SECRET.encode() in answer.data
        return [*said, (echoes, f"it echoes: {answer.data[:300]}")]

    def complaints_of_answer(self, answer, available):
        """(bad, why) of a 200, given the balance after it."""
        raise NotImplementedError

    def complaints_of_error(self, answer, available, more):
        """(bad, why) of an error."""
        raise NotImplementedError
