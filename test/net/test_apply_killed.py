"""kill -9 and power cuts at random instants of apply, confirm and undo; replacements under a flood. Each of small policies,
which are replaced whole, and of larger ones, of which only what differs is sent.

APPLY_KILLS=1000 and APPLY_REPLACEMENTS=300 take some minutes; SEED is printed when a kill leaves what it must not.
"""
import os
import random
import signal
import subprocess
import time

import pytest

from namespaces import wait_until
from test_apply import FIRST, SECOND, Host, host, parts
from test_apply_delta import table_handle

KILLS = int(os.environ.get("APPLY_KILLS", "60"))
REPLACEMENTS = int(os.environ.get("APPLY_REPLACEMENTS", "20"))
SEED = int(os.environ.get("APPLY_SEED", "1"))
MORE = "".join("allow udp/%d from 192.0.2.%d id r%d\n" % (1000 + nth, nth, nth) for nth in range(60))
both = pytest.mark.parametrize("more", ("", MORE), ids=("whole", "difference"))


class Killing:
    """Two policies, one of which is always in force, and a knife."""

    def __init__(self, host, namespaces, seed, more):
        self.host, self.namespaces, self.random = host, namespaces, random.Random(seed)
        self.policies = {name: host.policy(text + more, name + ".policy") for name, text in
                         (("first", FIRST), ("second", SECOND))}
        self.tables, self.seconds = {}, {}
        self.kills = self.late = 0
        handles = set()
        for name in ("second", "first"):
            self.put(name)
            self.tables[self.loaded()] = name
            handles.add(table_handle(host))
        assert len(self.tables) == 2 and len(handles) == (1 if more else 2)

    def loaded(self):
        """What differs comes last: the order of chains tells how a table was reached."""
        return tuple(parts(self.host.table()))

    def command(self, *words):
        return self.host.space.command(self.host.program.program, *words, "--state", self.host.state)

    def do(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60)

    def put(self, name):
        for words in (("apply", self.policies[name]), ("confirm",)):
            begun = time.monotonic()
            run = self.do(*words)
            self.seconds[words[0]] = time.monotonic() - begun
            assert run.returncode == 0, run.stderr

    def kill(self, *words):
        """Starts it and kills it at an instant between its beginning and a little behind its usual end."""
        usual = self.seconds.setdefault(words[0], self.seconds["confirm"])
        with subprocess.Popen(self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL) as program:
            time.sleep(self.random.uniform(0, 1.1 * usual))
            program.send_signal(signal.SIGKILL)
        self.kills += 1
        self.late += program.returncode != -signal.SIGKILL
        return self.whole()

    def whole(self):
        """Which of the two is loaded: whole, or it is a failure."""
        table = self.loaded()
        assert table in self.tables, "after %d kills (seed %d):\n%s" % (self.kills, SEED, table)
        return self.tables[table]

    def in_force(self):
        """What the history has in force once all is settled."""
        self.do("confirm")  # refused, as nothing waits: it settles what was killed
        (entry,) = [entry for entry in self.host.history() if entry["in_force"]]
        return next(name for name, path in self.policies.items() if str(path) == entry["policy"])

    def waits(self):
        return any(entry["state"] == "armed" for entry in self.host.history())

    def other(self, name):
        return "second" if name == "first" else "first"

    # -- what is killed, and what must come of it --

    def apply(self):
        """Silence takes it back, or it was never loaded."""
        before = self.whole()
        self.kill("apply", self.policies[self.other(before)], "--timeout", "1")
        wait_until(lambda: self.whole() == before, "the old rules to come back")
        if self.waits():
            assert self.do("undo").returncode == 0
        assert self.whole() == before == self.in_force()

    def confirm(self):
        """It is confirmed, or it is not and goes back."""
        before = self.whole()
        run = self.do("apply", self.policies[self.other(before)], "--timeout", "1h")
        assert run.returncode == 0, run.stderr
        assert self.kill("confirm") == self.other(before)
        if self.waits():
            assert self.do("undo").returncode == 0 and self.whole() == before
        assert self.whole() == self.in_force()

    def undo(self):
        """It has gone back, or it does when it is asked again."""
        before = self.whole()
        run = self.do("apply", self.policies[self.other(before)], "--timeout", "1h")
        assert run.returncode == 0, run.stderr
        confirmed = self.random.random() < 0.5
        if confirmed:
            assert self.do("confirm").returncode == 0
        self.kill("undo")
        if not confirmed and self.waits():
            assert self.do("undo").returncode == 0
        if not confirmed:
            assert self.whole() == before
        assert self.whole() == self.in_force()

    def power(self):
        """The host goes down while something is done; what comes up is what was in force."""
        word = self.random.choice(("apply", "confirm", "undo"))
        if word == "apply":
            self.kill("apply", self.policies[self.other(self.whole())], "--timeout", "1h")
        else:
            assert self.do("apply", self.policies[self.other(self.whole())], "--timeout", "1h").returncode == 0
            self.kill(word)
        old, self.host.space = self.host.space, self.namespaces.new()
        assert self.host.table() == ""
        assert self.do("apply", "--boot").returncode == 0
        self.namespaces.made.remove(old)
        old.close()
        assert self.whole() == self.in_force()


@both
def test_killed_at_any_instant(host, namespaces, more):
    """Always the old rules or the new ones, whole, and the way back works."""
    killing = Killing(host, namespaces, SEED, more)
    kinds = [killing.apply, killing.confirm, killing.undo, killing.power]
    for nth in range(KILLS // 2):
        kinds[nth % len(kinds)]()
    print("%d kills, %d behind the end" % (killing.kills, killing.late))
    assert killing.kills == KILLS // 2 and killing.late < KILLS // 2


FLOOD = """
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for port in (9998, 9999):
        try:
            sender.sendto(b"flood", ("192.0.2.1", port))
        except OSError:  # buffers are full: the next one then
            pass
"""
COUNT = """
import socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("192.0.2.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
    listener.recv(100)
    print("x", end="", flush=True)
"""


@both
def test_replacements_under_a_flood_leak_nothing(host, namespaces, tmp_path, more):
    """One port is let through by each policy, so that the flood is known to come; the other by none."""
    server, client = namespaces.pair()
    host.space = server
    texts = ["allow udp/9998\nallow tcp/%d\n" % port + more for port in (1, 2)]
    host.in_force(texts[0])
    heard = {port: tmp_path / str(port) for port in (9998, 9999)}
    for port, path in heard.items():
        server.start("python3", "-c", COUNT, str(port), stdout=open(path, "w"))
        wait_until(lambda path=path: path.read_text().startswith("ready"), "the listener")
    client.start("python3", "-c", FLOOD)
    wait_until(lambda: heard[9998].stat().st_size > len("ready\n"), "the flood")
    policy = host.policy(texts[1], "other.policy")
    for _ in range(REPLACEMENTS // 4):  # there and back, of each kind
        assert host.do("apply", policy, "--timeout", "1h").status == 0
        before = heard[9998].stat().st_size
        assert host.do("undo").status == 0
        wait_until(lambda: heard[9998].stat().st_size > before, "the flood to go on")
    (dropped,) = [line for line in host.space.run("nft", "list", "chain", "inet", "doorward", "in").stdout.splitlines()
                  if "counter packets" in line]
    assert int(dropped.split()[2]) > 0
    assert heard[9999].read_text() == "ready\n"
