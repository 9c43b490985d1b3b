"""doorward scan, from one network namespace at another, with real servers."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
jsonschema = pytest.importorskip("jsonschema")
CHECKER = jsonschema.Draft202012Validator(json.loads((TOP / "data/events.schema.json").read_text()),
                                          format_checker=jsonschema.FormatChecker())
SILENT = """
import socket, time
kept = [socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096) for port in (9100, 9999)]
time.sleep(600)
"""


@pytest.fixture
def pair(namespaces):
    """A host with a web server at an odd port, a silent server and a printer's port; and who looks at it."""
    server, client = namespaces.pair()
    server.start(sys.executable, "-m", "http.server", "2222", "--bind", "::")
    server.start(sys.executable, "-c", SILENT)
    for port in 2222, 9100, 9999:
        server.wait_for_port(port)
    return server, client


def events(out):
    found = [json.loads(line) for line in out.splitlines()]
    for event in found:
        CHECKER.validate(event)
    return found


def scan(doorward, client, *words):
    run = doorward("scan", "--json", "--from", client.name, *words)
    assert run.err == ""
    found = events(run.out)
    assert found[-1]["event_type"] == "stats" and found[-1]["stats"]["exit_status"] == run.status
    assert found[0]["event_type"] == "scan"
    assert {event["event_type"] for event in found[1:-1]} <= {"host", "service", "finding"}
    services = [event for event in found if event["event_type"] == "service"]
    return {(event["dest_ip"], event["dest_port"]): event for event in services}, found[-1]["stats"]


def findings(doorward, client, *words):
    """What was found, as (id, port or None), and the exit status."""
    run = doorward("scan", "--json", "--from", client.name, *words)
    assert run.err == ""
    found = [event for event in events(run.out) if event["event_type"] == "finding"]
    return {(event["finding"]["id"], event.get("dest_port")): event for event in found}, run.status


@pytest.mark.parametrize("how", [[], ["--connect"]])
@pytest.mark.parametrize("target", ["192.0.2.1", "2001:db8::1"])
def test_a_host(doorward, pair, how, target):
    services, stats = scan(doorward, pair[1], *how, target)
    assert set(services) == {(target, 2222), (target, 9100), (target, 9999)}
    web = services[target, 2222]
    assert (web["app_proto"], web["tls"], web["product"]) == ("http", False, "Python http.server")
    assert services[target, 9100]["doorward"]["outcome"] == "not-asked"
    assert services[target, 9999]["doorward"]["outcome"] == "silent" and "app_proto" not in services[target, 9999]
    assert (stats["open"], stats["closed"], stats["silent"], stats["identified"]) == (3, 65532, 0, 1)
    assert stats["half_open"] == (how == []) and not stats["incomplete"]


def test_nobody_is_asked(doorward, pair):
    services, stats = scan(doorward, pair[1], "--no-knock", "-p", "2000-9999", "192.0.2.1")
    assert {port: e["doorward"]["outcome"] for (_, port), e in services.items()} == dict.fromkeys((2222, 9100, 9999), "not-asked")
    assert (stats["open"], stats["identified"], stats["exit_status"]) == (3, 0, 0)


def test_several_hosts_and_families(doorward, pair, tmp_path):
    targets = tmp_path / "targets"
    targets.write_text("2001:db8::1  # the same host\n192.0.2.1\n")
    services, stats = scan(doorward, pair[1], "-p", "2000-2300", "--targets", targets, "192.0.2.1-192.0.2.2")
    assert set(services) == {("192.0.2.1", 2222), ("2001:db8::1", 2222)}
    assert (stats["hosts"], stats["ports"], stats["closed"]) == (3, 301, 3 * 301 - 2)


def test_names_over_udp(doorward, pair, need, tmp_path):
    need("dnsmasq")
    server, client = pair
    server.start("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--port=5300",
                 "--user=root", "--pid-file=", "--log-facility=-")
    server.wait_for_port(5300, "udp")
    services, stats = scan(doorward, client, "--udp", "-p", "53,5300,5301", "192.0.2.1")
    assert set(services) == {("192.0.2.1", 5300)}
    assert services["192.0.2.1", 5300]["app_proto"] == "dns"
    assert (stats["open"], stats["closed"]) == (1, 2)


def test_the_screen(doorward, pair):
    run = doorward("scan", "--from", pair[1].name, "-p", "2222,9100,9999,1-20", "192.0.2.1")
    lines = run.out.splitlines()
    assert lines[0].split() == ["DOOR", "SPOKEN", "SERVER"] and run.err == ""
    assert "tcp/9999   silent" in lines and not any(line.endswith(" ") for line in lines)
    assert any(line.startswith("tcp/2222   http          Python http.server 3.") for line in lines)
    assert any(line.startswith("tcp/9100   not-asked     never spoken to") for line in lines)
    assert any(line.startswith("3 tcp doors open, 1 identified, at 192.0.2.1; 20 closed,") for line in lines)


def test_the_time_is_kept(doorward, pair, need):
    need("nft")
    server, client = pair
    server.run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; policy drop; };"
                      "add rule inet t c tcp dport 2222 accept; add rule inet t c meta l4proto icmpv6 accept")
    services, stats = scan(doorward, client, "--rate", "1000", "--max-time", "2", "192.0.2.1")
    assert stats["incomplete"] and stats["exit_status"] == (1 if services else 3)  # what the web server says is in the clear
    assert set(services) <= {("192.0.2.1", 2222)}


# Before it counts a connection it looks at the others: who closed one before he opened the next did not hold both.
CROWDED = """
import socket, selectors, sys
selector, live, told = selectors.DefaultSelector(), set(), open(sys.argv[1], "w")
def goes_on(connection):
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    connection.close()
for port in range(7000, 7003):
    selector.register(socket.create_server(("", port), backlog=4096), selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        connection = key.fileobj.accept()[0]
        connection.setblocking(False)
        live = {each for each in live if goes_on(each)} | {connection}
        print(len(live), file=told, flush=True)
"""


def most_at_once(doorward, namespaces, told, *words):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", CROWDED, told)
    server.wait_for_port(7002)
    services, _ = scan(doorward, client, "-p", "7000-7002", *words, "192.0.2.1")
    assert len(services) == 3
    return max(int(line) for line in told.read_text().splitlines())


def test_conversations_with_a_host_are_bounded(doorward, namespaces, tmp_path):
    assert most_at_once(doorward, namespaces, tmp_path / "most", "--per-host", "4") in (3, 4)
    assert most_at_once(doorward, namespaces, tmp_path / "usual") > 8


POLICY = """
allow http/2222 from any owner "web" because "shop"
allow tcp/9999 from %s owner "ops" because "silent"
%s
deny all
"""


def test_progress_is_for_a_terminal(doorward, pair):
    leader, follower = os.openpty()
    program = subprocess.Popen([doorward.program, "scan", "--from", pair[1].name, "-p", "1-3000", "--rate", "1500",
                                "192.0.2.1"], stdout=subprocess.PIPE, stderr=follower, text=True)
    out, _ = program.communicate(timeout=60)
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert re.search(r"looking: +\d+% of 3000 doors, pass 1, \d+ s left; asking \d+", shown)
    assert shown.endswith("\r\033[K") and "looking" not in out and "tcp/2222" in out


def test_public_addresses(doorward, pair):
    run = doorward("scan", "--from", pair[1].name, "-p", "1-5", "--public", "8.8.8.8")  # there is no way to it
    assert "public addresses: 5 doors of 1 hosts are asked" in run.err and "harmless requests without login" in run.err
    assert "0 tcp doors open" in run.out and "5 without an answer" in run.out
    assert "was asked 3 times" in run.out


@pytest.fixture
def policy(tmp_path):
    def write(more="allow tcp/9100 owner \"print\" because \"printer\"", silent_from="any"):
        path = tmp_path / "host.policy"
        path.write_text(POLICY % (silent_from, more))
        return path
    return write


def test_as_documented(doorward, pair, policy):
    found, status = findings(doorward, pair[1], "-P", policy(), "192.0.2.1")
    assert set(found) == {("clear-text", 2222)} and status == 1
    event = found["clear-text", 2222]
    assert event["app_proto"] == "http" and event["doorward"]["rule"]["line"] == 2
    path = policy("allow tcp/9100 owner \"print\" because \"p\"\naccept clear-text on http/2222 because \"x\" until 2099-01-01")
    found, status = findings(doorward, pair[1], "-P", path, "192.0.2.1", "2001:db8::1")
    assert status == 0 and found["clear-text", 2222]["finding"]["accepted"]["because"] == "x"


def test_open_and_not_documented(doorward, pair, policy):
    found, status = findings(doorward, pair[1], "-P", policy("deny tcp/4"), "192.0.2.1")
    assert set(found) == {("clear-text", 2222), ("undocumented", 9100)} and status == 1
    assert found["undocumented", 9100]["finding"]["evidence"] == "it answered 192.0.2.2"
    found, _ = findings(doorward, pair[1], "-P", policy("deny tcp/9100"), "-p", "9000-9999", "192.0.2.1")
    assert set(found) == {("denied-open", 9100)}


def test_documented_and_not_answering(doorward, pair, policy):
    more = """allow tcp/9100 owner "p" because "p"
allow ssh/22 owner "o" because "b"
allow smtp/25 from 203.0.113.0/24 owner "o" because "b"
allow dns/53/udp owner "o" because "b"
"""
    found, _ = findings(doorward, pair[1], "-P", policy(more), "192.0.2.1")
    assert set(found) == {("clear-text", 2222), ("not-open", 22)}  # we may not expect smtp, and did not ask over UDP
    found, _ = findings(doorward, pair[1], "-P", policy(more), "-p", "100-9999", "192.0.2.1")
    assert set(found) == {("clear-text", 2222)}                    # nor what was not asked
    found, _ = findings(doorward, pair[1], "-P", policy(more), "--udp", "-p", "50-55", "192.0.2.1")
    assert set(found) == {("not-open", 53)}


def test_another_protocol_and_whom_it_answers(doorward, pair, policy):
    path = policy("allow tcp/9100 owner \"p\" because \"p\"", silent_from="203.0.113.0/24")
    path.write_text(path.read_text().replace("http/2222", "ssh/2222"))
    found, status = findings(doorward, pair[1], "-P", path, "192.0.2.1")
    assert set(found) == {("clear-text", 2222), ("wrong-protocol", 2222), ("wider", 9999)} and status == 1
    assert found["wrong-protocol", 2222]["finding"]["evidence"].startswith("http is spoken, ssh is documented")
    run = doorward("scan", "--from", pair[1].name, "-P", path, "192.0.2.1")
    assert run.status == 1 and "Doors: 3 documented\n" in run.out and "Findings: 2 high, 1 medium\n" in run.out


def test_a_policy_is_one_hosts(doorward, policy):
    run = doorward("scan", "-P", policy(), "10.0.0.0/24")
    assert run.status == 2 and "a policy speaks of one host, and these are 256 addresses" in run.err


def test_what_is_reachable(doorward, pair, need):
    need("redis-server")
    server, client = pair
    server.start("redis-server", "--port", "7000", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "")
    server.wait_for_port(7000)
    found, status = findings(doorward, client, "-p", "7000", "192.0.2.1")
    assert status == 1 and {name for name, _ in found} == {"redis-no-auth", "reachable", "clear-text"}
    assert found["reachable", 7000]["finding"]["severity"] == 4
    run = doorward("scan", "--from", client.name, "-p", "7000,2222", "192.0.2.1")
    assert "    critical  redis-no-auth: " in run.out and "What to do: Set a password" in run.out
    assert max(map(len, run.out.splitlines())) <= 100, run.out
    assert "Clear text is spoken beyond this host\n  at 2 doors\n" in run.out


@pytest.mark.parametrize("words, said", [
    ([], "no target is named"),
    (["8.8.8.8"], "8.8.8.8 is public"),
    (["--no-knock", "--udp", "127.0.0.1"], "--no-knock: over UDP only who is asked"),
    (["10.0.0.0/7"], "'10.0.0.0/7': more than"),
    (["-p", "0", "127.0.0.1"], "--ports: '0' is no port"),
    (["-p", "90-80", "127.0.0.1"], "--ports: 90-80: a range begins with its lower port"),
    (["--rate", "fast", "127.0.0.1"], "--rate: 'fast' is no number"),
    (["--from", "nowhere-at-all", "127.0.0.1"], "--from: cannot enter the network namespace nowhere-at-all"),
    (["--targets", "/nonexistent", "127.0.0.1"], "/nonexistent"),
])
def test_what_cannot_be_is_refused(doorward, words, said):
    run = doorward("scan", *words)
    assert run.status == 2 and run.out == "" and said in run.err
