"""doorward scan --save, and --diff of what was saved: readable, as events, and with files that are none."""
import json
import sys

import pytest

from test_scan import CHECKER, events

SERVER = """
import socket, sys, threading, time
def serve(port, words):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = server.accept()
        connection.sendall(words.encode())
        threading.Thread(target=lambda c=connection: (c.recv(100), time.sleep(5), c.close())).start()
for word in sys.argv[1:]:
    port, words = word.split("=")
    threading.Thread(target=serve, args=(int(port), words + "\\r\\n")).start()
time.sleep(600)
"""


def serve(server, **doors):
    """Servers that greet so, by port."""
    words = ["%s=%s" % (name[1:], greeting) for name, greeting in doors.items()]
    program = server.start(sys.executable, "-c", SERVER, *words)
    for name in doors:
        server.wait_for_port(int(name[1:]))
    return program


def saved(doorward, client, path, *words):
    run = doorward("scan", "--from", client.name, "--save", path, *words)
    assert run.err == "" and run.status in (0, 1, 3)
    found = events(path.read_text())
    assert found[0]["event_type"] == "scan" and found[-1]["event_type"] == "stats"
    assert [one.name for one in path.parent.glob(path.name + "*")] == [path.name]  # nothing is left beside it
    return path


def test_what_has_changed(doorward, namespaces, tmp_path):
    server, client = namespaces.pair()
    first = serve(server, p22="SSH-2.0-OpenSSH_9.2p1", p2200="SSH-2.0-OpenSSH_9.2p1", p2300="SSH-2.0-OpenSSH_9.2p1")
    old = saved(doorward, client, tmp_path / "old.json", "-p", "20-3000", "192.0.2.1")
    assert doorward("scan", "--diff", old, old).status == 0
    server.stop(first)
    serve(server, p22="SSH-2.0-OpenSSH_9.9", p2300="SSH-2.0-OpenSSH_9.2p1", p2500="220 x ESMTP Postfix")
    new = saved(doorward, client, tmp_path / "new.json", "-p", "22-2600", "192.0.2.1", "192.0.2.3")
    run = doorward("scan", "--diff", old, new)
    assert run.status == 1 and run.err == ""
    assert run.out.splitlines()[:3] == ["changed    192.0.2.1 tcp/22  version 9.2p1 -> 9.9",
                                        "closed     192.0.2.1 tcp/2200  ssh, OpenSSH 9.2p1",
                                        "opened     192.0.2.1 tcp/2500  smtp, Postfix"]
    assert "1 doors opened, 1 closed, 1 changed, 1 the same; 0 hosts new, 0 gone" in run.out
    run = doorward("scan", "--json", "--diff", old, new)
    found = events(run.out)
    assert [event["difference"]["kind"] for event in found[:-1]] == ["changed", "closed", "opened"]
    assert found[0]["difference"]["before"] == {"protocol": "ssh", "product": "OpenSSH", "version": "9.2p1"}
    assert found[-1]["stats"]["same"] == 1 and found[-1]["stats"]["exit_status"] == run.status == 1


def write(path, *changed, targets=("192.0.2.0/24",), ports="1-1024", proto="TCP", incomplete=False):
    """A saved scan with these doors: (address, port, more fields)."""
    when = {"timestamp": "2026-11-21T10:00:00.000000+0000"}
    lines = [{**when, "event_type": "scan", "proto": proto, "scan": {"targets": list(targets), "ports": ports}}]
    for address, port, more in changed:
        outcome = "identified" if "app_proto" in more else "silent"
        lines.append({**when, "event_type": "service", "dest_ip": address, "dest_port": port, "proto": proto,
                      "doorward": {"outcome": outcome, "starttls": False, "facts": {}, "tls_facts": more.get("facts", {}), "weaknesses": []},
                      **{key: value for key, value in more.items() if key != "facts"}})
    lines.append({**when, "event_type": "stats", "stats": {"incomplete": incomplete}})
    for line in lines:
        CHECKER.validate(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def kinds(doorward, old, new):
    run = doorward("scan", "--json", "--diff", old, new)
    found = events(run.out)
    return [(e["difference"]["kind"], e["dest_ip"], e.get("dest_port")) for e in found[:-1]], found[-1]["stats"]


def test_hosts_and_what_nobody_asked(doorward, tmp_path):
    old = write(tmp_path / "old", ("192.0.2.1", 22, {}), ("192.0.2.9", 80, {}), ("192.0.2.9", 1000, {}))
    new = write(tmp_path / "new", ("192.0.2.1", 22, {}), ("192.0.2.5", 23, {}), ports="1-100", targets=["192.0.2.1-192.0.2.9"])
    found, stats = kinds(doorward, old, new)
    assert found == [("host-new", "192.0.2.5", None), ("host-gone", "192.0.2.9", None), ("opened", "192.0.2.5", 23),
                     ("closed", "192.0.2.9", 80)]
    assert (stats["same"], stats["uncompared"]) == (1, 1)  # nobody asked about 1000 the second time
    cut = write(tmp_path / "cut", ("192.0.2.1", 22, {}), incomplete=True)
    found, stats = kinds(doorward, old, cut)
    assert found == [] and stats["uncompared"] == 2


def test_certificates(doorward, tmp_path):
    one = {"app_proto": "http", "tls": True, "product": "nginx", "facts": {"fingerprint": "aa:bb"}}
    old = write(tmp_path / "old", ("192.0.2.1", 443, one))
    new = write(tmp_path / "new", ("192.0.2.1", 443, {**one, "facts": {"fingerprint": "cc:dd"}}))
    run = doorward("scan", "--diff", old, new)
    assert run.out.splitlines()[0] == "changed    192.0.2.1 tcp/443  certificate aa:bb -> cc:dd"


HEAD = '{"event_type":"scan","proto":"TCP","scan":{"targets":["192.0.2.1"],"ports":"1-9"}}\n'
DOOR = '{"event_type":"service","dest_ip":"192.0.2.1","dest_port":%s,"doorward":{"outcome":"silent"}}\n'
END = '{"event_type":"stats","stats":{}}\n'


@pytest.mark.parametrize("text, said", ids=range(19), argvalues=[
    ("", "there is no scan in it"),
    ("hello\n", ":1:"),
    ("[1,2]\n", ":1: this is no event of a scan"),
    (DOOR % 1, ":1: a saved scan begins with what was looked at"),
    (HEAD + DOOR % 1, "the scan has no end: the file was cut"),
    (HEAD + DOOR % 1 + END[:-1], ":3: the last line has no end"),
    (HEAD + END + DOOR % 1, ":3: the scan has ended before"),
    (HEAD + HEAD, ":2: a second scan begins here"),
    (HEAD + DOOR % 65536 + END, ":2: a service without a port"),
    (HEAD + DOOR % '"1"' + END, ":2: a service without a port"),
    (HEAD + (DOOR % 1).replace("192.0.2.1", "www") + END, ":2: a service without an address"),
    (HEAD + "{" + "[" * 100000 + "\n", ":2:"),
    (HEAD + '{"event_type":"flow"}\n', ":2: this is no event of a scan"),
    (HEAD.replace("192.0.2.1", "0.0.0.0/0") + END, "'0.0.0.0/0': more than"),
    (HEAD.replace("192.0.2.1", "www.example.org") + END, ":1: a target that is no address"),
    (HEAD.replace("1-9", "9-1") + END, ":1: 9-1: a range begins with its lower port"),
    (HEAD.replace("TCP", "ICMP") + END, ":1: a scan that does not tell what it looked at"),
    (HEAD + '{"event_type":"stats","event_type":"service"}\n', ":2:"),
    (HEAD + '{"event_type":"service","dest_ip":"\\u0000"}\n', ":2:"),
])
def test_foreign_files_are_refused(doorward, tmp_path, text, said):
    good = write(tmp_path / "good", ("192.0.2.1", 22, {}))
    path = tmp_path / "foreign"
    path.write_text(text)
    run = doorward("scan", "--diff", good, path)
    assert run.status == 2 and run.out == ""
    assert said in run.err and run.err.count("\n") == 1


@pytest.mark.parametrize("seed", range(20))
def test_damaged_files_are_refused_or_read(doorward, tmp_path, seed):
    import random
    draw = random.Random(seed)
    good = write(tmp_path / "good", ("192.0.2.1", 22, {"app_proto": "ssh", "product": "OpenSSH"}))
    content = bytearray(good.read_bytes())
    for _ in range(draw.randrange(1, 6)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    path = tmp_path / "damaged"
    path.write_bytes(content)
    run = doorward("scan", "--diff", path, good)
    assert run.status in (0, 1) and run.err == "" or run.status == 2 and run.out == "" and run.err.count("\n") == 1


def test_two_files_of_one_kind(doorward, tmp_path):
    old, udp = write(tmp_path / "old"), write(tmp_path / "udp", proto="UDP")
    assert "nothing can be compared" in doorward("scan", "--diff", old, udp).err
    run = doorward("scan", "--diff", old)
    assert run.status == 2 and "--diff compares two files" in run.err
    run = doorward("scan", "--save", tmp_path / "none" / "x", "-p", "1", "127.0.0.1")
    assert run.status == 2 and "No such file" in run.err and run.out == ""
