"""doc/events.md, the schema, the sources and the events of captures name the same fields of messages."""
import json
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = [TOP / "test/golden/captures", TOP.parent / "shared/captures"]
SCHEMA = json.loads((TOP / "data/events.schema.json").read_text())
OTHERS = {"flow", "finding", "stats"}
COUNTS = ".*"  # behind a path: its keys are what is counted


def tables():
    """Of each section about messages, and of what they share: its fields with their types, and its introduction."""
    text = (TOP / "doc/events.md").read_text()
    text = text[text.index("## Messages"):]
    text = text[:text.index("\n## ", 1)]
    for name, body in re.findall(r"^####? (\S+)\n(.*?)(?=^###|\Z)", text, re.M | re.S):
        fields = {}
        for cell, kind in re.findall(r"^\| (`.*?`) \| (.*?) \|", body, re.M):
            for field in re.findall(r"`(.+?)`", cell):
                assert field not in fields, "%s stands twice in %s" % (field, name)
                fields[field] = kind
        yield name, fields, body


TABLES = {name: (fields, body) for name, fields, body in tables()}


def documented(name):
    """The paths of all fields that the document gives a type of message."""
    fields, body = TABLES[name]
    paths = set()
    for other in re.findall(r"with the keys of [`*](\w+)[`*]", body):
        paths |= documented(other)
    for field, kind in fields.items():
        shared = re.search(r"\*(\w+)\*", kind)
        if shared:
            inside = field + ("[]" if kind.startswith("list") else "")
            paths |= {"%s.%s" % (inside, path) for path in documented(shared[1])}
        else:
            paths.add(field + COUNTS if kind == "counts" else field)
    return paths


def described(schema):
    """The paths that a part of the schema allows."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {COUNTS} if name == "counts" else described(SCHEMA["$defs"].get(name, {}))
    if schema.get("type") == "array":
        return {"[]" + path if path else "" for path in described(schema["items"])}
    if "properties" not in schema:
        return {""}
    return {(key + path if path.startswith(("[]", ".")) or not path else "%s.%s" % (key, path)).replace("[]", "[].", 1).replace("..", ".")
            for key, value in schema["properties"].items() for path in described(value)}


def told(value, path=""):
    """The paths of what an event tells."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from told(inner, "%s.%s" % (path, key) if path else key)
    elif isinstance(value, list) and all(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from told(inner, path + "[]")
    else:
        yield path


def is_told(path, paths):
    return path in paths or any(path.startswith(known[:-1]) for known in paths if known.endswith(COUNTS))


TYPES = sorted(set(re.findall(r"^### (\S+)$", (TOP / "doc/events.md").read_text(), re.M)))


@pytest.fixture(scope="module")
def events(doorward):
    """Of all captures at hand, one event for each set of fields, with the capture that it is from."""
    kinds = {}
    for folder in CAPTURES:
        for path in sorted(folder.rglob("*.pcap*")) if folder.is_dir() else ():
            for line in doorward("read", "--json", path).out.splitlines():
                event = json.loads(line)
                if event["event_type"] not in OTHERS:
                    body = event.get(event["event_type"], {})
                    kinds.setdefault((event["event_type"], frozenset(told(body))), (path, event))
    assert kinds
    return kinds


def test_every_field_that_is_told_is_documented(events):
    missing = {"%s: %s, in %s" % (kind, path, capture.name) for (kind, paths), (capture, _) in events.items()
               for path in paths if kind not in TYPES or path and not is_told(path, documented(kind))}

    assert not missing


def test_events_keep_the_schema(events):
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

    wrong = ["%s: %s" % (capture.name, error.message[:300]) for capture, event in events.values()
             for error in checker.iter_errors(event)]
    assert not wrong
    assert all(kind in event for (kind, _), (_, event) in events.items())


def test_sections_are_in_order_and_each_stands_once():
    text = (TOP / "doc/events.md").read_text()
    for level in ("## ", "### "):
        found = re.findall(r"^%s(\S+)$" % level, text, re.M)
        assert len(found) == len(set(found)), found
    assert re.findall(r"^### (\S+)$", text, re.M) == TYPES


@pytest.mark.parametrize("kind", TYPES)
def test_the_schema_has_the_fields_of_the_document(kind):
    assert described(SCHEMA["$defs"]["message_event"]["properties"][kind]) == documented(kind)
    assert kind in SCHEMA["$defs"]["message_event"]["properties"]["event_type"]["enum"]


def test_the_document_has_all_messages_of_the_schema():
    assert sorted(SCHEMA["$defs"]["message_event"]["properties"]["event_type"]["enum"]) == TYPES


def test_every_documented_field_stands_in_the_sources():
    sources = "".join(path.read_text() for path in (TOP / "src").rglob("*.[ch]"))
    words = set(re.findall(r'"([a-z0-9_]+)"', sources))
    named = {key.removesuffix("[]") for kind in TYPES for path in documented(kind)
             for key in path.removesuffix(COUNTS).split(".")}

    assert named <= words, sorted(named - words)


def test_every_parser_has_a_section():
    missing = set()
    for path in (TOP / "src/protocols").glob("*.c"):
        text = path.read_text()
        told = re.findall(r'parse_event_as\(parse, "(\w+)"', text)
        if ".emit = " in text and "parse_event(" in text:
            told += re.findall(r"^const struct (?:protocol protocol_(?=\w+ =)|parser (?=\w+_parser))(\w+?)(?:_parser)? = ", text, re.M)
        missing |= {kind for kind in told if kind not in TYPES}
    assert not missing
