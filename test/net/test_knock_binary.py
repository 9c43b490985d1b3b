"""What is spoken behind the doors of databases, directories, file and name servers: real ones, each at a port
that belongs to somebody else. A login is never tried, and what they tell is what is reported."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from test_knock import at, knock, space  # noqa: F401 (a fixture)


@pytest.fixture
def folder():
    """folder("mysql") makes a folder that this user may write to; it goes when the test ends."""
    made = []

    def make(user="root"):
        path = tempfile.mkdtemp(prefix="doorward-")
        made.append(path)
        try:
            shutil.chown(path, user)
        except LookupError:
            pytest.skip("needs the user %s" % user)
        return pathlib.Path(path)

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)


def known(found, spoken, product):
    assert (found["outcome"], found.get("spoken"), found.get("product")) == ("identified", spoken, product)
    return found


def test_dnsmasq_over_both_transports(space, need, folder):  # noqa: F811
    need("dnsmasq")
    space.start("dnsmasq", "--keep-in-foreground", "--port=123", "--no-resolv", "--conf-file=/dev/null",
                "--user=root", "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces")
    space.wait_for_port(123)
    for found in knock(space, "tcp:127.0.0.1:123", "udp:127.0.0.1:123"):
        known(found, "dns", "dnsmasq")
        assert found["facts"]["ra"] == "true" and found["version"][0].isdigit()


def test_bind_that_serves_nobody(space, need, folder):  # noqa: F811
    need("named")
    home = folder()
    (home / "named.conf").write_text("""
        options { directory "%s"; pid-file none; listen-on port 5353 { 127.0.0.1; }; listen-on-v6 { none; };
                  recursion no; session-keyfile none; managed-keys-directory "%s"; };
        controls { };
    """ % (home, home))
    space.start("named", "-f", "-c", home / "named.conf")
    space.wait_for_port(5353)
    for found in knock(space, "tcp:127.0.0.1:5353", "udp:127.0.0.1:5353"):
        known(found, "dns", "ISC BIND")
        assert found["facts"]["ra"] == "false" and found["version"].startswith("9.")


def test_openldap(space, need, folder):  # noqa: F811
    need("slapd")
    home = folder()
    (home / "slapd.conf").write_text("include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\n"
                                     "moduleload back_mdb\ndatabase mdb\nsuffix dc=door\ndirectory %s\n" % home)
    space.start("slapd", "-d", "0", "-f", home / "slapd.conf", "-h", "ldap://127.0.0.1:25")
    space.wait_for_port(25)
    found = known(knock(space, *at(25))[0], "ldap", "OpenLDAP")
    assert found["facts"]["naming_contexts"] == "dc=door"
    assert not found.get("starttls")


@pytest.mark.parametrize("oldest, weaknesses", [("SMB2", {"smb-signing-not-required"}),
                                                ("NT1", {"smb-signing-not-required", "smb-1"})])
def test_samba(space, need, folder, oldest, weaknesses):  # noqa: F811
    need("smbd")
    home = folder()
    (home / "smb.conf").write_text("[global]\nnetbios name = KEEPER\nsmb ports = 80\ndisable spoolss = yes\n"
                                   "server min protocol = %s\nbind interfaces only = yes\ninterfaces = lo\n"
                                   "log file = %s/log\n" % (oldest, home)
                                   + "".join("%s = %s\n" % (name, home) for name in (
                                       "state directory", "private dir", "lock directory", "cache directory",
                                       "pid directory", "ncalrpc dir")))
    space.start("smbd", "-F", "--no-process-group", "-s", home / "smb.conf")
    space.wait_for_port(80)
    found = known(knock(space, *at(80))[0], "smb", "Samba smbd")
    assert found["facts"]["dialect"] == "3.11" and found["facts"]["host"] == "keeper"
    assert set(found["weaknesses"]) == weaknesses


NETBIOS = r"""
import socket, struct
def answer():
    words = struct.pack("<HBHHIIIIQHB", 0, 3, 50, 1, 16644, 65536, 0, 0, 0, 0, 0)
    names = "LABORATORY\0ATTIC\0".encode("utf-16-le")
    smb = b"\xffSMB" + b"\x72" + bytes(4) + b"\x88" + bytes(22) + bytes([17]) + words + struct.pack("<H", len(names)) + names
    return struct.pack(">I", len(smb)) + smb
listener = socket.create_server(("127.0.0.1", 139))
while True:
    c = listener.accept()[0]
    try:
        asked = c.recv(4096)
        if asked[:4] == b"\x81\0\0\x44" and asked[5:37] == b"CKFDENECFDEFFCFGEFFCCACACACACACA":
            c.sendall(b"\x82\0\0\0" + answer())
            c.recv(1)
        elif asked:
            c.sendall(b"\x83\0\0\x01\x80")
    except OSError:
        pass
    c.close()
"""


def test_smb_where_a_netbios_session_is_wanted(space):  # noqa: F811
    space.start(sys.executable, "-c", NETBIOS)
    space.wait_for_port(139)
    found = knock(space, *at(139))[0]
    assert found["outcome"] == "identified" and found["spoken"] == "smb", found
    assert found["facts"]["domain"] == "LABORATORY" and found["facts"]["host"] == "ATTIC"
    assert "smb-1" in found["weaknesses"]


def test_mariadb(space, need, folder):  # noqa: F811
    need("mariadbd", "mysql_install_db")
    home = folder("mysql")
    subprocess.run(["mysql_install_db", "--no-defaults", "--user=mysql", "--datadir=%s/data" % home,
                    "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True)
    space.start("mariadbd", "--no-defaults", "--user=mysql", "--datadir=%s/data" % home, "--port=8080",
                "--bind-address=127.0.0.1", "--socket=%s/socket" % home, "--pid-file=%s/pid" % home)
    space.wait_for_port(8080)
    found = known(knock(space, *at(8080))[0], "mysql", "MariaDB")
    assert found["version"] in space.run("mariadbd", "--version").stdout
    assert not found.get("starttls")


def test_postgresql(space, need, folder):  # noqa: F811
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("needs PostgreSQL")
    need("setpriv")
    home = folder("postgres")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    subprocess.run([*user, programs[-1] / "initdb", "-D", home / "data", "--no-sync", "--auth=reject"], check=True,
                   capture_output=True, cwd="/")
    space.start(*user, programs[-1] / "postgres", "-D", home / "data", "-h", "127.0.0.1", "-p", "8443", "-k", home,
                "-F", cwd="/")
    space.wait_for_port(8443)
    found = known(knock(space, *at(8443))[0], "pgsql", "PostgreSQL")
    assert found["facts"]["routine"] == "ProcessStartupPacket"
    assert not found.get("starttls")


def test_redis_with_and_without_a_password(space, need, folder):  # noqa: F811
    need("redis-server")
    home = str(folder())
    space.start("redis-server", "--port", "110", "--bind", "127.0.0.1", "--save", "", "--dir", home)
    space.start("redis-server", "--port", "143", "--bind", "127.0.0.1", "--save", "", "--dir", home,
                "--requirepass", "sesame")
    space.wait_for_port(110)
    space.wait_for_port(143)
    free, kept = knock(space, *at(110, 143))
    known(free, "redis", "Redis")
    assert free["version"][0].isdigit() and set(free["weaknesses"]) == {"redis-no-auth"}
    known(kept, "redis", "Redis")
    assert kept["facts"]["authentication"] == "required" and not kept["weaknesses"]
