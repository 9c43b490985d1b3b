"""doorward scan among servers that mean it no good, and on a network that goes away: each conversation ends, the
rest goes on, and the result says what happened."""
import subprocess
import sys

import pytest

from namespaces import wait_until
from test_scan import events

HOSTILE = r"""
import os, socket, struct, sys, threading, time

def slow(c):
    while True:
        c.sendall(b"x"); time.sleep(1)
def endless(c):
    while True:
        c.sendall(b"220-more\r\n" * 4096)
def noise(c):
    while True:
        c.sendall(os.urandom(65536)); time.sleep(0.01)
def banner(c):
    c.sendall(b"A" * (1 << 20)); c.recv(1)
def broken_tls(c):
    c.recv(1); c.sendall(b"\x16\x03\x03\x40\x00" + os.urandom(1000)); c.recv(1 << 16)
def half_tls(c):
    c.recv(1); c.sendall(b"\x16\x03\x03"); time.sleep(60)
def reset(c):
    c.recv(1); c.sendall(b"SSH-2.0-"); c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
def at_once(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
def redirect(c):
    while c.recv(65536):
        c.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
def nothing(c):
    c.recv(1 << 16); time.sleep(60)
def repeat(c):
    while True:
        c.sendall(c.recv(65536) * 3 or b"x")
def good(c):
    c.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n"); c.recv(1 << 16)

def talk(kind, c):
    try:
        kind(c)
    except OSError:
        pass
    c.close()
def serve(port, kind):
    server = socket.create_server(("", port), backlog=200)
    while True:
        c, _ = server.accept()
        threading.Thread(target=talk, args=(kind, c), daemon=True).start()
kinds = [slow, endless, noise, banner, broken_tls, half_tls, reset, at_once, redirect, nothing, repeat, good]
for n, kind in enumerate(kinds):
    threading.Thread(target=serve, args=(7000 + n, kind), daemon=True).start()
time.sleep(600)
"""
KINDS = 12


@pytest.fixture
def pair(namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", HOSTILE)
    for n in range(KINDS):
        server.wait_for_port(7000 + n)
    return server, client


@pytest.mark.parametrize("how", [[], ["--connect"]])
def test_hostile_servers(doorward, pair, how):
    run = doorward("scan", "--json", "--from", pair[1].name, "-p", "7000-7099", *how, "192.0.2.1")
    found = events(run.out)
    services = {e["dest_port"]: e for e in found if e["event_type"] == "service"}
    assert run.err == "" and set(services) == set(range(7000, 7000 + KINDS))
    assert services[7011].get("product") == "OpenSSH"          # the good one among them
    assert "app_proto" not in services[7002] and "app_proto" not in services[7009]
    assert all(len(e["doorward"].get("evidence", "")) <= 4 * 64 for e in services.values())
    assert found[-1]["stats"]["open"] == KINDS and found[-1]["stats"]["closed"] == 100 - KINDS


def test_a_network_that_goes_away(doorward, pair):
    server, client = pair
    program = subprocess.Popen([doorward.program, "scan", "--json", "--from", client.name, "--rate", "3000", "--max-time",
                                "12", "-p", "1-9000", "192.0.2.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    count = "ip -s -o link show eth1".split()
    wait_until(lambda: int(server.run(*count).stdout.split("RX:")[1].split("\\")[1].split()[1]) > 3000, "packets")
    client.ip("link", "set", "eth1", "down")
    out, err = program.communicate(timeout=60)
    found = events(out)
    stats = found[-1]["stats"]
    assert err == "" and program.returncode == stats["exit_status"] in (0, 1, 3)
    assert stats["silent"] > 0 and stats["closed"] < 9000 - KINDS  # what was not answered is not called closed
    assert stats["open"] + stats["closed"] + stats["silent"] + stats["filtered"] == 9000


def test_names_that_do_not_resolve(doorward, tmp_path):
    targets = tmp_path / "targets"
    targets.write_text("127.0.0.1\nno-such-host.invalid\n")
    for words in (["no-such-host.invalid"], ["--targets", targets]):
        run = doorward("scan", "-p", "1", *words)
        assert run.status == 2 and run.out == "" and "no-such-host.invalid" in run.err and run.err.count("\n") == 1
