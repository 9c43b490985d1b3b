"""The same frames tell the same events, whatever form they come in: a file for each capture or two, pcap or pcapng,
read by one worker or by several. All captures are read at once, as one stream in the order of time.

The golden captures are read, and of those that lie beside the project all that are not large.
"""
import json
import pathlib
import struct

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = sorted((TOP / "test/golden/captures").glob("*.pcap"))
OTHERS = [path for path in sorted((TOP.parent / "shared/captures").rglob("*.pcap*")) if path.stat().st_size < 60000]
# Of the statistics those that tell of the frames and not of how they were read.
SAME = ("frames", "packets", "bytes", "flows", "doors", "findings", "weaknesses")
WORKERS = (1, 2, 3, 8)


class Capture:
    """A whole pcap file of microseconds or nanoseconds, as frames."""

    def __init__(self, data):
        self.order, self.unit = {b"\xd4\xc3\xb2\xa1": ("<", 6), b"\xa1\xb2\xc3\xd4": (">", 6),
                                 b"\x4d\x3c\xb2\xa1": ("<", 9), b"\xa1\xb2\x3c\x4d": (">", 9)}[data[:4]]
        self.head, self.frames, at = data[:24], [], 24
        self.snap, self.link = struct.unpack(self.order + "II", data[16:24])
        while at < len(data):
            seconds, fraction, captured, length = struct.unpack_from(self.order + "IIII", data, at)
            if at + 16 + captured > len(data) or fraction >= 10 ** self.unit or length < captured:
                raise ValueError("damaged")
            self.frames.append((seconds, fraction, length, data[at + 16:at + 16 + captured]))
            at += 16 + captured
        times = [frame[:2] for frame in self.frames]
        if times != sorted(times):
            raise ValueError("not in the order of time")

    def pcap(self, frames):
        return self.head + b"".join(struct.pack(self.order + "IIII", seconds, fraction, len(bytes), length) + bytes
                                    for seconds, fraction, length, bytes in frames)

    def pcapng(self, frames):
        """One section and one interface, with the resolution of the file."""
        def block(kind, body):
            body += bytes(-len(body) % 4)
            size = len(body) + 12
            return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

        blocks = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)),
                  block(1, struct.pack("<HHI", self.link & 0xffff, 0, self.snap) + struct.pack("<HHB3xI", 9, 1, self.unit, 0))]
        for seconds, fraction, length, data in frames:
            time = seconds * 10 ** self.unit + fraction
            blocks.append(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, len(data), length) + data))
        return b"".join(blocks)


def readable(paths):
    """The captures that can be brought into other forms, by their names, and the files of all others."""
    captures, others = {}, []
    for nth, path in enumerate(paths):
        try:
            captures["%03d" % nth] = Capture(path.read_bytes())
        except (KeyError, ValueError, struct.error):
            others.append(path)
    return captures, others


def whole(folder, name, capture):
    (folder / name).write_bytes(capture.pcap(capture.frames))
    return [folder / name]


def as_pcapng(folder, name, capture):
    (folder / name).write_bytes(capture.pcapng(capture.frames))
    return [folder / name]


def in_two(folder, name, capture):
    """At one third, the second part in the other format; frames of one moment stay together."""
    middle = len(capture.frames) // 3
    while 0 < middle < len(capture.frames) and capture.frames[middle - 1][:2] == capture.frames[middle][:2]:
        middle += 1
    first, second = folder / (name + "a"), folder / (name + "b")
    first.write_bytes(capture.pcap(capture.frames[:middle]))
    second.write_bytes(capture.pcapng(capture.frames[middle:]))
    return [first, second]


FORMS = (whole, as_pcapng, in_two)


@pytest.fixture(scope="module")
def read(doorward, tmp_path_factory):
    """read("golden", whole, 3) returns the lines of events and the statistics; each is read once."""
    sets, known = {"golden": readable(GOLDEN), "others": readable(OTHERS)}, {}

    def files(which, form):
        folder = tmp_path_factory.mktemp(which + form.__name__)
        captures, others = sets[which]
        return [path for name, capture in captures.items() for path in form(folder, name, capture)] + others

    def run(which, form, workers):
        if (which, form, workers) not in known:
            done = doorward("read", "--json", "--workers", workers, *files(which, form))
            lines = done.out.splitlines()
            assert done.status in (0, 1, 3) and lines, done.err
            stats = json.loads(lines[-1])["stats"]
            stats["flows"].pop("most_live")  # each engine has its own moment
            known[which, form, workers] = lines[:-1], {key: stats.get(key) for key in SAME}
        return known[which, form, workers]

    run.sets = sets
    return run


def differences(expected, found):
    return [pair for pair in zip(expected, found) if pair[0] != pair[1]][:3] + [len(expected), len(found)]


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("form", FORMS)
def test_golden_captures(read, form, workers):
    assert len(read.sets["golden"][0]) > 100
    lines, stats = read("golden", whole, 1)
    found, sums = read("golden", form, workers)
    assert found == lines, differences(lines, found)
    assert sums == stats


@pytest.mark.skipif(not OTHERS, reason="no captures lie beside the project")
@pytest.mark.parametrize("form, workers", [(whole, 2), (whole, 3), (as_pcapng, 8), (in_two, 1), (in_two, 3)])
def test_captures_of_others(read, form, workers):
    lines, stats = read("others", whole, 1)
    found, sums = read("others", form, workers)
    assert found == lines, differences(lines, found)
    assert sums == stats
