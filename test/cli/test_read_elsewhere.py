"""Media that a call announces for other addresses than those at which it is called, and data that FTP lets two servers
send each other: the flow gets its parent, whoever of several workers reads the one and the other."""
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
    assert "parent" not in flows[16388]["doorward"] and flows[16388]["doorward"]["identified_by"] == "content"
    (stats,) = [event["stats"] for event in events if event["event_type"] == "stats"]
    assert stats["expected"]["met"] == 2 and stats["expected"].get("dropped", 0) == 0


def test_media_may_be_seen_before_they_are_announced(told):
    """They were known by their content then, and that is said; whose they are is known all the same."""
    events = told(1).events()
    call = next(flow for flow in events if flow["event_type"] == "flow" and flow["src_ip"] == OTHERS[0])
    (media,) = [flow for port, flow in rtp_flows(events).items() if port == 16386]
    assert media["flow"]["start"] < call["flow"]["start"] and media["doorward"]["parent"] == call["flow_id"]
    assert media["doorward"]["identified_by"] == "content"


def test_early_media_between_the_callers_themselves(doorward, tmp_path):
    path = tmp_path / "early.pcap"
    path.write_bytes(p.capture([*media((16384, 20000)), *call(MEDIA, "one", (16384, 20000)),
                                *media((16384, 20000), first=20)]))
    events = doorward("read", "--json", path).events()
    told = next(flow for flow in events if flow["event_type"] == "flow" and flow["app_proto"] == "sip")
    assert rtp_flows(events)[16384]["doorward"]["parent"] == told["flow_id"]


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_any_number_of_workers_finds_it(told, workers):
    def words(number):
        return re.sub(r'"memory":\d+', "", told(number).out)

    assert words(workers) == words(1)


# ---- FTP between two servers, for a client that speaks with both (RFC 959 5.2) ----

CLIENT, FIRST, SECOND = "192.0.2.10", "198.51.100.7", "203.0.113.9"
SIXES = "2001:db8::a", "2001:db8:1::7", "2001:db8:2::9"
FILE = b"nothing that anybody knows, " * 20


def ftp(client, cport, server, *exchanges):
    """A session of commands, each with the server's replies."""
    words = [(1, b"220 ready\r\n")]
    for command, reply in exchanges:
        words += [(0, command.encode() + b"\r\n"), (1, reply.encode() + b"\r\n")]
    return p.conversation(client, cport, server, 21, *words, close=False)


def host_port(host, port):
    return ",".join([*host.split("."), str(port >> 8), str(port & 255)])


def passive(server=FIRST, port=5001):
    return ftp(CLIENT, 40001, server, ("USER visitor", "230 in"),
               ("PASV", "227 Entering Passive Mode (%s)." % host_port(server, port)), ("STOR a", "150 go on"))


def active(server=SECOND, named=FIRST, port=5001):
    return ftp(CLIENT, 40002, server, ("USER visitor", "230 in"), ("PORT " + host_port(named, port), "200 so be it"),
               ("RETR a", "150 here it is"))


def active_six(server=SIXES[2], named=SIXES[1], port=5001):
    return ftp(SIXES[0], 40002, server, ("USER visitor", "230 in"), ("EPRT |2|%s|%d|" % (named, port), "200 so be it"),
               ("RETR a", "150 here it is"))


def data(sender=SECOND, receiver=FIRST, port=5001, cport=20):
    return p.conversation(sender, cport, receiver, port, (0, FILE))


@pytest.fixture
def transfer(doorward, tmp_path):
    """Of packets the flow of the data, and of both sessions, by the server's address; with any number of workers."""
    def read(*packets, workers=1):
        path = tmp_path / "ftp.pcap"
        path.write_bytes(p.capture([packet for part in packets for packet in part]))
        run = doorward("read", "--json", "--workers", workers, path)
        assert run.status in (0, 1) and run.err == "", run.err
        flows = [event for event in run.events() if event["event_type"] == "flow"]
        (one,) = [flow for flow in flows if flow["dest_port"] == 5001]
        return one, {flow["dest_ip"]: flow for flow in flows if flow["dest_port"] == 21}

    return read


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("sessions, server", [
    ([passive(), active()], SECOND), ([active()], SECOND), ([passive()], FIRST)], ids=["both", "active", "passive"])
def test_data_between_two_servers_belong_to_a_session(transfer, sessions, server, workers):
    flow, told = transfer(*sessions, data(), workers=workers)
    assert (flow["app_proto"], flow["doorward"]["identified_by"]) == ("ftp-data", "expected")
    assert flow["doorward"]["parent"] == told[server]["flow_id"]


def test_data_to_an_address_of_ipv6(transfer):
    flow, told = transfer(active_six(), data(SIXES[2], SIXES[1]))
    assert flow["app_proto"] == "ftp-data" and flow["doorward"]["parent"] == told[SIXES[2]]["flow_id"]


@pytest.mark.parametrize("packets", [
    [data(), active()], [active(port=5002), data()], [active(named="198.51.100.8"), data()],
    [active(), data(SECOND, FIRST)[:1]]], ids=["before", "another port", "another host", "nobody there"])
def test_what_nobody_announced_belongs_to_nobody(transfer, packets):
    flow, _ = transfer(*packets)
    assert flow["app_proto"] in ("unknown", "none") and "parent" not in flow["doorward"]


def test_data_are_found_by_their_name(doorward, tmp_path):
    path = tmp_path / "ftp.pcap"
    path.write_bytes(p.capture([*active(), *data()]))
    (flow,) = [event for event in doorward("read", "--json", "--protocol", "ftp-data", path).events()
               if event["event_type"] == "flow"]
    assert flow["dest_port"] == 5001


# ---- rexec's connection for errors, which the server opens before the client tells who it is (rexec(3)) ----

def errors_of_rexec(announced=40021, late=True):
    """The connection back lasts from before the command to behind it, or is over before."""
    asked = p.conversation(CLIENT, 40010, FIRST, 512, (0, b"%d\0" % announced), (0, b"visitor\0sesame\0date\0"), (1, b"\0"))
    back = p.conversation(FIRST, 40020, CLIENT, 40021, (0, b"\0"))
    before = 5 if late else len(back)
    return [*asked[:4], *back[:before], *asked[4:], *back[before:]]


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("packets, protocol", [
    (errors_of_rexec(), "rexec"), (errors_of_rexec(announced=40022), "unknown"), (errors_of_rexec(late=False), "unknown")],
    ids=["its own", "another port", "over before"])
def test_errors_of_rexec_come_before_the_command(doorward, tmp_path, packets, protocol, workers):
    path = tmp_path / "rexec.pcap"
    path.write_bytes(p.capture(packets))
    flows = [event for event in doorward("read", "--json", "--workers", workers, path).events()
             if event["event_type"] == "flow"]
    (session,) = [flow for flow in flows if flow["dest_port"] == 512]
    (errors,) = [flow for flow in flows if flow["dest_port"] == 40021]
    assert (session["app_proto"], errors["app_proto"]) == ("rexec", protocol)
    assert errors["doorward"].get("parent") == (session["flow_id"] if protocol == "rexec" else None)
