"""Kinds of servers of which each has its own way to tell what it is: real ones, knocked at."""
import json
import struct
import sys

from conftest import PROGRAM
from test_knock import at, knock, space  # noqa: F401 (space is a fixture)
from test_knock_text import open_to_others, program

# It has no time for two at once, and waits for whole requests.
ONE_AT_A_TIME = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    connection, _ = listener.accept()
    asked = b""
    try:
        while b"\\r\\n\\r\\n" not in asked:
            more = connection.recv(4096)
            if not more:
                break
            asked += more
        if asked.startswith(b"GET "):
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nServer: Patient/1.5\\r\\nContent-Length: 0\\r\\n\\r\\n")
    except OSError:
        pass
    connection.close()
"""


def test_who_serves_one_after_the_other(space):  # noqa: F811
    space.start(sys.executable, "-c", ONE_AT_A_TIME, "6379")  # a word of Redis holds it up, and then a hello
    space.wait_for_answer(6379, b"GET / HTTP/1.0\r\n\r\n")
    found, = knock(space, *at(6379), seconds=10)
    assert (found["spoken"], found["product"], found["version"]) == ("http", "Patient", "1.5")


# Heads and pages as their programs sent them, each at a port of its own; to another path there is none.
PAGES = {
    2501: ("Prometheus blackbox exporter", "0.23.0", {
        "/": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 61\r\n\r\n"
             "<html>\n    <head><title>Blackbox Exporter</title></head>\n    <b",
        "/metrics": "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\r\n"
                    'blackbox_exporter_build_info{branch="debian/sid",goarch="amd64",goos="linux",goversion="go1.19.8",'
                    'revision="0.23.0-4+b4",version="0.23.0"} 1\n'}),
    2502: ("Prometheus node exporter", "1.5.0", {
        "/": "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
             "<html>\n<head><title>Node Exporter</title></head>",
        "/metrics?collect[]=time": "HTTP/1.1 200 OK\r\n\r\n"
                                   'node_exporter_build_info{branch="debian/sid",goarch="amd64",goos="linux",'
                                   'goversion="go1.19.8",revision="1.5.0-1+b6",version="1.5.0"} 1\n'}),
    2503: ("RabbitMQ", "3.10.8", {
        "/": "HTTP/1.1 200 OK\r\nserver: Cowboy\r\n\r\n<!DOCTYPE html>\n<title>RabbitMQ Management</title>",
        "/cli/rabbitmqadmin": "HTTP/1.1 200 OK\r\nserver: Cowboy\r\n\r\nif sys.version_info[0] == 2:\n"
                              "    from urlparse import urlparse\n\nVERSION = '3.10.8'\n"}),
    2504: ("Syncthing", "1.19.2", {
        "/": "HTTP/1.1 200 OK\r\nX-Syncthing-Id: 4ACEIK6\r\nX-Syncthing-Version: v1.19.2-ds1\r\n"
             "\r\n<!DOCTYPE html>"}),
    2505: ("Apache Traffic Server", "9.2.9", {
        "/": "HTTP/1.1 500 Cannot find server.\r\nConnection: close\r\nServer: ATS/9.2.9\r\n\r\n<HTML>"}),
    2506: ("Radicale", None, {
        "/": "HTTP/1.0 302 Found\r\nServer: WSGIServer/0.2 CPython/3.11.2\r\nLocation: /.web\r\n\r\nRedirected"}),
    2507: ("Cockpit", None, {
        "/": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: cockpit=deleted; PATH=/; HttpOnly\r\n\r\n<html>"}),
    2508: ("SoftEther VPN Server", None, {
        "/": "HTTP/1.1 403 Forbidden\r\nConnection: Keep-Alive\r\nContent-Length: 6\r\n"
             "Keep-Alive: timeout=15; max=19\r\n\r\n<HTML>"}),
    2509: ("Apt-Cacher NG", None, {
        "/": "HTTP/1.1 406 Usage Information\r\nConnection: close\r\n\r\n"
             '<td class="title" style="width:580px;">Apt-Cacher NG Usage Information</td>'}),
    2510: ("Icinga", "2.13.6", {
        "/": "HTTP/1.1 401 Unauthorized\r\nServer: Icinga/r2.13.6-1\r\nConnection: close\r\n\r\n"
             "<h1>Unauthorized</h1>"}),
}

SERVE_PAGES = """
import json, socket, sys, threading
def serve(listener, pages):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, pages), daemon=True).start()
def answer(connection, pages):
    asked = b""
    try:
        while b"\\r\\n\\r\\n" not in asked:
            more = connection.recv(4096)
            if not more:
                break
            asked += more
        words = asked.split(b" ")
        if len(words) > 2 and words[0] == b"GET" and words[2].startswith(b"HTTP/1."):
            none = "HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n"
            connection.sendall(pages.get(words[1].decode(), none).encode())
    except (OSError, UnicodeError):
        pass
    connection.close()
for port, pages in json.load(sys.stdin).items():
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    threading.Thread(target=serve, args=(listener, pages)).start()
"""


def test_web_servers_that_say_who_they_are_in_their_own_way(space, tmp_path):  # noqa: F811
    (tmp_path / "pages").write_text(json.dumps({port: pages for port, (_, _, pages) in PAGES.items()}))
    with open(tmp_path / "pages") as pages:
        space.start(sys.executable, "-c", SERVE_PAGES, stdin=pages)
        for port in PAGES:
            space.wait_for_port(port)
            space.wait_for_answer(port, b"GET / HTTP/1.0\r\n\r\n")
    for found, (product, version, _) in zip(knock(space, *at(*PAGES), seconds=10), PAGES.values()):
        assert (found["spoken"], found["product"], found.get("version") or None) == ("http", product, version)


# It starts with no listener but one in WebSockets not at all.
MOSQUITTO = "log_dest none\nuser root\nallow_anonymous %s\nlistener %d\nlistener %d\nprotocol websockets\n"


def test_broker_in_websockets(space, need, tmp_path):  # noqa: F811
    need("mosquitto")
    upgrade = b"GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
        b"Sec-WebSocket-Key: ZG9vcndhcmQga25vY2tzLg==\r\nSec-WebSocket-Version: 13\r\n" \
        b"Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    for port, anybody in (2511, "true"), (2512, "false"):
        (tmp_path / str(port)).write_text(MOSQUITTO % (anybody, port + 10, port))
        space.start(program("mosquitto"), "-c", tmp_path / str(port))
        space.wait_for_port(port)
        space.wait_for_answer(port, upgrade)
    lets_in, does_not = knock(space, *at(2511, 2512), seconds=10)
    assert (lets_in["spoken"], lets_in["product"]) == ("http", "Mosquitto")
    assert lets_in["version"][0].isdigit()
    assert (does_not["spoken"], does_not.get("product") or None) == ("http", None)


# Questions that it does not know it leaves unanswered.
ZABBIX_SERVER = """
import socket, struct, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
done = b'{"response":"success","info":"processed: 0; failed: 0; total: 0; seconds spent: 0.000035"}'
while True:
    connection, _ = listener.accept()
    connection.settimeout(2)
    try:
        if b'"sender data"' in connection.recv(4096):
            connection.sendall(b"ZBXD\\1" + struct.pack("<II", len(done), 0) + done)
    except OSError:
        pass
    connection.close()
"""


def test_zabbix_server(space):  # noqa: F811
    space.start(sys.executable, "-c", ZABBIX_SERVER, "1521")
    space.wait_for_answer(1521, b'{"request":"sender data","data":[]}')
    found, = knock(space, *at(1521), seconds=10)
    assert (found["spoken"], found["product"], found.get("version") or None) == ("zabbix", "Zabbix", None)


def test_zabbix_agent(space, need, tmp_path):  # noqa: F811
    need("zabbix_agentd")
    (tmp_path / "agent.conf").write_text(
        "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort=7950\nLogType=console\nPidFile=%s/pid\nAllowRoot=1\n"
        "StartAgents=3\nHostname=test\n" % tmp_path)
    space.start(program("zabbix_agentd"), "-f", "-c", tmp_path / "agent.conf")
    space.wait_for_port(7950)
    space.wait_for_answer(7950, b"ZBXD\1" + struct.pack("<II", 10, 0) + b"agent.ping")
    found, = knock(space, *at(7950), seconds=10)
    assert (found["spoken"], found["product"]) == ("zabbix", "Zabbix agent")
    assert found["version"][0].isdigit()


MUNIN = "log_file {0}/log\npid_file {0}/pid\nbackground 0\nsetsid 0\nuser root\ngroup root\nhost 127.0.0.1\n" \
    "port 7949\nallow ^127.0.0.1$\n"


def test_munin(space, need, tmp_path):  # noqa: F811
    need("munin-node")
    (tmp_path / "node.conf").write_text(MUNIN.format(tmp_path))
    space.start(program("munin-node"), "--config", tmp_path / "node.conf")
    space.wait_for_port(7949)
    space.wait_for_answer(7949)
    found, = knock(space, *at(7949))
    assert (found["spoken"], found["product"]) == ("munin", "Munin node")
    assert found["version"][0].isdigit()


INSPIRCD = """
<server name="irc.example" description="test" network="Test">
<admin name="a" nick="a" email="a@b">
<bind address="127.0.0.1" port="2525" type="clients">
<connect name="main" allow="*" timeout="60">
"""


def test_inspircd(space, need, tmp_path):  # noqa: F811
    need("inspircd", "setpriv")
    (tmp_path / "inspircd.conf").write_text(INSPIRCD)
    open_to_others(tmp_path)
    (tmp_path / "inspircd.conf").chmod(0o644)
    space.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program("inspircd"), "--nofork",
                "--nopid", "--nolog", "--config=%s" % (tmp_path / "inspircd.conf"))
    space.wait_for_port(2525)
    space.wait_for_answer(2525, b"VERSION\r\n")
    found, = knock(space, *at(2525))
    assert (found["spoken"], found["product"]) == ("irc", "InspIRCd")


def test_tinyproxy(space, need, tmp_path):  # noqa: F811
    need("tinyproxy", "nginx")
    (tmp_path / "nginx.conf").write_text(
        "daemon off; pid %s/nginx.pid; error_log stderr; events {} http { access_log off; server { listen 80; } }"
        % tmp_path)
    (tmp_path / "tinyproxy.conf").write_text("Port 110\nListen 127.0.0.1\n")
    space.start(program("nginx"), "-p", tmp_path, "-c", tmp_path / "nginx.conf")
    space.start(program("tinyproxy"), "-d", "-c", tmp_path / "tinyproxy.conf")
    for port in 80, 110:
        space.wait_for_port(port)
        space.wait_for_answer(port, b"GET / HTTP/1.0\r\n\r\n")
    behind, proxy = knock(space, *at(80, 110))
    assert behind["product"] == "nginx"
    assert (proxy["spoken"], proxy["product"]) == ("http", "tinyproxy")  # not who is behind it
    assert proxy["version"][0].isdigit()


def test_php_that_serves_itself(space, need, tmp_path):  # noqa: F811
    need("php")
    for port, folder in (8025, tmp_path / "empty"), (8026, tmp_path / "page"):
        folder.mkdir()
        space.start("php", "-S", "127.0.0.1:%d" % port, "-t", folder)
    (tmp_path / "page" / "index.php").write_text("<?php echo 'here';")
    for port in 8025, 8026:
        space.wait_for_port(port)
        space.wait_for_answer(port, b"GET / HTTP/1.0\r\n\r\n")
    empty, page = knock(space, *at(8025, 8026))
    assert (empty["spoken"], empty["product"]) == (page["spoken"], page["product"]) == ("http", "PHP")
    assert page["version"][0].isdigit()


def test_registry_of_images(space, need, tmp_path):  # noqa: F811
    need("docker-registry")
    (tmp_path / "registry.yml").write_text(
        "version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: '127.0.0.1:7500'}\n" % tmp_path)
    space.start("docker-registry", "serve", tmp_path / "registry.yml")
    space.wait_for_port(7500)
    space.wait_for_answer(7500, b"GET / HTTP/1.0\r\n\r\n")
    found, = knock(space, *at(7500))
    assert (found["spoken"], found["product"], found.get("version", "")) == ("http", "Docker Registry", "")


def test_beanstalkd(space, need):  # noqa: F811
    need("beanstalkd")
    space.start(program("beanstalkd"), "-l", "127.0.0.1", "-p", "6000")
    space.wait_for_port(6000)
    space.wait_for_answer(6000, b"stats\r\n")
    found, = knock(space, *at(6000))
    assert (found["spoken"], found["product"]) == ("beanstalkd", "beanstalkd")
    assert found["version"][0].isdigit() and "beanstalkd-no-auth" in found["weaknesses"]


def test_mumble(space, need, tmp_path):  # noqa: F811
    need("murmurd", "openssl")
    (tmp_path / "murmur.ini").write_text(
        "database=%s/murmur.sqlite\nuname=root\nhost=127.0.0.1\nport=7738\n" % tmp_path)
    space.start(program("murmurd"), "-fg", "-ini", tmp_path / "murmur.ini")
    space.wait_for_port(7738)
    space.wait_for_port(7738)
    space.wait_for_port(7738, "udp")
    space.run("openssl", "s_client", "-connect", "127.0.0.1:7738", input=b"", text=False)
    voice, datagrams = knock(space, *at(7738), "udp:127.0.0.1:7738")
    assert (voice["spoken"], voice["product"]) == ("tls:mumble", "Mumble server")
    assert datagrams["spoken"] == "mumble" and datagrams["version"] == voice["version"]
    (tmp_path / "host.policy").write_text('allow mumble/7738 from any because "voices"\ndeny all\n')
    done = space.run(PROGRAM, "check", "--json", "-P", tmp_path / "host.policy", check=False)
    assert '"app_proto":"mumble"' in done.stdout and "wrong-protocol" not in done.stdout, done.stdout
