"""Weaknesses that traffic shows: conversations built from the specifications, and what is found in them. And no kind of
finding is without a test."""
import pathlib
import re
import struct

import pytest

import packets as p

TEST = pathlib.Path(__file__).resolve().parent.parent
CLIENT, SERVER = "192.0.2.10", "192.0.2.20"


@pytest.fixture
def found(doorward, tmp_path):
    """Of frames the findings, by their kinds, each with its evidence."""
    def read(frames):
        path = tmp_path / "capture.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", "--json", path)
        assert run.err == ""
        return {event["finding"]["id"]: event["finding"]["evidence"] for event in run.events()
                if event["event_type"] == "finding"}

    return read


# ---- ESP (RFC 4303) with the NULL encryption (RFC 2410) ----

def esp(inner, sequence, next_header=17, encrypted=False):
    """In transport mode, with an integrity value of 96 bits, which nobody can verify without the key."""
    padding = -(len(inner) + 2) % 4
    body = inner + bytes(range(1, padding + 1)) + bytes([padding, next_header])
    if encrypted:
        body = bytes((37 * n + 11 * sequence) % 251 for n in range(len(body)))
    return p.ip(CLIENT, SERVER, 50, struct.pack("!II", 0x1234abcd, sequence) + body + b"\xa5" * 12)


def datagram(words):
    """UDP with its checksum: it is what tells that nothing is encrypted."""
    pseudo = bytes(map(int, (CLIENT + "." + SERVER).split("."))) + struct.pack("!HH", 17, 8 + len(words))
    head = struct.pack("!HHH", 40000, 53, 8 + len(words))
    return head + struct.pack("!H", p.checksum(pseudo + head + b"\0\0" + words)) + words


def test_esp_that_encrypts_nothing(found):
    query = datagram(p.dns_query("www.example.org"))
    told = found([esp(query, n) for n in range(1, 4)])
    assert told["esp-null"].startswith("SPI 0x1234abcd; seen 1 time from ")
    assert "esp-null" not in found([esp(query, n, encrypted=True) for n in range(1, 4)])


# ---- neighbour discovery (RFC 4861) ----

def solicitation(hop_limit, sender="2001:db8::7", target="2001:db8::9"):
    packet = p.ip(sender, target, 58, bytes(4))
    body = struct.pack("!BBHI", 135, 0, 0, 0) + packet[24:40]
    pseudo = packet[8:40] + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", p.checksum(pseudo + body)) + body[4:]
    packet = p.ip(sender, target, 58, body)
    return packet[:7] + bytes([hop_limit]) + packet[8:]


def test_neighbour_discovery_from_beyond_the_link(found):
    told = found([solicitation(64)])
    assert told["icmpv6-discovery-from-afar"].startswith("2001:db8::7 sent it with a hop limit of 64")
    assert "icmpv6-discovery-from-afar" not in found([solicitation(255)])


# ---- MongoDB: OP_MSG and BSON, as their specifications have them; SASL PLAIN is RFC 4616 ----

def bson(*elements):
    """Elements are (name, value): texts, whole numbers of 32 bits, floats and octets."""
    body = b""
    for name, value in elements:
        key = name.encode() + b"\0"
        if isinstance(value, str):
            text = value.encode() + b"\0"
            body += b"\x02" + key + struct.pack("<i", len(text)) + text
        elif isinstance(value, bytes):
            body += b"\x05" + key + struct.pack("<iB", len(value), 0) + value
        elif isinstance(value, float):
            body += b"\x01" + key + struct.pack("<d", value)
        else:
            body += b"\x10" + key + struct.pack("<i", value)
    return struct.pack("<i", 5 + len(body)) + body + b"\0"


def op_msg(number, answers, *elements):
    section = b"\0" + bson(*elements)
    return struct.pack("<iiiiI", 20 + len(section), number, answers, 2013, 0) + section


def mongodb_login(mechanism, payload):
    return p.conversation(CLIENT, 40000, SERVER, 27017,
                          (0, op_msg(1, 0, ("saslStart", 1), ("mechanism", mechanism), ("payload", payload),
                                     ("$db", "$external"))),
                          (1, op_msg(2, 1, ("conversationId", 1), ("done", 1), ("payload", b""), ("ok", 1.0))))


def test_mongodb_takes_a_password_in_clear_text(found):
    told = found(mongodb_login("PLAIN", b"\0visitor\0sesame"))
    assert told["mongodb-clear-login"].startswith("PLAIN of user visitor;")
    assert "sesame" not in str(told)
    assert "mongodb-clear-login" not in found(mongodb_login("SCRAM-SHA-256", b"n,,n=visitor,r=abcdefgh"))


# ---- MySQL: the handshake, and the request to authenticate in another way ----

LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH = 1, 1 << 9, 1 << 15, 1 << 19
CAN = LONG_PASSWORD | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH


def mysql_packet(sequence, body):
    return struct.pack("<I", len(body))[:3] + bytes([sequence]) + body


def mysql_login(method, answer):
    greeting = (b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<HBHHB", CAN & 0xffff, 33, 2, CAN >> 16, 21) +
                bytes(10) + b"ijklmnopqrst\0" + b"caching_sha2_password\0")
    login = (struct.pack("<IIB", CAN, 1 << 24, 33) + bytes(23) + b"visitor\0" + bytes([32]) + bytes(range(32)) +
             b"caching_sha2_password\0")
    return p.conversation(CLIENT, 40000, SERVER, 3306, (1, mysql_packet(0, greeting)), (0, mysql_packet(1, login)),
                          (1, mysql_packet(2, b"\xfe" + method + b"\0" + b"a" * 20 + b"\0")), (0, mysql_packet(3, answer)),
                          (1, mysql_packet(4, b"\0\0\0\2\0\0\0")))


def test_mysql_asks_for_the_password_itself(found):
    told = found(mysql_login(b"mysql_clear_password", b"sesame\0"))
    assert told["mysql-clear-login"].startswith("visitor is asked for the password itself;")
    assert "sesame" not in str(told)
    assert "mysql-clear-login" not in found(mysql_login(b"mysql_native_password", bytes(range(20))))


# ---- all of them ----

def words_of_tests():
    """Every word with dashes that a test, or what it holds the program to, has."""
    kinds = {".py", ".c", ".h", ".events", ".tsv", ".json", ".txt", ".md", ".html", ".csv"}
    files = (path for path in TEST.rglob("*") if path.suffix in kinds and path.is_file())
    return {word for path in files for word in re.findall(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", path.read_text(errors="replace"))}


def test_every_finding_has_a_test(doorward):
    told = {event["explanation"]["id"] for event in doorward("explain", "--json", "findings").events()}
    assert len(told) > 100 and told - words_of_tests() == set()
