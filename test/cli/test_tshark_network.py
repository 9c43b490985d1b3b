"""What `doorward read` tells of the protocols that routers, neighbours and tunnels speak, held against tshark: of each kind
of message the same set of facts, and of what is counted the same sums."""
import collections
import json

import pytest

from test_tshark import CAPTURES, identity, tshark

# In which these are spoken, and nothing is damaged on purpose.
SPOKEN = {"eigrp", "igmp", "neighbours", "ospf", "ospf-6", "pim", "ptp-frames", "ripng", "vrrp", "vrrp-6", "suricata-decode-dce",
          "tcpdump-erspan-type-i-4", "tcpdump-ospfv3-nbma-adjacencies", "zeek-pbb", "zeek-raw-packets", "ndpi-android"}


def of(*path):
    """Reads a member of an event as text; empty where it is absent."""
    def get(event):
        for key in path:
            event = event.get(key, {}) if isinstance(event, dict) else {}
        return "" if event == {} else str(event)
    return get


def code(names, *path):
    return lambda event: str(names.get(of(*path)(event), ""))


ARP = {"request": 1, "reply": 2, "request_reverse": 3, "reply_reverse": 4}
OSPF = {"hello": 1, "database-description": 2, "link-state-request": 3, "link-state-update": 4,
        "link-state-acknowledgement": 5}
PIM = {"hello": 0, "register": 1, "register-stop": 2, "join-prune": 3, "bootstrap": 4, "assert": 5, "candidate-rp": 8}
EIGRP = {"update": 1, "request": 2, "query": 3, "reply": 4, "hello": 5, "acknowledgement": 5, "sia-query": 10, "sia-reply": 11}

# Type of the event, tshark's filter, its fields, and where they stand in the event.
FACTS = {
    "arp": ("arp.proto.type == 0x0800 && arp.hw.size == 6",
            {"arp.opcode": code(ARP, "opcode"), "arp.src.hw_mac": of("src_mac"), "arp.src.proto_ipv4": of("src_ip"),
             "arp.dst.hw_mac": of("dest_mac"), "arp.dst.proto_ipv4": of("dest_ip")}),
    "ospf": ("ospf", {"ospf.version": of("version"), "ospf.msg": code(OSPF, "type"), "ospf.srcrouter": of("router_id"),
                      "ospf.area_id": of("area"), "ospf.hello.hello_interval": of("hello_interval"),
                      "ospf.hello.router_dead_interval": of("dead_interval"),
                      "ospf.hello.network_mask": of("mask")}),
    "vrrp": ("vrrp", {"vrrp.version": of("version"), "vrrp.virt_rtr_id": of("virtual_router"), "vrrp.prio": of("priority")}),
    "pim": ("pim", {"pim.type": code(PIM, "type"), "pim.holdtime": of("hold_time")}),
    "eigrp": ("eigrp", {"eigrp.opcode": code(EIGRP, "type"), "eigrp.as": of("as"), "eigrp.par.holdtime": of("hold_time"),
                        "eigrp.seq": lambda event: str(event.get("sequence", 0)),
                        "eigrp.ack": lambda event: str(event.get("acknowledges", 0))}),
    "lldp": ("lldp", {"lldp.tlv.system.name": of("system_name"), "lldp.port.desc": of("port_description"),
                      "lldp.time_to_live": of("ttl")}),
    "stp": ("stp", {"stp.root.hw": of("root", "mac"), "stp.root.cost": of("root_cost"), "stp.bridge.hw": of("bridge", "mac"),
                    "stp.port": of("port")}),
    "ptp": ("ptp", {"ptp.v2.domainnumber": of("domain"), "ptp.v2.an.priority1": of("priority1"),
                    "ptp.v2.clockidentity": lambda event: "0x" + event["clock_identity"],
                    "ptp.v2.an.grandmasterclockclass": of("clock_class"), "ptp.v2.an.localstepsremoved": of("steps_removed")}),
}


@pytest.fixture(scope="module", params=[path for path in CAPTURES if path.stem in SPOKEN], ids=identity)
def told(request, doorward):
    """A capture with what is told of it, by type."""
    events = collections.defaultdict(list)
    for line in doorward("read", "--json", request.param).out.splitlines():
        event = json.loads(line)
        events[event["event_type"]].append(event.get(event["event_type"], {}))
    return request.param, events


def test_the_same_facts(told):
    path, events = told
    for kind, (chosen, facts) in FACTS.items():
        theirs = set(tshark(path, list(facts), "-Y", chosen))
        mine = {tuple(get(event) for get in facts.values()) for event in events[kind]}
        assert mine == theirs, kind


def count(path, chosen):
    return len(tshark(path, ["frame.number"], "-Y", chosen))


@pytest.mark.parametrize("kind,request_type,reply_type", [("icmp", 8, 0), ("icmpv6", 128, 129)])
def test_as_many_echoes(told, kind, request_type, reply_type):
    path, events = told
    echoes = [event["echo"] for event in events[kind] if "echo" in event]
    assert sum(echo["requests"] for echo in echoes) == count(path, "%s.type == %d" % (kind, request_type))
    assert sum(echo["replies"] for echo in echoes) == count(path, "%s.type == %d" % (kind, reply_type))
