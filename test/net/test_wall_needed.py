"""What a host needs whatever its policy says, and what goes with what a policy allows: path MTU, DHCP, data that TFTP
announces; and programs that are told by their control group."""
import os
import sys
import textwrap

import pytest

from namespaces import wait_until
from test_wall_traffic import CONNECT, net  # noqa: F401

# listen.py ADDRESS PORT FILE: writes what datagrams say.
LISTEN = textwrap.dedent("""
    import socket, sys
    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((sys.argv[1], int(sys.argv[2])))
    with open(sys.argv[3], "w") as out:
        while True:
            print(s.recvfrom(2000)[0].decode(), file=out, flush=True)
""")

# send.py OWN-PORT ADDRESS PORT [INTERFACE]
SEND = textwrap.dedent("""
    import socket, sys
    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET, socket.SOCK_DGRAM)
    for option in (socket.SO_BROADCAST, socket.SO_REUSEADDR):
        s.setsockopt(socket.SOL_SOCKET, option, 1)
    s.bind(("", int(sys.argv[1])))
    scope = socket.if_nametoindex(sys.argv[4]) if len(sys.argv) > 4 else 0
    to = (sys.argv[2], int(sys.argv[3]), 0, scope) if ":" in sys.argv[2] else (sys.argv[2], int(sys.argv[3]))
    try:
        s.sendto(sys.argv[1].encode(), to)
    except PermissionError:
        pass
""")

# A server that sends a megabyte to whoever comes.
GIVE = textwrap.dedent("""
    import socket, sys
    listener = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = listener.accept()
        connection.sendall(bytes(1 << 20))
        connection.close()
""")
TAKE = textwrap.dedent("""
    import socket, sys
    connection = socket.create_connection((sys.argv[1], 7000), 5)
    got = 0
    try:
        while words := connection.recv(65536):
            got += len(words)
    except TimeoutError:
        pass
    print(got)
""")

# A server of TFTP that answers the first request from a port of its own, and one that asks it.
TFTP = textwrap.dedent("""
    import socket
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("192.0.2.2", 69))
    while True:
        _, who = s.recvfrom(600)
        data = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        data.bind(("192.0.2.2", 0))
        data.sendto(b"\\0\\3\\0\\1data", who)
""")
TFTP_CLIENT = textwrap.dedent("""
    import socket
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(1.5)
    s.sendto(b"\\0\\1file\\0octet\\0", ("192.0.2.2", 69))
    try:
        print(s.recvfrom(600)[0][4:].decode())
    except TimeoutError:
        print("silent")
""")


def listen(space, folder, address, port):
    heard = folder / ("heard-%d" % port)
    space.start(sys.executable, "-c", LISTEN, address, port, heard)
    space.wait_for_port(port, "udp")
    return heard


def link_local(space, device="eth1"):
    """Its address on the link, once nobody else turned out to have it."""
    show = "ip", "-6", "-o", "address", "show", "dev", device, "scope", "link", "-tentative"
    told = wait_until(lambda: space.run(*show).stdout.split(), "its own address")
    return told[3].split("/")[0]


@pytest.mark.parametrize("server, family", [("192.0.2.1", "4"), ("2001:db8::1", "6")])
def test_path_mtu_is_found_whatever_is_denied(net, namespaces, server, family):
    """A narrow way between: who sends must be told by ICMP, in both families."""
    client = namespaces.new()
    namespaces.join(net.peer, client, 2)
    net.peer.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    net.peer.ip("link", "set", "eth2", "mtu", "1280")
    net.host.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.2")
    net.host.ip("-6", "route", "add", "2001:db8:2::/64", "via", "2001:db8::2")
    client.ip("route", "add", "default", "via", "198.51.100.1")
    client.ip("-6", "route", "add", "default", "via", "2001:db8:2::1")
    net.host.start(sys.executable, "-c", GIVE)
    net.host.wait_for_port(7000)
    for space, device in (net.host, "eth1"), (net.peer, "eth1"), (net.peer, "eth2"), (client, "eth2"):
        link_local(space, device)  # who passes packets on asks for neighbours from no other address
    net.load("allow tcp/7000\ndeny all\ndeny out all\n")
    assert client.run(sys.executable, "-c", TAKE, server).stdout.strip() == str(1 << 20)
    routes = net.host.run("ip", "-" + family, "route", "get", "198.51.100.2" if family == "4" else "2001:db8:2::2").stdout
    assert "mtu 1280" in routes


def test_the_host_gets_its_own_address(net, tmp_path):
    """DHCP and nothing else on these ports."""
    heard = [listen(net.host, tmp_path, "0.0.0.0", 68), listen(net.peer, tmp_path, "0.0.0.0", 67)]
    net.load("deny all\ndeny out all\n")
    for port in (7000, 67):
        net.peer.run(sys.executable, "-c", SEND, port, "192.0.2.1", 68)
    for port in (7000, 68):
        net.host.run(sys.executable, "-c", SEND, port, "192.0.2.255", 67)
    assert [wait_until(path.read_text, "the datagram") for path in heard] == ["67\n", "68\n"]


def test_the_host_gets_its_own_address_in_ipv6(net, tmp_path):
    """DHCPv6 speaks from link-local addresses, and to ff02::1:2 alone."""
    heard = [listen(net.host, tmp_path, "::", 546), listen(net.peer, tmp_path, "::", 547)]
    local, _ = link_local(net.host), link_local(net.peer)
    net.load("deny all\ndeny out all\n")
    net.peer.run(sys.executable, "-c", SEND, 547, "2001:db8::1", 546)
    net.peer.run(sys.executable, "-c", SEND, 7000, local, 546, "eth1")
    net.peer.run(sys.executable, "-c", SEND, 547, local, 546, "eth1")
    assert wait_until(heard[0].read_text, "the datagram") == "547\n"
    assert heard[1].read_text() == ""


def test_data_that_tftp_announces_passes(net):
    """A client's: the answer comes from a port that nobody named."""
    net.peer.start(sys.executable, "-c", TFTP)
    net.peer.wait_for_port(69, "udp")
    net.load("allow out tftp/69\n")
    assert net.host.run(sys.executable, "-c", TFTP_CLIENT).stdout.strip() == "data"
    net.load("allow out udp/69\n")  # a port alone announces nothing
    assert net.host.run(sys.executable, "-c", TFTP_CLIENT).stdout.strip() == "silent"


def test_by_is_a_unit(net, doorward, tmp_path, need):
    """The control groups are this machine's: one of the test's own is made where systemd would have a service's."""
    need("root", "unshare")
    unit = "doorward-test-%d" % os.getpid()
    (tmp_path / "host.policy").write_text("allow out tcp/7001 by %s id theirs\n" % unit)
    net.serve(net.peer, 7001)
    group = "/sys/fs/cgroup/system.slice/%s.service" % unit
    ask = [sys.executable, "-c", CONNECT, "tcp", "192.0.2.2", "7001"]
    script = "\n".join([
        "set -e", "mount -t cgroup2 none /sys/fs/cgroup", "mkdir -p " + group,
        "%s plan --nft -P %s | nft -f -" % (doorward.program, tmp_path / "host.policy"), '"$@"',
        "sh -c 'echo $$ > %s/cgroup.procs; exec \"$@\"' - \"$@\"" % group, "rmdir " + group,
        "rmdir /sys/fs/cgroup/system.slice 2>/dev/null || true"])
    run = net.host.run("unshare", "--mount", "sh", "-c", script, "-", *ask, check=False)
    assert run.stdout.split() == ["silent", "open"], run.stderr
