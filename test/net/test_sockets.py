"""doorward sockets against real sockets, made by real processes in namespaces of the test's own."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from namespaces import wait_until

HEAD = """
import os, socket, sys, time
def listen(address, port, family=socket.AF_INET, **options):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for name, value in options.items():
        level = {"IPV6_V6ONLY": socket.IPPROTO_IPV6}.get(name, socket.SOL_SOCKET)
        s.setsockopt(level, getattr(socket, name), value)
    s.bind((address, port))
    s.listen(7)
    return s
"""
TAIL = """
print("up", flush=True)
time.sleep(999)
"""


def start(space, script, python=sys.executable, **options):
    """Runs a Python script inside that opens sockets and keeps them."""
    program = space.start(python, "-c", HEAD + script + TAIL, stdout=subprocess.PIPE, **options)
    assert program.stdout.readline() == b"up\n"
    return program


@pytest.fixture
def space(namespaces):
    return namespaces.new()


@pytest.fixture
def listed(doorward):
    """listed(space, "--port", 80): the socket events that the program gives for a namespace."""

    def run(space, *options, status=(0, 3)):
        done = doorward("sockets", "--here", "--json", *options, wrap=space.command())
        assert done.status in status, done.err
        return [event for event in done.events() if event["event_type"] == "socket"]

    return run


def only(events):
    assert len(events) == 1, events
    return events[0]


def pids(event):
    return [process["pid"] for process in event["doorward"]["processes"]]


def test_a_door_with_all_that_is_known_of_its_process(space, listed):
    program = start(space, "a = listen('127.0.0.1', 8080)")
    event = only(listed(space))
    assert (event["dest_ip"], event["dest_port"], event["proto"]) == ("127.0.0.1", 8080, "TCP")
    assert event["socket"]["kind"] == "passive" and event["socket"]["state"] == "listen"
    assert event["socket"]["send_queue"] == 7
    assert event["doorward"]["exposure"] == "host"
    process = only(event["doorward"]["processes"])
    assert process["pid"] == program.pid and process["user"] == "root"
    assert os.readlink("/proc/%d/fd/%d" % (program.pid, process["fd"])) == "socket:[%d]" % event["socket"]["inode"]
    assert process["executable"] == os.path.realpath(sys.executable)
    assert process["command"].startswith(sys.executable + " -c ")
    assert process["started"][:4].isdigit()


def test_every_process_of_a_forked_server_is_listed(space, listed):
    parent = start(space, "a = listen('127.0.0.1', 8080)\nfor i in range(3):\n    if os.fork() == 0: time.sleep(999)")
    children = subprocess.run(["pgrep", "-P", str(parent.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 3
    assert pids(only(listed(space))) == sorted([parent.pid, *map(int, children)])


def test_connections_are_joined_to_their_door(space, listed):
    start(space, "a = listen('127.0.0.1', 8080)\nc = [socket.create_connection(('127.0.0.1', 8080)) for _ in 'ab']\n"
                 "d = [a.accept() for _ in c]")
    events = listed(space)
    door = only([event for event in events if event["socket"]["kind"] == "passive"])
    assert door["doorward"]["connections"] == 2
    came = [event for event in events if event["socket"].get("local_end") == "dest"]
    went = [event for event in events if event["socket"].get("local_end") == "src"]
    assert len(came) == len(went) == 2
    for event in came:
        assert event["dest_port"] == 8080 and event["doorward"]["door_inode"] == door["socket"]["inode"]
    assert {event["src_port"] for event in came} == {event["src_port"] for event in went}


def test_a_port_that_two_sockets_share_is_joined_by_process_or_not_at_all(space, listed):
    script = """
a = listen('127.0.0.1', 8080, SO_REUSEPORT=1)
c = [socket.create_connection(('127.0.0.1', 8080)) for _ in 'abcd']
d = [a.accept() for _ in c]
if os.fork() == 0:
    a.close(); [s.close() for s, _ in d]; [s.close() for s in c]
    a = listen('127.0.0.1', 8080, SO_REUSEPORT=1)
    print("up", flush=True); time.sleep(999)
sys.stdout = open(os.devnull, "w")
"""
    start(space, script)
    doors = [event for event in listed(space) if event["socket"]["kind"] == "passive"]
    assert sorted(event["doorward"]["connections"] for event in doors) == [0, 4]


@pytest.mark.parametrize("v6_only", [0, 1])
def test_ipv6_doors_and_who_they_take(space, listed, v6_only):
    start(space, "a = listen('::', 8080, socket.AF_INET6, IPV6_V6ONLY=%d)" % v6_only)
    event = only(listed(space))
    assert event["dest_ip"] == "::" and event["socket"]["v6_only"] is bool(v6_only)
    assert event["socket"]["family"] == "ipv6"


def test_an_ipv4_party_of_a_dual_door_is_shown_as_ipv4(space, listed):
    start(space, "a = listen('::', 8080, socket.AF_INET6, IPV6_V6ONLY=0)\n"
                 "c = socket.create_connection(('127.0.0.1', 8080)); d = a.accept()")
    event = only([event for event in listed(space, "--active") if event["socket"]["local_end"] == "dest"])
    assert event["dest_ip"] == "127.0.0.1" and event["src_ip"] == "127.0.0.1"


def test_a_door_bound_to_a_device_names_it(space, listed):
    start(space, "a = listen('0.0.0.0', 8080, SO_BINDTODEVICE=b'lo')")
    event = only(listed(space))
    assert event["socket"]["interface"] == "lo" and event["doorward"]["exposure"] == "host"


def test_udp_is_passive_until_it_is_connected(space, listed):
    start(space, "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('127.0.0.1', 5000))\n"
                 "b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.connect(('127.0.0.1', 5000))")
    kinds = {event["socket"]["kind"]: event for event in listed(space)}
    assert kinds["passive"]["dest_port"] == 5000 and kinds["passive"]["proto"] == "UDP"
    assert kinds["active"]["dest_port"] == 5000 and kinds["active"]["socket"]["state"] == "established"


def test_raw_and_packet_sockets(space, listed):
    program = start(space, "a = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\n"
                           "b = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)\n"
                           "c = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))")
    events = listed(space)
    assert [pids(event) for event in events] == [[program.pid]] * 3
    raw = sorted(event["proto"] for event in events if event["socket"]["type"] == "raw")
    assert raw == ["ICMP", "ICMPV6"]
    packet = only([event for event in events if event["socket"]["type"] == "packet"])
    assert packet["socket"]["ethertype"] == 3 and "dest_ip" not in packet


def test_udplite_of_both_families(space, listed):
    with open("/proc/net/protocols", encoding="ascii") as protocols:
        if "UDP-Lite" not in protocols.read():
            pytest.skip("this kernel has no UDP-Lite")
    program = start(space, "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136); a.bind(('127.0.0.1', 7000))\n"
                           "b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 136); b.bind(('::1', 7001))")
    events = listed(space)
    assert sorted((event["dest_port"], event["proto"]) for event in events) == [(7000, "UDPLITE"), (7001, "UDPLITE")]
    assert [pids(event) for event in events] == [[program.pid]] * 2


def test_an_mptcp_door_is_listed_once(space, listed):
    if not os.path.exists("/proc/sys/net/mptcp/enabled"):
        pytest.skip("this kernel has no MPTCP")
    start(space, "a = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); a.bind(('127.0.0.1', 8080)); "
                 "a.listen()")
    event = only(listed(space))
    assert event["socket"]["mptcp"] is True and event["doorward"]["processes"]


def test_an_executable_that_was_deleted_says_so(space, listed, tmp_path):
    copy = tmp_path / "server"
    shutil.copy("/usr/bin/python3", copy)
    start(space, "a = listen('127.0.0.1', 8080)\nos.unlink(%r)" % str(copy), python=str(copy),
          env={**os.environ, "PYTHONHOME": "/usr"})
    process = only(only(listed(space))["doorward"]["processes"])
    assert process["executable"] == str(copy) and process["deleted"] is True


NAMES = ["plain", "a) S (b", "\x1b[31mred", "new\nline", "\u202eevil"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_processes_do_no_harm(space, listed, doorward, name):
    start(space, "a = listen('127.0.0.1', 8080)\nopen('/proc/self/comm', 'w').write(%r)" % name)
    assert only(only(listed(space))["doorward"]["processes"])["name"] == name
    shown = doorward("sockets", "--here", "--details", wrap=space.command()).out
    assert not any(character in shown for character in "\x1b\u202e")
    assert len(shown.split("Active")[0].strip().splitlines()) == 4


def test_without_root_the_rest_is_said(space, doorward, as_nobody):
    start(space, "a = listen('127.0.0.1', 8080)")
    done = doorward("sockets", "--here", wrap=space.command() + as_nobody)
    assert done.status == 3 and "not visible (needs root)" in done.out and "tcp/8080" in done.out
    assert "Not seen:" in done.out and "of other users (needs root)" in done.out
    done = doorward("sockets", "--here", "--json", wrap=space.command() + as_nobody)
    event = only([event for event in done.events() if event["event_type"] == "socket"])
    assert event["doorward"]["processes"] == []
    assert event["doorward"]["without_process"] == "not visible (needs root)"
    assert done.events()[-1]["doorward"]["unseen"]


def test_other_namespaces_are_listed_with_theirs(namespaces, doorward):
    near, far = namespaces.new(), namespaces.new()
    start(near, "a = listen('127.0.0.1', 8080)")
    start(far, "a = listen('127.0.0.1', 8080)")
    events = [event for event in doorward("sockets", "--json", "--port", 8080, wrap=near.command()).events()
              if event["event_type"] == "socket"]
    assert {event["doorward"]["namespace"] for event in events} >= {near.name, far.name}
    events = doorward("sockets", "--json", "--here", wrap=near.command()).events()
    assert {event["doorward"]["namespace"] for event in events[:-1]} == {near.name}


def test_a_namespace_without_processes_is_looked_into(namespaces, doorward):
    """Its socket is held by a process that has left it."""
    space = namespaces.new()
    program = start(space, "import ctypes\na = listen('127.0.0.1', 8080)\n"
                           "fd = os.open('/proc/%d/ns/net', os.O_RDONLY)\n"
                           "assert ctypes.CDLL(None).setns(fd, 0) == 0" % os.getpid())
    events = doorward("sockets", "--json", "--port", 8080).events()
    event = only([event for event in events if event["doorward"].get("namespace") == space.name])
    assert pids(event) == [program.pid]


MANY = """
a = [listen('127.0.0.%d' % (1 + i), 8080) for i in range(20)]
c = [socket.create_connection(('127.0.0.1', 8080)) for _ in range(5)]
d = [a[0].accept() for _ in c]
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 5000))
for i in range(4):
    if os.fork() == 0: time.sleep(999)
"""

UNSHARED = """
import ctypes, threading
ready = threading.Event()
def work():
    assert ctypes.CDLL(None).unshare(0x400) == 0   # CLONE_FILES
    global b
    b = listen('127.0.0.1', 9090)
    ready.set()
    time.sleep(999)
threading.Thread(target=work).start()
ready.wait()
"""


def test_events_are_as_their_schema_says(space, doorward):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(pathlib.Path(__file__).parents[2].joinpath("data/events.schema.json").read_text())
    start(space, MANY + "r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\n"
                        "p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))\n"
                        "v = listen('::', 8081, socket.AF_INET6, SO_BINDTODEVICE=b'lo')")
    events = doorward("sockets", "--here", "--json", wrap=space.command()).events()
    assert len(events) == 35
    for event in events:
        jsonschema.Draft202012Validator(schema).validate(event)


def by_both(space, doorward):
    bpf = doorward("sockets", "--here", "--json", "--attribution", "bpf", wrap=space.command())
    if bpf.status == 2:
        pytest.skip("no BPF iterator here: " + bpf.err.strip())
    proc = doorward("sockets", "--here", "--json", "--attribution", "proc", wrap=space.command())
    both = []
    for run in (bpf, proc):
        events = [event for event in run.events() if event["event_type"] == "socket"]
        for event in events:
            for process in event["doorward"]["processes"]:
                process["started"] = process["started"][:16]  # clocks are read anew in each run
        both.append([(event["socket"], event["doorward"]) for event in events])
    return both


@pytest.mark.parametrize("script", [MANY, UNSHARED], ids=["many", "threads with files of their own"])
def test_bpf_and_proc_tell_the_same(space, doorward, script):
    program = start(space, script)
    bpf, proc = by_both(space, doorward)
    assert bpf == proc
    assert all(program.pid in [process["pid"] for process in about["processes"]] for _, about in bpf)


def test_what_vanishes_leaves_no_half_row(space, doorward):
    """Processes come and go all the time; each one that is listed is listed whole."""
    start(space, """
a = listen('127.0.0.1', 8080)
if os.fork() == 0:
    sys.stdout = open(os.devnull, "w")
    while True:
        if os.fork() == 0:
            b = listen('127.0.0.1', 0)
            os._exit(0)
        os.wait()
""")
    for way in ("proc", "bpf") * 5:
        done = doorward("sockets", "--here", "--json", "--attribution", way, wrap=space.command())
        if done.status == 2 and way == "bpf":
            continue
        for event in done.events()[:-1]:
            for process in event["doorward"]["processes"]:
                assert process["name"] and process["pid"] and process["executable"] and process["command"]


def test_filters(space, listed):
    start(space, "a = listen('127.0.0.1', 443); b = listen('0.0.0.0', 8080)\n"
                 "c = socket.create_connection(('127.0.0.1', 8080)); d = b.accept()\n"
                 "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 53))")

    def count(*options):
        return len(listed(space, *options))

    assert count() == 5
    assert count("--passive") == 3 and count("--active") == 2
    assert count("--port", 8080) == 3 and count("--port", "400-500") == 1 and count("-p", 1) == 0
    assert count("--port", 443, "--port", 53) == 2
    assert count("--transport", "udp") == 1 and count("--transport", "raw") == 0
    assert count("--state", "established") == 2
    assert count("--process", os.path.basename(os.path.realpath(sys.executable))) == 5
    assert count("--process", 1) == 0
    assert count("--exposure", "host") == 3
    assert count("--protocol", "https") == 1 and count("--protocol", "dns", "--transport", "udp") == 1


@pytest.mark.parametrize("options, words", [
    (["--transport", "tpc"], "did you mean 'tcp'"),
    (["--protocol", "mysqll"], "did you mean 'mysql'"),
    (["--port", "70000"], "no port"),
    (["--port", "9-8"], "no port"),
    (["--state", "listening"], "listen"),
    (["--exposure", "everywhere"], "public"),
])
def test_filters_that_mean_nothing_are_refused(doorward, options, words):
    done = doorward("sockets", *options)
    assert done.status == 2 and words in done.err and done.out == ""


@pytest.mark.parametrize("rules, by", [
    (["nft", "add table inet t; add chain inet t c { type filter hook input priority 0; policy drop; }"],
     "nftables: table inet t, hook input"),
    (["nft", "add table inet t; add chain inet t c { type filter hook output priority 0; policy drop; }"], None),
    (["iptables-legacy", "-A", "INPUT", "-p", "tcp", "-j", "DROP"], "iptables: table filter"),
    (["ip6tables-legacy", "-P", "INPUT", "DROP"], "ip6tables: table filter"),
])
def test_a_packet_filter_before_the_doors_is_named(space, doorward, need, rules, by):
    need(rules[0])
    made = space.run(*rules, check=False)
    if made.returncode != 0:
        pytest.skip("cannot make the rules: " + made.stderr.strip())
    about = doorward("sockets", "--here", "--json", wrap=space.command()).events()[-1]["doorward"]
    assert about["filtering"] == ("present" if by else "none") and about.get("filtering_by") == by


def systemd_hierarchy():
    for folder in ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup"):
        if os.path.exists(folder + "/cgroup.procs") and os.access(folder, os.W_OK):
            return folder
    return None


@pytest.mark.parametrize("path, unit, container", [
    ("doorward_test.slice/doorward_test.service", "doorward_test.service", None),
    ("lxc.payload.doorward_test", None, "lxc:doorward_test"),
])
def test_unit_and_container_come_from_the_control_group(space, listed, path, unit, container):
    top = systemd_hierarchy()
    if top is None:
        pytest.skip("needs a control group hierarchy that can be written")
    program = start(space, "a = listen('127.0.0.1', 8080)")
    folder = os.path.join(top, path)
    os.makedirs(folder)
    try:
        with open(folder + "/cgroup.procs", "w") as procs:
            procs.write(str(program.pid))
        process = only(only(listed(space))["doorward"]["processes"])
        assert process.get("unit") == unit and process.get("container") == container
    finally:
        space.stop(program)
        wait_until(lambda: not open(folder + "/cgroup.procs").read(), "the group to be empty")
        while folder != top:
            os.rmdir(folder)
            folder = os.path.dirname(folder)
