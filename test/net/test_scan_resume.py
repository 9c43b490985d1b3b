"""doorward scan --resume: what was interrupted, by whatever, goes on and comes to the same end."""
import os
import signal
import subprocess
import sys

import pytest

from namespaces import wait_until
from test_scan import events

SERVERS = """
import socket, sys, time
kept = []
for port in sys.argv[1:]:
    kept.append(socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096))
time.sleep(600)
"""
DOORS = [21, 600, 1999, 2500, 5060, 7777]


@pytest.fixture
def pair(namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", SERVERS, *DOORS)
    for port in DOORS:
        server.wait_for_port(port)
    return server, client


def result(out):
    found = events(out)
    doors = {(e["dest_ip"], e["dest_port"], e["doorward"]["outcome"]) for e in found if e["event_type"] == "service"}
    stats = found[-1]["stats"]
    return doors, {key: stats[key] for key in ("open", "closed", "filtered", "silent", "incomplete", "hosts", "ports")}


def interrupted(doorward, client, state, how, words):
    """Runs until the state was written, then ends it; where nothing ends it, a time does."""
    program = subprocess.Popen([doorward.program, "scan", "--json", "--from", client.name, "--resume", state, *words],
                               stdout=subprocess.PIPE, text=True)
    if how is not None:
        wait_until(state.exists, "a state that is written")
        os.kill(program.pid, how)
    return program.communicate(timeout=60)[0], program.returncode


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, None])
def test_goes_on_where_it_was(doorward, pair, tmp_path, how):
    state, words = tmp_path / "state", ["-p", "1-8000", "--rate", "1500", "192.0.2.1"]
    whole = result(doorward("scan", "--json", "--from", pair[1].name, "-p", "1-8000", "192.0.2.1").out)
    assert {port for _, port, _ in whole[0]} == set(DOORS) and not whole[1]["incomplete"]
    out, status = interrupted(doorward, pair[1], state, how, words + (["--max-time", "2"] if how is None else []))
    if how == signal.SIGKILL:
        assert status == -how
    else:
        assert result(out)[1]["incomplete"] and status in (1, 3)
    assert state.exists() and state.stat().st_size < 4096
    run = doorward("scan", "--json", "--from", pair[1].name, "--resume", state, *words)
    assert result(run.out) == whole and run.err == ""
    assert events(run.out)[-1]["stats"]["asked"] < 8000 + 1500  # what was asked was not asked again
    assert not state.exists()


def test_over_udp(doorward, pair, need, tmp_path):
    need("dnsmasq")
    server, client = pair
    for port in 53, 5300:
        server.start("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--port=%d" % port,
                     "--user=root", "--pid-file=", "--log-facility=-", "--bind-interfaces")
        server.wait_for_port(port, "udp")
    words = ["--udp", "-p", "50-55,5300-5303", "192.0.2.1"]
    whole = result(doorward("scan", "--json", "--from", client.name, *words).out)
    state = tmp_path / "state"
    interrupted(doorward, client, state, signal.SIGKILL, ["--udp", "-p", "1-4000,5300-5303", "192.0.2.1"])
    run = doorward("scan", "--json", "--from", client.name, "--resume", state, *words)
    assert run.status == 2 and "it is of another scan" in run.err and state.exists()
    out, _ = interrupted(doorward, client, tmp_path / "other", None, words + ["--max-time", "1"])
    run = doorward("scan", "--json", "--from", client.name, "--resume", tmp_path / "other", *words)
    doors, stats = result(run.out)
    assert doors == whole[0] and len(doors) == 2 and not stats["incomplete"]
    assert stats["closed"] + stats["silent"] == 8


@pytest.mark.parametrize("words", [["-p", "1-8001", "192.0.2.1"], ["-p", "1-8000", "192.0.2.3"],
                                   ["-p", "1-7999,8001", "192.0.2.1"], ["-p", "1-8000", "--udp", "192.0.2.1"]])
def test_another_scan_is_refused(doorward, pair, tmp_path, words):
    state = tmp_path / "state"
    interrupted(doorward, pair[1], state, signal.SIGKILL, ["-p", "1-8000", "--rate", "1000", "192.0.2.1"])
    kept = state.read_bytes()
    run = doorward("scan", "--from", pair[1].name, "--resume", state, *words)
    assert run.status == 2 and "it is of another scan" in run.err and run.out == "" and state.read_bytes() == kept


def test_damaged_states_are_refused(doorward, pair, tmp_path):
    words = ["-p", "1-8000", "--rate", "1000", "192.0.2.1"]
    state = tmp_path / "state"
    interrupted(doorward, pair[1], state, signal.SIGKILL, words)
    good = state.read_bytes()
    for bad in [b"", b"x", good[:-1], good + b"x", good[:100], b"\0" * len(good)] + \
            [good[:at] + bytes([good[at] ^ 1]) + good[at + 1:] for at in range(0, len(good), len(good) // 20)]:
        state.write_bytes(bad)
        run = doorward("scan", "--from", pair[1].name, "--resume", state, *words)
        assert run.status == 2 and run.out == "" and "the file was damaged" in run.err, bad[:40]
    run = doorward("scan", "--resume", tmp_path, "127.0.0.1")
    assert run.status == 2 and run.out == ""
