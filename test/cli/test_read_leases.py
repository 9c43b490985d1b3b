"""Leases: what servers give is remembered beyond flows, and options are read as they may be packed."""
import ipaddress
import struct

import pytest

import packets as p

ONE, TWO = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
SERVER, ALL = "192.0.2.1", "255.255.255.255"
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6


def v4(address):
    return ipaddress.ip_address(address).packed


def options(*pairs):
    return b"".join(bytes([kind, len(value)]) + value for kind, value in pairs) + b"\xff"


def message(op, mac, number, yours="0.0.0.0", said=b"", relay="0.0.0.0", name=b"", file=b"", cookie=True, length=0):
    head = struct.pack("!BBBBIHH", op, 1, 6, 0, number, 0, 0) + bytes(4) + v4(yours) + bytes(4) + v4(relay)
    body = head + bytes.fromhex(mac.replace(":", "")) + bytes(10) + name.ljust(64, b"\0") + file.ljust(128, b"\0")
    return (body + (b"\x63\x82\x53\x63" if cookie else b"") + said).ljust(length, b"\0")


def asks(mac, number, *said):
    return p.udp("0.0.0.0", 68, ALL, 67, message(1, mac, number, said=options((53, bytes([REQUEST])), *said)))


def gives(mac, number, address, *said, server=SERVER, seconds=3600):
    return p.udp(server, 67, ALL, 68, message(2, mac, number, address, options(
        (53, bytes([ACK])), (54, v4(server)), (51, struct.pack("!I", seconds)), *said)))


@pytest.fixture
def read(doorward, tmp_path):
    def run(frames, *options):
        path = tmp_path / "leases.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", *options, path)
        assert run.status in (0, 1) and run.err == "", run.err
        return run

    return run


def told(run, kind):
    return [event[kind] for event in run.events() if event["event_type"] == kind]


def apart(*frames):
    """Two hours between them: each in a flow of its own."""
    return [(p.START + 7200 * n, frame) for n, frame in enumerate(frames)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_reservation_is_told_from_the_pool_across_flows(read, workers):
    leases = told(read(apart(gives(ONE, 1, "192.0.2.100"), gives(TWO, 2, "192.0.2.101"), gives(ONE, 3, "192.0.2.100"),
                             gives(TWO, 4, "192.0.2.102"), gives(ONE, 5, "192.0.2.101")),
                       "--json", "--workers", workers), "lease")
    assert [(lease["ip"], lease.get("observed"), lease["observed_times"]) for lease in leases] == [
        ("192.0.2.100", None, 1), ("192.0.2.101", None, 1), ("192.0.2.100", "reservation", 2),
        ("192.0.2.102", "pool", 1), ("192.0.2.101", "pool", 2)]


def test_the_same_address_for_another_client_shows_a_pool(read):
    leases = told(read(apart(gives(ONE, 1, "192.0.2.100"), gives(TWO, 2, "192.0.2.100")), "--json"), "lease")
    assert [lease.get("observed") for lease in leases] == [None, "pool"]


def test_servers_and_repeated_answers_are_kept_apart(read):
    """Another server's pool is another pool; an answer that is repeated was given once."""
    leases = told(read([gives(ONE, 1, "192.0.2.100"), gives(ONE, 1, "192.0.2.100"),
                        gives(TWO, 2, "192.0.2.100", server="192.0.2.2")], "--json"), "lease")
    assert [(lease.get("observed"), lease["observed_times"]) for lease in leases] == [(None, 1)] * 3


def test_a_host_name_that_the_client_told_is_the_name_of_its_address(read):
    """Asked in one flow, given in another, and used in a third; in the text as well."""
    frames = [asks(ONE, 1, (12, b"laptop")), gives(ONE, 1, "192.0.2.100"),
              asks(TWO, 2, (81, b"\0\0\0printer.example")), gives(TWO, 2, "192.0.2.101"),
              p.udp("192.0.2.100", 1000, "192.0.2.101", 4000, b"\1\2"),
              p.udp("192.0.2.101", 4000, "192.0.2.100", 1000, b"\3")]
    run = read(frames, "--json")
    assert [lease["hostname"] for lease in told(run, "lease")] == ["laptop", "printer.example"]
    (names,) = [event["doorward"]["names"] for event in run.events()
                if event["event_type"] == "flow" and event.get("dest_port") == 4000]
    assert names == {"client": {"name": "laptop", "by": "dhcp"}, "server": {"name": "printer.example", "by": "dhcp"}}
    text = read(frames).out
    assert "192.0.2.101 (printer.example)" in text and "192.0.2.100 (laptop)" in text


def test_options_of_servers(read):
    routes = b"\x18\xc6\x33\x64" + v4("192.0.2.9") + b"\0" + v4(SERVER)
    search = b"\3lab\7example\0\4shop\xc0\4"
    (lease,) = told(read([gives(ONE, 1, "192.0.2.100", (42, v4("192.0.2.5")), (66, b"boot.example"), (67, b"pxe.0"),
                                (119, search), (121, routes), (150, v4("192.0.2.6") + v4("192.0.2.7")))],
                         "--json"), "lease")
    assert lease["ntp_servers"] == ["192.0.2.5"] and lease["tftp_servers"] == ["192.0.2.6", "192.0.2.7"]
    assert lease["server_name"] == "boot.example" and lease["boot_file"] == "pxe.0"
    assert lease["domain_search"] == ["lab.example", "shop.example"]
    assert lease["routes"] == [{"destination": "198.51.100.0/24", "router": "192.0.2.9"},
                               {"destination": "0.0.0.0/0", "router": SERVER}]
    (refused,) = told(read([p.udp(SERVER, 67, ALL, 68, message(2, ONE, 1, said=options(
        (53, bytes([NAK])), (56, b"not on this network"))))], "--json"), "dhcp")
    assert refused["dhcp_type"] == "nak" and refused["message"] == "not on this network"


def test_what_a_relay_adds(read):
    agent = b"\1\4\0\4\1\2" + b"\2\6" + bytes(range(6)) + b"\5\4" + v4("198.51.100.1") + b"\6\5alpha"
    (event,) = told(read([p.udp("192.0.2.9", 67, SERVER, 67, message(1, ONE, 1, relay="192.0.2.9", said=options(
        (53, bytes([DISCOVER])), (82, agent))))], "--json"), "dhcp")
    assert event["relay_circuit_id"] == "00:04:01:02" and event["relay_remote_id"] == "00:01:02:03:04:05"
    assert event["relay_link"] == "198.51.100.1" and event["relay_subscriber"] == "alpha"
    assert event["relay_agent"].startswith("01:04:00:04:01:02:02:06:00:01")


def test_options_in_fields_of_the_header_and_in_pieces(read):
    """RFC 2132 9.3 and RFC 3396: the value's pieces stand in the options, the file's field and the server name's."""
    long = b"\4abcd\7example\0"
    said = options((53, bytes([ACK])), (51, struct.pack("!I", 60)), (52, b"\3"), (119, long[:3]), (12, b"alp"))
    packed = message(2, ONE, 1, "192.0.2.100", said, file=options((119, long[3:9]), (15, b"lab.example")),
                     name=options((119, long[9:]), (12, b"ha")))
    (lease,) = told(read([p.udp(SERVER, 67, ALL, 68, packed)], "--json"), "lease")
    assert lease["domain_search"] == ["abcd.example"] and lease["domain"] == "lab.example"
    assert lease["hostname"] == "alpha" and "boot_file" not in lease and "server_name" not in lease


def test_bootp_without_options_is_known(read):
    """RFC 951: nothing but the header, and 64 octets that nobody has agreed upon."""
    frames = [p.udp("0.0.0.0", 68, ALL, 67, message(1, ONE, 7, cookie=False, length=300)),
              p.udp(SERVER, 67, ALL, 68, message(2, ONE, 7, "192.0.2.100", cookie=False, length=300, file=b"/boot/vmunix"))]
    run = read(frames, "--json")
    assert [event["app_proto"] for event in run.events() if event["event_type"] == "flow"] == ["dhcp", "dhcp"]
    assert [event["dhcp_type"] for event in told(run, "dhcp")] == ["bootp", "bootp"]
    (lease,) = told(run, "lease")
    assert (lease["ip"], lease["allocation"], lease["boot_file"]) == ("192.0.2.100", "static", "/boot/vmunix")
    noise = bytes([1, 1, 6, 0]) + bytes(range(256)) + bytes(40)
    flows = [event for event in read([p.udp("192.0.2.9", 68, SERVER, 67, noise)], "--json").events()
             if event["event_type"] == "flow"]
    assert [flow["app_proto"] for flow in flows] == ["unknown"]


# ---- DHCPv6 ----

CLIENT6, SERVER6, OTHER6, ALL6 = "fe80::a", "fe80::1", "fe80::2", "ff02::1:2"
DUID, DUID_SERVER = b"\0\3\0\1" + bytes(6), b"\0\3\0\1" + bytes([2] * 6)


def option6(kind, value):
    return struct.pack("!HH", kind, len(value)) + value


def address6(text, preferred, valid):
    return option6(5, ipaddress.ip_address(text).packed + struct.pack("!II", preferred, valid))


def association(number, *inside):
    return option6(3, struct.pack("!III", number, 1000, 2000) + b"".join(inside))


def message6(kind, number, *said):
    return bytes([kind]) + struct.pack("!I", number)[1:] + option6(1, DUID) + b"".join(said)


def reply6(number, *said, server=SERVER6, kind=7):
    return p.udp(server, 547, CLIENT6, 546, message6(kind, number, option6(2, DUID_SERVER), *said))


def test_leases_of_dhcpv6(read):
    """All addresses of an association, a prefix, the name that was told when it was asked, across flows."""
    prefix = option6(25, struct.pack("!III", 9, 1000, 2000) + option6(26, struct.pack("!IIB", 100, 200, 56)
                     + ipaddress.ip_address("2001:db8:5::").packed))
    frames = [p.udp(CLIENT6, 546, ALL6, 547, message6(3, 1, option6(39, b"\0\5alpha\7example\0"), association(7))),
              reply6(1, association(7, address6("2001:db8::50", 600, 1200), address6("2001:db8::51", 300, 0xffffffff)),
                     prefix),
              p.udp("2001:db8::50", 1000, "2001:db8::99", 4000, b"\1\2")]
    run = read(apart(*frames, reply6(2, association(7, address6("2001:db8::50", 600, 1200)))), "--json")
    leases = told(run, "lease")
    assert [(lease.get("ip") or lease["prefix"], lease["preferred_time"], lease["allocation"], lease["iaid"],
             lease.get("observed"), lease["observed_times"], lease.get("hostname")) for lease in leases] == [
        ("2001:db8::50", 600, "dynamic", 7, None, 1, "alpha.example"),
        ("2001:db8::51", 300, "permanent", 7, None, 1, "alpha.example"),
        ("2001:db8:5::", 100, "dynamic", 9, None, 1, None),
        ("2001:db8::50", 600, "dynamic", 7, "reservation", 2, "alpha.example")]
    assert leases[2]["prefix_length"] == 56 and leases[0]["renewal_time"] == 1000
    (names,) = [event["doorward"]["names"] for event in run.events()
                if event["event_type"] == "flow" and event.get("dest_port") == 4000]
    assert names == {"client": {"name": "alpha.example", "by": "dhcpv6"}}
    reply = told(run, "dhcpv6")[1]
    assert reply["associations"][0]["others"] == [{"ip": "2001:db8::51", "preferred_time": 300, "lease_time": 0xffffffff}]


def test_relays_of_dhcpv6(read):
    inner = message6(1, 5, association(1))
    ends = ipaddress.ip_address("2001:db8:1::1").packed + ipaddress.ip_address(CLIENT6).packed
    near = b"\x0c\0" + ends + option6(18, b"port7") + option6(37, struct.pack("!I", 9) + b"modem") + option6(9, inner)
    far = b"\x0c\1" + bytes(16) + ipaddress.ip_address("fe80::99").packed + option6(9, near)
    (event,) = told(read([p.udp("2001:db8::2", 547, "2001:db8::1", 547, far)], "--json"), "dhcpv6")
    assert event["type"] == "solicit" and event["relays"] == 2
    assert event["relay_agents"] == [
        {"link": "::", "peer": "fe80::99"},
        {"link": "2001:db8:1::1", "peer": CLIENT6, "interface_id": b"port7".hex(":"),
         "remote_id": (b"\0\0\0\x09modem").hex(":")}]


def test_a_second_server_of_dhcpv6_is_a_finding(read):
    def findings(frames):
        return [event["finding"]["id"] for event in read(frames, "--json").events() if event["event_type"] == "finding"]

    one = reply6(1, association(7, address6("2001:db8::50", 600, 1200)), kind=2)
    assert "dhcpv6-second-server" not in findings([one, one])
    assert "dhcpv6-second-server" in findings([one, reply6(2, association(7), server=OTHER6, kind=2)])
