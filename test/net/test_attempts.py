"""doorward attempts: what rules log, told as it comes, with its door and process; loss is counted."""
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import termios
import time

import pytest

from conftest import PROGRAM
from namespaces import wait_until

POLICY = """deny tcp/8080 log id shut
allow udp/5353 log id chat
deny all
"""


@pytest.fixture
def host(namespaces, need, tmp_path):
    need("nft", "root")
    server, client = namespaces.pair()
    server.start("python3", "-m", "http.server", "--bind", "0.0.0.0", 8080)
    server.wait_for_port(8080)
    policy = tmp_path / "host.policy"
    policy.write_text(POLICY)
    text = server.run(PROGRAM, "plan", "--nft", "-P", policy, check=False).stdout
    server.run("nft", "-f", "-", input=text)
    return server, client


def follow(server, *words, **environment):
    """Starts following, and waits until the group is bound."""
    program = subprocess.Popen(server.command(PROGRAM, "attempts", "--follow", *words), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=dict(os.environ, **environment))
    wait_until(lambda: "1013" in server.run("cat", "/proc/net/netfilter/nfnetlink_log").stdout, "the group")
    return program


def send(client, count=1, port=5353, words=b"x"):
    client.run("python3", "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
               "for n in range(%d): s.sendto(%r, ('192.0.2.1', %d))" % (count, words, port))


def test_attempts_name_rule_door_and_process(host):
    server, client = host
    program = follow(server, "--json", "-c", "2")
    client.run("sh", "-c", "timeout 1 python3 -c \"import socket; socket.create_connection(('192.0.2.1', 8080), 0.5)\"",
               check=False)
    query = bytes.fromhex("123401000001000000000000") + b"\x07example\x03com\x00\x00\x01\x00\x01"
    send(client, words=query)
    out, err = program.communicate(timeout=20)
    events = [json.loads(line) for line in out.splitlines()]
    assert program.returncode == 0, err
    shut, chat, total = events
    assert shut["attempt"]["rule"] == "shut" and shut["attempt"]["verdict"] == "deny"
    assert (shut["src_ip"], shut["dest_ip"], shut["dest_port"], shut["proto"]) == ("192.0.2.2", "192.0.2.1", 8080, "TCP")
    assert shut["attempt"]["direction"] == "in" and shut["attempt"]["in_interface"] == "eth1"
    assert shut["attempt"]["process"]["name"].startswith("python3") and shut["attempt"]["cast"] == "unicast"
    if chat["attempt"]["rule"] == "chat":
        assert chat["attempt"]["verdict"] == "allow" and chat["app_proto"] == "dns"
    assert total["attempts"]["told"] == 2 and total["attempts"]["lost"] == 0


def test_what_the_limit_suppresses_is_counted(host):
    server, client = host
    send(client, 2000)
    counted = json.loads(server.run(PROGRAM, "attempts", "--json").stdout)["attempts"]
    chat = [rule for rule in counted["rules"] if rule["id"] == "chat"][0]
    assert chat["packets"] == 2000 and chat["logged"] >= 100
    assert chat["suppressed"] == chat["packets"] - chat["logged"]
    assert "chat" in server.run(PROGRAM, "attempts").stdout


def test_every_lost_one_is_counted(host):
    """Logged without a limit, faster than it can be told: told and lost are all that there were."""
    server, client = host
    server.run("nft", "-f", "-", input="""table inet flood {
        chain in {
            type filter hook prerouting priority -300
            udp dport 9999 counter log prefix "doorward deny flood" group 1013
        }
    }""")
    program = follow(server, "--json")
    program.send_signal(19)  # it reads nothing for a while
    send(client, 100000, 9999, b"y" * 64)
    program.send_signal(18)
    time.sleep(1)
    send(client, 100, 9999)  # what is lost shows in the number of the next one
    time.sleep(1)
    program.terminate()
    out, err = program.communicate(timeout=60)
    total = json.loads(out.splitlines()[-1])["attempts"]
    listed = server.run("nft", "list", "table", "inet", "flood").stdout
    logged = int(re.search(r"counter packets (\d+)", listed)[1])
    assert logged > 50000 and total["told"] + total["lost"] == logged, (logged, total, err[-500:])
    assert program.returncode == (3 if total["lost"] else 0)


def test_a_slow_reader_gets_all_though_the_end_is_asked_meanwhile(host):
    """A write that waits for its reader is not given up half done when somebody asks the command to end."""
    server, client = host
    server.run("nft", "-f", "-", input="""table inet steady {
        chain in {
            type filter hook prerouting priority -300
            udp dport 9999 log prefix "doorward deny steady" group 1013
        }
    }""")
    program = follow(server, "--json")
    send(client, 400, 9999, b"y" * 64)

    def waits():
        """Its pipe is full, and nothing more gets in."""
        before = fcntl.ioctl(program.stdout, termios.FIONREAD, b"....")
        time.sleep(0.3)
        now = fcntl.ioctl(program.stdout, termios.FIONREAD, b"....")
        return before == now and int.from_bytes(now, sys.byteorder) > 32768

    wait_until(waits, "a full pipe")
    program.terminate()
    time.sleep(0.3)
    out, err = program.communicate(timeout=60)
    events = [json.loads(line) for line in out.splitlines()]
    assert program.returncode == 0, err
    assert len(events) == 401 and events[-1]["attempts"]["told"] == 400 and events[-1]["attempts"]["lost"] == 0


def test_what_is_lost_behind_the_last_one_is_said(host):
    """No further one comes whose number would tell: that some are missing is known all the same."""
    server, client = host
    server.run("nft", "-f", "-", input="""table inet flood {
        chain in {
            type filter hook prerouting priority -300
            udp dport 9999 counter log prefix "doorward deny flood" group 1013
        }
    }""")
    program = follow(server, "--json")
    program.send_signal(19)  # it reads nothing until all is sent
    send(client, 300000, 9999, b"y" * 64)
    program.send_signal(18)
    program.terminate()
    out, err = program.communicate(timeout=120)
    total = json.loads(out.splitlines()[-1])["attempts"]
    listed = server.run("nft", "list", "table", "inet", "flood").stdout
    logged = int(re.search(r"counter packets (\d+)", listed)[1])
    if total["told"] + total["lost"] == logged:
        pytest.skip("the socket had room for all of them")
    assert program.returncode == 3 and "more were lost behind the last one" in err


def receive(server_socket, count=1):
    server_socket.settimeout(15)
    return [server_socket.recv(65536).decode() for _ in range(count)]


SYSLOG = r"<(\d+)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d \S+ doorward \d+ attempt - (\{.*\})$"


def test_syslog_over_unix(host, tmp_path):
    server, client = host
    path = str(tmp_path / "log")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(path)
    program = follow(server, "--to", "syslog:unix:" + path, "-c", "1")
    send(client)
    (line,) = receive(log)
    program.communicate(timeout=20)
    priority, event = re.match(SYSLOG, line).groups()
    assert priority == "134" and json.loads(event)["attempt"]["rule"] == "chat"

JOURNAL = """
import os, signal, subprocess, sys, time
told, program = sys.argv[1], sys.argv[2:]
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/systemd/journal")
os.makedirs("/run/log")
journal = subprocess.Popen(["/lib/systemd/systemd-journald"], stderr=subprocess.DEVNULL)
until = time.monotonic() + 60
while not os.path.exists("/run/systemd/journal/socket") and time.monotonic() < until:
    time.sleep(0.05)
done = subprocess.run(program).returncode
listing = ["journalctl", "--directory=/run/log/journal", "--no-pager", "-o", "json", "SYSLOG_IDENTIFIER=doorward"]
while True:
    text = subprocess.run(listing, capture_output=True, text=True).stdout
    if text.count("\\n") >= 2 or time.monotonic() > until:
        break
    time.sleep(0.05)
journal.send_signal(signal.SIGTERM)
journal.wait()
with open(told, "w") as file:
    file.write(text)
sys.exit(done)
"""


def test_the_journal_has_each_attempt(host, tmp_path, need):
    """A journal of its own, in a mount namespace; journalctl reads what it keeps."""
    need("journalctl", "unshare")
    if not os.path.exists("/lib/systemd/systemd-journald") or not os.path.exists("/etc/machine-id"):
        pytest.skip("there is no systemd-journald here")
    server, client = host
    told = tmp_path / "told"
    program = subprocess.Popen(server.command("unshare", "--mount-proc", "--pid", "--fork", "--kill-child", sys.executable, "-c", JOURNAL, told, PROGRAM, "attempts",
                                              "--follow", "--to", "journal", "-c", "2"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: "1013" in server.run("cat", "/proc/net/netfilter/nfnetlink_log").stdout, "the group")
        send(client, count=2)
        _, err = program.communicate(timeout=90)
    finally:
        program.kill()
    assert program.returncode == 0, err
    entries = [json.loads(line) for line in told.read_text().splitlines()]
    assert len(entries) == 2, told.read_text()
    for entry in entries:
        assert entry["_TRANSPORT"] == "journal" and entry["_COMM"] == "doorward" and entry["DOORWARD_EVENT"] == "attempt"
        assert entry["PRIORITY"] in "0123456" and json.loads(entry["MESSAGE"])["attempt"]["rule"] == "chat"


# The first message that comes, written to a file.
RECEIVER = """
import socket, ssl, sys
kind, told, certificate, key = sys.argv[1:5]
place = socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
place.bind(("127.0.0.1", 6514))
if kind != "udp":
    place.listen()
open(told + ".ready", "w").close()
if kind != "udp":
    place = place.accept()[0]
if kind == "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    place = context.wrap_socket(place, server_side=True)
words = place.recv(65536)
open(told + ".part", "wb").write(words)
"""


@pytest.fixture
def certificate(tmp_path, need):
    need("openssl")
    made = tmp_path / "localhost.pem", tmp_path / "localhost.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-out", made[0], "-keyout", made[1]], check=True,
                   capture_output=True)
    return made


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
def test_syslog_over_the_network(host, certificate, tmp_path, kind):
    server, client = host
    told = tmp_path / "told"
    receiver = server.start(sys.executable, "-c", RECEIVER, kind, told, *certificate)
    wait_until((tmp_path / "told.ready").exists, "the receiver")
    program = follow(server, "--to", "syslog:%s:localhost:6514" % kind, "-c", "1", SSL_CERT_FILE=str(certificate[0]))
    send(client)
    assert program.wait(timeout=20) == 0, program.communicate()
    receiver.wait(timeout=20)
    message = (tmp_path / "told.part").read_text()
    if kind != "udp":  # RFC 6587 and RFC 5425: its length stands before it
        length, message = message.split(" ", 1)
        assert int(length) == len(message.encode())
    assert json.loads(re.match(SYSLOG, message)[2])["attempt"]["rule"] == "chat"


def test_a_log_server_that_nobody_vouches_for_gets_nothing(host, certificate, tmp_path):
    server, _ = host
    server.start(sys.executable, "-c", RECEIVER, "tls", tmp_path / "told", *certificate)
    wait_until((tmp_path / "told.ready").exists, "the receiver")
    run = server.run(PROGRAM, "attempts", "--follow", "--to", "syslog:tls:localhost:6514", check=False)
    assert run.returncode == 2 and "certificate verify failed" in run.stderr
    assert not (tmp_path / "told.part").exists()


def test_what_a_process_calls_itself_is_escaped(host):
    server, client = host
    server.start(sys.executable, "-c", """
import socket
open("/proc/self/comm", "w").write("a\\x1b[31mb")
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 5353))
while True:
    s.recv(10)
""")
    wait_until(lambda: ":14E9 " in server.run("cat", "/proc/net/udp").stdout, "the door")
    program = follow(server, "-c", "1")
    send(client)
    out, _ = program.communicate(timeout=20)
    assert "\x1b" not in out and "[31mb (" in out


def test_a_file_is_added_to(host, tmp_path):
    server, client = host
    path = tmp_path / "attempts.json"
    path.write_text("before\n")
    program = follow(server, "--to", "file:%s" % path, "-c", "1")
    send(client)
    program.communicate(timeout=20)
    lines = path.read_text().splitlines()
    assert lines[0] == "before" and json.loads(lines[1])["event_type"] == "attempt"


def test_bad_places_are_refused(host):
    server, _ = host
    for where in ("ftp:x", "syslog:tcp:nohost", "syslog:tcp:127.0.0.1:1", "file:/nonexistent/x", "syslog:unix:/none"):
        run = server.run(PROGRAM, "attempts", "--follow", "--to", where, check=False)
        assert run.returncode == 2 and run.stderr.startswith("doorward attempts: "), where
    assert server.run(PROGRAM, "attempts", "--to", "-", check=False).returncode == 2
