"""Golden policies: NN-name.policy with its normal form (.normal) and its model (.json), or, where it must be
refused, with the exact words about it (.refused). GOLDEN=write writes them anew; read the difference."""
import json
import os
import pathlib

import pytest

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden/policy"
SCHEMA = json.loads((FOLDER.parent.parent.parent / "data/events.schema.json").read_text(encoding="utf-8"))
POLICIES = sorted(FOLDER.glob("*.policy"))
REFUSED = [policy for policy in POLICIES if policy.name >= "3"]
GOOD = [policy for policy in POLICIES if policy not in REFUSED]


def check(path, text):
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "GOLDEN=write writes %s anew" % path


def name(policy):
    return policy.stem


@pytest.mark.parametrize("policy", GOOD, ids=name)
def test_normal_form(doorward, policy, tmp_path):
    run = doorward("lint", "--format", policy.name, cwd=FOLDER)
    assert run.status == 0 and run.err == ""
    check(policy.with_suffix(".normal"), run.out)


def fits_schema(event):
    if jsonschema:
        jsonschema.Draft202012Validator(SCHEMA).validate(event)


def model(doorward, path, folder):
    run = doorward("lint", "--format", "--json", path, cwd=folder)
    assert run.status == 0 and run.err == ""
    (event,) = run.events()
    fits_schema(event)
    assert event["event_type"] == "policy"
    return event["policy"]


@pytest.mark.parametrize("policy", GOOD, ids=name)
def test_model(doorward, policy):
    text = json.dumps(model(doorward, policy.name, FOLDER), indent=1, ensure_ascii=False) + "\n"
    check(policy.with_suffix(".json"), text)


def without_places(value):
    if isinstance(value, dict):
        return {key: without_places(inner) for key, inner in value.items() if key not in ("file", "line")}
    return [without_places(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("policy", GOOD, ids=name)
def test_the_normal_form_is_its_own_and_means_the_same(doorward, policy):
    again = FOLDER / (policy.stem + ".normal")
    run = doorward("lint", "--format", again.name, cwd=FOLDER)
    assert run.out == again.read_text(encoding="utf-8")
    assert without_places(model(doorward, again.name, FOLDER)) == without_places(model(doorward, policy.name, FOLDER))


@pytest.mark.parametrize("policy", REFUSED, ids=name)
def test_refused(doorward, policy):
    run = doorward("lint", policy.name, cwd=FOLDER)
    assert run.status == 2
    check(policy.with_suffix(".refused"), run.out + run.err)


@pytest.mark.parametrize("policy", REFUSED, ids=name)
def test_what_is_refused_has_no_normal_form(doorward, policy):
    run = doorward("lint", "--format", policy.name, cwd=FOLDER)
    assert run.status == 2 and run.out == "" and policy.name in run.err


@pytest.mark.parametrize("policy", REFUSED, ids=name)
def test_refused_events_say_what_the_text_says(doorward, policy):
    run = doorward("lint", "--json", policy.name, cwd=FOLDER)
    text = policy.with_suffix(".refused").read_text(encoding="utf-8")
    assert run.status == 2 and len(run.events()) == text.count(": error: ")
    for event in run.events():
        fits_schema(event)
        found = event["diagnostic"]
        assert event["event_type"] == "diagnostic" and found["severity"] == 1 and found["id"] == "syntax"
        place = found["file"] + "".join(":%d" % found[key] for key in ("line", "column") if key in found)
        assert "%s: error: " % place in text
