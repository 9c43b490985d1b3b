"""doorward scan and servers that are lost at first: too slow, silent on purpose, or perhaps a printer."""
import sys

from test_scan import scan

# TLS is begun and not gone on with, until the first who asked have gone: then it is SSH.
LATE = r"""
import socket, threading
gone = threading.Event()
def talk(c):
    if gone.is_set():
        c.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n")
    begun = False
    while True:
        words = c.recv(65536)
        if not words:
            break
        if not gone.is_set() and words[0] == 0x16 and not begun:
            begun = True
            c.sendall(bytes.fromhex("160303005a0200005603037f") + bytes(range(31)) + b"\0")
    if begun:
        gone.set()
    c.close()
def run(c):
    try:
        talk(c)
    except OSError:
        gone.set()
server = socket.create_server(("", 7000), backlog=200)
while True:
    threading.Thread(target=run, args=(server.accept()[0],), daemon=True).start()
"""

# Two that say nothing: at 9 it reads, at PORT it does as it is told.
QUIET = r"""
import socket, sys, threading
def take(c):
    try:
        while READS and c.recv(65536):
            pass
        threading.Event().wait()
    except OSError:
        pass
READS = sys.argv[2] == "reads"
server = socket.create_server(("", int(sys.argv[1])), backlog=200)
kept = []
while True:
    kept.append(server.accept()[0])
    threading.Thread(target=take, args=(kept[-1],), daemon=True).start()
"""

# A daemon of Bacula, as far as strangers hear it, and as long as it thinks about them; what it heard is in a file.
BACULA = r"""
import socket, sys, threading, time
def talk(c):
    try:
        c.settimeout(20)
        words = c.recv(65536)
        with open(sys.argv[2], "ab") as heard:
            heard.write(words + b"|")
        answer = b"hello.c:109 Connection from unknown Director doorward at 192.0.2.2 rejected.\n"
        time.sleep(float(sys.argv[3]))
        if b"Hello Director" in words:
            c.sendall(len(answer).to_bytes(4, "big") + answer)
        c.recv(1)
    except OSError:
        pass
server = socket.create_server(("", int(sys.argv[1])), backlog=200)
while True:
    threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()
"""

# Whom it does not understand it answers as a server of finger does; on the first question of its own it closes.
HASTY = r"""
import socket
server = socket.create_server(("", 7000), backlog=200)
closed = False
while True:
    c = server.accept()[0]
    c.settimeout(1)
    try:
        words = c.recv(65536)
        if words != b"/W\r\n":
            c.sendall(b"finger: %s: no such user.\n" % words.split()[0][:8])
        elif closed:
            c.sendall(b"No one logged on.\r\n")
        closed = closed or words == b"/W\r\n"
    except (OSError, IndexError):
        pass
    c.close()
"""


def test_what_was_lost_by_time_is_asked_once_more(doorward, namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", LATE)
    server.wait_for_port(7000)
    services, _ = scan(doorward, client, "-p", "7000", "192.0.2.1")
    assert services["192.0.2.1", 7000].get("app_proto") == "ssh"
    assert services["192.0.2.1", 7000]["product"] == "OpenSSH"


def test_who_reads_all_and_says_nothing_is_discard_at_its_own_door_alone(doorward, namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", QUIET, "9", "reads")
    server.start(sys.executable, "-c", QUIET, "7001", "reads")
    server.wait_for_port(9)
    server.wait_for_port(7001)
    services, _ = scan(doorward, client, "-p", "9,7001", "192.0.2.1")
    assert services["192.0.2.1", 9].get("app_proto") == "discard"
    assert services["192.0.2.1", 7001]["doorward"]["outcome"] in ("silent", "unfinished")


def test_who_reads_nothing_is_silent(doorward, namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", QUIET, "9", "no")
    server.wait_for_port(9)
    services, _ = scan(doorward, client, "-p", "9", "192.0.2.1")
    assert "app_proto" not in services["192.0.2.1", 9]


def test_bacula_is_asked_where_there_is_no_printer(doorward, namespaces, tmp_path):
    server, client = namespaces.pair()
    heard = tmp_path / "heard"
    server.start(sys.executable, "-c", BACULA, "9102", heard, "0")
    server.wait_for_port(9102)
    assert scan(doorward, client, "-p", "9102", "192.0.2.1")[0]["192.0.2.1", 9102]["doorward"]["outcome"] == "not-asked"
    assert not heard.exists()
    services, _ = scan(doorward, client, "-p", "515,9100-9103", "192.0.2.1")
    assert services["192.0.2.1", 9102].get("app_proto") == "bacula"
    assert set(heard.read_bytes().split(b"|")) <= {b"", b"\0\0\0\x24Hello Director doorward calling 102\n"}
    heard.unlink()
    server.start(sys.executable, "-c", QUIET, "9100", "reads")
    server.wait_for_port(9100)
    services, _ = scan(doorward, client, "-p", "515,9100-9103", "192.0.2.1")
    assert services["192.0.2.1", 9102]["doorward"]["outcome"] == "not-asked"
    assert not heard.exists()


def test_who_thinks_about_strangers_is_waited_for(doorward, namespaces, tmp_path):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", BACULA, "9103", tmp_path / "heard", "5")
    server.wait_for_port(9103)
    services, _ = scan(doorward, client, "-p", "515,9100-9103", "192.0.2.1")
    assert services["192.0.2.1", 9103].get("app_proto") == "bacula"
    assert services["192.0.2.1", 9103]["product"] == "Bacula"


# Servers of rlogin and rsh: who calls from a port that anybody may take is sent away.
REMOTE = r"""
import socket, sys, threading
def talk(c, port):
    try:
        c.settimeout(20)
        if port >= 1024:
            return
        words = b""
        while words.count(b"\0") < 4:
            words += c.recv(65536)
        with open(sys.argv[2], "ab") as heard:
            heard.write(words + b"|")
        c.sendall(sys.argv[3].encode("latin-1").decode("unicode_escape").encode("latin-1"))
        c.recv(1)
    except OSError:
        pass
    finally:
        c.close()
server = socket.create_server(("", int(sys.argv[1])), backlog=200)
while True:
    c, address = server.accept()
    threading.Thread(target=talk, args=(c, address[1]), daemon=True).start()
"""


def test_remote_shells_hear_root_and_nobody_of_that_name(doorward, namespaces, tmp_path):
    server, client = namespaces.pair()
    words = {513: "\\0Password: ", 514: "\\x01Permission denied.\\n"}
    for port, answer in words.items():
        server.start(sys.executable, "-c", REMOTE, port, tmp_path / str(port), answer)
        server.wait_for_port(port)
    services, _ = scan(doorward, client, "-p", "513,514", "192.0.2.1")
    assert {port: services["192.0.2.1", port].get("app_proto") for port in words} == {513: "rlogin", 514: "rsh"}
    assert services["192.0.2.1", 513]["doorward"]["facts"] == {"answer": "Password:"}
    assert services["192.0.2.1", 514]["doorward"]["facts"] == {"answer": "Permission denied."}
    assert set((tmp_path / "513").read_bytes().split(b"|")) <= {b"", b"\0\0\0dumb/9600\0"}
    assert set((tmp_path / "514").read_bytes().split(b"|")) <= {b"", b"\0\0\0\0"}


# A receiver of syslog keeps the connection, and all that comes.
KEEPS = r"""
import socket, sys, threading
def take(c):
    while True:
        words = c.recv(65536)
        with open(sys.argv[2], "ab") as heard:
            heard.write(words)
        if not words:
            break
server = socket.create_server(("", int(sys.argv[1])), backlog=200)
while True:
    threading.Thread(target=take, args=(server.accept()[0],), daemon=True).start()
"""


def test_a_logger_at_the_door_of_remote_shells_hears_nothing(doorward, namespaces, tmp_path):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", KEEPS, "514", tmp_path / "heard")
    server.wait_for_port(514)
    services, _ = scan(doorward, client, "-p", "514", "192.0.2.1")
    assert services["192.0.2.1", 514]["doorward"]["outcome"] == "silent"
    assert (tmp_path / "heard").read_bytes() == b""


def test_who_closed_on_his_own_question_is_asked_once_more(doorward, namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", HASTY)
    server.wait_for_port(7000)
    services, _ = scan(doorward, client, "-p", "7000", "192.0.2.1")
    found = services["192.0.2.1", 7000]
    assert (found["app_proto"], found["product"]) == ("finger", "BSD fingerd")
