"""Servers of which few hosts have any: real ones at ports that are not theirs, and each is skipped where it is not
installed."""
import pathlib
import shutil
import subprocess
import sys

import pytest

from namespaces import wait_until
from test_knock import at, knock, space  # noqa: F401 (space is a fixture)
from test_knock_text import open_to_others, program

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>tcp:host=localhost,port=2101</listen><auth>EXTERNAL</auth><auth>ANONYMOUS</auth>
<policy context="default"><allow send_destination="*"/></policy></busconfig>
"""
SEARCH = "searchd {\nlisten=2102\npid_file=%s/pid\nlog=%s/log\nbinlog_path=\n}\n" \
         "index r {\ntype=rt\npath=%s/rt\nrt_field=a\nrt_attr_uint=b\n}\n"


def found_at(space, port, seconds=20):  # noqa: F811 (some serve one at a time, and machines are busy)
    space.wait_for_port(port)
    result, = knock(space, *at(port), seconds=seconds)
    return result


# What is run, and what is then said of it; {0} is a folder that everybody may write to.
KINDS = {
    "iperf3": (["iperf3", "-s", "-p", "{port}"], "iperf3", "iperf3"),
    "icecc-scheduler": (["icecc-scheduler", "-p", "{port}", "-l", "{0}/log"], "icecc", "Icecream"),
    "omniNames": (["omniNames", "-start", "{port}", "-logdir", "{0}"], "giop", ""),
    "quasselcore": (["quasselcore", "--configdir={0}", "--port", "{port}"], "quassel", "Quassel"),
    "diod": (["diod", "-f", "-n", "-l", "0.0.0.0:{port}", "-e", "{0}", "-U", "nobody"], "p9fs", ""),
    "lircd": (["lircd", "--nodaemon", "--driver=default", "--device=/dev/null", "--listen=127.0.0.1:{port}",
               "-o", "{0}/socket", "--pidfile={0}/pid"], "lirc", "LIRC"),
    "pulseaudio": (["env", "HOME={0}", "XDG_RUNTIME_DIR={0}", "pulseaudio", "-n", "--daemonize=no",
                    "--exit-idle-time=-1", "--use-pid-file=false", "-L", "module-null-sink", "-L",
                    "module-native-protocol-tcp listen=127.0.0.1 port={port}"], "pulseaudio", "PulseAudio"),
    "gophernicus": (["socat", "TCP-LISTEN:{port},fork,reuseaddr,su=nobody",
                     "EXEC:gophernicus -h gopher.example -r {0},nofork"], "gopher", "Gophernicus"),
    "i2pd": (["i2pd", "--datadir={0}/i2p", "--sam.enabled=true", "--sam.port={port}"], "i2p-sam", "I2P"),
}


@pytest.mark.parametrize("name", KINDS)
def test_servers_that_few_have(space, need, tmp_path, name):  # noqa: F811
    command, spoken, product = KINDS[name]
    need(name, "socat")
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    port = 4242 if name == "quasselcore" else 2100  # it hears one at a time: the first question counts
    words = [word.format(tmp_path, port=port) for word in command]
    space.start(program(words[0]), *(words[1:] if name != "gophernicus" else
                                     [words[1], words[2].replace("gophernicus", program(name), 1)]))
    found = found_at(space, port)
    assert (found["spoken"], found["product"]) == (spoken, product)
    if name in ("lircd", "gophernicus"):
        assert found["version"]
    if name == "quasselcore":
        assert "quassel-not-set-up" in found["weaknesses"]


# It takes three connections, and then none for a second.
LIMITED = """service finger
{
    type = UNLISTED
    port = 2106
    protocol = tcp
    socket_type = stream
    wait = no
    user = root
    server = %s
    cps = 3 1
}
"""


def test_a_server_that_takes_few_connections_at_a_time(space, need, tmp_path):  # noqa: F811
    need("xinetd", "in.fingerd", "finger")
    (tmp_path / "conf").write_text(LIMITED % program("in.fingerd"))
    space.start(program("xinetd"), "-dontfork", "-syslog", "daemon", "-f", tmp_path / "conf", "-pidfile",
                tmp_path / "pid")
    found = found_at(space, 2106)
    assert (found["spoken"], found["product"]) == ("finger", "BSD fingerd")


def test_dictionaries(space, need, tmp_path):  # noqa: F811
    need("dictd")
    (tmp_path / "words.dict").write_text("hello\n")
    (tmp_path / "words.index").write_text("hello\tA\tG\n")
    (tmp_path / "conf").write_text('access {\nallow 127.0.0.1\n}\ndatabase words {\ndata "%s"\nindex "%s"\n}\n'
                                   % (tmp_path / "words.dict", tmp_path / "words.index"))
    open_to_others(tmp_path)
    space.start(program("dictd"), "-dnodetach", "-c", tmp_path / "conf", "--port", "2100")
    found = found_at(space, 2100)
    assert (found["spoken"], found["product"]) == ("dict", "dictd") and found["version"]


def test_a_bus_that_takes_everybody(space, need, tmp_path):  # noqa: F811
    need("dbus-daemon")
    (tmp_path / "bus.conf").write_text(BUS)
    space.start(program("dbus-daemon"), "--nofork", "--config-file=%s" % (tmp_path / "bus.conf"))
    found = found_at(space, 2101)
    assert (found["spoken"], found["product"]) == ("dbus", "D-Bus")
    assert found["weaknesses"] == {"dbus-anonymous": "it offers the mechanism ANONYMOUS"}


def test_sphinx(space, need, tmp_path):  # noqa: F811
    need("searchd")
    (tmp_path / "conf").write_text(SEARCH % (tmp_path, tmp_path, tmp_path))
    space.start(program("searchd"), "--nodetach", "--config", tmp_path / "conf")
    found = found_at(space, 2102)
    assert (found["spoken"], found["product"]) == ("sphinx", "Sphinx")


def test_a_mail_filter(space, need, tmp_path):  # noqa: F811
    need("opendkim", "openssl")
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    key.chmod(0o600)
    (tmp_path / "conf").write_text("Syslog no\nMode v\nSocket inet:2103@127.0.0.1\nDomain example.com\nSelector x\n"
                                   "KeyFile %s\nUserID root\nRequireSafeKeys false\n" % key)
    space.start(program("opendkim"), "-f", "-x", tmp_path / "conf")
    assert found_at(space, 2103)["spoken"] == "milter"


def test_firebird(space, tmp_path):  # noqa: F811
    server = shutil.which("firebird", path="/usr/sbin:/opt/firebird/bin")
    if server is None:
        pytest.skip("needs firebird")
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    space.start("env", "FIREBIRD_LOCK=%s" % tmp_path, server, "-p", "2104")
    found = found_at(space, 2104)
    assert (found["spoken"], found["product"]) == ("firebird", "Firebird")


def test_games_of_quake_3(space, need, tmp_path):  # noqa: F811
    need("setpriv")
    if not shutil.which("openarena-server", path="/usr/games"):
        pytest.skip("needs openarena-server")
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    space.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=%s" % tmp_path,
                "/usr/games/openarena-server", "+set", "net_port", "2105", "+map", "oa_dm1")
    space.wait_for_port(2105, "udp")

    def answer():
        found, = knock(space, "udp:127.0.0.1:2105", seconds=5)
        return found if found.get("spoken") else None

    found = wait_until(answer, "a map to be loaded")
    assert (found["spoken"], found["product"]) == ("quake3", "ioquake3") and found["version"]


CONSOLES = """config * { primaryport 2100; }
default full { rw *; }
access * { trusted 127.0.0.1; allowed 127.0.0.1; }
console a { master localhost; type exec; exec /bin/cat; }
"""
PROXY = "a:\n  listen: 127.0.0.1:2110\n  redis: true\n  servers:\n   - 127.0.0.1:2111:1\n"
MACHINES = 'listen_tls = 0\nlisten_tcp = 1\ntcp_port = "2100"\nlisten_addr = "127.0.0.1"\nauth_tcp = "none"\n' \
           'unix_sock_dir = "%s"\n'
ADAPTATION = "PidFile {0}/pid\nCommandsSocket {0}/control\nPort 127.0.0.1:2100\nTmpDir {0}\nServerLog {0}/log\n" \
             "AccessLog {0}/access\nUser nobody\nGroup nogroup\n"
DISPLAY = "[server]\nDriverPath=%s/\nDriver=text\nBind=127.0.0.1\nPort=2100\nUser=nobody\n[text]\nSize=20x4\n" \
          % next(map(str, pathlib.Path("/usr/lib").glob("*/lcdproc")), "/usr/lib/lcdproc")
LOGGER = 'module(load="imrelp")\ninput(type="imrelp" port="2100" address="127.0.0.1")\n*.* /dev/null\n'
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME={0}", "XDG_RUNTIME_DIR={0}"]

# What is run, what it reads, and what is then said of it: the port, the protocol, the product, whether a version is
# known, and what is found.
FURTHER = {
    "storescp": (["storescp", "11112"], None, (11112, "dicom", "DCMTK", True, set())),
    "uwsgi": (["uwsgi", "--plugin", "ping", "--socket", "127.0.0.1:2100"], None,
              (2100, "uwsgi", "uWSGI", False, set())),
    "deluged": (["deluged", "-d", "-c", "{0}", "-p", "2100"], None,
                (2100, "tls:deluge", "Deluge", True, set())),
    "conserver": (["conserver", "-C", "{0}/read", "-p", "2100", "-M", "127.0.0.1", "-P", "/dev/null"], CONSOLES,
                  (2100, "conserver", "conserver", False, set())),
    "nutcracker": (["nutcracker", "-c", "{0}/read", "-s", "2100", "-a", "127.0.0.1"], PROXY,
                   (2100, "twemproxy", "twemproxy", True, set())),
    "postsrsd": (["postsrsd", "-s", "{0}/read", "-d", "example.com", "-f", "2100", "-r", "2101", "-l", "127.0.0.1"],
                 "sesame\n", (2100, "postsrsd", "PostSRSd", False, set())),
    "postgrey": (["postgrey", "--inet=127.0.0.1:2100", "--user=nobody", "--group=nogroup", "--dbdir={0}"], None,
                 (2100, "smtpd-policy", "", False, set())),
    "rtpengine": (["rtpengine", "--interface=127.0.0.1", "--listen-cli=127.0.0.1:2100", "--table=-1", "--foreground",
                   "--log-stderr"], None, (2100, "rtpengine-cli", "rtpengine", False, {"rtpengine-cli-open"})),
    "i2pd": (["i2pd", "--datadir={0}/i2p", "--i2cp.enabled=true", "--i2cp.port=2100"], None,
             (2100, "i2cp", "", False, set())),
    "libvirtd": (AS_NOBODY + ["libvirtd", "--listen", "-f", "{0}/read", "-p", "{0}/pid"], MACHINES,
                 (2100, "libvirt", "libvirt", False, {"libvirt-no-auth"})),
    "c-icap": (["c-icap", "-N", "-f", "{0}/read"], ADAPTATION, (2100, "icap", "c-icap", True, set())),
    "rrdcached": (["rrdcached", "-g", "-l", "127.0.0.1:2100", "-b", "{0}", "-p", "{0}/pid"], None,
                  (2100, "rrdcached", "rrdcached", False, {"rrdcached-open"})),
    "rigctld": (["rigctld", "-m", "1", "-t", "4532", "-T", "127.0.0.1"], None,
                (4532, "hamlib", "Hamlib", False, {"hamlib-open"})),
    "brz": (["brz", "serve", "--listen=127.0.0.1", "--port=2100", "--directory={0}"], None,
            (2100, "bzr", "", False, set())),
    "LCDd": (["LCDd", "-f", "-c", "{0}/read"], DISPLAY, (2100, "lcdproc", "LCDproc", True, set())),
    "rsyslogd": (["rsyslogd", "-n", "-f", "{0}/read", "-i", "{0}/pid"], LOGGER,
                 (2100, "relp", "librelp", True, set())),
}


def start_further(space, tmp_path, name):  # noqa: F811
    words, read, _ = FURTHER[name]
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    if read is not None:
        (tmp_path / "read").write_text(read.replace("%s", str(tmp_path)).replace("{0}", str(tmp_path)))
    words = [word.format(tmp_path) for word in words]
    space.start(*[program(word) if word == name else word for word in words])


@pytest.mark.parametrize("name", FURTHER)
def test_servers_that_few_ask(space, need, tmp_path, name):  # noqa: F811
    need(name, "setpriv")
    port, spoken, product, versioned, weaknesses = FURTHER[name][2]
    start_further(space, tmp_path, name)
    found = found_at(space, port)
    assert (found["spoken"], found["product"]) == (spoken, product)
    assert bool(found["version"]) == versioned and set(found["weaknesses"]) == weaknesses


def test_a_switch_and_its_database(space, need, tmp_path):  # noqa: F811
    need("ovsdb-server", "ovsdb-tool", "ovs-vswitchd", "ovs-vsctl")
    schema = pathlib.Path("/usr/share/openvswitch/vswitch.ovsschema")
    if not schema.exists():
        pytest.skip("needs %s" % schema)
    subprocess.run([program("ovsdb-tool"), "create", tmp_path / "db", schema], check=True, timeout=30)
    socket = "unix:%s/socket" % tmp_path
    space.start(program("ovsdb-server"), tmp_path / "db", "--remote=p" + socket, "--remote=ptcp:2100:127.0.0.1",
                "--unixctl=%s/database" % tmp_path)
    space.wait_for_port(2100)
    space.start(program("ovs-vswitchd"), socket, "--unixctl=%s/switch" % tmp_path, "--disable-system")
    done = space.run(program("ovs-vsctl"), "--db=" + socket, "--timeout=20", "add-br", "br0",
                     "--", "set", "bridge", "br0", "datapath_type=netdev",
                     "--", "set-controller", "br0", "ptcp:2101:127.0.0.1",
                     "--", "set", "open_vswitch", ".", "ovs_version=9.8.7")
    assert done.returncode == 0, done.stderr
    database, switch = found_at(space, 2100), found_at(space, 2101)
    assert (database["spoken"], database["product"]) == ("ovsdb", "Open vSwitch")
    assert (switch["spoken"], switch["product"]) == ("openflow", "Open vSwitch")
    assert database["version"] == "9.8.7" and switch["version"]
    assert set(database["weaknesses"]) == {"ovsdb-no-auth"} and set(switch["weaknesses"]) == {"openflow-no-auth"}


def test_a_proxy_of_redis_that_knows_few_words(space, need, tmp_path):  # noqa: F811
    need("nutcracker")
    start_further(space, tmp_path, "nutcracker")
    assert found_at(space, 2110)["spoken"] == "redis"


def test_minetest(space, need, tmp_path):  # noqa: F811
    need("setpriv")
    if not shutil.which("minetestserver", path="/usr/games"):
        pytest.skip("needs minetestserver")
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    space.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=%s" % tmp_path,
                "/usr/games/minetestserver", "--gameid", "devtest", "--world", tmp_path / "w", "--port", "2105",
                "--logfile", tmp_path / "log")
    space.wait_for_port(2105, "udp")
    found, = knock(space, "udp:127.0.0.1:2105", seconds=5)
    assert (found["spoken"], found["product"]) == ("minetest", "Minetest")


def test_a_core_of_quassel_away_from_its_port(space, need, tmp_path):  # noqa: F811
    need("quasselcore")
    subprocess.run(["quasselcore", "--configdir=%s" % tmp_path, "--select-backend=SQLite"],
                   capture_output=True, timeout=30)
    subprocess.run(["quasselcore", "--configdir=%s" % tmp_path, "--add-user"], input=b"visitor\nsesame\nsesame\n",
                   capture_output=True, check=True, timeout=30)
    space.start(program("quasselcore"), "--configdir=%s" % tmp_path, "--port", "2100")
    found = found_at(space, 2100)
    assert (found["spoken"], found["product"], found["weaknesses"]) == ("quassel", "Quassel", {})


# Openings stand side by side, and these turn away all but one.
FEW = {
    "vsftpd": ("listen=YES\nlisten_ipv6=NO\nlisten_port=2100\nmax_per_ip=1\nbackground=NO\nsecure_chroot_dir=%s\n",
               ["vsftpd", "{0}/read"], "ftp"),
    "sshd": ("ListenAddress 127.0.0.1:2100\nHostKey %s/key\nMaxStartups 1\nPidFile none\nUsePAM no\n",
             ["sshd", "-D", "-f", "{0}/read"], "ssh"),
}


@pytest.mark.parametrize("name", FEW)
def test_servers_that_let_one_in_at_a_time(space, need, tmp_path, name):  # noqa: F811
    need(name, "ssh-keygen")
    text, words, spoken = FEW[name]
    (tmp_path / "read").write_text(text % tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    open_to_others(tmp_path)
    (tmp_path / "key").chmod(0o600)
    space.start(*[program(word) if word == name else word.format(tmp_path) for word in words])
    assert found_at(space, 2100)["spoken"] == spoken


# It greets whoever calls first, and turns away who calls again.
HASTY = """
import socket
listener = socket.create_server(("127.0.0.1", 2100), backlog=64)
greeting = ":irc.example NOTICE * :*** %s\\r\\n"
first, _ = listener.accept()
first.sendall((greeting % "Looking up your hostname" + greeting % "Checking Ident").encode())
while True:
    connection, _ = listener.accept()
    connection.sendall(b"ERROR :Your host is trying to (re)connect too fast -- throttled.\\r\\n")
    connection.close()
"""


def test_who_turns_away_who_calls_again_keeps_his_name(space):  # noqa: F811
    space.start(sys.executable, "-c", HASTY)
    space.wait_for_port(2100)
    found, = knock(space, *at(2100), seconds=8)
    assert (found["spoken"], found["product"]) == ("irc", "ircd-hybrid")
