"""doorward read, on captures that the tests build, and on the shared set where it is at hand."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import packets as p

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = TOP.parent / "shared/captures"
WEB, CLIENT, OTHER = "192.0.2.7", "203.0.113.9", "198.51.100.10"

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((TOP / "data/events.schema.json").read_text())
CHECKER = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def valid(out):
    """The events of an output, each of which keeps the schema and says each key once."""
    def unique(pairs):
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    events = [json.loads(line, object_pairs_hook=unique) for line in out.splitlines()]
    for event in events:
        CHECKER.validate(event)
        if "flow_id" in event:
            assert isinstance(event[event["event_type"]], dict), event
    return events


def of(events, kind):
    return [event for event in events if event["event_type"] == kind]


@pytest.fixture
def file(tmp_path):
    """file(packets...) writes a capture and returns its path."""
    def write(*packets, name="trace.pcap", **options):
        path = tmp_path / name
        path.write_bytes(p.capture(packets, **options))
        return path

    return write


@pytest.fixture
def policy(tmp_path):
    def write(text):
        path = tmp_path / "host.policy"
        path.write_text(text)
        return path

    return write


def mixed():
    """Some of everything."""
    return [*p.conversation(CLIENT, 40000, WEB, 80, *p.http()),
            *p.conversation(CLIENT, 40001, WEB, 8022, *p.SSH, close=False),
            *p.conversation("2001:db8::9", 40000, "2001:db8::7", 80, *p.http("/six")),
            p.udp(CLIENT, 5353, "192.0.2.53", 53, p.dns_query("example.org")),
            p.udp("192.0.2.53", 53, CLIENT, 5353, p.dns_query("example.org", answer="192.0.2.80")),
            *p.attempt(CLIENT, 40002, WEB, 25), *p.attempt(CLIENT, 40003, WEB, 110, refused=True),
            p.icmp(CLIENT, WEB, 8), p.icmp(WEB, CLIENT, 0),
            *p.conversation(CLIENT, 40004, WEB, 9999, (0, b"\x07\x81\xff what is this"), (1, b"\x91\x92 nobody knows"))]


# ---- events ----

def test_events_are_those_of_the_schema(doorward, file):
    run = doorward("read", "--json", file(*mixed()))
    events = valid(run.out)
    assert run.status == 0 and run.err == ""
    assert len(of(events, "flow")) == 8 and len(of(events, "dns")) >= 1
    assert events[-1]["event_type"] == "stats" and events[-1]["stats"]["frames"] == len(mixed())


def test_a_flow_says_who_spoke_what_with_whom(doorward, file):
    (flow,) = of(valid(doorward("read", "--json", file(*p.conversation(CLIENT, 40000, WEB, 8080, *p.http()))).out), "flow")
    assert (flow["src_ip"], flow["src_port"], flow["dest_ip"], flow["dest_port"]) == (CLIENT, 40000, WEB, 8080)
    assert flow["proto"] == "TCP" and flow["app_proto"] == "http"
    assert flow["flow"]["pkts_toserver"] == 6 and flow["flow"]["pkts_toclient"] == 4
    assert flow["flow"]["bytes_toclient"] == 4 * 40 + len(p.http()[1][1])
    assert flow["flow"]["state"] == "closed" and flow["timestamp"] == "2026-09-21T14:13:20.009000+0000"
    assert flow["flow"]["start"] == "2026-09-21T14:13:20.000000+0000"
    own = flow["doorward"]
    assert own["identified_by"] == "content" and own["conn_state"] == "SF" and own["handshake_us"] == 2000
    assert bytes.fromhex(own["evidence"]).startswith(b"GET / HTTP/1.1") and own["first_frame"] == 1


def test_evidence_ends_where_a_password_could_stand(doorward, file):
    routes = bytes.fromhex("02020000ffff0002") + b"sesame".ljust(16, b"\0") + bytes.fromhex("0002") + bytes(18)
    flows = {flow["app_proto"]: bytes.fromhex(flow["doorward"]["evidence"])
             for flow in of(valid(doorward("read", "--json", file(
                 p.udp(CLIENT, 520, WEB, 520, routes),
                 *p.conversation(CLIENT, 40001, WEB, 6667,
                                 (0, b"PASS sesame\r\nNICK joe\r\nUSER joe 0 * :Joe\r\n")))).out), "flow")}
    assert flows["rip"] == routes[:8]
    assert flows["irc"] == b"PASS"


def test_what_is_not_known_is_not_guessed(doorward, file):
    flows = of(valid(doorward("read", "--json", file(
        *p.conversation(CLIENT, 40000, WEB, 80, (0, b"\x07\x81\xff what is this"), (1, b"\x91\x92 nobody knows")),
        *p.attempt(CLIENT, 40001, WEB, 22))).out), "flow")
    assert [flow["app_proto"] for flow in flows] in (["unknown", "none"], ["none", "unknown"])
    assert all("identified_by" not in flow["doorward"] for flow in flows)


def test_icmp_has_types_in_place_of_ports(doorward, file):
    (flow,) = of(valid(doorward("read", "--json", file(p.icmp(CLIENT, WEB, 8), p.icmp(WEB, CLIENT, 0))).out), "flow")
    assert (flow["icmp_type"], flow["icmp_code"]) == (8, 0) and "src_port" not in flow and flow["proto"] == "ICMP"


def test_anycast_that_is_declared(doorward, file):
    path = file(p.udp(CLIENT, 40000, WEB, 9, b"x"))

    def cast(*words):
        (flow,) = of(valid(doorward("read", "--json", *words, path).out), "flow")
        return flow["doorward"]["cast"]

    assert cast() == "unicast"
    assert cast("--anycast", "198.51.100.1", "--anycast", "192.0.2.0/29") == "anycast"
    assert cast("--anycast", "192.0.2.8/29") == "unicast"
    refused = doorward("read", "--anycast", "everywhere", path)
    assert refused.status == 2 and "--anycast: 'everywhere'" in refused.err


def test_checksums_are_verified_where_it_is_asked_for(doorward, file):
    path = file(p.tcp(CLIENT, 40000, WEB, 9, p.SYN), p.udp(CLIENT, 40000, WEB, 9, b"x"), p.icmp(CLIENT, WEB, 8))

    def sums(*words):
        (stats,) = of(valid(doorward("read", "--json", *words, path).out), "stats")
        return stats["stats"].get("checksums")

    assert sums() is None
    assert sums("--checksums") == {"verified": 2, "tcp": 1}  # that of UDP was left out
    assert "1 packet with a wrong checksum of tcp" in doorward("read", "--checksums", path).out


def test_several_workers_tell_the_same(doorward, file):
    path = file(*[packet for n in range(60) for packet in
                  p.conversation("203.0.113.%d" % (n + 1), 40000 + n, WEB, 80, *p.http("/%d" % n))], *mixed())
    one = doorward("read", "--json", path).out.splitlines()
    for count in (2, 3):
        several = doorward("read", "--json", "--workers", count, path).out.splitlines()
        assert several[:-1] == one[:-1]
        for key in ("frames", "packets", "bytes", "doors", "findings"):
            assert json.loads(several[-1])["stats"][key] == json.loads(one[-1])["stats"][key]
    assert doorward("read", path).out == doorward("read", "--workers", "2", path).out


def test_a_capture_in_two_files_is_the_same_one(doorward, file, tmp_path):
    timed = [(p.START + nth * 0.25, packet) for nth, packet in enumerate(mixed())]
    whole, first, second = file(*timed), file(*timed[:7], name="a.pcap"), file(*timed[7:], name="b.pcap")
    expected = doorward("read", "--json", whole).out.splitlines()[:-1]
    assert doorward("read", "--json", second, first).out.splitlines()[:-1] == expected


def test_standard_input(doorward, tmp_path):
    path = tmp_path / "x.pcap"
    path.write_bytes(p.capture(mixed()))
    with open(path, "rb") as stream:
        assert len(of(doorward("read", "--json", "-", stdin=stream).events(), "flow")) == 8


# ---- the screen ----

def rows(out):
    """The lines of the table, in words."""
    return [line.split() for line in out.split("\n\n")[0].splitlines()[1:]]


def test_the_screen_groups_by_door(doorward, file):
    run = doorward("read", file(*mixed(), *p.conversation(OTHER, 40000, WEB, 80, *p.http())))
    table = rows(run.out)
    (web,) = [row for row in table if row[1] == "tcp/80" and row[2] == WEB]
    assert web[0] == "http" and web[3] == "2" and web[4] == "2" and web[-2:] == ["clear", "text"]
    (six,) = [row for row in table if row[2] == "2001:db8::7"]
    assert six[0] == "http" and six[3] == "2001:db8::9"
    (ssh,) = [row for row in table if row[1] == "tcp/8022"]
    assert ssh[0] == "ssh"
    assert [row[-1] for row in table if row[1] == "tcp/25"] == ["unanswered"]
    assert [row[-1] for row in table if row[1] == "tcp/110"] == ["refused"]
    assert any(row[1] == "icmp/echo-request" for row in table)
    assert "9 flows at 8 doors" in run.out


def test_a_protocol_on_the_port_of_another_is_remarked(doorward, file):
    run = doorward("read", file(*p.conversation(CLIENT, 40000, WEB, 443, *p.SSH)))
    assert "port of https" in run.out


def test_a_scan_is_one_line(doorward, file):
    run = doorward("read", file(*[packet for port in range(1, 300)
                                  for packet in p.attempt(CLIENT, 40000, WEB, port, refused=port % 2)]))
    (row,) = rows(run.out)
    assert " ".join(row[:5]) == "none tcp, 299 ports " + WEB and row[6] == "299"
    assert "150 refused; 149 unanswered" in run.out


def test_top_says_what_it_leaves_out(doorward, file):
    path = file(*[packet for n in range(5) for packet in
                  p.conversation(CLIENT, 40000, "192.0.2.%d" % (n + 1), 80, *p.http("/" + "x" * n))])
    run = doorward("read", "--top", "2", path)
    assert len(rows(run.out)) == 3 and "... and 3 more with 3 flows" in run.out
    assert rows(run.out)[0][2] == "192.0.2.5"
    assert "more" not in doorward("read", "--top", "0", path).out


def test_flows_are_lines(doorward, file):
    out = doorward("read", "--flows", file(*mixed())).out
    lines = out.split("\n\n")[0].splitlines()
    assert len(lines) == 9 and lines[0].startswith("TIME")
    assert any(re.search(r"14:13:20.000  tcp +http +203.0.113.9:40000 +192.0.2.7:80 +SF ", line) for line in lines)
    assert any("[2001:db8::9]:40000" in line for line in lines)


def test_statistics_alone(doorward, file):
    out = doorward("read", "--stats", file(*mixed())).out
    assert re.search(r"^frames +%d$" % len(mixed()), out, re.M) and "PROTOCOL" not in out
    events = doorward("read", "--stats", "--json", file(*mixed())).events()
    assert [event["event_type"] for event in events] == ["stats"]
    assert events[0]["stats"]["flows"]["by_protocol"]["http"] == 2


def test_hostile_words_do_not_reach_the_terminal(doorward, file):
    run = doorward("read", file(*p.conversation(CLIENT, 40000, WEB, 22, (1, b"SSH-2.0-\x1b]0;x\x07evil\r\n"),
                                                (0, b"SSH-2.0-\x1b[2Jx\r\n"))))
    assert "\x1b" not in run.out


# ---- what is asked for ----

@pytest.mark.parametrize("words, count", [
    (["--protocol", "http"], 2), (["--protocol", "unknown"], 1), (["--protocol", "icmp"], 1),
    (["--door", "tcp/80"], 2), (["--door", "dns"], 1), (["--door", "http/8022"], 1), (["--door", "icmp/echo-request"], 1),
    (["--filter", "tcp port 80"], 2), (["-f", "udp", "--protocol", "http"], 0)])
def test_only_what_was_asked_for(doorward, file, words, count):
    run = doorward("read", "--json", *words, file(*mixed()))
    assert len(of(valid(run.out), "flow")) == count


@pytest.mark.parametrize("words, said", [
    (["--protocol", "htpt"], "did you mean 'http'"), (["--door", "tcp/99999"], "--door"),
    (["--door", "tcp/80 from 192.0.2.1"], "more than a door"), (["--filter", "no such thing ("], "filter"),
    (["--top", "many"], "--top"), (["--workers", "0"], "--workers"), (["--memory", "much"], "--memory"),
    (["--memory", "0"], "--memory"), (["--host", "192.0.2.7"], "-P FILE"), (["-P", "/nonexistent"], "/nonexistent"),
    (["--keys", "/nonexistent"], "/nonexistent")])
def test_what_cannot_be_is_refused(doorward, file, words, said):
    run = doorward("read", *words, file(*mixed()))
    assert run.status == 2 and said in run.err and run.out == ""


def test_each_line_of_keys_that_cannot_be_used_is_told(doorward, file, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("esp 1 encryption rot13\n# fine\nwhat\nesp 0x\n")
    for workers in ("1", "2"):
        run = doorward("read", "--keys", keys, "--workers", workers, file(*mixed()))
        assert run.status == 2 and run.out == ""
        assert [f"{keys}:{line}:" in text for line, text in zip((1, 3, 4), run.err.splitlines())] == [True] * 3
        assert "3 lines cannot be used" in run.err and len(run.err.splitlines()) == 4


def test_a_host_is_an_address(doorward, file, policy):
    run = doorward("read", "-P", policy(RULES), "--host", "web", file(*mixed()))
    assert run.status == 2 and "'web' is no address" in run.err


# ---- bad input ----

def test_what_is_no_capture(doorward, tmp_path):
    (tmp_path / "text").write_text("hello, this is no capture at all, only words\n")
    (tmp_path / "empty").write_bytes(b"")
    for name, said in (("text", "no capture"), ("empty", "empty"), ("none", "No such file"), (".", "directory")):
        run = doorward("read", tmp_path / name)
        assert run.status == 2 and said in run.err and str(tmp_path / name) in run.err, run.err
        assert run.err.count("\n") == 1


def test_the_rest_is_read_all_the_same(doorward, file, tmp_path):
    path = file(*mixed())
    run = doorward("read", tmp_path / "none.pcap", path)
    assert run.status == 3 and "8 flows" in run.out and "none.pcap" in run.err and "none.pcap" in run.out
    run = doorward("read", "--json", tmp_path / "none.pcap", path)
    assert run.status == 3 and "none.pcap" in valid(run.out)[-1]["doorward"]["unseen"][0]


def test_a_file_cut_anywhere(doorward, file, tmp_path):
    whole = file(*mixed()).read_bytes()
    cut = tmp_path / "cut.pcap"
    for length in range(25, len(whole), 41):
        cut.write_bytes(whole[:length])
        run = doorward("read", "--json", cut)
        stats = valid(run.out)[-1]
        assert run.status == (3 if stats["doorward"]["unseen"] else 0), length
        assert (run.status == 3) == ("truncated" in stats["stats"]["files"][0] or "damaged" in stats["stats"]["files"][0])


def test_a_lying_length_is_told_with_its_offset(doorward, file):
    path = file(*mixed())
    whole, first = path.read_bytes(), 24 + 16 + len(mixed()[0])
    path.write_bytes(whole[:first + 8] + b"\xff\xff\xff\x7f" + whole[first + 12:])
    run = doorward("read", path)
    said = " ".join(run.out.split())  # as it is broken into lines
    assert run.status == 3 and "at offset %d: a record claims 2147483647 bytes" % first in said
    assert str(path) in said and "1 flow " in said


def test_frames_that_are_cut_short_are_read_as_far_as_they_go(doorward, file):
    path = file(*mixed())
    data, kept, at = path.read_bytes(), b"", 24
    while at < len(data):
        captured = int.from_bytes(data[at + 8:at + 12], "little")
        kept += data[at:at + 8] + min(captured, 64).to_bytes(4, "little") + data[at + 12:at + 16]
        kept += data[at + 16:at + 16 + min(captured, 64)]
        at += 16 + captured
    path.write_bytes(data[:24] + kept)
    run = doorward("read", "--json", path)
    assert run.status == 0 and len(of(valid(run.out), "flow")) == 8


def test_absurd_times_harm_nothing(doorward, file):
    path = file(*[((0, 2 ** 32 - 1, 1)[nth % 3], packet) for nth, packet in enumerate(mixed())])
    run = doorward("read", "--json", path)
    assert run.status in (0, 3) and valid(run.out)[-1]["stats"]["frames"] == len(mixed())


def test_a_file_that_may_not_be_read(doorward, as_nobody, file):
    path = file(*mixed())
    for folder in path.parents:
        if folder.owner() == "root" and folder != pathlib.Path("/") and "pytest" in folder.name:
            folder.chmod(0o755)
    path.chmod(0o600)
    run = doorward("read", path, wrap=as_nobody)
    assert run.status == 2 and str(path) in run.err and "ermission" in run.err and run.err.count("\n") == 1


def test_an_empty_capture_is_no_trouble(doorward, file):
    run = doorward("read", file())
    assert run.status == 0 and "No flows in 0 frames" in run.out


def test_a_link_type_that_is_not_read_is_said(doorward, file):
    run = doorward("read", file(b"\0" * 40, link=147))
    assert run.status == 3 and "link type" in run.out


# ---- with a policy ----

RULES = """\
let office = 198.51.100.0/24
allow http/80 from any
allow ssh/22 from office
deny mysql/3306
allow out dns/53 to 192.0.2.53
"""


def findings(doorward, policy, path, *words, text=RULES):
    run = doorward("read", "--json", "-P", policy(text), "--host", WEB, *words, path)
    events = valid(run.out)
    return run.status, of(events, "finding"), events[-1]["stats"]


def test_what_the_policy_allows_is_no_finding(doorward, file, policy):
    status, found, stats = findings(doorward, policy, file(
        *p.conversation(CLIENT, 40000, WEB, 80, *p.http()), *p.conversation(OTHER, 40000, WEB, 22, *p.SSH),
        p.udp(WEB, 5353, "192.0.2.53", 53, p.dns_query("example.org")),
        p.udp("192.0.2.53", 53, WEB, 5353, p.dns_query("example.org", answer="192.0.2.80")),
        *p.conversation(CLIENT, 40009, OTHER, 3306, *p.SSH)))
    assert (status, found) == (0, []) and stats["flows"]["judged"] == stats["flows"]["allowed"] == 3


def test_traffic_that_no_rule_allows(doorward, file, policy):
    status, found, _ = findings(doorward, policy, file(
        *[packet for n in range(4) for packet in
          p.conversation("203.0.113.%d" % n, 40000 + n, WEB, 8080, *p.http())]))
    (finding,) = found
    assert status == 1 and finding["finding"]["id"] == "undocumented-traffic"
    assert finding["finding"]["subject"] == "tcp/8080 on " + WEB and finding["dest_ip"] == WEB
    assert "4 flows from 203.0.113." in finding["finding"]["evidence"] and "http" in finding["finding"]["evidence"]


def test_what_the_host_calls_is_one_finding_for_each_kind_of_door(doorward, file, policy):
    status, found, _ = findings(doorward, policy, file(
        *[packet for n in range(9) for packet in
          p.conversation(WEB, 40000 + n, "203.0.113.%d" % n, 443, (0, b"\x07\x81 strange"))]))
    (finding,) = found
    assert status == 1 and finding["finding"]["subject"] == "tcp/443 of others" and "dest_ip" not in finding
    assert "9 parties" in finding["finding"]["evidence"]


def test_a_party_that_is_not_expected(doorward, file, policy):
    status, found, _ = findings(doorward, policy, file(*p.conversation(CLIENT, 40000, WEB, 22, *p.SSH),
                                                       *p.conversation(OTHER, 40000, WEB, 22, *p.SSH)))
    (finding,) = found
    assert status == 1 and finding["finding"]["id"] == "unexpected-party" and finding["doorward"]["rule"]["line"] == 3
    assert CLIENT in finding["finding"]["evidence"] and OTHER not in finding["finding"]["evidence"]


def test_what_a_rule_denies_and_passed(doorward, file, policy):
    status, found, _ = findings(doorward, policy, file(*p.conversation(CLIENT, 40000, WEB, 3306, *p.SSH)))
    (finding,) = found
    assert status == 1 and finding["finding"]["id"] == "denied-traffic" and finding["doorward"]["rule"]["line"] == 4


def test_attempts_that_were_kept_out_are_as_documented(doorward, file, policy):
    status, found, stats = findings(doorward, policy, file(
        *[packet for port in (3306, 5432, 25) for packet in p.attempt(CLIENT, 40000, WEB, port, refused=port == 25)]))
    assert (status, found) == (0, []) and stats["flows"]["kept_out"] == 3


def test_another_protocol_than_documented(doorward, file, policy):
    status, found, _ = findings(doorward, policy, file(*p.conversation(CLIENT, 40000, WEB, 80, *p.SSH)))
    (finding,) = found
    assert status == 1 and finding["finding"]["id"] == "wrong-protocol" and finding["app_proto"] == "ssh"
    assert "http is documented" in finding["finding"]["evidence"]


def test_an_accepted_finding_does_not_count(doorward, file, policy):
    path = file(*p.conversation(CLIENT, 40000, WEB, 8080, *p.http()))
    accept = 'accept undocumented-traffic on tcp/8080 because "a test" until %d-01-01\n'
    status, found, stats = findings(doorward, policy, path, text=accept % 2999 + RULES)
    assert status == 0 and found[0]["finding"]["accepted"]["because"] == "a test" and stats["accepted"] == 1
    status, found, _ = findings(doorward, policy, path, text=accept % 2001 + RULES)
    assert status == 1 and len(found) == 1 and "accepted" not in found[0]["finding"]


def test_a_host_that_is_not_there_is_no_agreement(doorward, file, policy):
    run = doorward("read", "-P", policy(RULES), "--host", "192.0.2.99", file(*mixed()))
    assert run.status == 3 and "no flow to or from 192.0.2.99" in run.out


def test_findings_for_people(doorward, file, policy):
    run = doorward("read", "-P", policy(RULES), "--host", WEB, file(*p.conversation(CLIENT, 40000, WEB, 22, *p.SSH)))
    assert run.status == 1 and "unexpected-party" in run.out and "What to do:" in run.out
    assert "Of 192.0.2.7: 1 flow, 0 as the policy allows" in run.out


def test_new_kinds_are_explained(doorward):
    told = {event["explanation"]["id"] for event in doorward("explain", "--json", "findings").events()}
    assert told >= {"undocumented-traffic", "denied-traffic", "unexpected-party"}


# ---- a file that grows ----

def test_a_growing_file_is_followed_until_interrupted(doorward, tmp_path):
    path, all_packets = tmp_path / "grows.pcap", mixed()
    whole = p.capture(all_packets)
    path.write_bytes(whole[:300])
    with subprocess.Popen([doorward.program, "read", "--json", "--follow", str(path)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env={**os.environ, "TZ": "UTC"}) as child:
        time.sleep(0.3)
        with open(path, "ab") as stream:
            stream.write(whole[300:])
        first = child.stdout.readline()  # told before the end
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    events = valid(first + out)
    assert child.returncode == 0, err
    assert len(of(events, "flow")) == 8 and events[-1]["stats"]["frames"] == len(all_packets)


# ---- captures of others ----

@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared captures are not here")
def test_shared_captures_give_valid_events(doorward):
    read = 0
    for path in sorted(SHARED.rglob("*.pcap*")):
        run = doorward("read", "--json", path)
        assert run.status in (0, 1, 3), "%s: %s" % (path, run.err)
        events = valid("\n".join(run.out.splitlines()[:150] + run.out.splitlines()[-1:]))
        assert events[-1]["event_type"] == "stats"
        read += 1
    assert read > 0
