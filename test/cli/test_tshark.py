"""What `doorward read` says of a capture, held against what tshark says of its packets, field by field.

Only tshark's plain facts are used (addresses, lengths, names that stand in messages), never its choice of a
protocol by port. The captures are the golden ones, and others that lie beside the project if there are any.
"""
import collections
import ipaddress
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = [*sorted((TOP / "test/golden/captures").rglob("*.pcap*")),
            *sorted((TOP.parent / "shared/captures").rglob("*.pcap*"))]
WITH_PORTS = {6: "tcp", 17: "udp"}
PROTO = {"TCP": 6, "UDP": 17, "ICMP": 1, "IPV6-ICMP": 58, "GRE": 47, "ESP": 50, "AH": 51, "OSPF": 89, "IGMP": 2}


def tshark(path, fields, *more):
    """The values of these fields, a list of tuples of texts, one for each frame; the first where several stand."""
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=\x01", "-E", "occurrence=f",
             "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", *more]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=120)
    return [tuple(line.split("\x01")) for line in done.stdout.split("\n") if line]


def identity(path):
    return "/".join(path.parts[-2:])


def flow_key(proto, a, b):
    return (proto, *sorted([a, b]))


def flows_of_tshark(path):
    """Packets and octets of IP of each pair of ends, of the outermost packets; and the pairs to leave out.

    Left out are addresses between which there were fragments, whose ports tshark does not know, and those with
    source routes, where tshark takes the last address of the route for the destination.
    """
    fields = ("ip.src", "ip.dst", "ip.proto", "ip.len", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
              "ip.flags.mf", "ip.frag_offset", "ip.cur_rt", "frame.protocols")
    flows, left_out = collections.defaultdict(lambda: [0, 0]), set()
    for row in tshark(path, fields):
        f = dict(zip(fields, row))
        layers = f["frame.protocols"].split(":")
        if not f["ip.proto"] or "ipv6" in layers[:layers.index("ip")]:
            continue
        proto, ports = int(f["ip.proto"], 0), ("0", "0")
        addresses = ipaddress.ip_address(f["ip.src"]), ipaddress.ip_address(f["ip.dst"])
        if f["ip.flags.mf"] in ("1", "True") or f["ip.frag_offset"] != "0" or f["ip.cur_rt"]:
            left_out.update((proto, address) for address in addresses)
            continue
        if proto in WITH_PORTS:
            ports = f[WITH_PORTS[proto] + ".srcport"], f[WITH_PORTS[proto] + ".dstport"]
            if not ports[0]:
                continue
        key = flow_key(proto, (addresses[0], int(ports[0])), (addresses[1], int(ports[1])))
        flows[key][0] += 1
        flows[key][1] += int(f["ip.len"])
    return {key: counts for key, counts in flows.items()
            if not {(key[0], key[1][0]), (key[0], key[2][0])} & left_out}


def flows_of_doorward(events):
    flows = collections.defaultdict(lambda: [0, 0])
    for event in events:
        if event["event_type"] != "flow" or "tunnel" in event.get("doorward", {}):
            continue
        proto = PROTO.get(event["proto"])
        ends = ipaddress.ip_address(event["src_ip"]), ipaddress.ip_address(event["dest_ip"])
        if proto is None or ends[0].version != 4:
            continue
        ports = (event["src_port"], event["dest_port"]) if proto in WITH_PORTS else (0, 0)
        key = flow_key(proto, (ends[0], ports[0]), (ends[1], ports[1]))
        flow = event["flow"]
        flows[key][0] += flow["pkts_toserver"] + flow["pkts_toclient"]
        flows[key][1] += flow["bytes_toserver"] + flow["bytes_toclient"]
    return flows


@pytest.fixture(scope="module")
def read_events(doorward):
    """The events of a capture, read once."""
    known = {}

    def read(path):
        if path not in known:
            done = doorward("read", "--json", path)
            assert done.status in (0, 1, 3), done.err
            known[path] = done.events()
        return known[path]

    return read


@pytest.mark.parametrize("path", CAPTURES, ids=identity)
def test_flows_have_the_packets_and_octets_that_tshark_counts(read_events, need, path):
    need("tshark")
    theirs = flows_of_tshark(path)
    ours = flows_of_doorward(read_events(path))
    different = {key: (counts, ours.get(key)) for key, counts in theirs.items()
                 if key[0] in PROTO.values() and ours.get(key) != counts}
    assert not different
