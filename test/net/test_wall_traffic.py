"""Rule sets in the kernel and real connections: what passes, what is answered and how, and who is asked for whom."""
import re
import sys
import textwrap

import pytest

# connect.py TRANSPORT ADDRESS PORT: says "open", "refused" or "silent".
CONNECT = textwrap.dedent("""
    import socket, sys
    transport, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(1.5)
    try:
        s.connect((address, port))
        s.send(b"hello")
        print("open" if s.recv(100) == b"hello" else "closed")
    except ConnectionRefusedError:
        print("refused")
    except (TimeoutError, PermissionError):
        print("silent")
""")

ECHO = textwrap.dedent("""
    import socket, sys, threading
    def serve(connection):
        with connection:
            while word := connection.recv(100):
                connection.send(word)
    def datagrams(s):
        while True:
            word, who = s.recvfrom(100)
            s.sendto(word, who)
    port = int(sys.argv[1])
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind(("::", port))
    threading.Thread(target=datagrams, args=(udp,), daemon=True).start()
    tcp = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        threading.Thread(target=serve, args=(tcp.accept()[0],), daemon=True).start()
""")

# A server of FTP that knows one word: whatever it is told, it waits for the data at a port of its own.
FTP = textwrap.dedent("""
    import socket
    control = socket.create_server(("192.0.2.1", 21))
    while True:
        connection, _ = control.accept()
        connection.send(b"220 ready\\r\\n")
        connection.recv(100)
        data = socket.create_server(("192.0.2.1", 0))
        port = data.getsockname()[1]
        connection.send(b"227 Entering Passive Mode (192,0,2,1,%d,%d).\\r\\n" % (port >> 8, port & 255))
        data.settimeout(5)
        try:
            data.accept()[0].send(b"data")
        except TimeoutError:
            pass
""")

FTP_CLIENT = textwrap.dedent("""
    import re, socket
    control = socket.create_connection(("192.0.2.1", 21), 5)
    control.recv(100)
    control.send(b"PASV\\r\\n")
    said = [int(n) for n in re.findall(rb"\\d+", control.recv(200).split(b"(")[1])]
    try:
        print(socket.create_connection(("192.0.2.1", said[4] * 256 + said[5]), 1.5).recv(100).decode())
    except TimeoutError:
        print("silent")
""")


@pytest.fixture
def net(namespaces, need, doorward, tmp_path):
    """A host with policies, and a peer: net.load(policy), net.ask(who, transport, address, port)."""
    need("nft")

    class Net:
        host, peer = namespaces.pair()

        def serve(self, space, port):
            space.start(sys.executable, "-c", ECHO, port)
            space.wait_for_port(port)
            space.wait_for_port(port, "udp")

        def rules(self, policy):
            (tmp_path / "host.policy").write_text(policy)
            run = doorward("plan", "--nft", "-P", tmp_path / "host.policy", wrap=self.host.command())
            assert run.status == 0, run.err
            return run.out

        def load(self, policy, change=lambda rules: rules):
            self.host.run("nft", "-f", "-", input=change(self.rules(policy)))

        def ask(self, space, transport, address, port, wrap=()):
            return space.run(*wrap, sys.executable, "-c", CONNECT, transport, address, port).stdout.strip()

        def counted(self, rule):
            chain = self.host.run("nft", "list", "chain", "inet", "doorward", "rule-" + rule).stdout
            return int(re.search(r"counter packets (\d+)", chain)[1])

    return Net()


@pytest.mark.parametrize("host,peer", [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")])
def test_what_is_allowed_passes_and_its_answers_do(net, host, peer):
    net.serve(net.host, 7000)
    net.serve(net.peer, 7001)
    net.load("allow tcp/7000 id in-tcp\nallow udp/7000 id in-udp\nallow out tcp/7001 id out-tcp\n")
    for space in (net.host, net.peer):  # neighbours must find each other anew
        space.ip("neigh", "flush", "all")
    assert [net.ask(net.peer, t, host, 7000) for t in ("tcp", "udp")] == ["open", "open"]
    assert [net.ask(net.host, t, peer, 7001) for t in ("tcp", "udp")] == ["open", "silent"]
    assert [net.counted(rule) for rule in ("in-tcp", "in-udp", "out-tcp")] == [1, 1, 1]


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_deny_is_silent_and_reject_answers(net, host):
    net.serve(net.host, 7000)
    net.serve(net.host, 7001)
    net.load("deny tcp/7000, udp/7000 id no\nreject tcp/7001, udp/7001 id refused\n")
    assert [net.ask(net.peer, t, host, 7000) for t in ("tcp", "udp")] == ["silent", "silent"]
    assert [net.ask(net.peer, t, host, 7001) for t in ("tcp", "udp")] == ["refused", "refused"]


def test_testing_lets_pass_and_counts(net):
    net.serve(net.host, 7000)
    for policy in ("deny tcp/7000 test id no\n", "mode test\ndeny tcp/7000 id no\n",
                   "mode observe\nreject tcp/7000 id no\n"):
        net.load(policy)
        assert net.ask(net.peer, "tcp", "192.0.2.1", 7000) == "open" and net.counted("no") == 1


def test_the_host_speaks_with_itself(net):
    net.serve(net.host, 7000)
    net.load("deny all\ndeny out all\n")
    assert [net.ask(net.host, "tcp", own, 7000) for own in ("127.0.0.1", "::1", "192.0.2.1")] == ["open"] * 3


def test_a_rule_that_ends_gives_way(net):
    net.serve(net.host, 7000)
    policy = "allow tcp/7000 until 2037-12-31 id for-now\nreject tcp/7000 id behind\n"
    net.load(policy)
    assert net.ask(net.peer, "tcp", "192.0.2.1", 7000) == "open"
    net.load(policy, lambda rules: re.sub(r"meta time < \d+", "meta time < 1000000000", rules))
    assert net.ask(net.peer, "tcp", "192.0.2.1", 7000) == "refused"
    assert net.counted("for-now") == 0 and net.counted("behind") == 1


def test_a_limit_drops_what_is_beyond_it(net):
    net.serve(net.host, 7000)
    net.load("allow udp/7000 limit 2/hour id few\n")
    assert [net.ask(net.peer, "udp", "192.0.2.1", 7000) for _ in range(4)] == ["open", "open", "silent", "silent"]
    assert net.counted("few") == 4 and net.counted("few/over") == 2


def test_by_is_a_user(net, as_nobody):
    net.serve(net.peer, 7001)
    net.load("allow out tcp/7001 by nobody id theirs\n")
    assert net.ask(net.host, "tcp", "192.0.2.2", 7001) == "silent"
    assert net.ask(net.host, "tcp", "192.0.2.2", 7001, wrap=as_nobody) == "open"


def test_data_that_ftp_announces_passes(net):
    net.host.start(sys.executable, "-c", FTP)
    net.host.wait_for_port(21)
    net.load("allow ftp/21\n")
    assert net.peer.run(sys.executable, "-c", FTP_CLIENT).stdout.strip() == "data"
    net.load("allow tcp/21\n")  # a port alone announces nothing
    assert net.peer.run(sys.executable, "-c", FTP_CLIENT).stdout.strip() == "silent"


# As Docker writes them for a container with -p 8080:80; eth2 is its bridge.
DOCKER = """
table ip nat {
    chain DOCKER {
        iifname "eth2" return
        iifname != "eth2" tcp dport 8080 dnat to 198.51.100.2:80
    }
    chain PREROUTING {
        type nat hook prerouting priority -100
        fib daddr type local jump DOCKER
    }
    chain OUTPUT {
        type nat hook output priority -100
        ip daddr != 127.0.0.0/8 fib daddr type local jump DOCKER
    }
    chain POSTROUTING {
        type nat hook postrouting priority 100
        oifname != "eth2" ip saddr 198.51.100.0/24 masquerade
    }
}
table ip filter {
    chain DOCKER {
        iifname != "eth2" oifname "eth2" ip daddr 198.51.100.2 tcp dport 80 accept
    }
    chain FORWARD {
        type filter hook forward priority 0
        policy drop
        oifname "eth2" ct state established,related accept
        oifname "eth2" jump DOCKER
        iifname "eth2" oifname != "eth2" accept
    }
}
"""


# As Podman's netavark writes them for the same, by way of iptables.
PODMAN = """
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:NETAVARK-1D8721804F16F - [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-MASQ - [0:0]
:NETAVARK-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -j NETAVARK-HOSTPORT-MASQ
-A POSTROUTING -s 198.51.100.0/24 -j NETAVARK-1D8721804F16F
-A NETAVARK-1D8721804F16F -d 198.51.100.0/24 -j ACCEPT
-A NETAVARK-1D8721804F16F ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-DN-1D8721804F16F -s 198.51.100.0/24 -p tcp -m tcp --dport 8080 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8080 -j DNAT --to-destination 198.51.100.2:80
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8080 -m comment --comment "dnat name: podman" -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-MASQ -m comment --comment "netavark portfw masq mark" -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:NETAVARK_FORWARD - [0:0]
-A FORWARD -m comment --comment "netavark firewall plugin rules" -j NETAVARK_FORWARD
-A NETAVARK_FORWARD -d 198.51.100.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s 198.51.100.0/24 -j ACCEPT
COMMIT
"""


@pytest.fixture(params=["Docker", "Podman"])
def docker(net, namespaces, need, request):
    """A container behind the host, with a published port: 8080 of the host is 80 there."""
    container = namespaces.new()
    namespaces.join(net.host, container, 2)
    container.ip("route", "add", "default", "via", "198.51.100.1")
    net.peer.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.1")
    net.host.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    if request.param == "Docker":
        net.host.run("nft", "-f", "-", input=DOCKER)
    else:
        need("iptables-nft-restore")
        net.host.run("iptables-nft-restore", input=PODMAN)
    net.serve(container, 80)
    net.serve(net.peer, 7001)
    net.container = container
    return net


def test_a_published_port_is_a_door_of_the_host(docker):
    docker.load("allow http/8080 from 192.0.2.2 id published\n")
    assert docker.ask(docker.peer, "tcp", "192.0.2.1", 8080) == "open" and docker.counted("published") == 1
    docker.load("allow http/8080 from 192.0.2.77 id published\nallow http/80\nallow through all\n")
    assert docker.ask(docker.peer, "tcp", "192.0.2.1", 8080) == "silent"


def test_what_goes_to_the_container_itself_goes_through(docker):
    docker.load("allow http/8080\nreject through http/80 to 198.51.100.2 id inside\n")
    assert docker.ask(docker.peer, "tcp", "198.51.100.2", 80) == "refused" and docker.counted("inside") == 1
    docker.load("allow through http/80 to 198.51.100.2 from 192.0.2.2 id inside\n")
    assert docker.ask(docker.peer, "tcp", "198.51.100.2", 80) == "open"
    assert docker.ask(docker.peer, "tcp", "192.0.2.1", 8080) == "silent"


def test_what_the_container_begins_goes_through(docker):
    docker.load("allow through tcp/7001 from 198.51.100.0/24 on eth2 id outward\n")
    assert docker.ask(docker.container, "tcp", "192.0.2.2", 7001) == "open" and docker.counted("outward") == 1
    docker.load("allow through tcp/7001 from 198.51.100.0/24 on eth1 id outward\n")
    assert docker.ask(docker.container, "tcp", "192.0.2.2", 7001) == "silent"


def test_another_table_that_drops_is_not_overruled(docker):
    docker.host.run("nft", "insert", "rule", "ip", "filter", "FORWARD", "ip", "daddr", "198.51.100.2", "tcp", "dport",
                    "80", "drop")
    docker.load("allow http/8080\nallow through all\n")
    assert docker.ask(docker.peer, "tcp", "192.0.2.1", 8080) == "silent"
