"""What stands before or between the usual words, and what frames say: as `doorward read` tells it."""
import pathlib
import socket
import struct

import packets

FIRST = pathlib.Path(__file__).resolve().parent.parent / "data/first"


def events(doorward, tmp_path, frames, link=101):
    path = tmp_path / "capture.pcap"
    path.write_bytes(packets.capture(frames, link=link))
    run = doorward("read", "--json", path)
    assert run.err == "", run.err
    return run.events()


def flow(told):
    (one,) = [event for event in told if event["event_type"] == "flow"]
    return one


def arp(mac, address):
    source = bytes.fromhex(mac.replace(":", ""))
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + source + socket.inet_aton(address) + b"\0" * 6 + socket.inet_aton("192.0.2.1")
    return b"\xff" * 6 + source + struct.pack("!H", 0x0806) + body


def test_an_address_that_moves_is_a_finding(doorward, tmp_path):
    frames = [arp("02:00:00:00:00:07", "192.0.2.7"), arp("02:00:00:00:00:08", "192.0.2.8"), arp("02:00:00:00:00:09", "192.0.2.7")]
    (event,) = [event for event in events(doorward, tmp_path, frames, 1) if event["event_type"] == "finding"]
    assert event["finding"]["id"] == "arp-address-moved"
    assert event["finding"]["subject"] == "link on 192.0.2.7"
    assert event["dest_ip"] == "192.0.2.7" and "proto" not in event and "dest_port" not in event
    assert event["finding"]["evidence"].startswith("from 02:00:00:00:00:07 to 02:00:00:00:00:09; ")


def test_an_address_that_stays_is_none(doorward, tmp_path):
    frames = [arp("02:00:00:00:00:07", "192.0.2.7")] * 3
    assert not [event for event in events(doorward, tmp_path, frames, 1) if event["event_type"] == "finding"]


def test_what_a_proxy_hands_on_is_known_behind_its_header(doorward, tmp_path):
    header = b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 80\r\n"
    words = [(who, header + text if who == 0 else text) for who, text in packets.http("/door")]
    told = events(doorward, tmp_path, packets.conversation("192.0.2.5", 40001, "192.0.2.6", 7777, *words))
    assert flow(told)["app_proto"] == "haproxy" and flow(told)["doorward"]["turned_into"] == "http"
    (http,) = [event for event in told if event["event_type"] == "http"]
    assert http["http"]["url"] == "/door"


def test_tls_stands_behind_vencrypt(doorward, tmp_path):
    hello = (FIRST / "tls.client.tcp.curl").read_bytes()
    words = [(1, b"RFB 003.008\n"), (0, b"RFB 003.008\n"), (1, b"\1\x13"), (0, b"\x13"), (1, b"\0\2"), (0, b"\0\2"),
             (1, b"\0\1" + struct.pack("!I", 260)), (0, struct.pack("!I", 260)), (1, b"\1"), (0, hello)]
    told = events(doorward, tmp_path, packets.conversation("192.0.2.5", 40001, "192.0.2.6", 7777, *words))
    assert flow(told)["app_proto"] == "rfb" and flow(told)["doorward"]["turned_into"] == "tls"


def rtp(kind, sequence, time):
    return struct.pack("!BBHII", 0x80, kind, sequence, time, 0x11223344) + b"x" * 20


def test_a_codec_is_that_of_the_type_of_payload(doorward, tmp_path):
    body = (b"v=0\r\nc=IN IP4 192.0.2.5\r\nm=audio 41000 RTP/AVP 0 111\r\na=rtpmap:0 PCMU/8000\r\n"
            b"a=rtpmap:111 opus/48000/2\r\n")
    invite = (b"INVITE sip:bob@192.0.2.6 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5\r\nFrom: <sip:a@192.0.2.5>;tag=1\r\n"
              b"To: <sip:bob@192.0.2.6>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n"
              b"Content-Length: %d\r\n\r\n" % len(body)) + body
    frames = [packets.udp("192.0.2.5", 5060, "192.0.2.6", 5060, invite)]
    frames += [packets.udp("192.0.2.6", 42000, "192.0.2.5", 41000, rtp(111, n, n * 960)) for n in range(1, 6)]
    (event,) = [event for event in events(doorward, tmp_path, frames) if event["event_type"] == "rtp"]
    (stream,) = event["rtp"]["to_server"]
    assert stream["codec"] == "opus" and stream["payload_type"] == 111 and stream["jitter_us"] > 0


def ftp(*sizes):
    """A session that fetches as many files, each over a connection of its own."""
    words = [(1, b"220 FTP\r\n"), (0, b"USER ftp\r\n"), (1, b"331 go on\r\n")]
    frames, data = [], []
    for n, size in enumerate(sizes):
        words += [(0, b"PASV\r\n"), (1, b"227 (192,0,2,6,160,%d)\r\n" % n), (0, b"RETR f%d\r\n" % n)]
        data.append(packets.conversation("192.0.2.5", 41000 + n, "192.0.2.6", 160 * 256 + n, *([(1, b"x" * size)] if size else [])))
    session = packets.conversation("192.0.2.5", 40001, "192.0.2.6", 21, *words, close=False)
    return session + [frame for frames in data for frame in frames]


def test_files_are_told_with_their_size_also_empty_ones(doorward, tmp_path):
    told = [event["ftp_data"] for event in events(doorward, tmp_path, ftp(700, 0)) if event["event_type"] == "ftp_data"]
    assert told == [{"filename": "f0", "command": "RETR", "direction": "download", "bytes": 700},
                    {"filename": "f1", "command": "RETR", "direction": "download", "bytes": 0}]
