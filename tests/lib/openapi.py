"""Holds every answer of our programs against its description in data/openapi.

    openapi.judge("GET", "/ev/api/v1/plans", status, headers, body)   # "" or what is wrong
    openapi.watch(...)      # the same, kept; Stack raises at its end, with the first complaints

Whoever in tests/ speaks HTTP to our programs hands each answer to watch.

The programs are found by the path: under the first of a description's servers.  Elsewhere say whose
it is, dialect="ev": under any of its servers (a virtual host).  Path, method, status, content type,
required headers and a JSON body of up to JSON_MOST bytes are held against the description.

What no description can name has one rule.  A path that is not there is 404, a method that it has
not is 405, both behind the key (401), the plan (403), the rate limit (429) and, in dialects that
know it, maintenance (503), in the form of components/responses.  HEAD is GET without a body;
OPTIONS is 204 with Allow.

Answers of the web server itself are known by our header that they lack.  They are right in
SERVER_STATUSES, and 404 where nothing of ours is; a 5xx is one that a program of ours caused, and
right only while a test kills programs: with openapi.WATCH.killing(): ...

OpenAPI 3.0 has its own dialect of JSON Schema: draft 4 with "nullable", without "type": [...]."""

import contextlib
import glob
import json
import os
import re
import threading

import jsonschema

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "data", "openapi")
META_SCHEMA = "/usr/share/openapi-specification/schemas/v3.0/schema.json"
JSON_MOST = 2_000_000
OURS = "x-content-type-options"  # in every answer of our programs
ALIASES = {("cascade", "/verify.php/openapi.json"): "/openapi.json"}

# Refused before we are asked: no HTTP, too long, too large, no such coding or version.
SERVER_STATUSES = {400, 408, 411, 413, 414, 417, 431, 501, 505}
NO_PROGRAM = {500, 502, 503, 504}
BEHIND_THE_GATE = {401: "Unauthorized", 403: "Forbidden", 429: "TooManyRequests",
                   500: "ServerError"}
NO_PATH = {404: "NotFound"} | BEHIND_THE_GATE
NO_METHOD = {405: "MethodNotAllowed"} | BEHIND_THE_GATE
BEFORE_THE_GATE = {503: "Maintenance"}  # where a description has it

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:"
                       r"([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)")

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("uuid")(lambda text: not isinstance(text, str) or bool(UUID.fullmatch(text)))
FORMATS.checks("date-time")(
    lambda text: not isinstance(text, str) or bool(DATE_TIME.fullmatch(text)))


def plain(node, document):
    """A part of a description with every $ref replaced; our schemas do not recur."""
    if isinstance(node, list):
        return [plain(part, document) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return plain(resolve(node["$ref"], document), document)
    return {name: plain(part, document) for name, part in node.items()}


def resolve(ref, document):
    """What "#/components/..." names."""
    for name in ref.removeprefix("#/").split("/"):
        document = document[name]
    return document


def draft4(schema):
    """A schema of OpenAPI 3.0 without references, as JSON Schema draft 4 says it."""
    if isinstance(schema, list):
        return [draft4(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: {n: draft4(s) for n, s in part.items()} if name == "properties" else
           part if name in ("enum", "example", "default") else draft4(part)
           for name, part in schema.items()}
    if out.pop("nullable", False) and "type" in out:
        out["type"] = [out["type"], "null"]
    return out


def complaint_of(validator, value):
    """The first thing wrong with a value; of alternatives, in the one that comes nearest."""
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if error is None:
        return ""
    where = "/".join(map(str, error.absolute_path)) or "the body"
    return f"{where}: {error.message[:300]}"


def validator_of(schema):
    """Compiled, of a schema without references."""
    return jsonschema.Draft4Validator(draft4(schema), format_checker=FORMATS)


def once(pairs):
    """An object whose members have names of their own."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def read_json(body):
    """As RFC 8259 has it between systems: UTF-8 without a mark, no half surrogates, nothing twice;
    Python's own reader takes all of that from bytes."""
    value = json.loads(body.decode("utf-8"), object_pairs_hook=once)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


class Response:
    """One documented answer, ready to be compared with real ones."""

    def __init__(self, spec):
        self.headers = {name.lower(): (header.get("required", False),
                                       validator_of(header["schema"]), header["schema"])
                        for name, header in spec.get("headers", {}).items()}
        self.bodies = {kind: validator_of(media["schema"])
                       for kind, media in spec.get("content", {}).items()}

    def complaint(self, headers, body, bodiless):
        """`headers` by names in small letters; `body` None: nobody kept it."""
        wrong = next(filter(None, (self._header(name, headers) for name in self.headers)), "")
        return wrong or self._body(headers, body, bodiless)

    def _body(self, headers, body, bodiless):
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if self.bodies and kind not in self.bodies:
            return f"Content-Type {kind!r}, not one of {sorted(self.bodies)}"
        if bodiless or not self.bodies:
            return f"a body: {body[:200]!r}" if body else ""
        if body is None or kind != "application/json" or len(body) > JSON_MOST:
            return ""
        try:
            return complaint_of(self.bodies[kind], read_json(body))
        except ValueError as error:
            return f"no JSON: {error}: {body[:200]!r}"

    def _header(self, name, headers):
        required, validator, schema = self.headers[name]
        if name not in headers:
            return f"no header {name}" if required else ""
        value = headers[name]
        if schema.get("type") == "integer" and re.fullmatch("[0-9]+", value):
            value = int(value)
        wrong = complaint_of(validator, value)
        return f"header {name}: {wrong}" if wrong else ""


class Description:
    """A dialect's document, each answer of it compiled when it is first met."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.document = json.loads(self.bytes)
        self.dialect = os.path.basename(path).removesuffix(".json")
        self.mounts = [server["url"] for server in self.document["servers"]]
        self.paths = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path)
                      for path in sorted(self.document["paths"], key=lambda path: "{" in path)]
        self.compiled = {}

    def path_of(self, path):
        """The documented path that a path below the mount is; None: none."""
        path = ALIASES.get((self.dialect, path), path)
        return next((name for pattern, name in self.paths if pattern.fullmatch(path)), None)

    def responses_of(self, path, method):
        """{status: where it is described} of what may be answered; "" is the status of none."""
        item = self.document["paths"].get(path)
        if item is None or method.lower() not in item:
            there = self.document["components"]["responses"]
            general = (NO_PATH if item is None else NO_METHOD) | BEFORE_THE_GATE
            return {str(status): ("components", "responses", name)
                    for status, name in general.items() if name in there}
        return {status: ("paths", path, method.lower(), "responses", status)
                for status in item[method.lower()]["responses"]}

    def response(self, where):
        """A Response by its place in the document."""
        if where not in self.compiled:
            node = self.document
            for name in where:
                node = node[name]
            self.compiled[where] = Response(plain(node, self.document))
        return self.compiled[where]

    def complaint(self, method, path, status, headers, body):
        """What is wrong with an answer of our program; `path` below the mount, without a query."""
        name = self.path_of(path)
        if method == "OPTIONS" and name is not None:
            fine = status == 204 and "allow" in headers and not body
            return "" if fine else "not 204 with Allow and without a body"
        like = "GET" if method == "HEAD" else method
        places = self.responses_of(name, like)
        if str(status) not in places:
            return f"the status is not documented, only {' '.join(sorted(places))}"
        response = self.response(places[str(status)])
        return response.complaint(headers, body, method == "HEAD")


DESCRIPTIONS = {d.dialect: d for d in map(Description, glob.glob(os.path.join(FOLDER, "*.json")))}


def description_of(path):
    """Of whoever is mounted there as shipped; None: nobody."""
    return next((description for description in DESCRIPTIONS.values()
                 if path.startswith(description.mounts[0] + "/")), None)


def below(description, path):
    """What follows the mount in a path of that dialect."""
    return next((path[len(mount):] for mount in description.mounts
                 if path.startswith(mount + "/")), path)


def made_by_server(description, path, status, kind, killing):
    """Whether an answer that lacks our header is the web server's good right."""
    if kind.startswith("application/json"):
        return False  # servers speak HTML: ours, that lost its header
    return status in SERVER_STATUSES or (killing and status in NO_PROGRAM) or \
        (status == 404 and description.path_of(path) is None)


def judge(method, target, status, headers, body, dialect=None, killing=False):
    """What is wrong with an answer; "" when nothing is, or when it is none of ours."""
    path = target.partition("?")[0]
    description = DESCRIPTIONS[dialect] if dialect else description_of(path)
    if description is None:
        return ""
    path = below(description, path)
    lower = {name.lower(): value for name, value in dict(headers).items()}
    if OURS not in lower:
        wrong = "" if made_by_server(description, path, status, lower.get("content-type", ""),
                                    killing) else \
            f"it is the web server's own: {(body or b'')[:200]!r}"
    else:
        wrong = description.complaint(method, path, status, lower, body)
    return f"{description.dialect}: {method} {path}: {status}: {wrong}" if wrong else ""


class Watch:
    """Counts answers and keeps the complaints about them; any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.judged, self.complaints, self.kills = 0, [], False

    @contextlib.contextmanager
    def killing(self):
        """Meanwhile the web server may say that there is no program."""
        before, self.kills = self.kills, True
        try:
            yield
        finally:
            self.kills = before

    def see(self, *answer, dialect=None):
        """As judge has it."""
        wrong = judge(*answer, dialect=dialect, killing=self.kills)
        with self.lock:
            self.judged += 1
            if wrong:
                self.complaints.append(wrong)

    def forget(self):
        """The complaints so far, which are returned."""
        with self.lock:
            complaints, self.complaints = self.complaints, []
        return complaints

    def prove(self):
        """Raises when there was a complaint since the last time."""
        complaints = self.forget()
        if complaints:
            different = list(dict.fromkeys(complaints))
            raise AssertionError(f"{len(complaints)} answers are not as data/openapi describes "
                                 "them:\n  " + "\n  ".join(different[:8]))


WATCH = Watch()
watch = WATCH.see


def watch_raw(head, status, headers, body):
    """The same, with the bytes of the request's head; what is no request at all is let pass."""
    match = re.match(rb"([A-Z]+) (/\S*) HTTP/1\.[01]\r\n", head)
    if match and status:
        watch(*(part.decode("latin-1") for part in match.groups()), status, headers, body)


def watch_cgi(method, path, answer):
    """The same, of a whole answer as CGI and FastCGI have it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.partition(": ")[::2] for line in head.decode("latin-1").split("\r\n"))
    watch(method, path, int(headers.pop("Status", "200").split()[0]), headers, body)
