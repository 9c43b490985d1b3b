"""doorward watch: real clients and servers in namespaces, seen on the wire."""
import datetime
import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from conftest import PROGRAM
from namespaces import PATIENCE, wait_until

ECHO = """
import socket, sys
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    connection = listener.accept()[0]
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\\r\\n")
    connection.recv(100)
    connection.close()
"""

CALL = """
import socket, sys
for _ in range(int(sys.argv[3])):
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
        connection.recv(100)
        connection.sendall(b"SSH-2.0-test\\r\\n")
        connection.recv(100)
"""

FLOOD = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[2])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sent = 0
while time.monotonic() < end:
    for port in range(1024, 1280):
        try:
            sender.sendto(b"\\xf5" * 64, (sys.argv[1], port))
            sent += 1
        except OSError:
            pass
print(sent)
"""


class Watching:
    """`doorward watch` in a namespace, with what it has written so far."""

    def __init__(self, space, *options):
        self.program = subprocess.Popen(
            space.command(PROGRAM, "watch", *options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))  # nohup may run the tests
        self.lines, self.errors = [], []
        self.threads = [threading.Thread(target=lambda f=f, l=l: l.extend(f))
                        for f, l in ((self.program.stdout, self.lines), (self.program.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    def status_of(self, key):
        with open("/proc/%d/status" % self.program.pid, encoding="ascii") as status:
            return next((line.split()[1:] for line in status if line.startswith(key + ":")), None)

    def wait_until_open(self):
        """It is, when privileges were given up."""
        wait_until(lambda: self.program.poll() is not None or self.status_of("NoNewPrivs") == ["1"],
                   "watch to open its interfaces")
        assert self.program.poll() is None, self.errors
        return self

    def events(self, kind=None):
        found = [json.loads(line) for line in list(self.lines)]
        return [event for event in found if kind is None or event["event_type"] == kind]

    def end(self, number=signal.SIGINT):
        if number:
            self.program.send_signal(number)
        self.program.wait(PATIENCE)
        for thread in self.threads:
            thread.join()
        return self.program.returncode


@pytest.fixture
def watching(namespaces):
    started = []

    def watch(space, *options):
        started.append(Watching(space, *options))
        return started[-1].wait_until_open()

    yield watch
    for each in started:
        if each.program.poll() is None:
            each.program.kill()
        each.end(None)


@pytest.fixture
def policy(tmp_path):
    """One that allows a web server and nothing else."""
    path = tmp_path / "policy"
    path.write_text("allow http/80 from any id web owner \"web\" because \"pages\"\ndeny all\n", encoding="ascii")
    return path


def serve(space, port):
    space.start(sys.executable, "-c", ECHO, port)
    space.wait_for_port(port)


def call(space, port, times=1):
    space.run(sys.executable, "-c", CALL, "192.0.2.1", port, times)


@pytest.mark.parametrize("workers", [1, 2])
def test_flows_of_real_parties_are_written_as_they_end(namespaces, watching, workers):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "--json", "--workers", workers)
    call(client, 2222, 20)
    wait_until(lambda: len(watch.events("ssh")) >= 20, "events while they happen")
    assert watch.end() in (0, 1, 3)
    flows = [event for event in watch.events("flow") if event.get("dest_port") == 2222]
    assert len(flows) == 20
    assert {flow["app_proto"] for flow in flows} == {"ssh"}
    assert all(flow["flow"]["pkts_toserver"] >= 4 for flow in flows)
    stats = watch.events("stats")
    assert len(stats) == 1 and stats[0] == watch.events()[-1]


def test_the_end_has_a_time_even_without_a_frame(namespaces, watching):
    server, _ = namespaces.pair()
    began = time.time()
    watch = watching(server, "--json", "--filter", "port 1", "--duration", 1)
    assert watch.end(None) == 0
    stats = watch.events("stats")[0]
    assert stats["stats"]["frames"] == 0
    stamp = datetime.datetime.strptime(stats["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    assert began <= stamp <= time.time()


def test_privileges_are_given_up(namespaces, watching):
    server, _ = namespaces.pair()
    watch = watching(server, "--workers", 2)
    assert set(watch.status_of("Uid")) == {"65534"}
    assert set(watch.status_of("Gid")) == {"65534"}
    for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(watch.status_of(kind)[0], 16) == 0
    assert watch.status_of("Groups") in ([], None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_and_every_flow_is_written(namespaces, watching, number):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "-i", "lo", "-i", "eth1", "--flows")
    call(client, 2222, 3)
    assert watch.end(number) in (0, 1, 3)
    assert sum("2222" in line for line in watch.lines) >= 3


def test_count_and_duration_end_it(namespaces, watching):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "--json", "--count", 5, "-f", "tcp port 2222")
    call(client, 2222, 3)
    assert watch.end(None) in (0, 1)
    assert watch.events("stats")[0]["stats"]["packets"] == 5
    watch = watching(server, "--json", "--duration", 1)
    assert watch.end(None) == 0
    assert len(watch.events("stats")) == 1


def test_a_filter_keeps_the_rest_out(namespaces, watching):
    server, client = namespaces.pair()
    serve(server, 2222)
    serve(server, 2223)
    watch = watching(server, "--json", "-f", "tcp port 2223")
    call(client, 2222)
    call(client, 2223)
    wait_until(lambda: watch.events("ssh"), "the flow that is let through")
    watch.end()
    assert {flow["dest_port"] for flow in watch.events("flow")} == {2223}


def test_a_policy_is_watched_over(namespaces, watching, policy):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "--json", "-P", policy, "--host", "192.0.2.1")
    call(client, 2222)
    wait_until(lambda: watch.events("finding"), "the finding, when the flow has ended")
    assert not watch.events("stats")
    assert watch.end() == 1
    keys = [finding["finding"]["key"] for finding in watch.events("finding")]
    assert any("2222" in key for key in keys)
    assert all(keys.count(key) == 2 for key in keys)


def test_a_finding_is_a_line_for_people(namespaces, watching, policy):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "-P", policy, "--host", "192.0.2.1")
    call(client, 2222)
    wait_until(lambda: any("undocumented-traffic  tcp/2222" in line for line in watch.lines), "a line")
    assert watch.end() == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_a_flood_is_survived_and_counted(namespaces, watching, workers):
    server, client = namespaces.pair()
    serve(server, 2222)
    watch = watching(server, "--json", "--workers", workers, "--ring", "1M", "--memory", "64M")
    flood = client.start(sys.executable, "-c", FLOOD, "192.0.2.1", 3, stdout=subprocess.PIPE)
    call(client, 2222, 5)
    sent = int(flood.communicate(timeout=PATIENCE)[0])
    assert watch.end() in (0, 1, 3)
    stats = watch.events("stats")[0]["stats"]
    udp = sum(flow["flow"]["pkts_toserver"] for flow in watch.events("flow") if flow["proto"] == "UDP")
    assert udp <= sent
    assert stats["packets"] + stats["kernel_dropped"] >= sent


def test_what_cannot_be_opened_is_said(namespaces):
    server, _ = namespaces.pair()
    done = server.run(PROGRAM, "watch", "-i", "nowhere", check=False)
    assert done.returncode == 2 and "nowhere" in done.stderr
    done = server.run(PROGRAM, "watch", "-f", "no such words", check=False)
    assert done.returncode == 2 and "no such words" in done.stderr
    done = server.run("setpriv", "--reuid=65534", "--clear-groups", PROGRAM, "watch", check=False)
    assert done.returncode == 2 and "permission" in done.stderr


def test_an_interface_that_goes_ends_it(namespaces, watching):
    server, _ = namespaces.pair()
    watch = watching(server, "-i", "eth1")
    server.ip("link", "del", "eth1")
    assert watch.end(None) == 3
    assert any("eth1" in line for line in watch.errors)
