"""What a defender wants to know of what was found: each kind of finding, provoked by a real server and seen from
outside. No server is logged in to."""
import pathlib
import subprocess
import sys

import pytest

from test_knock_binary import folder  # noqa: F401 (a fixture)
from test_knock_text import open_to_others, program
from test_scan import findings


@pytest.fixture
def pair(namespaces):
    return namespaces.pair()


def found_at(doorward, pair, port, *words):
    found, status = findings(doorward, pair[1], "-p", str(port), *words, "192.0.2.1")
    assert {at for _, at in found} <= {port}
    assert status == (1 if [e for e in found.values() if e["finding"]["severity"] < 4] else 0)
    return {name for name, _ in found}


def start(server, port, *command, transport="tcp", **options):
    server.start(*command, **options)
    server.wait_for_port(port, transport)


FTP = "listen=YES\nbackground=NO\nseccomp_sandbox=NO\nlisten_port=2121\nsecure_chroot_dir=%s/empty\n"


@pytest.mark.parametrize("config, offered", [("anonymous_enable=YES\nlocal_enable=NO\n", True),
                                             ("anonymous_enable=YES\nno_anon_password=YES\n", True),
                                             ("anonymous_enable=NO\nlocal_enable=YES\n", False)])
def test_ftp_for_anybody(doorward, pair, need, tmp_path, config, offered):
    need("vsftpd")
    (tmp_path / "empty").mkdir()
    (tmp_path / "public").mkdir()
    open_to_others(tmp_path)
    (tmp_path / "conf").write_text(FTP % tmp_path + "anon_root=%s/public\n" % tmp_path + config)
    start(pair[0], 2121, program("vsftpd"), tmp_path / "conf")
    assert ("ftp-anonymous" in found_at(doorward, pair, 2121)) == offered


@pytest.mark.parametrize("rule, offered", [("access to * by * read", True), ("require authc", False)])
def test_a_directory_for_anybody(doorward, pair, need, folder, rule, offered):  # noqa: F811
    need("slapd", "slapadd")
    home = folder()
    (home / "slapd.conf").write_text("include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\n"
                                     "moduleload back_mdb\ndatabase mdb\nsuffix dc=door\ndirectory %s\n%s\n" % (home, rule))
    subprocess.run(["slapadd", "-f", home / "slapd.conf"], check=True, capture_output=True, text=True,
                   input="dn: dc=door\nobjectClass: dcObject\nobjectClass: organization\no: door\ndc: door\n")
    start(pair[0], 1389, "slapd", "-d", "0", "-f", home / "slapd.conf", "-h", "ldap://192.0.2.1:1389")
    assert ("ldap-anonymous" in found_at(doorward, pair, 1389)) == offered


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_resolver_for_anybody(doorward, pair, need, transport):
    need("dnsmasq")
    start(pair[0], 53, "dnsmasq", "--keep-in-foreground", "--no-resolv", "--conf-file=/dev/null", "--user=root",
          "--pid-file=", transport=transport)
    words = ["--udp"] if transport == "udp" else []
    found, _ = findings(doorward, pair[1], "-p", "53", *words, "192.0.2.1")
    assert found["dns-open-resolver", 53]["finding"]["severity"] == 3  # it is a private network's


def test_a_server_of_its_own_zones_is_no_resolver(doorward, pair, need, folder):  # noqa: F811
    need("named")
    home = folder()
    (home / "named.conf").write_text("""
        options { directory "%s"; pid-file none; listen-on { any; }; listen-on-v6 { none; };
                  recursion no; session-keyfile none; managed-keys-directory "%s"; };
        controls { };
    """ % (home, home))
    start(pair[0], 53, "named", "-f", "-c", home / "named.conf")
    assert "dns-open-resolver" not in found_at(doorward, pair, 53)


def test_a_resolver_for_this_host_alone_is_none_for_anybody(doorward, pair, need):
    need("dnsmasq")
    start(pair[0], 53, "dnsmasq", "--keep-in-foreground", "--no-resolv", "--conf-file=/dev/null", "--user=root",
          "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces")
    run = doorward("check", "--json", wrap=pair[0].command())
    assert "dns" in run.out and "dns-open-resolver" not in run.out


NTP = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 123))
while True:
    asked, peer = server.recvfrom(2048)
    if asked[0] & 7 == 6:
        said = b'version="ntpd 4.2.8p15", system="Linux"'
        server.sendto(bytes([0x16, 0x82]) + asked[2:4] + bytes(6) + len(said).to_bytes(2, "big") + said, peer)
    elif asked[0] & 7 == 3:
        server.sendto(bytes([0x24, 2, 6, 0xe9]) + bytes(8) + b"\\xc0\\0\\2\\x63" + bytes(8) + asked[40:48] +
                      b"\\xe0\\0\\0\\0\\0\\0\\0\\0" * 2, peer)
"""


def test_control_of_ntp(doorward, pair):
    start(pair[0], 123, sys.executable, "-c", NTP, transport="udp")
    assert "ntp-control" in found_at(doorward, pair, 123, "--udp")


def test_snmp_for_the_public(doorward, pair, need, tmp_path):
    need("snmpd")
    (tmp_path / "conf").write_text("rocommunity public\n")
    start(pair[0], 161, "env", "SNMP_PERSISTENT_DIR=%s" % tmp_path, program("snmpd"), "-f", "-Lf", tmp_path / "log", "-C",
          "-I", "-smux", "-c", tmp_path / "conf", "-p", tmp_path / "pid", "udp:161", transport="udp")
    assert {"snmp-community-public", "snmp-v1", "snmp-v2c"} <= found_at(doorward, pair, 161, "--udp")


SCREENS = {"vnc": ("Xtigervnc", ["-SecurityTypes", "None", "-rfbport", "5999"], b"", "rfb-no-authentication"),
           "x11": ("Xvfb", ["-ac", "-listen", "tcp"], b"l\0\x0b" + bytes(9), "x11-no-auth")}


@pytest.mark.parametrize("kind", SCREENS)
def test_screens_without_a_login(doorward, pair, need, kind, tmp_path):
    name, options, first, weakness = SCREENS[kind]
    need(name)
    port, display = (5999, ":97") if kind == "vnc" else (6098, ":98")
    start(pair[0], port, name, display, *options, cwd=tmp_path)
    pair[0].wait_for_answer(port, first)
    found = found_at(doorward, pair, port)
    assert weakness in found and ("reachable" in found or kind == "x11"), found


def test_telnet(doorward, pair, need):
    need("telnetd", "systemd-socket-activate")
    start(pair[0], 23, "systemd-socket-activate", "-l", "23", "--inetd", "-a", "/usr/sbin/telnetd")
    assert {"reachable", "clear-text"} <= found_at(doorward, pair, 23)


def test_old_and_expired(doorward, pair, need, tmp_path):
    need("openssl")
    key, file = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old", "-keyout", key, "-out",
                    tmp_path / "request"], check=True, capture_output=True)
    (tmp_path / "ca").write_text("[ca]\ndefault_ca = d\n[d]\ndatabase = %s/index\nserial = %s/serial\nnew_certs_dir = %s\n"
                                 "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n" % ((tmp_path,) * 3))
    (tmp_path / "index").write_text("")
    (tmp_path / "serial").write_text("01\n")
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", tmp_path / "ca", "-keyfile", key, "-in",
                    tmp_path / "request", "-startdate", "200101000000Z", "-enddate", "210101000000Z", "-out", file],
                   check=True, capture_output=True)
    start(pair[0], 4433, "openssl", "s_server", "-accept", "4433", "-key", key, "-cert", file, "-www", "-min_protocol",
          "TLSv1", "-cipher", "ALL:@SECLEVEL=0")
    assert {"tls-old", "tls-certificate-expired", "tls-certificate-self-signed"} <= found_at(doorward, pair, 4433)


def test_smb_1(doorward, pair, need, folder):  # noqa: F811
    need("smbd")
    home = folder()
    pathlib.Path("/run/samba").mkdir(exist_ok=True)
    (home / "smb.conf").write_text("[global]\nserver min protocol = NT1\nsmb ports = 445\ndisable spoolss = yes\n"
                                   "log file = %s/log\n" % home
                                   + "".join("%s = %s\n" % (name, home) for name in (
                                       "state directory", "private dir", "lock directory", "cache directory",
                                       "pid directory", "ncalrpc dir")))
    start(pair[0], 445, "smbd", "-F", "--no-process-group", "-s", home / "smb.conf")
    assert {"smb-1", "smb-signing-not-required"} <= found_at(doorward, pair, 445)


def test_memcached(doorward, pair, need):
    need("memcached")
    start(pair[0], 11211, "memcached", "-u", "root", "-l", "0.0.0.0", "-U", "11211")
    assert {"memcached-no-auth", "reachable", "clear-text"} <= found_at(doorward, pair, 11211)
    assert {"memcached-udp", "reachable"} <= found_at(doorward, pair, 11211, "--udp")


def test_backups(doorward, pair, need, folder):  # noqa: F811
    need("bacula-fd")
    home = folder()
    (home / "fd.conf").write_text('Director { Name = d\n Password = "x" }\nFileDaemon { Name = f\n FDport = 19102\n'
                                  'WorkingDirectory = %s\n Pid Directory = %s\n Maximum Concurrent Jobs = 20 }\n'
                                  'Messages { Name = Standard\n director = d = all }\n' % (home, home))
    start(pair[0], 19102, "bacula-fd", "-f", "-c", home / "fd.conf")
    assert "reachable" in found_at(doorward, pair, 19102)
