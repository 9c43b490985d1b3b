"""doorward scan, from one network namespace at another, with real servers."""
import json
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
jsonschema = pytest.importorskip("jsonschema")
CHECKER = jsonschema.Draft202012Validator(json.loads((TOP / "data/events.schema.json").read_text()),
                                          format_checker=jsonschema.FormatChecker())
SILENT = """
import socket, time
kept = [socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) for port in (9100, 9999)]
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
    assert [event["event_type"] for event in found] == ["service"] * (len(found) - 1) + ["stats"]
    assert found[-1]["stats"]["exit_status"] == run.status
    return {(event["dest_ip"], event["dest_port"]): event for event in found[:-1]}, found[-1]["stats"]


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
    assert stats["incomplete"] and stats["exit_status"] == 3
    assert set(services) <= {("192.0.2.1", 2222)}


@pytest.mark.parametrize("words, said", [
    ([], "no target is named"),
    (["8.8.8.8"], "8.8.8.8 is public"),
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
