"""doorward apply, confirm, undo, history and status: the way back, what goes on, what is cut, bad circumstances."""
import fcntl
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from conftest import PROGRAM
from namespaces import wait_until

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "data/events.schema.json").read_text())
FIRST = """allow ssh/22 id admin
allow https/443 id shop
deny mysql/3306 id database
allow out ssh/22 id outward
"""
SECOND = FIRST.replace("https/443", "http/80")
FOREIGN = """
table inet other {
    chain input {
        type filter hook input priority 0
        tcp dport 9 counter drop
    }
}
"""


class Host:
    """A network namespace with a state folder of its own."""

    def __init__(self, doorward, space, folder):
        self.program, self.space, self.folder = doorward, space, folder
        self.state = folder / "state"

    def policy(self, text, name="host.policy"):
        path = self.folder / name
        path.write_text(text)
        return path

    def do(self, command, *words, **options):
        return self.program(command, *words, "--state", self.state, wrap=self.space.command(), **options)

    def apply(self, text, *words, **options):
        return self.do("apply", self.policy(text), *words, **options)

    def events(self, command, *words):
        run = self.do(command, *words, "--json")
        events = run.events()
        if jsonschema:
            for event in events:
                jsonschema.Draft202012Validator(SCHEMA).validate(event)
        return events

    def status(self):
        (event,) = self.events("status")
        return event["status"]

    def history(self):
        return [event["history"] for event in self.events("history")]

    def table(self, *flags):
        """The table as nft lists it, without what changes by itself; "" where there is none."""
        run = self.space.run("nft", "-s", *flags, "list", "table", "inet", "doorward", check=False)
        return re.sub(r'comment "(\w+) \d+"', r'comment "\1"', run.stdout)

    def others(self):
        return self.space.run("nft", "list", "table", "inet", "other").stdout

    def in_force(self, text):
        """Puts a policy in place for good and returns its table."""
        for run in (self.apply(text), self.do("confirm")):
            assert run.status == 0, run.err
        return self.table()


def ways_back(folder):
    """The processes that are a way back kept in this folder: they outlive who asked for them, on purpose."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"--when-due" in (words := path.read_bytes().split(b"\0")) and os.fsencode(folder) in b" ".join(words):
                yield int(path.parent.name)
        except OSError:
            pass  # it has ended


@pytest.fixture
def host(namespaces, need, doorward):
    need("nft")
    with tempfile.TemporaryDirectory() as folder:
        yield Host(doorward, namespaces.new(), pathlib.Path(folder))
        for pid in ways_back(folder):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not list(ways_back(folder)), "the ways back to end")


def words(text):
    return " ".join(text.split())


# ---- the way back ----

def test_silence_takes_back_what_was_applied(host):
    host.space.run("nft", "-f", "-", input=FOREIGN)
    others = host.others()
    run = host.apply(FIRST, "--timeout", "1")
    assert run.status == 0 and "Number 1 is in place, and is taken back at" in words(run.out)
    wait_until(lambda: host.table() == "", "the table to go")
    wait_until(lambda: host.history()[0]["state"] == "taken-back", "the history to tell it")
    assert host.others() == others
    assert host.do("confirm").status == 2


def test_what_was_confirmed_stays(host):
    table = host.in_force(FIRST)
    assert "rule-shop" in table
    host.apply(SECOND, "--timeout", "1")
    wait_until(lambda: host.table() == table, "what was confirmed to come back")
    wait_until(lambda: host.history()[1]["state"] == "taken-back", "the history to tell it")
    status = host.status()
    assert status["drift"] == "none" and status["number"] == 1 and status["state"] == "confirmed"


def test_what_is_confirmed_is_on_the_disk_before_the_history_says_so(host, need):
    """Behind a power cut nobody misses what waits; what is confirmed is loaded when the host comes up."""
    need("strace")
    assert host.apply(FIRST, "--timeout", "1h").status == 0
    told = host.folder / "told"
    # Who is traced cannot look for leaks.
    confirm = ["env", "ASAN_OPTIONS=detect_leaks=0", host.program.program, "confirm", "--state", host.state]
    host.space.run("strace", "-y", "-e", "trace=fsync,rename", "-o", told, *confirm)
    calls = told.read_text().splitlines()
    said = next(i for i, call in enumerate(calls) if call.startswith("rename(") and '/history")' in call)
    for kind in "nft", "rules":
        assert any("fsync(" in call and "/1.%s>" % kind in call for call in calls[:said]), calls


def test_the_way_back_outlives_its_session_and_who_asked(host):
    table = host.in_force(FIRST)
    command = host.space.command(host.program.program, "apply", host.policy(SECOND), "--timeout", "1", "--state",
                                 host.state)
    with subprocess.Popen(["setsid", "--wait", *command], stdout=subprocess.PIPE, start_new_session=True) as caller:
        caller.communicate()
        try:
            os.killpg(caller.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until(lambda: host.table() == table, "what was confirmed to come back")


def test_undo_takes_back_at_once_what_waits(host):
    table = host.in_force(FIRST)
    assert host.apply(SECOND, "--timeout", "1h").status == 0
    assert host.table() != table
    run = host.do("undo")
    assert run.status == 0 and "taken back" in run.out
    assert host.table() == table and host.do("confirm").status == 2
    assert host.do("undo").status == 0 and host.table() == table, "it went further back than what waited"


def test_undo_to_no_table_at_all(host):
    host.in_force(FIRST)
    run = host.do("undo", 0)
    assert run.status == 0 and "no table inet doorward any more" in run.out and host.table() == ""
    assert host.status()["drift"] == "nothing"


def test_a_table_that_others_wrote_comes_back_as_it_was(host):
    host.space.run("nft", "-f", "-", input="table inet doorward {\n set s {\n type ipv4_addr\n elements = { 192.0.2.1 }\n"
                                           " }\n chain c {\n ip saddr @s counter drop\n }\n}\n")
    table = host.table()
    assert host.status()["drift"] == "foreign"
    assert host.apply(FIRST, "--timeout", "1").status == 0
    wait_until(lambda: host.table() == table, "the table to come back")


def test_undo_goes_back_step_by_step_and_to_a_number(host):
    tables = [host.in_force(text) for text in (FIRST, SECOND, FIRST + "allow dns/53 id names\n")]
    assert host.do("undo").status == 0 and host.table() == tables[1]
    assert host.do("undo").status == 0 and host.table() == tables[0]
    assert host.do("undo").status == 0 and host.table() == ""
    assert host.do("undo").status == 2
    assert host.do("undo", 3).status == 0 and host.table() == tables[2]
    assert [entry["stands_for"] for entry in host.history()] == [1, 2, 3, 2, 1, 0, 3]
    assert host.status()["drift"] == "none"
    run = host.do("undo", 99)
    assert run.status == 2 and "no number 99" in run.err


# ---- what is told ----

def test_the_history_has_date_user_and_digest(host):
    host.in_force(FIRST)
    host.apply(SECOND, "--timeout", "1h")
    host.do("undo")
    first, second = host.history()
    assert first["policy_sha256"] == hashlib.sha256(FIRST.encode()).hexdigest()
    assert (first["state"], first["in_force"]) == ("confirmed", True)
    assert (second["state"], second["in_force"]) == ("taken-back", False)
    assert first["user"] and first["policy"] == str((host.folder / "host.policy").resolve())
    assert "confirmed, in force" in words(host.do("history").out)


def test_status_tells_what_waits(host):
    assert host.status() == {"loaded_seen": True, "loaded": False, "drift": "nothing", "never_hit": 0, "rules": [],
                             "differences": []}
    host.apply(FIRST, "--timeout", "1h")
    status = host.status()
    assert status["state"] == "armed" and status["way_back"] is True and 0 < status["seconds_left"] <= 3600
    assert "It waits to be confirmed" in words(host.do("status").out)
    host.do("undo")


def test_changes_by_hand_are_drift(host):
    host.in_force(FIRST)
    assert host.status()["drift"] == "none" and host.do("status").status == 0
    host.space.run("nft", "add", "chain", "inet", "doorward", "mine")
    host.space.run("nft", "add", "rule", "inet", "doorward", "rule-shop", "drop")
    status = host.status()
    assert status["drift"] == "changed"
    assert {(d["part"], d["change"]) for d in status["differences"]} == {("chain mine", "new"), ("chain rule-shop", "changed")}
    run = host.do("status")
    assert run.status == 1 and "chain rule-shop: was \"\", is \"drop\"" in words(run.out)
    host.space.run("nft", "delete", "table", "inet", "doorward")
    assert host.status()["drift"] == "gone" and host.do("status").status == 1
    assert "rule-shop" in host.in_force(FIRST) and host.status()["drift"] == "none"


def test_the_same_again_changes_nothing(host):
    host.in_force(FIRST)
    handles = host.table("-a")
    run = host.apply(FIRST)
    assert run.status == 0 and "nothing was changed" in run.out and host.table("-a") == handles
    assert len(host.history()) == 1


# ---- what changes in the kernel ----

def parts(table):
    """Chains, sets and maps of a listed table, each with its lines, whatever their order."""
    return sorted(re.findall(r"^\t(?:chain|set|map|ct) .*?^\t}$", table, re.M | re.S))


def many(changed=None):
    """Sixty rules that share ports and addresses, one of them changed."""
    rules = ["allow tcp/%d from 192.0.2.%d, 2001:db8::%x id r%d" % (1000 + n % 9, n, n, n) for n in range(60)]
    if changed is not None:
        rules[changed] = "reject tcp/%d from 192.0.2.%d id r%d" % (1000 + changed % 7, changed, changed)
    return "\n".join(rules) + "\n"


def handles(host):
    return dict(re.findall(r"chain (rule-\S+) \{ # handle \d+\n\t\t.*# handle (\d+)", host.table("-a")))


def test_a_small_change_touches_nothing_else(host, namespaces):
    """Rules that stay are not made anew, and what comes out is what loading the whole makes."""
    host.in_force(many())
    before = handles(host)
    assert len(before) == 60
    for changed in (0, 17, 59, None):
        table = host.in_force(many(changed))
        after = handles(host)
        assert {rule for rule in before if after[rule] != before[rule]} <= {"rule-r%s" % n for n in (0, 17, 59)}
        fresh = namespaces.new()
        rules = host.program("plan", "--nft", "-P", host.policy(many(changed)), wrap=fresh.command()).out
        fresh.run("nft", "-f", "-", input=rules)
        whole = fresh.run("nft", "-s", "list", "table", "inet", "doorward").stdout
        assert parts(re.sub(r'comment "(\w+) \d+"', r'comment "\1"', table)) == parts(whole)
        assert host.status()["drift"] == "none"


def test_what_others_changed_is_not_built_upon(host):
    """A table that was changed by hand, or beside which another was, is replaced whole, and comes back as it was."""
    host.in_force(many())
    host.space.run("nft", "add", "rule", "inet", "doorward", "rule-r3", "drop")
    changed = host.table()
    assert host.status()["drift"] == "changed"
    assert host.apply(many(5), "--timeout", "1h").status == 0
    assert "counter accept" in host.space.run("nft", "list", "chain", "inet", "doorward", "rule-r4").stdout.replace(
        "counter packets 0 bytes 0", "counter")
    assert len(re.findall("drop", host.space.run("nft", "list", "chain", "inet", "doorward", "rule-r3").stdout)) == 0
    assert host.do("undo").status == 0
    assert parts(host.table()) == parts(changed)
    host.space.run("nft", "-f", "-", input=FOREIGN)
    assert host.apply(many(5)).status == 0 and host.do("confirm").status == 0 and host.status()["drift"] == "none"


def test_counters_go_on_where_the_rule_is_the_same(host, namespaces):
    server, client = namespaces.pair()
    host.space = server
    text = "reject mysql/3306 id database\nreject http/80 id web\n"

    def knock(port):
        client.run("python3", "-c", "import socket,sys\ntry: socket.create_connection(('192.0.2.1', %d), 3)\n"
                                    "except ConnectionRefusedError: pass" % port)

    def hits():
        return {rule["id"]: rule["packets"] for rule in host.status()["rules"]}

    host.in_force(text)
    knock(3306)
    knock(80)
    assert hits() == {"database": 1, "web": 1} and host.status()["never_hit"] == 0
    since = {rule["id"]: rule["since"] for rule in host.status()["rules"]}
    host.in_force(text.replace("http/80", "http/80-81") + "allow https/443 id shop\n")
    knock(3306)
    assert hits() == {"database": 2, "web": 0, "shop": 0} and host.status()["never_hit"] == 2
    assert {rule["id"]: rule["since"] for rule in host.status()["rules"]}["database"] == since["database"]
    host.do("undo")
    assert hits()["database"] == 2


# ---- live connections ----

SERVER = """
import socket
listener = socket.create_server(("%s", %d), family=%s)
while True:
    connection, _ = listener.accept()
    while (heard := connection.recv(100)):
        connection.send(heard)
    connection.close()
"""
CLIENT = """
import socket, sys
connection = socket.create_connection(("%s", %d))
for line in sys.stdin:
    try:
        connection.settimeout(15)
        connection.send(line.encode())
        print("echo" if connection.recv(100) else "end", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


def talk(server, client, address="192.0.2.1", port=7777, family="socket.AF_INET"):
    """A connection from client to server that goes on line by line: say() sends one and tells what came."""
    server.start("python3", "-c", SERVER % (address, port, family))
    server.wait_for_port(port)
    speaker = client.start("python3", "-c", CLIENT % (address, port), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           text=True)

    def say():
        speaker.stdin.write("x\n")
        speaker.stdin.flush()
        return speaker.stdout.readline().strip()

    assert say() == "echo"
    return say


@pytest.mark.parametrize("address, family", [("192.0.2.1", "socket.AF_INET"), ("2001:db8::1", "socket.AF_INET6")])
def test_connections_go_on_that_nothing_tracked(host, namespaces, address, family):
    """Before the first table nothing follows connections; they are none the less established to it."""
    host.space, client = namespaces.pair()
    say = talk(host.space, client, address, family=family)
    events = host.events("apply", host.policy("allow ssh/22\n"))
    (connection,) = [event for event in events if event["event_type"] == "connection"]
    assert connection["dest_port"] == 7777 and connection["dest_ip"] == address
    assert connection["connection"] == {"direction": "in", "process": "python3", "user": "root", "session": False,
                                        "depends_on_interface": False, "ended": False}
    assert say() == "echo"
    assert client.run("python3", "-c", "import socket\nsocket.create_connection(('%s', 7777), 1)" % address,
                      check=False).returncode != 0
    assert say() == "echo"


def test_own_connections_go_on_too(host, namespaces):
    client, server = namespaces.pair()
    host.space = client
    say = talk(server, client, "192.0.2.2")
    run = host.apply("allow ssh/22\n")
    assert run.status == 0 and "out tcp" in words(run.out) and "192.0.2.2:7777" in run.out
    assert say() == "echo"


def test_cut_ends_what_is_denied_and_nothing_else(host, namespaces):
    host.space, client = namespaces.pair()
    denied, allowed = talk(host.space, client, port=7777), talk(host.space, client, port=7778)
    assert host.apply("allow tcp/7778\n", "--cut").status == 0
    assert denied() in ("ConnectionResetError", "end", "BrokenPipeError") and allowed() == "echo"


def test_forwarded_connections_are_listed_and_cut(host, namespaces):
    server, middle, client = namespaces.new(), namespaces.new(), namespaces.new()
    namespaces.join(middle, server, 1)
    namespaces.join(middle, client, 2)
    server.ip("route", "add", "default", "via", "192.0.2.1")
    client.ip("route", "add", "default", "via", "198.51.100.1")
    middle.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    host.space = middle
    host.in_force("allow through tcp/7777 from any\n")
    say = talk(server, client, "192.0.2.2")
    events = host.events("apply", host.policy("allow ssh/22\n"), "--cut")
    (connection,) = [event for event in events if event["event_type"] == "connection"]
    assert connection["connection"]["direction"] == "through" and connection["connection"]["ended"] is True
    assert connection["src_ip"] == "198.51.100.2" and connection["dest_port"] == 7777
    client.programs[-1].stdin.write("x\n")
    client.programs[-1].stdin.flush()
    wait_until(lambda: any(rule["packets"] for rule in host.status()["rules"]) or
               "counter packets 0" not in host.space.run("nft", "list", "chain", "inet", "doorward", "through").stdout,
               "the connection's packets to be denied")


def test_ones_own_session_is_not_locked_out(host, namespaces):
    host.space, client = namespaces.pair()
    talk(host.space, client)
    peer = host.space.run("ss", "-Htn", "sport = :7777").stdout.split()[4]
    session = {"SSH_CONNECTION": "192.0.2.2 %s 192.0.2.1 7777" % peer.rsplit(":", 1)[1]}
    run = host.apply("allow ssh/22\n", environment=session)
    assert run.status == 2 and "this session" in run.out and "--force" in run.err
    assert host.table() == "" and host.history() == []
    assert host.apply("allow ssh/22\n", "--force", environment=session).status == 0
    assert host.table() != ""


# ---- bad circumstances ----

def test_a_policy_with_an_error_changes_nothing(host):
    table = host.in_force(FIRST)
    run = host.apply("allow http/70000\n")
    assert run.status == 2 and "port 70000 is out of range" in run.err
    assert host.table() == table and len(host.history()) == 1


def test_without_root_nothing_is_changed(host, as_nobody):
    host.in_force(FIRST)
    table = host.table()
    os.chmod(host.folder, 0o755)
    for command in (["apply", host.policy(SECOND)], ["confirm"], ["undo"]):
        run = host.program(*command, "--state", host.state, wrap=[*host.space.command(), *as_nobody])
        assert run.status == 2 and "needs root" in run.err, run.err
    open_to_all = host.folder / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    run = host.program("apply", host.policy(SECOND), "--state", open_to_all, wrap=[*host.space.command(), *as_nobody])
    assert run.status == 2 and ("needs root" in run.err or "not permitted" in run.err), run.err
    run = host.program("status", "--state", open_to_all, wrap=[*host.space.command(), *as_nobody])
    assert run.status == 3 and "could not be seen" in run.out
    assert host.table() == table


def test_a_full_disk_changes_nothing(host):
    table = host.in_force(FIRST)
    rules = "".join("allow tcp/%d from 192.0.2.%d\n" % (1000 + n, n % 250) for n in range(400))
    script = "mount -t tmpfs -o size=64k none %s && cp %s/* %s && exec %s apply %s --state %s" % (
        host.folder / "small", host.state, host.folder / "small", host.program.program, host.policy(rules),
        host.folder / "small")
    (host.folder / "small").mkdir()
    run = host.space.run("unshare", "--mount", "sh", "-c", script, check=False)
    assert run.returncode == 2 and "No space left on device" in run.stderr, run.stderr
    assert host.table() == table


def test_undo_and_the_way_back_need_no_room_on_the_disk(host):
    """The rules come first: that they are back is written down by whoever comes next."""
    table = host.in_force(FIRST)
    small = host.folder / "small"
    small.mkdir()
    words = [host.program.program, small, host.policy(SECOND), host.state]
    script = """
    mount -t tmpfs -o size=256k none $2
    cp $4/* $2
    $1 apply $3 --timeout 1h --state $2 >/dev/null
    cat /dev/zero >$2/fill 2>/dev/null
    $1 undo --state $2 2>&1
    nft list table inet doorward | grep -c 'dport 80 '
    rm $2/fill
    $1 confirm --state $2 2>&1
    $1 apply $3 --timeout 1 --state $2 >/dev/null
    nft list table inet doorward | grep -c 'dport 80 '
    cat /dev/zero >$2/fill 2>/dev/null
    for i in $(seq 150); do sleep 0.1; nft list table inet doorward | grep -q 'dport 80 ' || break; done
    """
    said = host.space.run("unshare", "--mount", "sh", "-c", script, "-", *words, check=False).stdout
    assert "No space left on device" in said and "\n0\n" in said, said
    assert "nothing waits to be confirmed" in said and said.endswith("\n1\n"), said
    assert parts(host.table()) == parts(table)


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	const int answer = real(clock, now);
	if (clock == CLOCK_REALTIME)
		now->tv_sec += atol(getenv("CLOCK_JUMP"));
	return answer;
}
"""


@pytest.mark.parametrize("jump", [-400 * 86400, 400 * 86400])
def test_a_clock_that_jumps_changes_no_time_to_confirm(host, need, jump):
    """The wall clock of the way back, and of who confirms, is far from that of who applied."""
    need("cc")
    (host.folder / "clock.c").write_text(CLOCK)
    library = host.folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, host.folder / "clock.c", "-ldl"], check=True)
    jumped = {"LD_PRELOAD": str(library), "CLOCK_JUMP": str(jump), "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
    table = host.in_force(FIRST)
    assert host.apply(SECOND, "--timeout", "1h", environment=jumped).status == 0
    assert 3500 < host.status()["seconds_left"] <= 3600
    assert host.do("undo").status == 0 and host.table() == table
    assert host.apply(SECOND, "--timeout", "1", environment=jumped).status == 0
    wait_until(lambda: host.table() == table, "what was confirmed to come back")
    assert host.apply(SECOND).status == 0 and host.do("confirm", environment=jumped).status == 0
    history = host.history()
    assert [entry["number"] for entry in history] == [1, 2, 3, 4] and history[-1]["in_force"] is True
    assert host.status()["drift"] == "none"


def test_a_name_that_stands_for_nothing_is_refused(host):
    table = host.in_force(FIRST)
    for name in ("shop.example.org", "shops"):
        run = host.apply("allow https/443 from %s\n" % name)
        assert run.status == 2 and name.split(".")[0] in run.err, run.err
    assert host.table() == table and len(host.history()) == 1


def test_a_history_of_others_is_refused(host):
    table = host.in_force(FIRST)
    (host.state / "history").write_text("something else\n")
    run = host.apply(SECOND)
    assert run.status == 2 and "is no history" in run.err and host.table() == table


def test_the_way_back_needs_no_history(host):
    table = host.in_force(FIRST)
    assert host.apply(SECOND, "--timeout", "2").status == 0
    (host.state / "history").write_text("something else\n")
    wait_until(lambda: host.table() == table, "what was confirmed to come back")


def test_while_one_waits_another_is_refused(host):
    host.apply(FIRST, "--timeout", "1h")
    table = host.table()
    run = host.apply(SECOND)
    assert run.status == 2 and "number 1 waits to be confirmed" in run.err and host.table() == table
    assert host.do("confirm").status == 0


def test_the_way_back_comes_up_while_others_look_whether_it_lives(host):
    """Whoever looks must not be in the way of the process that is just coming up."""
    over = threading.Event()

    def look():
        while not over.is_set():
            with open(host.state / "1.lock", "a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    pass  # it is held
                time.sleep(0.001)

    host.state.mkdir()
    looking = [threading.Thread(target=look) for _ in range(4)]
    for thread in looking:
        thread.start()
    try:
        run = host.apply(FIRST, "--timeout", "1h")
        assert run.status == 0, run.err
        assert host.status()["way_back"] is True
    finally:
        over.set()
        for thread in looking:
            thread.join()


def test_of_two_applies_at_once_one_is_refused(host):
    """One of them is in place, whole; the other says what it waits for."""
    policies = [host.policy(FIRST, "first.policy"), host.policy(SECOND, "second.policy")]
    both = [host.space.start(host.program.program, "apply", policy, "--timeout", "1h", "--state", host.state,
                             stderr=subprocess.PIPE, text=True) for policy in policies]
    errors = [program.communicate(timeout=60)[1] for program in both]
    assert sorted(program.returncode for program in both) == [0, 2], errors
    first = both[0].returncode == 0
    assert "number 1 waits to be confirmed" in errors[first]
    assert ("443 goto" in host.table()) == first and len(host.history()) == 1


def test_two_at_once_wait_for_each_other(host):
    host.in_force(FIRST)
    with open(host.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = host.space.start(host.program.program, "undo", "--state", host.state, stderr=subprocess.PIPE)
        time.sleep(0.5)
        assert waiting.poll() is None and host.table() != ""
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert waiting.wait(30) == 0
    assert host.table() == ""


def test_who_waits_for_too_long_is_refused(host):
    table = host.in_force(FIRST)
    with open(host.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = host.do("undo")
    assert run.status == 2 and "another doorward is changing the firewall" in run.err and host.table() == table


@pytest.mark.parametrize("words", ["no such words", "queue to 3"])
def test_a_rule_set_that_the_kernel_refuses_changes_nothing(host, words):
    """Words that nftables does not know, and an expression that this kernel may lack, in a file of the state."""
    probe = "table inet lacks {\n chain c {\n  %s\n }\n}\n" % words
    if host.space.run("nft", "-f", "-", input=probe, check=False).returncode == 0:
        pytest.skip("this kernel takes '%s'" % words)
    host.in_force(FIRST)
    table = host.in_force(SECOND)
    path = host.state / "1.nft"
    path.write_text(path.read_text().replace("chain needed-in {", "chain needed-in {\n\t\t" + words))
    run = host.do("undo", 1)
    assert run.status == 2 and "nftables:" in run.err
    assert host.table() == table and host.history()[-1]["state"] == "failed"
    assert host.status()["drift"] == "none"


# ---- boot ----

def booted(host, namespaces):
    host.space = namespaces.new()
    return host.do("apply", "--boot")


def test_what_was_confirmed_comes_up_with_the_host(host, namespaces):
    assert host.do("apply", "--boot").status == 0 and host.table() == ""
    table = host.in_force(FIRST)
    assert booted(host, namespaces).status == 0 and host.table() == table and host.status()["drift"] == "none"
    host.apply(SECOND, "--timeout", "1h")
    assert booted(host, namespaces).status == 0 and host.table() == table
    assert host.history()[-1]["state"] == "taken-back" and host.do("confirm").status == 2
    assert host.do("undo", 0).status == 0
    assert booted(host, namespaces).status == 0 and host.table() == ""


def test_times_are_read_or_refused(host):
    for text in ("0", "0s", "1d", "5 m", "-1", "25h", "m", ""):
        run = host.apply(FIRST, "--timeout", text)
        assert run.status == 2 and "--timeout" in run.err, text
    assert host.apply(FIRST, "--timeout", "5m").status == 0 and 240 < host.status()["seconds_left"] <= 300
    host.do("undo")


# ---- no systemd ----

NO_SYSTEMD = r"""
set -e
mount -t tmpfs none /run
{there}
run() {{ command=$1; shift; PATH={folder}/bin {program} "$command" "$@" --state {folder}/state; }}
stands() {{ run status --json | grep -q '"state":"'$1'"'; }}
run apply --boot
run confirm || echo "confirm: $?"
run apply {folder}/host.policy --timeout 1h
stands armed && run status --json | grep -o '"way_back":[a-z]*'
run confirm
run refresh
run apply {folder}/other.policy --timeout 1
while stands armed; do sleep 0.05; done
run history --json | grep -o '"state":"[a-z-]*"'
nft delete table inet doorward
run apply --boot
run undo 0
nft list tables
"""
SURROUNDINGS = {
    "it is not there": "",
    "its programs are not": "mkdir -p /run/systemd/system",
    "its manager does not answer": "mkdir -p /run/systemd/system; "
                                   "printf '#!/bin/sh\nexit 1\n' >{folder}/bin/systemd-run; chmod +x {folder}/bin/systemd-run",
}


@pytest.mark.parametrize("there", SURROUNDINGS)
def test_nothing_needs_systemd(host, need, there):
    """Where systemd is not, or not whole, the way back is a process of its own: what is applied is armed, comes back,
    comes up at boot and is undone, and what cannot be done says so."""
    need("unshare")
    (host.folder / "bin").mkdir()
    host.policy(FIRST)
    host.policy(SECOND, "other.policy")
    script = NO_SYSTEMD.format(there=SURROUNDINGS[there].format(folder=host.folder), folder=host.folder,
                               program=pathlib.Path(PROGRAM).resolve())
    done = host.space.run("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing waits to be confirmed" in done.stderr and "confirm: 2" in done.stdout
    assert '"way_back":true' in done.stdout
    assert re.findall(r'"state":"([a-z-]*)"', done.stdout) == ["confirmed", "taken-back"]
    assert host.table() == "" and host.history()[-1]["state"] == "confirmed"
