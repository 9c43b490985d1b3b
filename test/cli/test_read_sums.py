"""Nothing disappears without a count: what the statistics of doorward read say, and its flows, add up."""
import json
import pathlib
import random
import struct

import pytest

import packets as p

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = sorted((TOP.parent / "shared/captures").rglob("*.pcap*"))


def check(out, name):
    """Each frame is no IP, or damaged, or a packet; each packet is in a flow, or a piece that is in none."""
    events = [json.loads(line) for line in out.splitlines()]
    flows = [event["flow"] for event in events if event["event_type"] == "flow"]
    stats = events[-1]["stats"]
    damaged = sum(stats["decode_errors"].values())
    outer = stats["packets"] - stats["tunnelled"]
    in_flows = sum(flow["pkts_toserver"] + flow["pkts_toclient"] for flow in flows)
    pieces = stats["fragments"]["seen"] - stats["fragments"]["in_flows"]
    assert in_flows + pieces == stats["packets"], name
    assert 0 <= stats["frames"] - stats["not_ip"] - outer <= damaged <= stats["frames"], name
    assert len(flows) == stats["flows"]["total"] == sum(stats["flows"]["ended"].values()), name
    assert stats["frames"] == sum(file["frames"] for file in stats["files"]), name
    return stats


ENDS = ("192.0.2.1", "192.0.2.2")


def pieces(identification, *, whole):
    """A datagram of UDP in two pieces, of which the second may never come."""
    datagram = p.udp(ENDS[0], 40000 + identification, ENDS[1], 9, bytes(100))
    header, body = datagram[:20], datagram[20:]
    out = []
    for at, part, more in ((0, body[:64], 0x2000), (64, body[64:], 0)):
        head = bytearray(header)
        head[2:8] = struct.pack(">HHH", 20 + len(part), identification, more | at // 8)
        head[10:12] = b"\0\0"
        head[10:12] = struct.pack(">H", p.checksum(bytes(head)))
        out.append(bytes(head) + part)
    return out if whole else out[:1]


def ethernet(packet, kind=0x0800):
    return bytes(12) + struct.pack(">H", kind) + packet


def frames():
    """Conversations, pieces, a second piece alone, and what is no IP."""
    packets = p.conversation(ENDS[0], 50000, ENDS[1], 80, *p.http())
    packets += pieces(1, whole=True) + pieces(2, whole=False) + pieces(3, whole=True)[1:]
    packets += [p.icmp(*ENDS, 8), p.udp(ENDS[0], 5353, ENDS[1], 53, p.dns_query("www.example.org"))]
    return [ethernet(packet) for packet in packets] + [ethernet(bytes(28), 0x0806), bytes(9)]


def test_sums(doorward, tmp_path):
    (tmp_path / "all.pcap").write_bytes(p.capture(frames(), link=1))
    stats = check(doorward("read", "--json", tmp_path / "all.pcap").out, "all")
    assert stats["fragments"]["seen"] == 4 and stats["fragments"]["in_flows"] == 3
    assert stats["not_ip"] == 1 and sum(stats["decode_errors"].values()) == 1


@pytest.mark.parametrize("seed", range(8))
def test_sums_of_damaged_captures(doorward, tmp_path, seed):
    chance = random.Random(seed)
    damaged = []
    for frame in frames() * 20:
        broken = bytearray(frame)
        for _ in range(chance.randrange(4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        damaged.append(bytes(broken[:chance.choice((len(broken), len(broken), chance.randrange(1, len(broken))))]))
    (tmp_path / "damaged.pcap").write_bytes(p.capture(damaged, link=1))
    assert check(doorward("read", "--json", tmp_path / "damaged.pcap").out, seed)["frames"] == len(damaged)


@pytest.mark.skipif(not CAPTURES, reason="the shared captures are not here")
def test_sums_of_captures(doorward):
    for capture in CAPTURES:
        run = doorward("read", "--json", capture)
        if run.out:
            check(run.out, capture)
