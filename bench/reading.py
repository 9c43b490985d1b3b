#!/usr/bin/env python3
"""reading: what each step of reading a capture costs in CPU, beside a libpcap loop that only counts; see reading.sh.

The programs run in turns, after one turn that fills the page cache; the figures are medians of user and system time."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROUNDS = int(os.environ.get("ROUNDS", 5))
MEGABYTES = int(os.environ.get("MEGABYTES", 300))
WAYS = ["libpcap", "frames", "packets", "flows"]
BARS = {"mix": 1.0, "small": 2.0, "bulk": 0.4}  # of the flows, without streams and identification


def cpu(command):
    """User and system seconds of a command, its most memory in MB, and what it printed."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit("reading: %s failed" % " ".join(command))
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read().strip()


def measure(program, capture):
    runs = {way: [] for way in WAYS}
    for turn in range(ROUNDS + 1):
        for way in WAYS:
            run = cpu([program, way, str(capture)])
            if turn > 0:
                runs[way].append(run)
    return {way: (statistics.median(run[0] for run in list_), list_[0][1], list_[0][2]) for way, list_ in runs.items()}


def show(kind, figures):
    floor, _, counted = figures["libpcap"]
    frames = int(counted.split()[0])
    print("%s: %s" % (kind, figures["flows"][2]))
    for way in WAYS:
        seconds, memory, _ = figures[way]
        print("  %-8s %6.1f ns a frame, %4.0f MB, %.2f of libpcap" % (way, seconds * 1e9 / frames, memory, seconds / floor))
    ratio = figures["flows"][0] / floor
    print("  %s: flows : libpcap = %.2f (bar: at most %.1f)%s"
          % (kind, ratio, BARS[kind], "" if ratio <= BARS[kind] else ", MISSED"))


def main():
    programs = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        captures = pathlib.Path(os.environ.get("CAPTURES", made))
        for kind in BARS:
            capture = captures / (kind + ".pcap")
            if not capture.exists():
                subprocess.run([programs / "make_captures", kind, capture, str(MEGABYTES)], check=True)
            show(kind, measure(str(programs / "reading"), capture))


if __name__ == "__main__":
    main()
