"""doorward check and learn against real servers: each kind of finding provoked, and the way from nothing to a
documented host."""
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import termios
import textwrap

import pytest

CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
SINKS = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def write(folder, name, text):
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return path


class Servers:
    """Real servers inside one namespace; each method starts one and waits until it listens."""

    def __init__(self, space, folder):
        self.space, self.folder = space, folder

    def start(self, port, *command, transport="tcp"):
        program = self.space.start(*command)
        self.space.wait_for_port(port, transport)
        return program

    def certificate(self):
        key, certificate = self.folder / "key", self.folder / "certificate"
        if not key.exists():
            subprocess.run([*CERTIFICATE, "-keyout", key, "-out", certificate], check=True, **SINKS)
        return key, certificate

    def sshd(self, port):
        key = self.folder / ("host-%d" % port)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.start(port, "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-p", port, "-h", key, "-o", "PidFile=none")

    def nginx(self, port, tls_port=None):
        tls = ""
        if tls_port:
            key, certificate = self.certificate()
            tls = "server { listen %d ssl; ssl_certificate %s; ssl_certificate_key %s; }" % (tls_port, certificate, key)
        config = write(self.folder, "nginx-%d.conf" % port, """
            daemon off;
            pid %(folder)s/nginx-%(port)d.pid;
            error_log stderr;
            events { }
            http { access_log off; server { listen %(port)d; } %(tls)s }
            """ % {"folder": self.folder, "port": port, "tls": tls})
        self.start(port, "nginx", "-p", self.folder, "-c", config)

    def vsftpd(self, port):
        pathlib.Path("/run/empty").mkdir(exist_ok=True)
        config = write(self.folder, "vsftpd.conf", """\
            listen=YES
            listen_port=%d
            background=NO
            anonymous_enable=NO
            local_enable=YES
            secure_chroot_dir=/run/empty
            seccomp_sandbox=NO
            """ % port)
        self.start(port, "vsftpd", config)

    def telnetd(self, port):
        self.start(port, "systemd-socket-activate", "-l", port, "--inetd", "-a", "/usr/sbin/telnetd")

    def redis(self, port, address):
        self.start(port, "redis-server", "--port", port, "--bind", address, "--protected-mode", "no", "--save", "",
                   "--dir", self.folder)

    def snmpd(self, port):
        config = write(self.folder, "snmpd.conf", "rocommunity public\n")
        self.start(port, "snmpd", "-f", "-Lo", "-C", "-I", "-smux", "-c", config, "udp:%d" % port, transport="udp")

    def old_samba(self, port):
        names = ("state", "private", "lock", "cache", "pids", "ncalrpc")
        for name in names:
            (self.folder / name).mkdir(mode=0o755)
        config = write(self.folder, "smb.conf", """\
            [global]
            server min protocol = NT1
            smb ports = %(port)d
            state directory = %(folder)s/state
            private dir = %(folder)s/private
            lock directory = %(folder)s/lock
            cache directory = %(folder)s/cache
            pid directory = %(folder)s/pids
            ncalrpc dir = %(folder)s/ncalrpc
            log file = %(folder)s/log.%%m
            disable spoolss = yes
            """ % {"folder": self.folder, "port": port})
        pathlib.Path("/run/samba").mkdir(exist_ok=True)
        self.start(port, "smbd", "-F", "--no-process-group", "-s", config)

    def old_tls(self, port):
        key, certificate = self.certificate()
        self.start(port, "openssl", "s_server", "-accept", port, "-key", key, "-cert", certificate, "-www",
                   "-min_protocol", "TLSv1", "-cipher", "ALL:@SECLEVEL=0")

    def python(self, code, port, transport="tcp"):
        self.start(port, "python3", "-c", textwrap.dedent(code), transport=transport)

    def web(self, port, address="0.0.0.0"):
        self.start(port, "python3", "-m", "http.server", port, "--bind", address, "--directory", self.folder)


@pytest.fixture
def servers(namespaces, tmp_path):
    space, _ = namespaces.pair()
    space.ip("address", "add", "9.9.9.9/32", "dev", "eth1")  # so that its doors can be reached from anywhere
    os.chmod(tmp_path, 0o755)
    return Servers(space, tmp_path)


def check(doorward, servers, *arguments, policy=None):
    if policy is not None:
        arguments = ("-P", write(servers.folder, "host.policy", policy), *arguments)
    return doorward("check", *arguments, wrap=servers.space.command())


def findings(run):
    return {e["finding"]["key"]: e["finding"] for e in run.events() if e["event_type"] == "finding"}


def doors(run):
    return {"%s/%s" % (e["proto"].lower(), e.get("dest_port", "")): e for e in run.events()
            if e["event_type"] == "door" and e["door"]["documented"] != "not-judged"}


POLICY = """\
    # owner and reason are there, so that only what the test is about is found
    allow ssh/22 from any id shell by nginx owner "ops" because "repair"
    allow https/443 from any id shop owner "web" because "orders"
    allow redis/6379 from self id cache owner "web" because "sessions"
    deny  http/80
    allow mysql/3306 from any id books owner "dba" because "accounts"
    allow ftp/21 from any id files because "deliveries"
    allow snmp/161/udp from any id watch owner "ops" because "watching" review 2020-01-01
    allow smb/445 from any id share owner "ops" because "scans" until 2020-01-01
    allow tcp/8443 from any id old owner "web" because "old tills"
    accept undocumented on tcp/8000 because "until the fair is over" until 2999-12-31
    accept undocumented on tcp/8001 because "last year's fair" until 2020-12-31
    expect allow telnet/23 from 192.0.2.2
    deny all
    """

# key of the finding: severity, and words of its evidence
PROVOKED = {
    "undocumented:tcp/23": (2, "systemd-socket-"),
    "clear-text:tcp/23": (2, ""),
    "denied-open:tcp/80": (1, "nginx"),
    "clear-text:tcp/80": (2, "nginx"),
    "wider:tcp/6379": (2, "this host"),
    "wrong-protocol:tcp/443": (2, "ssh is spoken, tls:http is documented"),
    "wrong-process:tcp/22": (2, "documented by nginx"),
    "not-open:tcp/3306": (3, "allow mysql/3306"),
    "clear-text:tcp/21": (2, "vsftpd"),
    "no-owner:files": (3, "no owner"),
    "review-due:watch": (3, "2020-01-01"),
    "expired:tcp/445": (2, "until 2020-01-01"),
    "expectation:telnet/23 from 192.0.2.2": (2, "the answer is deny"),
    "undocumented:tcp/8000": (2, "python3"),
    "undocumented:tcp/8001": (2, "python3"),
    "acceptance-ended:undocumented": (3, "2020-12-31"),
}
WEAKNESSES = {"tcp/8443": "tls", "tcp/445": "smb", "udp/161": "snmp"}


def test_each_kind_of_finding_is_provoked_by_a_real_server(doorward, servers, need):
    need("sshd", "nginx", "vsftpd", "telnetd", "systemd-socket-activate", "redis-server", "snmpd", "smbd", "openssl")
    servers.sshd(22)
    servers.sshd(443)
    servers.nginx(80)
    servers.vsftpd(21)
    servers.telnetd(23)
    servers.redis(6379, "0.0.0.0")
    servers.snmpd(161)
    servers.old_samba(445)
    servers.old_tls(8443)
    servers.web(8000)
    servers.web(8001)
    run = check(doorward, servers, "--json", policy=POLICY)
    found = findings(run)
    assert run.status == 1, run.err
    for key, (severity, words) in PROVOKED.items():
        matching = [k for k in found if k == key or k.startswith(key + ":")]
        assert matching, "%s is not among %s" % (key, sorted(found))
        assert words in found[matching[0]]["evidence"], found[matching[0]]
        assert found[matching[0]]["severity"] == severity, found[matching[0]]
    for door, word in WEAKNESSES.items():
        assert [k for k in found if k.endswith(":" + door) and k.startswith(word)], sorted(found)
    assert "accepted" in found["undocumented:tcp/8000"] and "accepted" not in found["undocumented:tcp/8001"]
    # One cause, one finding: what expired is not undocumented as well, what speaks wrongly is not "not open".
    for key in ("undocumented:tcp/445", "not-open:tcp/443", "undocumented:tcp/80", "undocumented:tcp/22"):
        assert key not in found
    counting = [f for f in found.values() if f["severity"] < 4 and "accepted" not in f]
    stats = run.events()[-1]["stats"]
    assert stats["findings"] == len(counting) and stats["accepted"] == 1 and stats["exit_status"] == 1


def test_from_nothing_to_a_documented_host(doorward, servers, need):
    need("sshd", "nginx", "redis-server", "openssl")
    servers.sshd(2222)
    servers.nginx(8080, tls_port=8443)
    servers.redis(6379, "127.0.0.1")
    servers.web(9900, "192.0.2.1")
    servers.python("""
        import socket, time
        server = socket.create_server(("", 7000))
        time.sleep(99)
        """, 7000)
    learned = doorward("learn", wrap=servers.space.command())
    assert learned.status in (0, 3), learned.err
    for words in ("allow ssh/2222 from any", "http/8080, https/8443 from any", "allow redis/6379 from self",
                  "allow http/9900 from private to 192.0.2.1", "allow tcp/7000 from any", '"sshd"', "CLEAR TEXT", "silent"):
        assert words in learned.out, learned.out
    policy = servers.folder / "learned.policy"
    policy.write_text(learned.out)
    lint = doorward("lint", policy)
    assert lint.status in (0, 1)
    run = check(doorward, servers, "-P", policy, "--json")
    assert {e["door"]["documented"] for e in run.events() if e["event_type"] == "door"} <= {"yes", "not-judged", "temporary"}
    kinds = {f["kind"] for f in findings(run).values()}
    assert "no-owner" in kinds and kinds <= {"no-owner", "clear-text", "weakness"}, findings(run)
    # A person answers for it.
    policy.write_text(re.sub(r'# (owner|because) +"', r'\1 "', learned.out).replace(
        'because "who', 'mitigation "a closed network"\n    because "who'))
    run = check(doorward, servers, "-P", policy, "--json")
    assert {f["kind"] for f in findings(run).values() if f["severity"] < 4} <= {"weakness"}, findings(run)


def test_without_a_policy_it_shows_what_is_there_and_how_to_begin(doorward, servers, need):
    need("sshd")
    servers.sshd(22)
    run = check(doorward, servers)
    assert run.status in (0, 1, 3), run.err
    row = [line for line in run.out.splitlines() if line.startswith("tcp/22 ")][0]
    assert re.search(r"ssh +greeting +OpenSSH .* sshd \(\d+\) +root .*anywhere +0\.0\.0\.0, :: +no policy", row), row
    assert "doorward learn > host.policy" in " ".join(run.out.split()) and "undocumented" not in run.out


def test_what_was_not_asked_is_not_guessed(doorward, servers, need):
    need("sshd")
    servers.sshd(80)
    run = check(doorward, servers, "--no-knock", "--json")
    door = doors(run)["tcp/80"]
    assert door["service"] == {"outcome": "not-asked"} and "app_proto" not in door
    assert door["door"]["registered"] == "http"
    assert "knocked" not in run.events()[-1]["stats"]


def test_a_door_in_another_namespace_is_shown_and_not_judged(doorward, namespaces, servers):
    servers.web(8000)
    other = namespaces.new()
    run = doorward("check", "--json", "--no-knock", "-P", write(servers.folder, "p.policy", "deny all\n"),
                   wrap=other.command())
    judged = [e for e in run.events() if e["event_type"] == "door" and e["door"]["namespace"] == servers.space.name]
    assert [e["door"]["documented"] for e in judged] == ["not-judged"]
    assert not [f for f in findings(run) if "8000" in f]


def test_names_and_banners_with_control_characters_do_no_harm(doorward, servers):
    servers.python("""
        import ctypes, socket
        ctypes.CDLL(None).prctl(15, b"\\x1b[2Jx\\nallow all", 0, 0, 0)
        server = socket.create_server(("", 7777))
        while True:
            peer, _ = server.accept()
            peer.sendall(b"\\x1b]0;owned\\x07 \\xff\\xfe\\x00 \\xe2\\x80\\xae hello\\r\\n")
        """, 7777)
    text = check(doorward, servers, "--color", "never")
    assert "\\x1b[2Jx\\nallow" in text.out
    for bad in ("\033", "\x07", "\u202e", "\x00"):
        assert bad not in text.out
    door = doors(check(doorward, servers, "--json"))["tcp/7777"]
    assert door["door"]["process"]["name"].startswith("\x1b[2Jx\nallow")
    assert door["service"]["outcome"] in ("unknown", "identified")
    learned = doorward("learn", wrap=servers.space.command())
    assert "\033" not in learned.out
    assert not [line for line in learned.out.splitlines() if line.startswith("allow all")]


def test_without_root_it_says_what_it_cannot_see(doorward, servers, as_nobody):
    servers.web(8000, "127.0.0.1")
    run = doorward("check", wrap=servers.space.command(*as_nobody))
    assert run.status == 3, run.out + run.err
    row = [line for line in run.out.splitlines() if line.startswith("tcp/8000 ")][0]
    assert "not visible (needs root)" in row and "http" in row
    assert "Not seen" in run.out and "needs root" in run.out.split("Not seen")[1]
    assert run.err == ""


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_screen_fits_its_terminal(doorward, servers, need, width):
    need("nginx", "openssl")
    servers.nginx(80, tls_port=443)
    servers.web(8000, "127.0.0.1")
    write(servers.folder, "w.policy", POLICY)
    screen = on_terminal(servers.space.command(doorward.program, "check", "--color", "never", "-P", "w.policy"),
                         width, servers.folder)
    assert "tcp/443" in screen
    for line in screen.splitlines():
        assert len(line) <= width, line


def on_terminal(command, width, folder):
    """What a command shows on a terminal of this width; its progress goes elsewhere."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    program = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder,
                               env={**environment, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    program.wait(60)
    return shown.decode().replace("\r\n", "\n")


def test_a_policy_with_errors_is_not_judged_by(doorward, servers):
    run = check(doorward, servers, policy="allow ssh/22\nalow http/80\nallow ssh/99999\n")
    assert run.status == 2 and run.out == ""
    assert "host.policy:2:1" in run.err and "2 errors" in run.err
    run = check(doorward, servers, "-P", "/nonexistent.policy")
    assert run.status == 2 and "/nonexistent.policy" in run.err
