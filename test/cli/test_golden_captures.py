"""Golden captures: NAME.pcap, recorded from real programs, with the events that must be read from it (NAME.events).

captures.tsv says of each what was spoken at which door, and the facts that the client set: they stand in the events,
whatever the expected ones are. GOLDEN=write writes the events anew; read the difference.
"""
import json
import os
import pathlib
import re

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden/captures"
COLUMNS = ("capture", "protocol", "door", "server", "client", "facts")
TABLE = [dict(zip(COLUMNS, line.split("\t"))) for line in (FOLDER / "captures.tsv").read_text().splitlines()
         if not line.startswith("#")]
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: row["capture"])
SMALL = 15000
# What findings say in words stands in doorward-findings(7), and changes with it.
WORDS_OF_FINDINGS = ("title", "remedy", "references", "key", "kind")


def stable(events):
    """The events without totals, without the words of findings, and with flows numbered as they come."""
    flows = {}

    def number(flow):
        return flows.setdefault(flow, len(flows) + 1)

    for event in events:
        if event["event_type"] == "stats":
            continue
        event = json.loads(json.dumps(event))
        if "flow_id" in event:
            event["flow_id"] = number(event["flow_id"])
        doorward = event.get("doorward", {})
        doorward.pop("evidence", None)
        if "parent" in doorward:
            doorward["parent"] = number(doorward["parent"])
        for word in WORDS_OF_FINDINGS:
            event.get("finding", {}).pop(word, None)
        yield event


@pytest.fixture(scope="module")
def read_events(doorward):
    """The events of a capture, read once."""
    known = {}

    def read(name):
        if name not in known:
            run = doorward("read", "--json", FOLDER / (name + ".pcap"))
            assert run.status in (0, 1) and run.err == "", run.err
            known[name] = run.events()
        return known[name]

    return read


def values(inside, path):
    """What stands at a path of keys, of any object of the lists on the way."""
    if isinstance(inside, list):
        for one in inside:
            yield from values(one, path)
    elif not path:
        yield inside
    elif isinstance(inside, dict):
        for length in range(1, len(path) + 1):  # keys may have points in them
            key = ".".join(path[:length])
            if key in inside:
                yield from values(inside[key], path[length:])


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def tells(events, fact):
    """Whether an event tells "TYPE.PATH=VALUE"; of flows a fact may stand beside the object of the type."""
    path, value = fact.split("=", 1)
    kind, *path = path.split(".")
    return any(as_text(found) == value for event in events if event["event_type"] == kind
               for place in (kind, "doorward") for found in values(event.get(place, {}), path))


@ROWS
def test_events(read_events, row):
    path = FOLDER / (row["capture"] + ".events")
    events = list(stable(read_events(row["capture"])))
    if os.environ.get("GOLDEN") == "write":
        path.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), encoding="utf-8")
    expected = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert events == expected, "GOLDEN=write writes %s anew" % path


@ROWS
def test_the_protocol_is_named(read_events, row):
    transport, _, port = row["door"].partition("/")
    named = {(flow["app_proto"], flow["proto"].lower(), str(flow.get("dest_port", ""))) for flow in read_events(row["capture"])
             if flow["event_type"] == "flow"}
    named |= {(event["event_type"], "frame", "") for event in read_events(row["capture"]) if "ether" in event}
    assert (row["protocol"], transport, port) in named


@ROWS
def test_what_the_client_set_stands_in_the_events(read_events, row):
    missing = [fact for fact in row["facts"].split("; ") if fact and not tells(read_events(row["capture"]), fact)]
    assert not missing


@pytest.fixture(scope="module")
def told_by(doorward):
    """told_by(1, "--json"): what so many workers tell of all captures together, without the memory that they take."""
    paths = sorted(FOLDER.glob("*.pcap"))

    def told(workers, *form):
        run = doorward("read", *form, "--workers", workers, *paths)
        assert run.status in (0, 1) and run.err == "", run.err
        return re.sub(r'"memory":\d+', '"memory":0', run.out)

    return told


@pytest.mark.parametrize("form", [(), ("--flows",), ("--json",), ("--stats",), ("--stats", "--json")], ids=" ".join)
def test_any_number_of_workers_tells_the_same_octets(told_by, form):
    alone = told_by(1, *form)
    for workers in (2, 3, 8):
        assert told_by(workers, *form) == alone


def test_passwords_stand_in_no_event():
    told = "".join(path.read_text() for path in FOLDER.glob("*.events"))
    assert "sesame" not in told


@pytest.mark.parametrize("capture", [row["capture"] for row in TABLE])
def test_the_beginning_of_a_password_is_no_evidence(read_events, capture):
    for event in read_events(capture):
        evidence = bytes.fromhex(event.get("doorward", {}).get("evidence", ""))
        for password in (b"sesame", b"secret"):
            assert password not in evidence
            assert not any(evidence.endswith(password[:length]) for length in range(2, len(password)))


def test_every_capture_is_in_the_table_and_small():
    names = [row["capture"] for row in TABLE]
    assert names == sorted(set(names))
    captures = {path.stem: path for path in FOLDER.glob("*.pcap")}
    assert set(captures) - {"ipsec"} == set(names)
    assert {path.stem for path in FOLDER.glob("*.events")} == set(names)
    assert all(path.stat().st_size < SMALL for path in captures.values())
