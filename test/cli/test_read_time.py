"""The time of RFC 868 is known by being the time: of four octets nothing else could tell."""
import struct

import pytest

import packets as p

CLIENT, SERVER, PORT = "203.0.113.9", "192.0.2.7", 8037
NOW = int(p.START) + 2208988800


def words(seconds):
    return struct.pack(">I", seconds % 2 ** 32)


def named(doorward, tmp_path, *packets):
    path = tmp_path / "time.pcap"
    path.write_bytes(p.capture(packets))
    events = doorward("read", "--json", path).events()
    offsets = [event["time"]["offset_s"] for event in events if event["event_type"] == "time"]
    return [event["app_proto"] for event in events if event["event_type"] == "flow"], offsets


@pytest.mark.parametrize("offset", [0, -600, 599])
def test_the_time_of_the_packet_is_a_time(doorward, tmp_path, offset):
    talk = p.conversation(CLIENT, 40000, SERVER, PORT, (1, words(NOW + offset)))
    assert named(doorward, tmp_path, *talk) == (["time"], [offset])


def test_over_udp_it_answers_nothing(doorward, tmp_path):
    talk = p.udp(CLIENT, 40000, SERVER, PORT), p.udp(SERVER, PORT, CLIENT, 40000, words(NOW))
    assert named(doorward, tmp_path, *talk) == (["time"], [0])


@pytest.mark.parametrize("said", [words(NOW + 3600), words(NOW - 601), words(NOW) + b"!", words(NOW)[:3], bytes(4)])
def test_other_words_are_none(doorward, tmp_path, said):
    talk = p.conversation(CLIENT, 40000, SERVER, PORT, (1, said))
    assert named(doorward, tmp_path, *talk) == (["unknown"], [])


@pytest.mark.parametrize("words_said", [[(0, b"what time is it?"), (1, words(NOW))], [(0, words(NOW))]])
def test_who_is_asked_or_calls_says_no_time(doorward, tmp_path, words_said):
    assert named(doorward, tmp_path, *p.conversation(CLIENT, 40000, SERVER, PORT, *words_said)) == (["unknown"], [])
