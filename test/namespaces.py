"""Network namespaces, links between them and programs inside, for tests with real servers.

    def test_x(namespaces):
        server, client = namespaces.pair()          # 192.0.2.1 and .2, 2001:db8::1 and ::2, on a veth
        server.start("python3", "-m", "http.server", "80")
        server.wait_for_port(80)
        client.run("curl", "http://192.0.2.1/")

All that a test made is ended and removed when it ends, by the ids that were kept. Entering is done with
nsenter and not with `ip netns exec`, which would hide cgroups and bpffs behind a new /sys.
"""
import itertools
import os
import subprocess
import sys
import time

PATIENCE = 60  # seconds until a wait is given up; never part of what a test asserts
_numbers = itertools.count(1)


def wait_until(condition, what):
    """Returns the first true answer of condition(); fails with `what` when patience ends."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + what)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Namespace:
    """One network namespace with its loopback up, and the programs that were started in it."""

    def __init__(self):
        self.name = "doorward-test-%d-%d" % (os.getpid(), next(_numbers))
        self.path = "/run/netns/" + self.name
        self.programs = []
        _ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    @property
    def inode(self):
        return os.stat(self.path).st_ino

    def ip(self, *words):
        _ip("-n", self.name, *words)

    def command(self, *command):
        """The words that run this command inside, for those who start it themselves."""
        return ["nsenter", "--net=" + self.path, "--", *map(str, command)]

    def run(self, *command, check=True, timeout=60, **options):
        """Runs a command inside to its end and returns what it printed."""
        options = {"capture_output": True, "text": True, **options}
        return subprocess.run(self.command(*command), check=check, timeout=timeout, **options)

    def start(self, *command, **options):
        """Starts a program inside; it ends with the namespace. nsenter execs it, so .pid is its own."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                   "stderr": subprocess.DEVNULL, "start_new_session": True, **options}
        program = subprocess.Popen(self.command(*command), **options)
        self.programs.append(program)
        return program

    def listens(self, port, transport="tcp"):
        found = self.run("ss", "-Hln", "--" + transport, "sport = :%d" % port)
        return found.stdout.strip() != ""

    def wait_for_port(self, port, transport="tcp"):
        wait_until(lambda: self.listens(port, transport), "%s port %d" % (transport, port))

    def wait_for_answer(self, port, asked=b""):
        """Some servers listen long before they serve: waits until one has said a first byte, after `asked`."""
        self.wait_for_port(port)
        ask = ("import socket; s = socket.create_connection(('127.0.0.1', %d), 60); s.sendall(%r); "
               "assert s.recv(1)" % (port, asked))
        self.run(sys.executable, "-c", ask, timeout=90)

    def stop(self, program):
        """Ends a program and what it started in its session."""
        for end in (15, 9):
            try:
                os.killpg(program.pid, end)
            except ProcessLookupError:
                break
            try:
                program.wait(2)
                break
            except subprocess.TimeoutExpired:
                continue
        program.wait()

    def close(self):
        while self.programs:
            self.stop(self.programs.pop())
        _ip("netns", "del", self.name)


class Namespaces:
    """The namespaces of one test."""

    def __init__(self):
        self.made = []

    def new(self):
        self.made.append(Namespace())
        return self.made[-1]

    def join(self, first, second, network=1):
        """Joins two with a veth: eth<network> at both ends, 192.0.2.1/.2 and 2001:db8::1/::2 in network 1,
        198.51.100.x and 2001:db8:2:: in network 2, 203.0.113.x and 2001:db8:3:: in network 3."""
        v4 = ("192.0.2", "198.51.100", "203.0.113")[network - 1]
        v6 = "2001:db8:" if network == 1 else "2001:db8:%d:" % network
        device = "eth%d" % network
        _ip("link", "add", device, "netns", first.name, "type", "veth", "peer", "name", device, "netns",
            second.name)
        for host, end in enumerate((first, second), 1):
            end.ip("address", "add", "%s.%d/24" % (v4, host), "dev", device)
            end.ip("address", "add", "%s:%d/64" % (v6, host), "dev", device, "nodad")
            end.ip("link", "set", device, "up")

    def pair(self):
        """Two new ones, joined."""
        first, second = self.new(), self.new()
        self.join(first, second)
        return first, second

    def close(self):
        while self.made:
            self.made.pop().close()
