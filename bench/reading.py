#!/usr/bin/env python3
"""reading: what reading a capture costs beside a libpcap loop that only counts; see reading.sh.

All commands run in turns, after one turn that fills the page cache. CPU is user and system time; of each command the
run that was disturbed least counts, which is the lowest."""
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROUNDS = int(os.environ.get("ROUNDS", 5))
MEGABYTES = int(os.environ.get("MEGABYTES", 300))
STEPS = ["frames", "packets", "flows"]
STATS_BARS = {"mix": 2.5, "small": 4.0, "bulk": 0.7}  # of the libpcap loop, in CPU
MEMORY_BARS = {"mix": 150, "small": 400}  # MB
FILE_HEADER, RECORD_HEADER = 24, 16
JSON_BAR, WORKERS_BAR, EVENTS_BAR, RECOGNITION_BAR, GROWTH_BAR = 1.5, 1.6, 500000, 2000, 1.1


class Run:
    """The lowest CPU and wall seconds of a command, the most memory in MB, and what it printed; by `spend`."""

    def __init__(self, spend, command):
        self.spend, self.command = spend, [str(word) for word in command]
        self.cpu = self.wall = float("inf")
        self.memory, self.lines, self.out = 0, 0, ""

    def take(self, counts):
        with tempfile.TemporaryFile() as out, tempfile.NamedTemporaryFile("r") as spent:
            subprocess.run([self.spend, spent.name] + self.command, stdout=out, check=True)
            cpu, wall, kilobytes, status = (float(word) for word in spent.read().split())
            if status not in (0, 1, 3):  # findings, or a damaged end, are no failure
                sys.exit("reading: %s failed" % " ".join(self.command))
            if not counts:
                return
            self.cpu = min(self.cpu, cpu)
            self.wall = min(self.wall, wall)
            self.memory = max(self.memory, kilobytes / 1024)
            if self.out == "":
                out.seek(0)
                self.out = out.readline().decode()
                self.lines = 1 + sum(1 for _ in out)


def measure(programs, commands, rounds=ROUNDS):
    runs = {name: Run(programs / "spend", command) for name, command in commands.items()}
    for turn in range(rounds + 1):
        for run in runs.values():
            run.take(turn > 0)
    return runs


# Two processes at the same time that know nothing of each other, as many times one of them as they do in its time: what
# the cores, caches and memory of a machine have for two, where anything else is done beside them.
def side_by_side(programs, command):
    def wall(processes):
        with tempfile.TemporaryDirectory() as folder:
            spent = [pathlib.Path(folder) / str(i) for i in range(processes)]
            started = [subprocess.Popen([programs / "spend", file] + command, stdout=subprocess.DEVNULL)
                       for file in spent]
            for process in started:
                process.wait()
            return max(float(file.read_text().split()[1]) for file in spent)

    walls = [(wall(1), wall(2)) for _ in range(ROUNDS)]
    return 2 * min(one for one, _ in walls) / min(two for _, two in walls)


# As it was written, a capture lies in the page cache in single pages. What reading brings there lies in larger ones.
def forget(capture):
    with capture.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def show_read_before(programs, doorward, capture):
    forget(capture)
    runs = measure(programs, {"libpcap": [programs / "reading", "libpcap", capture],
                              "stats": [doorward, "read", "--stats", capture]})
    print("  %s: the same, once it was read from the disk = %.2f"
          % (capture.stem, runs["stats"].cpu / runs["libpcap"].cpu))


def held(kept):
    return "" if kept else ", MISSED"


def show_steps(runs):
    frames = int(runs["libpcap"].out.split()[0])
    for name in ["libpcap"] + STEPS + ["stats", "doors", "json"]:
        run = runs.get(name)
        if run is not None:
            print("  %-8s %6.1f ns a frame, %4.0f MB, %.2f of libpcap"
                  % (name, run.cpu * 1e9 / frames, run.memory, run.cpu / runs["libpcap"].cpu))


def show_stats(kind, runs):
    ratio, memory = runs["stats"].cpu / runs["libpcap"].cpu, runs["stats"].memory
    print("  %s: read --stats : libpcap = %.2f (bar: at most %.1f)%s"
          % (kind, ratio, STATS_BARS[kind], held(ratio <= STATS_BARS[kind])))
    if kind in MEMORY_BARS:
        print("  %s: memory of read --stats = %.0f MB (bar: at most %d)%s"
              % (kind, memory, MEMORY_BARS[kind], held(memory <= MEMORY_BARS[kind])))
    if kind == "small":
        flows = int(re.search(r"(\d+) flows", runs["flows"].out).group(1))
        print("  %s: %.0f bytes of memory for each of %d flows at once, with what finds and reads them"
              % (kind, (memory - runs["frames"].memory) * 1048576 / flows, flows))
    if "two" in runs:
        ratio = runs["stats"].wall / runs["two"].wall
        print("  %s: one worker : two workers = %.2f in wall time (bar: at least %.1f)%s"
              % (kind, ratio, WORKERS_BAR, held(ratio >= WORKERS_BAR)))


def show_side_by_side(programs, doorward, capture):
    print("  %s: two processes of one worker at the same time do %.2f times what one does: all that this machine gives"
          % (capture.stem, side_by_side(programs, [doorward, "read", capture, "--stats"])))


# No output at all is `read`, which reads and judges the same and writes its doors at the end; or `read --stats`, with
# which nobody need read what is said. Both are held to the bar.
def show_json(kind, runs):
    for way, words in (("doors", "read"), ("stats", "read --stats")):
        ratio = runs["json"].cpu / runs[way].cpu
        print("  %s: read --json : %s = %.2f (bar: at most %.1f)%s"
              % (kind, words, ratio, JSON_BAR, held(ratio <= JSON_BAR)))


# All events with all that is done for them; and of flows that nobody recognises, of which there is one event each and
# nothing else, what writing them adds.
def show_events(kind, runs):
    rate = runs["json"].lines / runs["json"].cpu
    print("  %s: %d events, %.0f a second of all CPU (bar: at least %d)%s"
          % (kind, runs["json"].lines, rate, EVENTS_BAR, held(rate >= EVENTS_BAR)))
    writing = runs["events"].cpu - runs["no events"].cpu
    rate = runs["events"].lines / writing if writing > 0 else float("inf")
    print("  %s: %d flow events, %.0f a second of CPU for writing them (bar: at least %d)%s"
          % (kind, runs["events"].lines, rate, EVENTS_BAR, held(rate >= EVENTS_BAR)))


def commands_for(kind, programs, doorward, capture):
    read = [doorward, "read", capture]
    commands = {way: [programs / "reading", way, capture] for way in ["libpcap"] + STEPS}
    commands["stats"] = read + ["--stats"]
    if kind != "bulk":
        commands["two"] = read + ["--stats", "--workers", "2"]
    if kind != "bulk":
        commands["json"] = read + ["--json"]
    if kind == "mix":
        commands["doors"] = read
    if kind == "small":
        commands["events"] = read + ["--json", "--protocol", "unknown"]
        commands["no events"] = read + ["--protocol", "unknown"]
    return commands


# Words of "reading recognise": nanoseconds for streams, for datagrams, recognisers asked, of how many.
def recognition(program):
    lines = [subprocess.run([program, "recognise", "-"], check=True, text=True, stdout=subprocess.PIPE).stdout
             for _ in range(ROUNDS)]
    figures = [[float(word) for word in line.split() if word[0].isdigit()] for line in lines]
    return min(f[0] for f in figures), min(f[1] for f in figures), figures[0][2], figures[0][3]


def show_recognition(programs):
    few = recognition(programs / "reading_twenty")
    streams, datagrams, asked, over = recognition(programs / "reading")
    print("recognition: %.0f ns for a stream that nobody knows, %.0f ns for datagrams (bar: at most %d)%s"
          % (streams, datagrams, RECOGNITION_BAR, held(max(streams, datagrams) <= RECOGNITION_BAR)))
    print("recognition: with twenty protocols %.0f ns and %.0f ns" % few[:2])
    print("recognition: %.1f of %d recognisers are asked about a datagram, with twenty protocols %.1f of %d"
          % (asked, over, few[2], few[3]))


# The same records again and again, each time an hour later: what was there has timed out when it comes once more.
def repeat_hourly(capture, repeated, times):
    octets = capture.read_bytes()
    number = struct.Struct(">I" if octets[0] == 0xa1 else "<I")
    records, at = [], FILE_HEADER
    while at < len(octets):
        records.append(at - FILE_HEADER)
        at += RECORD_HEADER + number.unpack_from(octets, at + 8)[0]
    with repeated.open("wb") as file:
        file.write(octets[:FILE_HEADER])
        for hour in range(times):
            later = bytearray(octets[FILE_HEADER:])
            for record in records:
                number.pack_into(later, record, number.unpack_from(later, record)[0] + hour * 3600)
            file.write(later)


# Packets come and flows end, in the longer one twice as many: there is no more memory for that.
def show_growth(programs, doorward, folder):
    commands, mix = {}, folder / "hour.pcap"
    subprocess.run([programs / "make_captures", "mix", mix, str(max(MEGABYTES // 10, 1))], check=True)
    for hours in (4, 8):
        capture = folder / ("mix%d.pcap" % hours)
        repeat_hourly(mix, capture, hours)
        commands[hours] = [doorward, "read", "--stats", capture]
    runs = measure(programs, commands, rounds=1)
    ratio = runs[8].memory / runs[4].memory
    print("growth: memory for eight hours : for four = %.0f MB : %.0f MB = %.2f (bar: at most %.1f)%s"
          % (runs[8].memory, runs[4].memory, ratio, GROWTH_BAR, held(ratio <= GROWTH_BAR)))


def main():
    build = pathlib.Path(sys.argv[1])
    programs, doorward = build / "bench", build / "doorward"
    with tempfile.TemporaryDirectory() as made:
        captures = pathlib.Path(os.environ.get("CAPTURES", made))
        for kind in STATS_BARS:
            capture = captures / (kind + ".pcap")
            if not capture.exists():
                subprocess.run([programs / "make_captures", kind, capture, str(MEGABYTES)], check=True)
            runs = measure(programs, commands_for(kind, programs, doorward, capture))
            print("%s: %s" % (kind, runs["flows"].out.strip()))
            show_steps(runs)
            show_stats(kind, runs)
            if "two" in runs:
                show_side_by_side(programs, doorward, capture)
            show_read_before(programs, doorward, capture)
            if "doors" in runs:
                show_json(kind, runs)
            if "events" in runs:
                show_events(kind, runs)
        show_recognition(programs)
        show_growth(programs, doorward, pathlib.Path(made))


if __name__ == "__main__":
    main()
