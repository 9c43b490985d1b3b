"""Media that a call announces for other addresses than those at which it is called: the flow gets its parent, whoever
of several workers reads the one and the other."""
import re
import struct

import pytest

import packets as p

PHONES = "192.0.2.10", "192.0.2.20"
OTHERS = "192.0.2.11", "192.0.2.21"
MEDIA = "198.51.100.7", "203.0.113.9"


def description(host, port):
    return ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
            % (host, host, port))


def sip(first, call, body):
    return ("%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: <sip:a@example.org>;tag=1\r\n"
            "To: <sip:b@example.org>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n"
            "Content-Length: %d\r\n\r\n%s" % (first, PHONES[0], call, call, len(body), body)).encode()


def call(phones, name, ports):
    """An invitation and its answer, each with the host and port of its end's media."""
    caller, called = phones
    invite = sip("INVITE sip:b@example.org SIP/2.0", name, description(MEDIA[0], ports[0]))
    answer = sip("SIP/2.0 200 OK", name, description(MEDIA[1], ports[1]))
    return [p.udp(caller, 5060, called, 5060, invite), p.udp(called, 5060, caller, 5060, answer)]


def media(ports, first=0, count=20):
    """Sound in both directions, from the nth packet on."""
    said = []
    for n in range(first, first + count):
        for side in (0, 1):
            rtp = struct.pack(">BBHII", 0x80, 0, 100 + n, 160 * n, 0xabc0 + side + ports[0]) + bytes([n]) * 160
            said.append(p.udp(MEDIA[side], ports[side], MEDIA[not side], ports[not side], rtp))
    return said


def rtp_flows(events):
    return {flow["src_port"] if flow["src_ip"] == MEDIA[0] else flow["dest_port"]: flow for flow in events
            if flow["event_type"] == "flow" and flow["app_proto"] == "rtp"}


@pytest.fixture
def told(doorward, tmp_path):
    """Two calls; the media of the second began before it, and of a third nothing is known."""
    path = tmp_path / "calls.pcap"
    path.write_bytes(p.capture([
        *call(PHONES, "one", (16384, 20000)), *media((16384, 20000)), *media((16386, 20002)),
        *call(OTHERS, "two", (16386, 20002)), *media((16386, 20002), first=20), *media((16388, 20004))]))

    def read(workers):
        run = doorward("read", "--json", "--workers", workers, path)
        assert run.status in (0, 1) and run.err == "", run.err
        return run

    return read


def test_media_elsewhere_has_its_call_as_parent(told):
    events = told(1).events()
    flows = rtp_flows(events)
    call = next(flow for flow in events if flow["event_type"] == "flow" and flow["src_ip"] == PHONES[0])
    assert sorted(flows) == [16384, 16386, 16388]
    assert flows[16384]["doorward"]["parent"] == call["flow_id"]
    assert flows[16384]["doorward"]["identified_by"] == "expected"
    for port in (16386, 16388):
        assert "parent" not in flows[port]["doorward"] and flows[port]["doorward"]["identified_by"] == "content"
    (stats,) = [event["stats"] for event in events if event["event_type"] == "stats"]
    assert stats["expected"]["met"] == 1 and stats["expected"].get("dropped", 0) == 0


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_any_number_of_workers_finds_it(told, workers):
    def words(number):
        return re.sub(r'"memory":\d+', "", told(number).out)

    assert words(workers) == words(1)
