"""What goes on inside SSH is told by sizes and times alone: real sessions of OpenSSH, each of a kind."""
import json
import pathlib
import shutil
import signal
import subprocess

import pytest

from namespaces import wait_until

SSHD = shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin")
FILE = 400000  # octets of a file that is moved
CONFIG = ("Port 22\nListenAddress 192.0.2.1\nHostKey {0}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
          "PermitRootLogin yes\nAuthorizedKeysFile {0}/user.pub\nSubsystem sftp internal-sftp\n")
OPTIONS = ("-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "
           "-o KexAlgorithms=curve25519-sha256 -i $W/user")
TO = "root@192.0.2.1"

# Types when the shell has prompted: what is typed before is sent at once.
TYPIST = """
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
heard = b""
while b"# " not in heard and b"$ " not in heard:
    heard += os.read(terminal, 4096)
for key in "id -u\\nls /etc\\nexit\\n":
    time.sleep(0.1)
    os.write(terminal, key.encode())
    if select.select([terminal], [], [], 0.1)[0]:
        os.read(terminal, 65536)
try:
    while os.read(terminal, 65536):
        pass
except OSError:
    pass
os.waitpid(child, 0)
"""

# Both ends of a tunnel say much to each other, in turns.
TALK = """
import os, socket, sys
far = socket.create_server(("127.0.0.1", 8080)) if sys.argv[1] == "far" else None
end = far.accept()[0] if far else socket.create_connection(("127.0.0.1", 9001))
for _ in range(20):
    for sends in (not far, bool(far)):
        if sends:
            end.sendall(os.urandom(700 if not far else 6000))
        else:
            left = 700 if far else 6000
            while left > 0:
                left -= len(end.recv(left))
"""


@pytest.fixture
def session(namespaces, doorward, tmp_path):
    """session(line) runs a line of shell beside the client, and returns what kind of session was told of it."""
    if SSHD is None or shutil.which("tcpdump") is None:
        pytest.skip("sshd or tcpdump is not installed")
    server, client = namespaces.pair()
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / key], check=True)
    (tmp_path / "config").write_text(CONFIG.format(tmp_path))
    (tmp_path / "typist.py").write_text(TYPIST)
    (tmp_path / "talk.py").write_text(TALK)
    (tmp_path / "file").write_bytes(b"\0" * FILE)
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    server.start(SSHD, "-D", "-f", tmp_path / "config")
    server.wait_for_port(22)
    server.start("python3", tmp_path / "talk.py", "far")
    server.wait_for_port(8080)

    def run(line):
        capture = tmp_path / "capture.pcap"
        dump = subprocess.Popen(client.command("tcpdump", "-i", "eth1", "-U", "--immediate-mode", "-s", "0", "-B",
                                               "8192", "-Z", "root", "-w", capture, "tcp port 22"),
                                stderr=subprocess.PIPE, text=True)
        wait_until(lambda: "listening" in dump.stderr.readline(), "tcpdump")
        done = client.run("bash", "-c", line.replace("$O", OPTIONS).replace("$W", str(tmp_path)), check=False,
                          stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: closed(capture), "the end of the connection")
        dump.send_signal(signal.SIGINT)
        dump.communicate()
        events = [json.loads(text) for text in doorward("read", "--json", capture).out.splitlines()]
        told = [event["ssh_session"] for event in events if event["event_type"] == "ssh_session"]
        assert all(one["statistical"] for one in told)
        return [one["kind"] for one in told]

    def closed(capture):
        return "\"state\":\"closed\"" in doorward("read", "--json", capture).out

    return run


def test_keys_that_are_typed_are_a_shell(session):
    assert session("python3 $W/typist.py ssh -tt $O " + TO) == ["shell"]


@pytest.mark.parametrize("line", [
    "echo 'get $W/file /dev/null' | sftp -b - $O " + TO,
    "echo 'put $W/file $W/copy' | sftp -b - $O " + TO,
    "printf 'ls -l /etc\\nput $W/file $W/copy\\n' | sftp -b - $O " + TO,
    "scp $O " + TO + ":$W/file $W/copy",
    "scp $O $W/file " + TO + ":$W/copy",
    "scp -O $O " + TO + ":$W/file $W/copy",
    "scp -O $O $W/file " + TO + ":$W/copy",
    "ssh $O " + TO + " cat $W/file > $W/copy",
], ids=["sftp get", "sftp put", "sftp ls and put", "scp get", "scp put", "old scp get", "old scp put", "cat"])
def test_a_file_that_is_moved_is_told_whichever_way_it_goes(session, line):
    assert session(line) == ["file_transfer"]


def test_what_goes_both_ways_is_a_tunnel(session):
    assert session("ssh $O -f -L 9001:127.0.0.1:8080 " + TO + " sleep 2; python3 $W/talk.py near; sleep 2") == ["tunnel"]


def test_a_command_alone_tells_nothing(session):
    assert session("ssh $O " + TO + " id") == []
