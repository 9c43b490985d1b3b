"""sockets: CPU, wall time and memory of `doorward sockets` against `ss -tanpH`; see sockets.sh."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", 3))
COUNT = int(os.environ.get("COUNT", 100000))
PROCESSES = int(os.environ.get("PROCESSES", 200))
SPACE = "doorward-bench-%d" % os.getpid()
DOORWARD = ["build-bench/doorward", "sockets", "--here", "--json"]
DOORWARD_ALL = ["build-bench/doorward", "sockets", "--json"]
SS = ["ss", "-tanpH"]
ALONE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
BYSTANDERS = 100
INSIDE = "--inside"  # this program starts itself anew in a host of its own
ENTER = [] if INSIDE in sys.argv else ["nsenter", "--net=/run/netns/" + SPACE, "--"]


def run(command, output=subprocess.DEVNULL):
    """CPU seconds, wall seconds and peak KiB of one run where the sockets are."""
    start = time.monotonic()
    program = subprocess.Popen([*ENTER, *command], stdout=output)
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode not in (0, 3):
        sys.exit("%s ended with %d" % (" ".join(command), program.returncode))
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss


def pairs(*commands, rounds=ROUNDS):
    """Medians of CPU, wall and memory of each command, which take turns."""
    results = [[run(command) for command in commands] for _ in range(rounds)]
    return [[statistics.median(turn[i][what] for turn in results) for what in range(3)]
            for i in range(len(commands))]


def attributed():
    """How many sockets the JSON lists, and how many of these with their process."""
    sockets = held = 0
    with tempfile.TemporaryFile("w+") as output:
        run(DOORWARD, output)
        output.seek(0)
        for line in output:
            event = json.loads(line)
            if event["event_type"] == "socket":
                sockets += 1
                held += event["doorward"]["processes"] != []
    return sockets, held


class Held:
    """Sockets that stay open while this is entered."""

    def __init__(self, kind, count, processes):
        self.words = ["build-bench/bench/hold", kind, str(count), str(processes)]

    def __enter__(self):
        self.holder = subprocess.Popen([*ENTER, *self.words], stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            sys.exit("the sockets could not be opened")

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        time.sleep(1)


def measure_many(kind):
    with Held(kind, COUNT, PROCESSES):
        ours, theirs = pairs(DOORWARD, SS)
        sockets, held = attributed()
    print("%d %s sockets, %d processes: CPU %.3f s against %.3f s of ss, ratio %.3f (at most 0.25)"
          % (COUNT, kind, PROCESSES, ours[0], theirs[0], ours[0] / theirs[0]))
    print("    peak memory %.0f bytes a socket (at most 1024); %d of %d sockets with their process"
          % (ours[2] * 1024 / sockets, held, sockets))


def measure_few():
    with Held("listen", 10, 1):
        ours, all_spaces, theirs = pairs(DOORWARD, DOORWARD_ALL, SS, rounds=7 * ROUNDS)
    print("10 listen sockets: wall %.1f ms against %.1f ms of ss, ratio %.2f (at most 1)"
          % (ours[1] * 1000, theirs[1] * 1000, ours[1] / theirs[1]), flush=True)
    spaces = len(os.listdir("/run/netns"))
    print("    with the other namespaces of this host, %d of them named, which ss leaves out: %.1f ms, ratio %.2f"
          % (spaces, all_spaces[1] * 1000, all_spaces[1] / theirs[1]), flush=True)
    subprocess.run([*ALONE, sys.executable, __file__, INSIDE], check=True)


def measure_alone():
    """The plain command where no process has another namespace; all ends with this one."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for _ in range(BYSTANDERS):
        subprocess.Popen(["sleep", "infinity"], stdin=subprocess.DEVNULL)
    with Held("listen", 10, 1):
        ours, theirs = pairs(DOORWARD_ALL, SS, rounds=7 * ROUNDS)
    print("    without --here, on a host of %d processes and no other namespace: wall %.1f ms against %.1f ms of ss, "
          "ratio %.2f (at most 1)" % (BYSTANDERS, ours[1] * 1000, theirs[1] * 1000, ours[1] / theirs[1]), flush=True)


def main():
    if os.geteuid() != 0:
        sys.exit("sockets: needs root, to make a network namespace")
    if INSIDE in sys.argv:
        measure_alone()
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if COUNT / PROCESSES + 16 > most:
        sys.exit("sockets: a process may open %d files here: take more PROCESSES" % most)
    subprocess.run(["ip", "netns", "add", SPACE], check=True)
    try:
        subprocess.run(["ip", "-n", SPACE, "link", "set", "lo", "up"], check=True)
        measure_few()
        measure_many("listen")
        measure_many("connected")
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=True)


if __name__ == "__main__":
    main()
