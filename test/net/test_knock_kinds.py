"""Kinds of servers of which each has its own way to tell what it is: real ones, knocked at."""
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
