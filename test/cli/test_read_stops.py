"""Where reading of a flow ended before its content did, its event says so, and until where it was read."""
import struct

import pytest

import packets as p

CLIENT, SERVER = "192.0.2.10", "192.0.2.53"


def question(number):
    message = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + b"\3www\7example\0" + struct.pack(">HH", 1, 1)
    return struct.pack(">H", len(message)) + message


SIZE = len(question(1))


def stream(*pieces, begin=True):
    """Segments of the client, each at its offset."""
    frames = [p.tcp(CLIENT, 1000, SERVER, 53, p.SYN, 99), p.tcp(SERVER, 53, CLIENT, 1000, p.SYN | p.ACK, 499, 100),
              p.tcp(CLIENT, 1000, SERVER, 53, p.ACK, 100, 500)] if begin else []
    for offset, words in pieces:
        sequence = (100 + offset) & 0xffffffff
        frames += [p.tcp(CLIENT, 1000, SERVER, 53, p.ACK | p.PSH, sequence, 500, words),
                   p.tcp(SERVER, 53, CLIENT, 1000, p.ACK, 500, (sequence + len(words)) & 0xffffffff)]
    return frames


@pytest.fixture
def read(doorward, tmp_path):
    def run(frames):
        path = tmp_path / "stops.pcap"
        path.write_bytes(p.capture(frames))
        run = doorward("read", "--json", path)
        assert run.status in (0, 1, 3) and run.err == "", run.err
        (flow,) = [event for event in run.events() if event["event_type"] == "flow"]
        (stats,) = [event["stats"]["streams"] for event in run.events() if event["event_type"] == "stats"]
        assert flow["app_proto"] == "dns"
        return flow["doorward"], stats

    return run


def test_what_is_read_to_its_end_says_nothing(read):
    told, stats = read(stream((0, question(1)), (SIZE, question(2))))
    assert "read_to" not in told and "parse_error" not in told
    assert stats["stopped_by_gap"] == stats["stopped_by_bound"] == stats["stopped_in_middle"] == 0


def test_a_gap_is_where_reading_ended(read):
    """Messages of DNS over TCP are not found again behind one."""
    told, stats = read(stream((0, question(1)), (SIZE, question(2)), (5 * SIZE, question(3))))
    assert told["read_to"] == {"side": "client", "offset": 2 * SIZE, "why": "gap"}
    assert "parse_error" not in told and stats["stopped_by_gap"] == 1 and stats["parse_errors"] == 0


def test_damage_is_a_parse_error_with_its_place(read):
    told, stats = read(stream((0, question(1)), (SIZE, b"\0\1" + bytes(20))))
    assert told["parse_error"] == {"side": "client", "offset": SIZE} and "read_to" not in told
    assert stats["parse_errors"] == 1 and stats["stopped_by_gap"] == 0


def test_a_side_that_was_seen_from_its_middle_is_no_damage(read):
    told, stats = read(stream((0, question(1)), (SIZE, b"\0\1" + bytes(20)), begin=False))
    assert told["read_to"] == {"side": "client", "offset": SIZE, "why": "middle"}
    assert stats["parse_errors"] == 0 and stats["stopped_in_middle"] == 1
