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
