"""As much of RFC 1035 as misbehaving takes: read a question, build an answer."""

import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "ANY": 255}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
QR, AA, TC, RD = 0x8000, 0x0400, 0x0200, 0x0100
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)


def read_question(message):
    """(id, flags, name, type name, octets of the question section); raises ValueError."""
    if len(message) < 17:
        raise ValueError("too short")
    ident, flags, count = struct.unpack_from("!HHH", message)
    if flags & QR or count != 1:
        raise ValueError("not one question")
    labels, at = [], 12
    while message[at]:
        length = message[at]
        if length > 63 or at + 1 + length >= len(message):
            raise ValueError("bad name")
        labels.append(message[at + 1:at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    if len(message) < at + 5:
        raise ValueError("no type")
    qtype = struct.unpack_from("!H", message, at + 1)[0]
    return ident, flags, ".".join(labels), TYPE_NAMES.get(qtype, str(qtype)), message[12:at + 5]


def name_octets(name):
    """A domain name, uncompressed."""
    labels = [label.encode("latin-1") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(name, rtype, ttl, rdata):
    """One resource record."""
    return name_octets(name) + struct.pack("!HHIH", TYPES[rtype], 1, ttl, len(rdata)) + rdata


def rdata_of(rtype, value):
    """The data of an A, AAAA, MX ("10 host"), CNAME or TXT record."""
    if rtype == "A":
        return socket.inet_aton(value)
    if rtype == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if rtype == "MX":
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + name_octets(host)
    if rtype == "TXT":
        text = value.encode("latin-1")
        return b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255]
                        for i in range(0, len(text), 255))
    return name_octets(value)


def answer(ident, question, rcode=NOERROR, records=(), flags=AA):
    """A whole message: (name, type, ttl, value) records in the answer section."""
    body = b"".join(record(name, rtype, ttl, rdata_of(rtype, value))
                    for name, rtype, ttl, value in records)
    return struct.pack("!HHHHHH", ident, QR | RD | flags | rcode, 1, len(records), 0, 0) \
        + question + body
