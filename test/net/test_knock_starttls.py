"""Servers that offer to go on in TLS are asked to: each is entered, and its certificate and versions are judged."""
import pathlib
import shutil
import subprocess

import pytest

from test_knock import at, knock, space  # noqa: F401 (a fixture)
from test_knock_binary import folder  # noqa: F401 (a fixture)
from test_knock_text import DOVECOT, POSTFIX_MAIN, POSTFIX_MASTER, certificate, open_to_others, program  # noqa: F401


def entered(found, spoken, version="TLS 1.3"):
    """TLS was seen inside: the certificate of the test, which signed itself."""
    assert (found["outcome"], found["spoken"], found["starttls"]) == ("identified", spoken, True), found
    facts = found["tls"]["facts"]
    assert facts["subject"] == "CN=server.example" and facts["version"] == version, found
    assert "tls-certificate-self-signed" in found["tls"]["weaknesses"]
    return found["tls"]


def test_postfix(space, need, certificate, tmp_path):  # noqa: F811
    need("postfix", "postconf")
    key, file = certificate
    etc = tmp_path / "etc"
    for name in etc, tmp_path / "queue", tmp_path / "data":
        name.mkdir()
    shutil.chown(tmp_path / "data", "postfix")
    open_to_others(tmp_path)
    (etc / "main.cf").write_text(POSTFIX_MAIN.format(tmp_path, key, file) +
                                 "smtpd_tls_protocols = >=TLSv1\ntls_medium_cipherlist = ALL:@SECLEVEL=0\n")
    (etc / "master.cf").write_text(POSTFIX_MASTER)
    postfix = space.start(program("postfix"), "-c", etc, "start-fg")
    try:
        space.wait_for_port(9025)
        found, = knock(space, *at(9025))
    finally:
        space.run(program("postfix"), "-c", etc, "stop", check=False)
        postfix.wait(20)
    tls = entered(found, "smtp")
    assert tls["facts"]["old_versions"] == "TLS 1.1, TLS 1.0" and "tls-old" in tls["weaknesses"]


def test_dovecot(space, need, certificate, tmp_path):  # noqa: F811
    need("dovecot")
    key, file = certificate
    config = tmp_path / "dovecot.conf"
    config.write_text(DOVECOT.format(tmp_path, key, file, "yes"))
    open_to_others(tmp_path)
    space.start(program("dovecot"), "-F", "-c", config)
    for port in 2100, 2102:
        space.wait_for_port(port)
    imap, pop3 = knock(space, *at(2100, 2102))
    assert "old_versions" not in entered(imap, "imap")["facts"]
    entered(pop3, "pop3")


def test_vsftpd(space, need, certificate, tmp_path):  # noqa: F811
    need("vsftpd")
    key, file = certificate
    (tmp_path / "empty").mkdir()
    config = tmp_path / "vsftpd.conf"
    config.write_text("listen=YES\nbackground=NO\nseccomp_sandbox=NO\nanonymous_enable=NO\nlocal_enable=YES\n"
                      "secure_chroot_dir=%s/empty\nssl_enable=YES\nrsa_cert_file=%s\nrsa_private_key_file=%s\n"
                      "listen_port=2121\n" % (tmp_path, file, key))
    space.start(program("vsftpd"), config)
    space.wait_for_port(2121)
    found, = knock(space, *at(2121))
    facts = found["tls"]["facts"]
    entered(found, "ftp", facts.get("version"))


def test_openldap(space, need, folder, certificate):  # noqa: F811
    need("slapd")
    key, file = certificate
    home = folder()
    (home / "slapd.conf").write_text("include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\n"
                                     "TLSCertificateFile %s\nTLSCertificateKeyFile %s\n"
                                     "moduleload back_mdb\ndatabase mdb\nsuffix dc=door\ndirectory %s\n" % (file, key, home))
    space.start("slapd", "-d", "0", "-f", home / "slapd.conf", "-h", "ldap://127.0.0.1:25")
    space.wait_for_port(25)
    found, = knock(space, *at(25))
    entered(found, "ldap")


def test_prosody(space, need, certificate, tmp_path):  # noqa: F811
    need("prosody")
    key, file = certificate
    open_to_others(tmp_path)
    shutil.chown(key, "prosody")
    shutil.chown(tmp_path, "prosody")
    (tmp_path / "prosody.cfg.lua").write_text("""
        pidfile = "%(home)s/pid"; data_path = "%(home)s"; interfaces = { "127.0.0.1" }; c2s_ports = { 2222 }
        modules_enabled = { "tls", "saslauth" }; modules_disabled = { "s2s" }; authentication = "internal_hashed"
        allow_unencrypted_plain_auth = %(clear)s
        c2s_require_encryption = %(safe)s
        ssl = { key = "%(key)s", certificate = "%(file)s" }
        VirtualHost "localhost"
        """ % {"home": tmp_path, "key": key, "file": file, "clear": "true", "safe": "false"})
    space.start("setpriv", "--reuid=prosody", "--regid=prosody", "--clear-groups", "prosody", "-F", "--config",
                tmp_path / "prosody.cfg.lua", cwd=tmp_path)
    space.wait_for_port(2222)
    found, = knock(space, *at(2222))
    entered(found, "xmpp")
    assert "PLAIN" in found["facts"]["mechanisms"] and "xmpp-clear-login" in found["weaknesses"]


def test_postgresql(space, need, folder, certificate):  # noqa: F811
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("needs PostgreSQL")
    need("setpriv")
    key, file = certificate
    home = folder("postgres")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    subprocess.run([*user, programs[-1] / "initdb", "-D", home / "data", "--no-sync", "--auth=reject"], check=True,
                   capture_output=True, cwd="/")
    for source, name in (key, "server.key"), (file, "server.crt"):
        (home / "data" / name).write_bytes(source.read_bytes())
        (home / "data" / name).chmod(0o600)
        shutil.chown(home / "data" / name, "postgres")
    space.start(*user, programs[-1] / "postgres", "-D", home / "data", "-h", "127.0.0.1", "-p", "8443", "-k", home,
                "-F", "-c", "ssl=on", cwd="/")
    space.wait_for_port(8443)
    found, = knock(space, *at(8443))
    entered(found, "pgsql")


def test_mariadb(space, need, folder, certificate):  # noqa: F811
    need("mariadbd", "mysql_install_db")
    key, file = certificate
    home = folder("mysql")
    for source, name in (key, "key"), (file, "certificate"):
        (home / name).write_bytes(source.read_bytes())
        shutil.chown(home / name, "mysql")
    subprocess.run(["mysql_install_db", "--no-defaults", "--user=mysql", "--datadir=%s/data" % home,
                    "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True)
    space.start("mariadbd", "--no-defaults", "--user=mysql", "--datadir=%s/data" % home, "--port=8080",
                "--bind-address=127.0.0.1", "--socket=%s/socket" % home, "--pid-file=%s/pid" % home,
                "--ssl-cert=%s/certificate" % home, "--ssl-key=%s/key" % home)
    space.wait_for_port(8080)
    found, = knock(space, *at(8080))
    entered(found, "mysql")


def test_xrdp(space, need, certificate, tmp_path):  # noqa: F811
    need("xrdp")
    key, file = certificate
    config = tmp_path / "xrdp.ini"
    config.write_text("[Globals]\nini_version=1\nfork=true\nport=tcp://:5900\nsecurity_layer=negotiate\n"
                      "crypt_level=high\ncertificate=%s\nkey_file=%s\n[Xorg]\nname=x\nlib=libxup.so\n" % (file, key))
    space.start(program("xrdp"), "--nodaemon", "--config", config, cwd=tmp_path)  # it logs beside itself
    space.wait_for_port(5900)
    found, = knock(space, *at(5900))
    entered(found, "rdp")


def test_a_server_that_does_not_keep_what_it_offers(space):  # noqa: F811
    """It agrees and speaks no TLS: what else is known of it stands."""
    space.start("python3", "-c", """
import socket
server = socket.create_server(("127.0.0.1", 2525))
while True:
    c = server.accept()[0]
    try:
        c.sendall(b"220 mail.example ESMTP Postfix\\r\\n")
        while (asked := c.recv(4096)):
            c.sendall(b"250-mail.example\\r\\n250 STARTTLS\\r\\n" if asked.startswith(b"EHLO") else b"220 go on\\r\\n"
                      if asked.startswith(b"STARTTLS") else b"500 what?\\r\\n")
    except OSError:
        pass
    c.close()
""")
    space.wait_for_port(2525)
    found, = knock(space, *at(2525))
    assert (found["spoken"], found["product"], found["starttls"]) == ("smtp", "Postfix", True)
    assert found["tls"]["facts"] == {} and found["tls"]["weaknesses"] == {}
