"""What is spoken behind doors: the engine against real servers, and against those that mean harm.

The engine is called through knock_probe, which is built beside the unit tests. All doors stand in one network
namespace of the test."""
import json
import pathlib
import subprocess
import sys

import pytest

from conftest import PROGRAM

PROBE = pathlib.Path(PROGRAM).resolve().parent / "test/net/knock_probe"


@pytest.fixture
def space(namespaces, need):
    if not PROBE.exists():
        pytest.skip("needs %s, which is built with -Dtests=true" % PROBE)
    return namespaces.new()


def knock(space, *doors, seconds=0):
    """Knocks at "tcp:127.0.0.1:80"...; returns what was found out about each, in their order."""
    done = space.run(PROBE, int(seconds * 1000), *doors, timeout=30 + seconds)
    assert "ERROR" not in done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def at(*ports):
    return ["tcp:127.0.0.1:%d" % port for port in ports]


ODD = """
import os, socket, struct, sys, threading, time
def serve(port, talk):
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    def each(connection):
        try:
            talk(connection)
        except OSError:
            pass
        connection.close()
    def accept():
        while True:
            threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
def silent(c):
    while c.recv(4096):
        pass
def slowly(c):
    while True:
        c.sendall(b"x")
        time.sleep(1)
def endless(c):
    while True:
        c.sendall(b"abcdefgh" * 8192)
def noise(c):
    c.sendall(os.urandom(3000))
    c.recv(1)
def banner(c):
    c.sendall(b"SSH-2.0-" + b"A" * (1 << 20))
    c.recv(1)
def reset(c):
    c.sendall(b"220 ")
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
def closes(c):
    pass
def late(c):
    time.sleep(1.5)
    c.sendall(b"SSH-2.0-OpenSSH_9.2p1\\r\\n")
    silent(c)
def echo(c):
    while True:
        data = c.recv(4096)
        if not data:
            return
        c.sendall(data)
def half_http(c):
    c.recv(4096)
    c.sendall(b"HTTP/1.1 200 OK\\r\\nServer: Half/1.5\\r\\nContent-Length: 9999\\r\\n\\r\\n<title>part")
    time.sleep(30)
def plain_answer(c):
    c.recv(4096)
    c.sendall(b"what do you want?\\n")
def escape(c):
    c.sendall(b"SSH-2.0-\\x1b]0;evil\\x07\\r\\n")
    silent(c)
for port, name in enumerate(sys.argv[1:], 7001):
    serve(port, globals()[name])
time.sleep(600)
"""
ODD_SERVERS = ["silent", "slowly", "endless", "noise", "banner", "reset", "closes", "late", "echo", "half_http",
               "plain_answer", "escape"]


@pytest.fixture
def odd(space):
    """What is found out about each odd server, all asked at once."""
    space.start(sys.executable, "-c", ODD, *ODD_SERVERS)
    ports = range(7001, 7001 + len(ODD_SERVERS))
    for port in ports:
        space.wait_for_port(port)
    return dict(zip(ODD_SERVERS, knock(space, *at(*ports))))


def test_servers_that_mean_no_good_are_called_what_they_are(odd):
    assert odd.pop("reset")["outcome"] in ("unknown", "silent")  # its bytes may be lost with the reset
    assert {name: (found["outcome"], found.get("spoken")) for name, found in odd.items()} == {
        "silent": ("silent", None),
        "slowly": ("unknown", None),
        "endless": ("unknown", None),
        "noise": ("unknown", None),
        "banner": ("identified", "ssh"),
        "closes": ("silent", None),
        "late": ("identified", "ssh"),
        "echo": ("identified", "echo"),
        "half_http": ("identified", "http"),
        "plain_answer": ("unknown", None),
        "escape": ("identified", "ssh"),
    }
    assert odd["banner"]["product"] == ""
    assert odd["plain_answer"]["evidence"] == "what do you want?\n"
    assert odd["closes"]["problem"] == "it closes the connection at once"
    assert odd["half_http"]["facts"]["server"] == "Half/1.5"


def test_a_door_where_nobody_is_refuses(space):
    tcp, udp = knock(space, "tcp:127.0.0.1:9", "udp:127.0.0.1:9")
    assert tcp["outcome"] == "refused" and udp["outcome"] == "refused"


def test_printers_are_never_spoken_to(space):
    program = space.start(sys.executable, "-c", "import socket;l=socket.create_server(('127.0.0.1',9100));"
                          "print(l.accept(),flush=True)", stdout=subprocess.PIPE, text=True)
    space.wait_for_port(9100)
    assert knock(space, *at(9100))[0]["outcome"] == "not asked"
    assert program.poll() is None
    space.stop(program)
    assert program.stdout.read() == ""


def test_http_is_found_at_any_port_and_address(space):
    space.start(sys.executable, "-m", "http.server", "22")
    space.start(sys.executable, "-m", "http.server", "8000", "--bind", "::1")
    space.wait_for_port(22)
    space.wait_for_port(8000)
    four, six = knock(space, "tcp:127.0.0.1:22", "tcp:[::1]:8000")
    for found in four, six:
        assert found["spoken"] == "http"
        assert found["product"] == "Python http.server"
        assert found["version"] == "%d.%d.%d" % sys.version_info[:3]


@pytest.fixture
def certificate(tmp_path, need):
    need("openssl")

    def make(name, *options):
        key, file = tmp_path / (name + ".key"), tmp_path / (name + ".pem")
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-subj", "/CN=" + name, "-keyout", key, "-out", file,
                        *options], check=True, capture_output=True)
        return ["-key", key, "-cert", file]

    return make


def test_old_tls_and_weak_certificates_are_told(space, certificate):
    good = certificate("good", "-newkey", "rsa:2048")
    weak = certificate("weak", "-newkey", "rsa:1024")
    everything = ["-cipher", "ALL:@SECLEVEL=0"]
    servers = {4431: ["-tls1_3", *good], 4432: ["-tls1_2", *good], 4433: ["-tls1_1", *good, *everything],
               4434: ["-tls1", *weak, *everything]}
    for port, options in servers.items():
        space.start("openssl", "s_server", "-accept", port, "-www", *options)
    for port in servers:
        space.wait_for_port(port)
    newest, usual, old, oldest = knock(space, *at(*servers))
    for found, version in (newest, "TLS 1.3"), (usual, "TLS 1.2"), (old, "TLS 1.1"), (oldest, "TLS 1.0"):
        assert found["spoken"] == "tls:http"
        assert found["tls"]["facts"]["version"] == version
        assert "tls-certificate-self-signed" in found["tls"]["weaknesses"]
    for found in newest, usual:
        assert "tls-old" not in found["tls"]["weaknesses"] and "old_versions" not in found["tls"]["facts"]
        assert "tls-certificate-weak-key" not in found["tls"]["weaknesses"]
    assert old["tls"]["facts"]["old_versions"] == "TLS 1.1"
    assert oldest["tls"]["facts"]["old_versions"] == "TLS 1.0"
    assert "tls-old" in old["tls"]["weaknesses"] and "tls-old" in oldest["tls"]["weaknesses"]
    assert "1024" in oldest["tls"]["weaknesses"]["tls-certificate-weak-key"]


def test_certificates_of_dtls_are_told_whole_and_in_fragments(space, certificate):
    long = certificate("long", "-newkey", "rsa:4096", "-addext", "subjectAltName=" + ",".join(
        "DNS:door-%d.example" % n for n in range(20)))
    for port, options in (4441, []), (4442, ["-mtu", "300"]):
        space.start("openssl", "s_server", "-dtls1_2", "-accept", port, "-quiet", *options, *long)
        space.wait_for_port(port, "udp")
    for found in knock(space, "udp:127.0.0.1:4441", "udp:127.0.0.1:4442"):
        assert found["spoken"] == "dtls"
        assert found["facts"]["version"] == "DTLS 1.2"
        assert found["facts"]["subject"] == "CN=long"


def test_tls_that_asks_for_a_certificate_or_stays_silent_is_still_tls(space, certificate):
    good = certificate("good", "-newkey", "rsa:2048")
    space.start("openssl", "s_server", "-accept", "4431", "-tls1_2", "-Verify", "1", *good, stdin=subprocess.PIPE)
    space.start("openssl", "s_server", "-accept", "4432", "-quiet", *good, stdin=subprocess.PIPE)
    space.wait_for_port(4431)
    space.wait_for_port(4432)
    for found in knock(space, *at(4431, 4432)):
        assert (found["outcome"], found["spoken"]) == ("identified", "tls")
        assert found["tls"]["facts"]["subject"] == "CN=good"


NGINX = """
pid {0}/pid; error_log {0}/error.log; daemon off; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {0}/a; proxy_temp_path {0}/b; fastcgi_temp_path {0}/c;
    uwsgi_temp_path {0}/d; scgi_temp_path {0}/e; ssl_certificate {1}; ssl_certificate_key {2};
    server {{ listen 25; location / {{ return 200 "<title> a  page </title>"; }} }}
    server {{ listen 8025 ssl; location / {{ return 401; add_header WWW-Authenticate "Basic realm=x" always; }} }}
    server {{ listen 8026 http2; }}
    server {{ listen 8027 ssl http2; }}
}}
"""


def test_nginx_in_all_its_ways(space, certificate, need, tmp_path):
    need("nginx")
    key, file = certificate("nginx", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")[1::2]
    (tmp_path / "nginx.conf").write_text(NGINX.format(tmp_path, file, key))
    space.start("/usr/sbin/nginx", "-c", tmp_path / "nginx.conf")
    for port in 25, 8025, 8026, 8027:
        space.wait_for_port(port)
    plain, secure, two, secure_two = knock(space, *at(25, 8025, 8026, 8027))
    assert [found["spoken"] for found in (plain, secure, two, secure_two)] == ["http", "tls:http", "http2",
                                                                              "tls:http"]
    assert plain["product"] == secure["product"] == "nginx" and plain["version"][0].isdigit()
    assert plain["facts"]["title"] == "a  page"
    assert secure["facts"]["status"] == "401" and secure["facts"]["auth_scheme"] == "Basic"


READER = """
import socket, threading
def read(c):
    while c.recv(65536):
        pass
server = socket.create_server(("127.0.0.1", 2100), backlog=200)
while True:
    threading.Thread(target=read, args=(server.accept()[0],), daemon=True).start()
"""


def test_all_openings_are_said_within_the_time_that_there_is(space):
    space.start(sys.executable, "-c", READER)
    space.wait_for_port(2100)
    found, = knock(space, *at(2100), seconds=3.2)  # a quarter of a second for each would take 3.5
    assert found["outcome"] == "silent"


def test_a_thousand_silent_doors_are_called_silent(space):
    space.start(sys.executable, "-c", """
import selectors, socket
selector = selectors.DefaultSelector()
for port in range(10000, 11000):
    selector.register(socket.create_server(("127.0.0.1", port)), selectors.EVENT_READ, [])
while True:
    for key, _ in selector.select():
        key.data.append(key.fileobj.accept()[0])
        del key.data[:-8]
""")
    space.wait_for_port(10999)
    found = knock(space, *at(*range(10000, 11000)), seconds=60)
    assert len(found) == 1000 and {door["outcome"] for door in found} == {"silent"}


def test_a_thousand_doors_are_asked_side_by_side(space):
    space.start(sys.executable, "-c", """
import selectors, socket
selector = selectors.DefaultSelector()
for port in range(10000, 11000):
    listener = socket.create_server(("127.0.0.1", port))
    selector.register(listener, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        try:
            if not key.data:
                selector.register(key.fileobj.accept()[0], selectors.EVENT_READ, True)
            else:
                words = key.fileobj.recv(4096)
                if words:
                    key.fileobj.sendall(b"HTTP/1.0 400 Bad\\r\\nServer: Thousand/1.0\\r\\n\\r\\n")
                selector.unregister(key.fileobj)
                key.fileobj.close()
        except OSError:
            pass
""")
    space.wait_for_port(10999)
    found = knock(space, *at(*range(10000, 11000)), seconds=60)
    assert len(found) == 1000 and {door.get("spoken") for door in found} == {"http"}


# What these servers answered in truth, from one that says nothing else.
REPEATS = """
import socket, sys, threading
def serve(port, words):
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    def each(connection):
        if connection.recv(65536):
            connection.sendall(words)
        while connection.recv(65536):
            pass
    while True:
        threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
serve(int(sys.argv[1]), open(sys.argv[2], "rb").read())
"""
FIRST = pathlib.Path(__file__).parent.parent / "data/first"


@pytest.mark.parametrize("port, words, spoken, weakness", [
    (8088, "influxdb-rpc.server.tcp.influxd", "influxdb-rpc", "influxdb-rpc-open"),
    (7009, "ajp.server.tcp.specification-pong", "ajp", "ajp-open"),
    (7300, "beanstalkd.server.tcp.beanstalkd", "beanstalkd", "beanstalkd-no-auth"),
    (1705, "snapcast-control.server.tcp.snapserver", "snapcast-control", "snapcast-control-open"),
])
def test_who_answers_everybody_is_found_open(space, port, words, spoken, weakness):
    space.start(sys.executable, "-c", REPEATS, port, FIRST / words)
    space.wait_for_port(port)
    (found,) = knock(space, *at(port))
    assert found["spoken"] == spoken and weakness in found["weaknesses"]
