"""What servers of mail, files, terminals, time and management tell when they are knocked at: real ones, at ports
that are not theirs."""
import re
import shutil
import subprocess

import pytest

from test_knock import at, knock, space  # noqa: F401 (space is a fixture)

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def program(name):
    """Its whole path, as some servers demand; also where only root looks for it."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)


def open_to_others(folder):
    """Servers that give up root must still come to their files."""
    for each in (folder, *folder.parents):
        if each.stat().st_mode & 0o011 != 0o011:
            each.chmod(each.stat().st_mode | 0o011)


@pytest.fixture
def certificate(tmp_path, need):
    need("openssl")
    key, file = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=server.example",
                    "-keyout", key, "-out", file], check=True, capture_output=True)
    return key, file


def test_openssh(space, need, tmp_path):  # noqa: F811
    need("sshd", "ssh-keygen")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    options = ["-D", "-e", "-f", "/dev/null", "-h", key, "-o", "UsePAM=no", "-o", "PidFile=none"]
    space.start("sh", "-c", 'mkdir -p /run/sshd && exec "$@"', "sh", program("sshd"), *options, "-p", "25")
    space.start("sh", "-c", 'mkdir -p /run/sshd && exec "$@"', "sh", program("sshd"), *options, "-p", "2200", "-o",
                "KexAlgorithms=diffie-hellman-group1-sha1", "-o", "Ciphers=3des-cbc", "-o", "MACs=hmac-md5")
    space.wait_for_port(25)
    space.wait_for_port(2200)
    good, weak = knock(space, *at(25, 2200))
    for found in good, weak:
        assert (found["spoken"], found["product"]) == ("ssh", "OpenSSH")
        assert re.fullmatch(r"\d+\.\d+p\d+", found["version"])
        assert found["facts"]["host_key_algorithms"] == "ssh-ed25519"
        assert re.fullmatch(r"[0-9a-f]{32}", found["facts"]["hassh"])
    assert "ssh-weak-kex" not in good["weaknesses"] and "ssh-weak-cipher" not in good["weaknesses"]
    assert weak["weaknesses"] == {"ssh-weak-kex": "diffie-hellman-group1-sha1", "ssh-weak-cipher": "3des-cbc",
                                  "ssh-weak-mac": "hmac-md5"}


def test_vsftpd(space, need, certificate, tmp_path):  # noqa: F811
    need("vsftpd")
    key, file = certificate
    (tmp_path / "empty").mkdir()
    usual = "listen=YES\nbackground=NO\nseccomp_sandbox=NO\nanonymous_enable=NO\nlocal_enable=YES\n" \
        "secure_chroot_dir=%s/empty\n" % tmp_path
    tls = "ssl_enable=YES\nrsa_cert_file=%s\nrsa_private_key_file=%s\n" % (file, key)
    servers = {143: usual, 2121: usual + tls, 9900: usual + tls + "implicit_ssl=YES\n",
               2122: usual + "ftpd_banner=Welcome.\n"}
    for port, text in servers.items():
        config = tmp_path / ("%d.conf" % port)
        config.write_text(text + "listen_port=%d\n" % port)
        space.start(program("vsftpd"), config)
    for port in servers:
        space.wait_for_port(port)
    plain, starttls, implicit, mute = knock(space, *at(*servers))
    assert [found["spoken"] for found in (plain, starttls, implicit, mute)] == ["ftp", "ftp", "tls:ftp", "ftp"]
    for found in plain, starttls, implicit:
        assert found["product"] == "vsftpd" and found["version"][0].isdigit()
    assert (plain["starttls"], starttls["starttls"]) == (False, True)
    assert "EPSV" in plain["facts"]["features"]
    assert (mute["product"], mute.get("version", "")) == ("vsftpd", "")  # its list of features is its own
    assert mute["facts"]["greeting"] == "Welcome."


POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {0}/queue
data_directory = {0}/data
myhostname = mail.example
inet_interfaces = loopback-only
maillog_file = /dev/stdout
smtpd_tls_cert_file = {2}
smtpd_tls_key_file = {1}
smtpd_tls_security_level = may
alias_maps =
"""
POSTFIX_MASTER = """
9025 inet n - n - - smtpd
9465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
9026 inet n - n - - smtpd -o smtpd_banner=mail.example
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def test_postfix(space, need, certificate, tmp_path):  # noqa: F811
    need("postfix", "postconf")
    key, file = certificate
    etc = tmp_path / "etc"
    for folder in etc, tmp_path / "queue", tmp_path / "data":
        folder.mkdir()
    shutil.chown(tmp_path / "data", "postfix")
    open_to_others(tmp_path)
    (etc / "main.cf").write_text(POSTFIX_MAIN.format(tmp_path, key, file))
    (etc / "master.cf").write_text(POSTFIX_MASTER)
    postfix = space.start(program("postfix"), "-c", etc, "start-fg")
    try:
        for port in 9025, 9465, 9026:
            space.wait_for_port(port)
        usual, secure, mute = knock(space, *at(9025, 9465, 9026))
    finally:
        space.run(program("postfix"), "-c", etc, "stop", check=False)
        postfix.wait(20)
    assert [found["spoken"] for found in (usual, secure, mute)] == ["smtp", "tls:smtp", "smtp"]
    assert (usual["product"], secure["product"], mute["product"]) == ("Postfix", "Postfix", "")
    assert [found["starttls"] for found in (usual, secure, mute)] == [True, False, True]
    assert "PIPELINING" in usual["facts"]["extensions"]


DOVECOT = """
base_dir = {0}/run
log_path = {0}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{2}
ssl_key = <{1}
disable_plaintext_auth = {3}
mail_location = maildir:{0}/mail
passdb {{
  driver = static
}}
service imap-login {{
  inet_listener imap {{
    port = 2100
  }}
  inet_listener imaps {{
    port = 2101
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = 2102
  }}
  inet_listener pop3s {{
    port = 2103
  }}
}}
"""


@pytest.mark.parametrize("clear", [True, False], ids=["clear logins", "logins under TLS alone"])
def test_dovecot(space, need, certificate, tmp_path, clear):  # noqa: F811
    need("dovecot")
    key, file = certificate
    config = tmp_path / "dovecot.conf"
    config.write_text(DOVECOT.format(tmp_path, key, file, "no" if clear else "yes"))
    open_to_others(tmp_path)
    space.start(program("dovecot"), "-F", "-c", config)
    for port in 2100, 2102:
        space.wait_for_answer(port)
    for port in 2101, 2103:
        space.wait_for_port(port)
        space.run("openssl", "s_client", "-connect", "127.0.0.1:%d" % port, input=b"", text=False)
    imap, imaps, pop3, pop3s = knock(space, *at(2100, 2101, 2102, 2103), seconds=10)
    assert [found["spoken"] for found in (imap, imaps, pop3, pop3s)] == ["imap", "tls:imap", "pop3", "tls:pop3"]
    assert {found["product"] for found in (imap, imaps, pop3, pop3s)} == {"Dovecot"}
    assert [found["starttls"] for found in (imap, imaps, pop3, pop3s)] == [True, False, True, False]
    assert imaps["weaknesses"] == {} and pop3s["weaknesses"] == {}
    if clear:  # a client at the server's own address may log in either way
        assert "imap-clear-login" in imap["weaknesses"] and "pop3-clear-login" in pop3["weaknesses"]


def test_telnet(space, need):  # noqa: F811
    need("busybox")
    if "telnetd" not in subprocess.run(["busybox", "--list"], capture_output=True, text=True).stdout.split():
        pytest.skip("this busybox has no telnetd")
    space.start(program("busybox"), "telnetd", "-F", "-p", "2300", "-l", "/bin/cat", "-f", "/etc/hostname")
    space.wait_for_port(2300)
    found, = knock(space, *at(2300))
    assert found["spoken"] == "telnet"
    assert "suppress-go-ahead" in found["facts"]["options_offered"]


@pytest.mark.parametrize("layer, weak", [("tls", False), ("negotiate", True), ("rdp", True)])
def test_xrdp(space, need, certificate, tmp_path, layer, weak):  # noqa: F811
    need("xrdp")
    key, file = certificate
    config = tmp_path / "xrdp.ini"
    config.write_text("[Globals]\nini_version=1\nfork=true\nport=tcp://:5900\nsecurity_layer=%s\ncrypt_level=high\n"
                      "certificate=%s\nkey_file=%s\n[Xorg]\nname=x\nlib=libxup.so\n" % (layer, file, key))
    space.start(program("xrdp"), "--nodaemon", "--config", config, cwd=tmp_path)  # it logs beside itself
    space.wait_for_port(5900)
    found, = knock(space, *at(5900))
    assert found["spoken"] == "rdp"
    assert found["starttls"] == (layer != "rdp")
    assert found["facts"]["protocol"] == ("rdp" if layer == "rdp" else "ssl")
    assert ("rdp-standard-security" in found["weaknesses"]) == weak


def test_chrony(space, need, tmp_path):  # noqa: F811
    need("chronyd")
    config = tmp_path / "chrony.conf"
    config.write_text("local stratum 8\nallow all\nport 1123\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\n" % tmp_path)
    space.start(program("chronyd"), "-x", "-d", "-u", "root", "-f", config)
    space.wait_for_port(1123, "udp")
    found, = knock(space, "udp:127.0.0.1:1123")
    assert found["spoken"] == "ntp"
    assert (found["facts"]["stratum"], found["facts"]["reference_id"]) == ("8", "127.127.1.1")
    assert found["weaknesses"] == {}


SNMPD = {1161: "rocommunity public", 1162: "rocommunity something-else",
         1163: "rouser visitor\ncreateUser visitor SHA \"open sesame\""}


def test_snmpd(space, need, tmp_path):  # noqa: F811
    need("snmpd")
    for port, text in SNMPD.items():
        config = tmp_path / ("%d.conf" % port)
        config.write_text(text + "\n")
        space.start("env", "SNMP_PERSISTENT_DIR=%s/%d" % (tmp_path, port), program("snmpd"), "-f", "-Lf",
                    tmp_path / "log", "-C", "-I", "-smux", "-c", config, "-p", tmp_path / ("%d.pid" % port),
                    "udp:127.0.0.1:%d" % port, "tcp:127.0.0.1:%d" % port)
    doors = []
    for port in SNMPD:
        space.wait_for_port(port)
        doors += ["udp:127.0.0.1:%d" % port, "tcp:127.0.0.1:%d" % port]
    found = knock(space, *doors)
    for one in found:
        assert (one["spoken"], one["product"]) == ("snmp", "Net-SNMP")
        assert one["facts"]["enterprise"] == "Net-SNMP" and one["facts"]["engine_id"].startswith("80001f88")
    for one in found[:2]:
        assert set(one["weaknesses"]) == {"snmp-v1", "snmp-v2c", "snmp-community-public"}
        assert one["facts"]["description"].startswith("Linux ") and one["version"][0].isdigit()
    for one in found[2:]:
        assert one["weaknesses"] == {} and one["version"] == ""


CLAMD = """
Foreground yes
User root
TCPSocket 3310
TCPAddr 127.0.0.1
DatabaseDirectory {0}
"""


def test_clamd(space, need, tmp_path):  # noqa: F811
    need("clamd")
    (tmp_path / "one.hdb").write_text("44d88612fea8a8f36de82e1278abb02f:68:EICAR\n")
    (tmp_path / "conf").write_text(CLAMD.format(tmp_path))
    space.start(program("clamd"), "-c", tmp_path / "conf")
    space.wait_for_port(3310)
    (found,) = knock(space, *at(3310))
    assert (found["spoken"], found["product"]) == ("clamav", "ClamAV") and re.match(r"\d+\.\d+", found["version"])
    assert found["weaknesses"] == {"clamav-no-auth": "VERSION was answered"}
