"""The fixtures themselves: other tests lean on them."""
import os

SERVER = """
import socket, time
server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True)
time.sleep(99)
"""
CLIENT = "import socket, sys; socket.create_connection((sys.argv[1], 80), 5)"


def test_two_namespaces_reach_each_other_over_both_families(namespaces):
    server, client = namespaces.pair()
    server.start("python3", "-c", SERVER)
    server.wait_for_port(80)
    for address in ("192.0.2.1", "2001:db8::1"):
        client.run("python3", "-c", CLIENT, address)


def test_programs_end_with_their_namespace(namespaces):
    space = namespaces.new()
    program = space.start("sleep", "99")
    namespaces.close()
    assert program.returncode is not None
    assert not os.path.exists(space.path)
