"""The events of every command against their schema."""
import json
import pathlib

import pytest

jsonschema = pytest.importorskip("jsonschema")

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((TOP / "data/events.schema.json").read_text())
POLICY = """\
let office = 192.0.2.0/24 except 192.0.2.9
host "web-1"
allow ssh/22 from office by sshd owner "ops" because "repair" review 2020-01-01
allow http/80, snmp/25 from any log limit 10/second
allow esp, icmp/echo-request from office until 2020-01-01
accept undocumented on tcp/1-65535, udp/1-65535 because "a test" until 2999-01-01
expect allow ssh/22 from 203.0.113.9
deny all
"""


def unique(pairs):
    assert len(dict(pairs)) == len(pairs), "a key stands twice: %s" % [key for key, _ in pairs]
    return dict(pairs)


def validate(run, at_least=1):
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    lines = run.out.splitlines()
    assert len(lines) >= at_least, run.err
    events = [json.loads(line, object_pairs_hook=unique) for line in lines]
    for event in events:
        checker.validate(event)
    return {event["event_type"] for event in events}


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "test.policy"
    path.write_text(POLICY)
    return path


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_refuses_what_is_not_documented():
    checker = jsonschema.Draft202012Validator(SCHEMA)
    good = {"timestamp": "2026-01-01T00:00:00.000000+0000", "event_type": "stats", "stats": {"doors": 1},
            "doorward": {"host": "x", "filtering": "none", "unseen": []}}
    assert checker.is_valid(good)
    for wrong in ({"event_type": "statistics"}, {"stats": {"dors": 1}}, {"stats": {"doors": -1}}, {"timestamp": "now"}):
        assert not checker.is_valid({**good, **wrong})


def test_events_of_check(doorward, policy):
    assert validate(doorward("check", "--json")) >= {"stats"}
    assert validate(doorward("check", "--json", "--no-knock", "-P", policy), 3) >= {"stats", "finding", "door"}


def test_events_of_learn(doorward):
    assert validate(doorward("learn", "--json", "--no-knock")) == {"policy"}


def test_events_of_report(doorward, policy):
    assert validate(doorward("report", "--format", "json", "--no-knock", "-P", policy), 3) >= {"report", "entry", "finding"}
    assert validate(doorward("report", "--json", "--no-knock", "-P", policy), 3) >= {"report", "entry"}


def test_events_of_sockets(doorward):
    assert validate(doorward("sockets", "--json")) >= {"stats"}


def test_events_of_lint(doorward, policy):
    validate(doorward("lint", "--json", policy), 0)
    broken = policy.with_name("broken.policy")
    broken.write_text("alow ssh\nallow ssh/99999\nid x id x\n")
    assert validate(doorward("lint", "--json", broken), 3) == {"diagnostic"}
    assert validate(doorward("lint", "--format", "--json", policy)) >= {"policy"}


@pytest.mark.parametrize("word", ["445", "tcp/3389", "ldap", "esp", "224.0.0.5", "49152", "icmp/8", "undocumented", "smb-1", "dynamic"])
def test_events_of_explain(doorward, word):
    assert validate(doorward("explain", "--json", word)) == {"explanation"}


@pytest.mark.parametrize("question", ["ssh/22 from 192.0.2.1", "ssh", "dns/53 from 203.0.113.9", "out http/80", "esp"])
def test_events_of_verdict(doorward, policy, question):
    assert validate(doorward("verdict", "--json", "-P", policy, question)) == {"verdict"}
