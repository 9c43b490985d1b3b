"""doorward explain: what is known of ports, protocols, addresses and findings."""
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def explained(doorward, *words):
    run = doorward("explain", "--json", *words)
    assert run.status == 0, run.err
    events = run.events()
    assert all(event["event_type"] == "explanation" for event in events)
    return [event["explanation"] for event in events]


def test_a_port_shows_its_customary_service_first(doorward):
    [port] = explained(doorward, "445")
    assert port["kind"] == "ports" and port["range"] == "well-known" and port["first_port"] == 445
    assert port["services"][0]["name"] == "smb" and port["services"][0]["privacy"] == "either"
    assert {"proto": "TCP", "first": 445, "last": 445} in port["services"][0]["doors"]


@pytest.mark.parametrize("word", ["tcp/3389", "3389/tcp", "TCP/3389"])
def test_a_door_is_a_transport_and_a_port_in_either_order(doorward, word):
    [port] = explained(doorward, word)
    assert port["proto"] == "TCP" and port["services"][0]["name"] == "rdp"


def test_the_transport_is_respected(doorward):
    assert [explained(doorward, word)[0]["services"][0]["name"] for word in ("tcp/443", "udp/443")] == ["https", "quic"]
    assert "udp/8080" not in doorward("explain", "tcp/8080").out


def test_a_service_is_found_by_name_and_alias(doorward):
    for word in ("ldap", "LDAP"):
        assert explained(doorward, word)[0]["name"] == "ldap"
    [kerberos] = explained(doorward, "kerberos")
    assert kerberos["name"] == "krb5" and "kerberos" in kerberos["aliases"]


def test_port_50_and_ip_protocol_50_are_kept_apart(doorward):
    port, protocol = explained(doorward, "50")
    assert (port["kind"], protocol["kind"]) == ("ports", "transport")
    assert protocol["name"] == "esp" and protocol["has_ports"] is False
    assert "it is not port 50" in doorward("explain", "50").out


def test_a_protocol_without_ports(doorward):
    [esp] = explained(doorward, "esp")
    assert esp["number"] == 50 and esp["proto"] == "ESP"


def test_a_multicast_group_by_address_and_by_name(doorward):
    [group] = explained(doorward, "224.0.0.5")
    assert (group["cast"], group["scope"]) == ("multicast", "link")
    assert group["blocks"][0]["name"] == "ospf-all-routers" and group["blocks"][-1]["name"] == "multicast"
    names = explained(doorward, "ospf-all-routers")
    assert [block["addresses"] for block in names] == ["224.0.0.5", "ff02::5"]


@pytest.mark.parametrize("word,cast,scope", [
    ("10.0.0.0/8", "unicast", "private"), ("192.0.2.7", "unicast", "private"), ("8.8.8.8", "unicast", "global"),
    ("127.0.0.1", "unicast", "host"), ("fe80::1", "unicast", "link"), ("ff02::fb", "multicast", "link"),
    ("255.255.255.255", "broadcast", "link"), ("192.88.99.1", "anycast", "global")])
def test_addresses_have_cast_and_scope(doorward, word, cast, scope):
    [address] = explained(doorward, word)
    assert (address["cast"], address["scope"]) == (cast, scope)


def test_a_prefix_tells_what_its_ends_mean(doorward):
    assert "10.255.255.255 is its broadcast address" in doorward("explain", "10.0.0.0/8").out
    assert "2001:db8:1:: is the anycast address" in doorward("explain", "2001:db8:1::/64").out
    assert "broadcast" not in doorward("explain", "10.0.0.1").out


def test_a_range_of_several_scopes_does_not_get_the_first_one(doorward):
    [addresses] = explained(doorward, "::/0")
    assert "scope" not in addresses and "cast" not in addresses
    assert all(":" in block["block"] for block in addresses["blocks"]), "IPv4 has blocks of its own"
    text = doorward("explain", "::/0").out
    assert "several: see the blocks" in text and "it does not leave this host" not in text


def test_a_dynamic_port_and_this_hosts_own_range(doorward):
    first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    for port in (49152, first, last, first - 1):
        [told] = explained(doorward, str(port))
        assert told["temporary"] == (first <= port <= last)
    assert explained(doorward, "49152")[0]["range"] == "dynamic"
    assert "%d-%d" % (first, last) in doorward("explain", "49152").out


def test_ranges_of_ports(doorward):
    [ports] = explained(doorward, "well-known")
    assert (ports["first_port"], ports["last_port"]) == (0, 1023)
    assert len(ports["services"]) > 100
    [few] = explained(doorward, "20-23")
    names = [service["name"] for service in few["services"]]
    assert [name for name in names if name in ("ftp-data", "ftp", "ssh", "telnet")] == ["ftp-data", "ftp", "ssh", "telnet"]
    assert explained(doorward, "udp/dynamic")[0]["first_port"] == 49152


def test_icmp_messages(doorward):
    assert explained(doorward, "icmp/echo-request")[0]["icmp_type"] == 8
    assert explained(doorward, "icmpv6/echo-request")[0]["icmp_type"] == 128
    assert explained(doorward, "icmp/8")[0]["name"] == "echo-request"
    assert len(explained(doorward, "echo-request")) == 2


def test_clear_text_is_said_with_what_to_use_instead(doorward):
    assert "telnet is a clear-text protocol; use ssh instead." in doorward("explain", "telnet").out
    assert "remark" not in explained(doorward, "ssh")[0]


def test_a_protocol_at_a_port_that_is_not_its_own(doorward):
    assert "snmp is not customary at this port" in doorward("explain", "snmp/25").out
    assert "not customary" not in doorward("explain", "snmp/161").out


def test_a_finding_is_explained_by_its_id(doorward):
    [finding] = explained(doorward, "undocumented")
    assert finding["kind"] == "finding" and finding["remedy"] and "CM-7" in finding["references"][0]


def test_several_words_are_parted_by_an_empty_line(doorward):
    run = doorward("explain", "ssh", "http")
    assert run.status == 0 and "\n\nhttp:" in run.out and run.out.startswith("ssh:")


@pytest.mark.parametrize("word,said", [
    ("kerbros", "did you mean 'kerberos'"), ("mysq", "did you mean 'mysql'"), ("qqqqqqqqqq", "nothing is known of"),
    ("65536", "ports go from 0 to 65535"), ("10.0.0.1/8", "no address"), ("0x0800", "nothing is known"),
    ("tcp/70000", "nothing is known"), ("esp/22", "nothing is known"), ("", "nothing is known"),
    ("22-20", "nothing is known"), ("/", "nothing is known"), ("tcp/", "nothing is known"), ("-", "nothing is known")])
def test_what_is_not_known_is_refused_with_a_way_on(doorward, word, said):
    run = doorward("explain", "--", word)
    assert run.status == 2 and said in run.err and run.out == ""


def test_what_is_known_is_shown_beside_what_is_not(doorward):
    run = doorward("explain", "ssh", "xyzzyxyzzy")
    assert run.status == 2 and run.out.startswith("ssh:") and "xyzzyxyzzy" in run.err


def test_words_do_no_harm_to_a_terminal(doorward):
    run = doorward("explain", "\033[31mred")
    assert run.status == 2 and "\033" not in run.err


def test_columns_line_up(doorward):
    lines = doorward("explain", "tcp/8443").out.splitlines()
    head = next(line for line in lines if line.lstrip().startswith("door"))
    at = head.index("service")
    for row in lines[lines.index(head) + 1:]:
        if row.startswith("  tcp/"):
            assert row[at - 2:at] == "  " and row[at] != " "


def test_all_protocols_that_are_known_by_content(doorward):
    known = {protocol["name"]: protocol for protocol in explained(doorward, "protocols")}
    assert known["ssh"]["read"] and known["ssh"]["asked_at_doors"] and "ssh-1" in known["ssh"]["findings"]
    assert known["ftp-data"]["announced"] and not known["ssh"]["announced"]
    assert "protocol ssh: " in doorward("explain", "protocols").out


# Where the README calls a protocol otherwise than its own name does.
IN_README = {"bzr": "Bazaar", "checkmk": "Checkmk", "clamav": "ClamAV", "dcerpc": "DCE/RPC", "enip": "EtherNet/IP", "epmd": "Erlang",
             "erldp": "Erlang", "http2": "HTTP/2", "iec104": "IEC 60870-5-104", "influxdb-rpc": "InfluxDB's backups",
             "krb5": "Kerberos", "nbns": "NetBIOS", "opcua": "OPC UA", "pgsql": "PostgreSQL", "qemu-monitor": "the monitor of QEMU",
             "pmcd": "Performance Co-Pilot", "rfb": "VNC", "rpc": "ONC RPC", "rtpengine-cli": "rtpengine", "smtpd-policy": "Postfix's policies", "teamspeak-query": "TeamSpeak", "vmware-authd": "VMware's daemon", "sieve": "ManageSieve", "snapcast-control": "Snapcast",
             "spamd": "SpamAssassin", "asterisk-ami": "Asterisk's manager", "dbus": "D-Bus", "i2cp": "I2P", "i2p-sam": "I2P",
             "icecc": "Icecream", "milter": "milters", "p9fs": "9P", "quake3": "Quake III", "tds": "MS-SQL", "tor-control": "Tor", "varnish-cli": "Varnish"}


def test_the_readme_lists_all_who_are_asked(doorward):
    asked = [e["explanation"]["name"] for e in doorward("explain", "protocols", "--json").events()
             if e["explanation"]["asked_at_doors"]]
    text = (TOP / "README.md").read_text().split("It asks servers of", 1)[1].split("on any port", 1)[0]
    said = {word.strip(" ,").lower() for word in re.split(r", | and |\(|\)", " ".join(text.split()))}
    assert len(asked) > 80
    assert not [name for name in asked if IN_README.get(name, name).lower() not in said], sorted(said)
