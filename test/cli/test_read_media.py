"""Media in flows that began with STUN: each by the protocol that it is, also in channels of TURN."""
import ipaddress
import struct

import pytest

import packets as p

PEER, RELAY = "192.0.2.10", "198.51.100.1"
COOKIE, ID = 0x2112a442, bytes(range(12))


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind, *attributes):
    body = b"".join(attributes)
    return struct.pack("!HHI", kind, len(body), COOKIE) + ID + body


def rtp(number):
    return struct.pack("!BBHII", 0x80, 0, 100 + number, 160 * number, 0xabcd) + bytes([number]) * 160


RTCP = struct.pack("!BBHI", 0x80, 200, 6, 0xabcd) + bytes(20)
HELLO = stun(0x0001), stun(0x0101)


def channel(data):
    return struct.pack("!HH", 0x4001, len(data)) + data


@pytest.fixture
def read(doorward, tmp_path):
    def run(frames):
        path = tmp_path / "media.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", "--json", path)
        assert run.status in (0, 1) and run.err == "", run.err
        return run.events()

    return run


def said(*words, own=PEER, other=RELAY):
    """Datagrams by turns, from the client on, or pairs of a side and one."""
    ends = (own, 40000), (other, 3478)
    frames = []
    for side, word in words:
        frames.append(p.udp(*ends[side], *ends[not side], word))
    return frames


def told(events, kind):
    return [event[kind] for event in events if event["event_type"] == kind]


def test_rtp_and_rtcp_beside_stun(read):
    events = read(said((0, HELLO[0]), (1, HELLO[1]), *[(0, rtp(n)) for n in range(10)], (0, RTCP),
                       *[(1, rtp(n)) for n in range(4)]))
    (flow,) = [event for event in events if event["event_type"] == "flow"]
    (sound,) = told(events, "rtp")
    assert flow["app_proto"] == "stun" and "parse_error" not in flow["doorward"]
    assert (sound["to_server"][0]["packets"], sound["to_client"][0]["packets"]) == (10, 4)
    assert sound["to_server"][0]["codec"] == "PCMU" and len(told(events, "rtcp")) == 1


@pytest.mark.parametrize("packed", [channel, lambda data: stun(0x0016, attribute(0x0012, b"\0\1" + bytes(6)),
                                                               attribute(0x0013, data))],
                         ids=["channel", "indication"])
def test_media_through_a_relay(read, packed):
    events = read(said((0, HELLO[0]), (1, HELLO[1]), *[(0, packed(rtp(n))) for n in range(10)], (0, packed(RTCP))))
    (sound,) = told(events, "rtp")
    assert sound["to_server"][0]["packets"] == 10 and len(told(events, "rtcp")) == 1
    counted = [event for event in told(events, "stun") if "channel_packets" in event]
    assert counted == ([{"channel_packets": 11, "channel_bytes": 10 * 172 + 28}] if packed is channel else [])


@pytest.mark.parametrize("side", [0, 1])
def test_either_end_begins_dtls(read, side):
    """RFC 5763 5: who was called may be the client of DTLS."""
    name = b"door.example.org"
    listed = struct.pack("!BH", 0, len(name)) + name
    extension = struct.pack("!HHH", 0, len(listed) + 2, len(listed)) + listed
    body = b"\xfe\xfd" + bytes(range(32)) + b"\0\0" + b"\0\2\xc0\x2b" + b"\1\0" + struct.pack("!H", len(extension)) + extension
    message = b"\1" + struct.pack("!I", len(body))[1:] + b"\0\0" + bytes(3) + struct.pack("!I", len(body))[1:] + body
    record = b"\x16\xfe\xff" + bytes(8) + struct.pack("!H", len(message)) + message
    events = read(said((0, HELLO[0]), (1, HELLO[1]), (side, record), (0, rtp(1)), (0, rtp(2))))
    (hello,) = told(events, "dtls")
    assert hello["sni"] == "door.example.org"
    assert told(events, "rtp")[0]["to_server"][0]["packets"] == 2


def test_addresses_of_ipv6(read):
    """RFC 8489 14.2: hidden by the cookie and the id."""
    mask = struct.pack("!I", COOKIE) + ID
    hidden = bytes(a ^ b for a, b in zip(ipaddress.ip_address("2001:db8::7").packed, mask))
    answer = stun(0x0101, attribute(0x0020, b"\0\2" + struct.pack("!H", 5000 ^ COOKIE >> 16) + hidden))
    events = read(said((0, HELLO[0]), (1, answer), own="2001:db8::7", other="2001:db8::1"))
    assert told(events, "stun")[1]["mapped_address"] == "[2001:db8::7]:5000"


def test_what_is_neither_is_nobodys(read):
    events = read(said((0, HELLO[0]), (1, HELLO[1]), (0, b"\x01\x02\x03"), (1, b"\x40\x01\xff\xff\x80"), (0, b"\x80")))
    assert told(events, "rtp") == [] and not any("channel_packets" in event for event in told(events, "stun"))
