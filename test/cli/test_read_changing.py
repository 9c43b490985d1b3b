"""Files that somebody cuts or replaces while they are read.

So that it happens in the midst, a pipe is read beside the file: whoever has opened it has opened the file before it,
and waits until something is written."""
import functools
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import packets as p

PACKETS = 4000  # more than are read at once
ONE = 16 + len(p.udp("192.0.2.1", 40000, "192.0.2.2", 9, bytes(100)))  # octets of a record
HALF = 24 + PACKETS // 2 * ONE
TIMEOUT = 60


@functools.cache
def long_capture():
    """All frames of one length."""
    return p.capture([p.udp("192.0.2.1", 40000, "192.0.2.2", 9, bytes(100))] * PACKETS, step=0.0001)


def statistics(out):
    return json.loads(out.splitlines()[-1])


@pytest.fixture
def reading(doorward):
    """Runs the program until the end of the test at most."""
    begun = []

    def begin(*words):
        begun.append(subprocess.Popen([doorward.program, "read", "--json", *map(str, words)], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL))
        return begun[-1]

    yield begin
    for child in begun:
        child.kill()
        child.wait()


def read_while(reading, folder, change):
    """Reads a long capture that is changed in the midst; returns the exit status and the statistics."""
    path, pipe = folder / "long.pcap", folder / "pipe"
    path.write_bytes(long_capture())
    os.mkfifo(pipe)
    child = reading(path, pipe)
    with open(pipe, "wb") as stream:
        change(path)
        stream.write(p.capture([p.udp("192.0.2.3", 40000, "192.0.2.4", 9, b"one")]))
    out, err = child.communicate(timeout=TIMEOUT)
    assert err == ""
    return child.returncode, statistics(out)


def place(child, path):
    """How far the child has read the file; -1 if it is not open."""
    for descriptor in pathlib.Path("/proc/%d/fd" % child.pid).iterdir():
        if os.path.realpath(descriptor) == str(path):
            facts = pathlib.Path("/proc/%d/fdinfo/%s" % (child.pid, descriptor.name)).read_text()
            return int(facts.split()[1])
    return -1


def wait_until_read(child, path, size):
    begun = time.monotonic()
    while place(child, path) < size:
        assert time.monotonic() < begun + TIMEOUT and child.poll() is None
        time.sleep(0.01)


def follow_until(reading, path, change):
    """Follows a file that changes once it has been read to its end; returns the status and the statistics."""
    path.write_bytes(long_capture())
    child = reading("--follow", path)
    wait_until_read(child, path, path.stat().st_size)
    change(path)
    out, err = child.communicate(timeout=TIMEOUT)
    assert err == ""
    return child.returncode, statistics(out)


@pytest.mark.parametrize("length", [HALF, HALF + 7, 30])
def test_a_file_that_is_cut_while_it_is_read(reading, tmp_path, length):
    status, stats = read_while(reading, tmp_path, lambda path: os.truncate(path, length))
    (said,) = stats["doorward"]["unseen"]
    offset = int(said.split("offset ")[1].split(":")[0])
    assert status == 3 and "the file has become shorter while it was read" in said
    assert said.startswith("%s: " % (tmp_path / "long.pcap")) and "\n" not in said
    if length >= HALF:
        assert offset == HALF and stats["stats"]["frames"] == PACKETS // 2 + 1
    else:
        assert 24 < offset < HALF and stats["stats"]["frames"] == (offset - 24) // ONE + 1


def test_a_file_that_is_replaced_is_read_to_its_end(reading, tmp_path):
    def replace(path):
        (tmp_path / "other").write_bytes(b"no capture")
        os.replace(tmp_path / "other", path)

    status, stats = read_while(reading, tmp_path, replace)
    assert status == 0 and stats["stats"]["frames"] == PACKETS + 1 and stats["doorward"]["unseen"] == []


def test_a_file_that_is_cut_while_it_is_followed(reading, tmp_path):
    status, stats = follow_until(reading, tmp_path / "long.pcap", lambda path: os.truncate(path, 24))
    (said,) = stats["doorward"]["unseen"]
    assert status == 3 and stats["stats"]["frames"] == PACKETS
    assert said.startswith("%s: at offset %d: the file has become shorter" % (tmp_path / "long.pcap", 24 + PACKETS * ONE))


def test_a_file_that_is_replaced_while_it_is_followed(reading, tmp_path):
    def replace(path):
        (tmp_path / "new").write_bytes(long_capture())
        os.replace(tmp_path / "new", path)

    status, stats = follow_until(reading, tmp_path / "long.pcap", replace)
    (said,) = stats["doorward"]["unseen"]
    assert status == 3 and stats["stats"]["frames"] == PACKETS
    assert said.startswith("%s: at offset %d: another file" % (tmp_path / "long.pcap", 24 + PACKETS * ONE))


def test_a_file_that_loses_its_name_is_followed_on(reading, tmp_path):
    """Whoever writes to it goes on writing."""
    path, more = tmp_path / "long.pcap", p.capture([p.udp("192.0.2.3", 40000, "192.0.2.4", 9, b"one")])[24:]
    path.write_bytes(long_capture())
    child = reading("--follow", path)
    wait_until_read(child, path, path.stat().st_size)
    with open(path, "ab") as stream:
        path.unlink()
        stream.write(more)
        stream.flush()
        wait_until_read(child, "%s (deleted)" % path, os.fstat(stream.fileno()).st_size)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=TIMEOUT)
    assert child.returncode == 0 and statistics(out)["stats"]["frames"] == PACKETS + 1
