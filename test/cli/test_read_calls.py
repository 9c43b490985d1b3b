"""Calls of SIP that go on in other flows, what is registered, and instant messages."""
import pytest

import packets as p

CALLER, CALLED, PROXY = "192.0.2.10", "192.0.2.20", "192.0.2.5"


def sip(first, call, method, *fields, body="", sequence=1, turned=False):
    a, b = "<sip:a@example.org>;tag=1", "<sip:b@example.org>"
    lines = [first, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s" % (CALLER, call), "From: " + (b if turned else a),
             "To: " + (a if turned else b), "Call-ID: " + call, "CSeq: %d %s" % (sequence, method), *fields,
             "Content-Length: %d" % len(body), "", body]
    return "\r\n".join(lines).encode()


@pytest.fixture
def read(doorward, tmp_path):
    def run(frames, kind, *options):
        path = tmp_path / "sip.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", "--json", *options, path)
        assert run.status in (0, 1) and run.err == "", run.err
        return [event[kind] for event in run.events() if event["event_type"] == kind]

    return run


def at(seconds, *frame):
    return p.START + seconds, p.udp(*frame)


INVITE, BYE = "INVITE sip:b@example.org SIP/2.0", "BYE sip:a@192.0.2.10 SIP/2.0"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_call_ends_from_another_port(read, workers):
    """Answered in the flow of the invitation; hung up by who was called, from a port of its own."""
    frames = [at(0, CALLER, 5060, CALLED, 5060, sip(INVITE, "one", "INVITE")),
              at(2, CALLED, 5060, CALLER, 5060, sip("SIP/2.0 180 Ringing", "one", "INVITE")),
              at(5, CALLED, 5060, CALLER, 5060, sip("SIP/2.0 200 OK", "one", "INVITE")),
              at(65, CALLED, 51000, CALLER, 5062, sip(BYE, "one", "BYE", turned=True, sequence=7)),
              at(66, CALLED, 51000, CALLER, 5062, sip(BYE, "one", "BYE", turned=True, sequence=7))]
    steps = read(frames, "call", "--workers", workers)
    assert [step["event"] for step in steps] == ["call", "ringing", "answered", "ended"]
    assert steps[-1] == {"event": "ended", "call_id": "one", "from": "sip:a@example.org", "to": "sip:b@example.org",
                         "duration": 60}


def test_answers_in_another_flow(read):
    """The proxy is asked from one port, and answers to another, as Via says."""
    frames = [at(0, CALLER, 40000, PROXY, 5060, sip(INVITE, "one", "INVITE")),
              at(1, PROXY, 5060, CALLER, 5061, sip("SIP/2.0 180 Ringing", "one", "INVITE")),
              at(4, PROXY, 5060, CALLER, 5061, sip("SIP/2.0 200 OK", "one", "INVITE")),
              at(14, CALLER, 40000, PROXY, 5060, sip(BYE, "one", "BYE", sequence=2))]
    steps = read(frames, "call")
    assert [step["event"] for step in steps] == ["call", "ringing", "answered", "ended"]
    assert steps[-1]["duration"] == 10


def test_a_call_without_its_beginning_has_no_duration(read):
    frames = [at(0, CALLED, 5060, CALLER, 5060, sip("SIP/2.0 200 OK", "one", "INVITE", sequence=9)),
              at(9, CALLER, 5060, CALLED, 5060, sip(BYE, "one", "BYE", sequence=10))]
    assert read(frames, "call") == [{"event": "ended", "call_id": "one", "from": "sip:a@example.org",
                                     "to": "sip:b@example.org"}]


def registers(call, code, *fields):
    return [p.udp(CALLER, 5060, PROXY, 5060, sip("REGISTER sip:example.org SIP/2.0", call, "REGISTER",
                                                 "Contact: <sip:a@192.0.2.10>", "Expires: 600")),
            p.udp(PROXY, 5060, CALLER, 5060, sip("SIP/2.0 " + code, call, "REGISTER", *fields))]


def test_registrations(read):
    """What is bound stands in the answer, with a time of its own or of the message."""
    two = "Contact: \"A, B\" <sip:a@192.0.2.10;transport=udp>;q=0.5;expires=300, <sip:a@192.0.2.11>"
    frames = (registers("one", "401 Unauthorized") + registers("two", "200 OK", two, "Expires: 600")
              + registers("three", "200 OK") + registers("four", "403 Forbidden"))
    told = read(frames, "registration")
    assert [one["result"] for one in told] == ["registered", "removed", "refused"]
    assert told[0] == {"address": "sip:b@example.org", "result": "registered", "code": 200, "call_id": "two",
                       "bindings": [{"contact": "sip:a@192.0.2.10;transport=udp", "expires": 300},
                                    {"contact": "sip:a@192.0.2.11", "expires": 600}]}
    assert told[2]["code"] == 403 and "bindings" not in told[2]


def test_instant_messages(read):
    """Their words are nobody's; kind and length are told with the answer, wherever it comes."""
    message = sip("MESSAGE sip:b@example.org SIP/2.0", "one", "MESSAGE", "Content-Type: text/plain", body="sesame, open")
    frames = [p.udp(CALLER, 40000, PROXY, 5060, message),
              p.udp(PROXY, 5060, CALLER, 5060, sip("SIP/2.0 202 Accepted", "one", "MESSAGE")),
              p.udp(PROXY, 5060, CALLER, 5060, sip("SIP/2.0 404 Not Found", "two", "MESSAGE"))]
    told = read(frames, "instant_message")
    assert told == [{"result": "delivered", "code": 202, "from": "sip:a@example.org", "to": "sip:b@example.org",
                     "call_id": "one", "content_type": "text/plain", "bytes": 12},
                    {"result": "refused", "code": 404, "from": "sip:a@example.org", "to": "sip:b@example.org",
                     "call_id": "two"}]
