"""Names that were given to addresses stand in what is told later: of flows, and on the screen of doors."""
import re
import struct

import pytest

import packets as p

CLIENT, OTHER, RESOLVER, SHOP = "192.0.2.10", "192.0.2.11", "192.0.2.53", "198.51.100.7"
ADDRESS, CANONICAL, POINTER, ADDRESS6 = 1, 5, 12, 28


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def record(owner, kind, data, seconds=60, family=1):
    return name(owner) + struct.pack(">HHIH", kind, family, seconds, len(data)) + data


def v4(address):
    return bytes(int(octet) for octet in address.split("."))


def message(number, question, kind, answers=(), additionals=(), flags=0x8180):
    return (struct.pack(">6H", number, flags, 1, len(answers), 0, len(additionals)) + name(question)
            + struct.pack(">HH", kind, 1) + b"".join(answers) + b"".join(additionals))


def asks(client, number, question, kind, answers=(), additionals=(), flags=0x8180):
    """A question and its answer."""
    return [p.udp(client, 40000 + number, RESOLVER, 53, message(number, question, kind, flags=0x0100)),
            p.udp(RESOLVER, 53, client, 40000 + number,
                  message(number, question, kind, answers, additionals, flags))]


def calls(client, port, server=SHOP):
    """Words that nobody knows, over UDP: a flow and nothing else."""
    return [p.udp(client, port, server, 4000, b"\x01\x02"), p.udp(server, 4000, client, port, b"\x03")]


@pytest.fixture
def read(doorward, tmp_path):
    def run(frames, *options):
        path = tmp_path / "names.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", *options, path)
        assert run.status in (0, 1) and run.err == "", run.err
        return run

    return run


def names_of(run):
    """By the originator's port: the names of a flow's ends, with who gave them."""
    return {event.get("src_port"): {end: (told["name"], told["by"])
                                    for end, told in event["doorward"].get("names", {}).items()}
            for event in run.events() if event["event_type"] == "flow"}


def test_a_flow_has_the_name_that_its_client_asked_for(read):
    """Through an alias the name stays that of the question; each client has its own, others the newest."""
    cdn = record("edge.cdn.example", ADDRESS, v4(SHOP))
    frames = [*calls(CLIENT, 1000),
              *asks(CLIENT, 1, "www.shop.example", ADDRESS,
                    [record("www.shop.example", CANONICAL, name("edge.cdn.example")), cdn]),
              *asks(OTHER, 2, "news.example", ADDRESS, [record("news.example", ADDRESS, v4(SHOP))]),
              *calls(CLIENT, 1001), *calls(OTHER, 1002), *calls("192.0.2.12", 1003)]
    told = names_of(read(frames, "--json"))
    assert told[1001] == {"server": ("www.shop.example", "dns")}
    assert told[1002] == told[1003] == {"server": ("news.example", "dns")}


def test_names_are_known_from_their_answer_on(read):
    """A flow that has ended before is not told anew; the newest name is that of the flows that end after it."""
    def answer(number, owner):
        return asks(CLIENT, number, owner, ADDRESS, [record(owner, ADDRESS, v4(SHOP))])

    steps = [calls(CLIENT, 1000), answer(1, "one.example"), calls(CLIENT, 1001), answer(2, "two.example"),
             calls(CLIENT, 1002)]
    frames = [(p.START + 600 * n, frame) for n, step in enumerate(steps) for frame in step]
    told = names_of(read(frames, "--json"))
    assert [told[1000 + n].get("server") for n in range(3)] == [None, ("one.example", "dns"), ("two.example", "dns")]


def test_what_a_reverse_lookup_says_gives_way(read):
    pointer = record("7.100.51.198.in-addr.arpa", POINTER, name("host-7.carrier.example"))
    reverse = asks(CLIENT, 1, "7.100.51.198.in-addr.arpa", POINTER, [pointer])
    forward = asks(CLIENT, 2, "www.shop.example", ADDRESS, [record("www.shop.example", ADDRESS, v4(SHOP))])
    assert names_of(read([*reverse, *calls(CLIENT, 1000)], "--json"))[1000] == \
        {"server": ("host-7.carrier.example", "dns")}
    for frames in ([*reverse, *forward], [*forward, *reverse]):
        assert names_of(read([*frames, *calls(CLIENT, 1000)], "--json"))[1000] == \
            {"server": ("www.shop.example", "dns")}


def test_addresses_of_ipv6_and_additional_records(read):
    six = "2001:db8::7"
    nibbles = ".".join(reversed("20010db8" + "0" * 23 + "7"))
    data = bytes.fromhex("20010db8" + "0" * 23 + "7")
    glue = record("ns1.example", ADDRESS, v4("192.0.2.99"))
    frames = [*asks(CLIENT, 1, "six.example", ADDRESS6, [record("six.example", ADDRESS6, data)], [glue]),
              *calls("2001:db8::1", 1000, six), *calls(CLIENT, 1001, "192.0.2.99")]
    told = names_of(read(frames, "--json"))
    assert told[1000] == {"server": ("six.example", "dns")}
    assert told[1001] == {"server": ("ns1.example", "dns")}
    frames = [*asks(CLIENT, 1, nibbles + ".ip6.arpa", POINTER,
                    [record(nibbles + ".ip6.arpa", POINTER, name("back.example"))]),
              *calls("2001:db8::1", 1000, six)]
    assert names_of(read(frames, "--json"))[1000] == {"server": ("back.example", "dns")}


@pytest.mark.parametrize("flags, kind, data, why", [
    (0x8183, ADDRESS, v4(SHOP), "NXDOMAIN"),
    (0xa980, ADDRESS, v4(SHOP), "an update"),
    (0x8180, ADDRESS, v4(SHOP)[:3], "three octets are no address"),
    (0x8180, POINTER, name("www.shop.example"), "not a name of an address"),
])
def test_what_gives_no_name(read, flags, kind, data, why):
    frames = [*asks(CLIENT, 1, "www.shop.example", kind, [record("www.shop.example", kind, data)], flags=flags),
              *calls(CLIENT, 1000)]
    assert names_of(read(frames, "--json"))[1000] == {}, why


def test_neighbours_name_themselves(read):
    """Multicast DNS, LLMNR and NetBIOS; who says goodbye, and a group, have no name."""
    letters = "".join(chr(65 + (octet >> 4)) + chr(65 + (octet & 15)) for octet in b"ALPHA".ljust(15) + b"\0")
    group = "".join(chr(65 + (octet >> 4)) + chr(65 + (octet & 15)) for octet in b"OFFICE".ljust(15) + b"\x1e")

    def mdns(owner, address, seconds=120):
        return struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + record(owner, ADDRESS, v4(address), seconds, 0x8001)

    def claim(letters, flags, address):
        return (struct.pack(">6H", 7, 0x2910, 1, 0, 0, 1) + name(letters) + struct.pack(">HH", 32, 1) + b"\xc0\x0c"
                + struct.pack(">HHIHH", 32, 1, 300, 6, flags) + v4(address))

    frames = [p.udp("192.0.2.20", 5353, "224.0.0.251", 5353, mdns("printer.local", "192.0.2.20")),
              p.udp("192.0.2.21", 5353, "224.0.0.251", 5353, mdns("gone.local", "192.0.2.21", 0)),
              p.udp(CLIENT, 50001, "224.0.0.252", 5355, message(9, "beta", ADDRESS, flags=0)),
              p.udp("192.0.2.22", 5355, CLIENT, 50001,
                    message(9, "beta", ADDRESS, [record("beta", ADDRESS, v4("192.0.2.22"))], flags=0x8000)),
              p.udp("192.0.2.23", 137, "192.0.2.255", 137, claim(letters, 0, "192.0.2.23")),
              p.udp("192.0.2.24", 137, "192.0.2.255", 137, claim(group, 0x8000, "192.0.2.24"))]
    for n in range(20, 25):
        frames += calls("192.0.2.%d" % n, 1000 + n)
    told = names_of(read(frames, "--json"))
    assert [told[1000 + n].get("client") for n in range(20, 25)] == [
        ("printer.local", "mdns"), None, ("beta", "llmnr"), ("ALPHA", "nbns"), None]


def test_the_screen_has_names_beside_addresses(read):
    frames = [*asks(CLIENT, 1, "www.shop.example", ADDRESS, [record("www.shop.example", ADDRESS, v4(SHOP))]),
              *asks(CLIENT, 2, "laptop.shop.example", ADDRESS,
                    [record("laptop.shop.example", ADDRESS, v4(CLIENT))]), *calls(CLIENT, 1000)]
    text = read(frames).out
    (line,) = [line for line in text.splitlines() if "udp/4000" in line]
    assert "198.51.100.7 (www.shop.example)" in line and "192.0.2.10 (laptop.shop.example)" in line
    assert "\x1b" not in read([*asks(CLIENT, 1, "a\x1b[31m.example", ADDRESS,
                                     [record("a\x1b[31m.example", ADDRESS, v4(SHOP))]), *calls(CLIENT, 1000)]).out


def test_the_oldest_names_give_way_and_are_counted(read):
    """Each answer gives a name to 30 addresses, for everybody and for who asked."""
    most, answers = 1 << 15, 700
    frames = asks(CLIENT, 1, "www.shop.example", ADDRESS, [record("www.shop.example", ADDRESS, v4(SHOP))])
    for n in range(answers):
        given = [record("n.example", ADDRESS, b"\x0a\x01" + struct.pack(">H", n * 32 + m)) for m in range(30)]
        frames.append(p.udp(RESOLVER, 53, OTHER, 40000, message(n, "n%d.example" % n, ADDRESS, given)))
    run = read([*frames, *calls(CLIENT, 1000), *calls(CLIENT, 1001, "10.1.%d.0" % (699 * 32 >> 8))], "--json")
    (stats,) = [event["stats"] for event in run.events() if event["event_type"] == "stats"]
    assert stats["remembered"]["names"] == {"held": most, "forgotten": 2 + 2 * 30 * answers - most}
    told = names_of(run)
    assert told[1000] == {} and told[1001] == {"server": ("n696.example", "dns")}


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_agree(read, workers):
    """Names that one engine reads stand in flows that another one does."""
    def parts(run):
        return [re.sub('"memory":[0-9]+', "", line) for line in run.out.splitlines()]

    frames = []
    for n in range(60):
        server = "203.0.113.%d" % (1 + n % 20)
        frames += asks(CLIENT if n % 2 else OTHER, 100 + n, "n%d.example" % n, ADDRESS,
                       [record("n%d.example" % n, ADDRESS, v4(server))])
        frames += calls(CLIENT, 2000 + n, server) + calls(OTHER, 3000 + n, server)
    frames = [(p.START + 3 * n, frame) for n, frame in enumerate(frames)]
    alone = read(frames, "--json")
    assert len(set(re.findall(r'"name":"(n\d+.example)"', alone.out))) == 60
    assert parts(read(frames, "--json", "--workers", workers)) == parts(alone)
    assert read(frames, "--workers", workers).out == read(frames).out
