"""From where a door can be reached, past whatever filters packets: what check and sockets say, and what a client
then meets."""
import json

import pytest

SERVER = ("python3", "-m", "http.server", "--bind", "::")
POLICY = 'deny tcp/8080 from any\nallow tcp/8081 from any owner "x" because "y"\ndeny all\n'


def door(run, space, port, *words):
    """The event of the door at this port."""
    printed = run("check", "--no-knock", "--here", "--json", *words, space=space)
    events = [json.loads(line) for line in printed.stdout.splitlines()]
    doors = [e for e in events if e["event_type"] == "door" and e.get("dest_port") == port and e["door"]["open"]]
    return doors[0]["door"], [e for e in events if e["event_type"] == "finding"]


@pytest.fixture
def run(doorward):
    def in_space(*words, space):
        return space.run(doorward, *words, check=False, timeout=120)
    return in_space


@pytest.fixture
def doorward():
    from conftest import PROGRAM
    return PROGRAM


@pytest.fixture
def host(namespaces, need):
    need("nft", "iptables-nft", "curl")
    server, client = namespaces.pair()
    for port in (8080, 8081):
        server.start(*SERVER, port)
        server.wait_for_port(port)
    return server, client


def gets_in(client, port, address="192.0.2.1", source=None):
    words = ["curl", "-s", "-o", "/dev/null", "--max-time", "1", "--globoff", "http://%s:%d/" % (address, port)]
    return client.run(*words, *(["--interface", source] if source else []), check=False).returncode == 0


def test_without_a_filter_everybody_gets_in(host, run):
    server, client = host
    said, _ = door(run, server, 8080)
    assert said["reachable"] == {"from": "all"}
    assert gets_in(client, 8080)


def test_those_whom_rules_let_in_are_named(host, run):
    server, client = host
    server.run("nft", "-f", "-", input="""
        table inet other {
            set friends { type ipv4_addr; flags interval; elements = { 192.0.2.2, 10.7.0.0/16 } }
            chain in { type filter hook input priority 5; policy drop;
                iif lo accept
                ct state established,related accept
                tcp dport 8080 ip saddr @friends accept
                tcp dport 8081 limit rate 1/minute accept
            }
        }""")
    said, _ = door(run, server, 8080)
    assert said["reachable"] == {"from": "some", "sources": ["10.7.0.0/16", "192.0.2.2"], "source_count": 2}
    assert gets_in(client, 8080)
    client.ip("address", "add", "192.0.2.9/24", "dev", "eth1")
    assert not gets_in(client, 8080, source="192.0.2.9")
    limited, _ = door(run, server, 8081)
    assert limited["reachable"] == {"from": "all", "limited": True}
    shown = run("sockets", "--passive", "--port", "8080", space=server).stdout
    assert "10.7.0.0/16, 192.0.2.2" in shown


def test_what_is_not_understood_is_unknown_and_named(host, run):
    server, _ = host
    server.run("nft", "-f", "-", input="""
        table ip odd { chain in { type filter hook input priority 0; policy accept;
            tcp dport 8081 drop
            meta length > 1000 drop
        }
        }
        table ip6 odd {
            chain in {
                type filter hook input priority 0; policy drop;
            }
        }""")
    said, _ = door(run, server, 8080)
    assert said["reachable"]["from"] == "unknown"
    assert said["reachable"]["unknown_because"] == "table ip odd, chain in, handle 3"
    assert door(run, server, 8081)[0]["reachable"] == {"from": "nobody"}
    screen = run("check", "--no-knock", "--here", space=server).stdout
    assert "nobody outside" in screen and "table ip odd, chain in, handle 3" in " ".join(screen.split())


def test_translation_leads_to_other_doors(host, run):
    """8080 from outside comes to 8081; to 8080 itself nobody comes."""
    server, client = host
    server.run("nft", "-f", "-", input="""
        table inet n {
            chain pre { type nat hook prerouting priority -100;
                meta nfproto ipv4 tcp dport 8080 redirect to :8081
                meta nfproto ipv6 tcp dport 8080 drop
            }
            chain in { type filter hook input priority 0; policy accept;
                meta l4proto tcp ct original proto-dst 8081 drop
            }
        }""")
    assert door(run, server, 8080)[0]["reachable"] == {"from": "nobody"}
    said = door(run, server, 8081)[0]["reachable"]
    assert said["from"] == "some" and not any(":" in source for source in said["sources"])
    assert gets_in(client, 8080) and not gets_in(client, 8081)


def test_published_ports_go_to_their_container(host, run):
    """As Docker writes it: the proxy's door is passed by, and the packet goes on to the container."""
    server, _ = host
    server.ip("link", "add", "docker0", "type", "bridge")
    server.ip("address", "add", "172.17.0.1/16", "dev", "docker0")
    server.ip("link", "set", "docker0", "up")
    for words in ("-t nat -N DOCKER", "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
                  "-t nat -A DOCKER -i docker0 -j RETURN",
                  "-t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
                  "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j RETURN",
                  "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                  "-A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
                  "-P FORWARD DROP"):
        server.run("iptables-nft", *words.split())
    server.run("nft", "add table ip6 x; add chain ip6 x in { type filter hook input priority 0; policy drop; }")
    said, _ = door(run, server, 8080)
    assert said["reachable"]["sent_on"] == "172.17.0.2, port 80"


def test_denied_and_reachable_is_the_worst_finding(host, run, tmp_path):
    server, client = host
    policy = tmp_path / "host.policy"
    policy.write_text(POLICY)
    _, findings = door(run, server, 8080, "-P", str(policy))
    worst = [f for f in findings if f["finding"]["id"] == "denied-open"]
    assert [f["finding"]["severity"] for f in worst] == [1]
    assert "reachable from" in worst[0]["finding"]["evidence"]
    server.run("nft", "add table inet f; add chain inet f in { type filter hook input priority 0; policy drop; }")
    _, findings = door(run, server, 8080, "-P", str(policy))
    kept_out = [f for f in findings if f["finding"]["id"] == "denied-open"]
    assert [f["finding"]["severity"] for f in kept_out] == [3]
    assert "lets nobody in" in kept_out[0]["finding"]["evidence"]
    assert not gets_in(client, 8080)
