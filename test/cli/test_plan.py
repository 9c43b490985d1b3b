"""doorward plan: golden policies with their lowered form (.lowered) and rule set (.nft), which nft must take; what
would change against what is loaded. GOLDEN=write writes the golden files anew; read the difference."""
import json
import os
import pathlib

import pytest

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden/firewall"
SCHEMA = json.loads((FOLDER.parent.parent.parent / "data/events.schema.json").read_text(encoding="utf-8"))
POLICIES = sorted(FOLDER.glob("*.policy"))

POLICY = """allow https/443 id shop
deny mysql/3306 log id database
allow out dns/53 by nobody-has-this-name id names
allow http/80 until 2020-01-01 id over
"""


def name(policy):
    return policy.stem


@pytest.mark.parametrize("form", ["lowered", "nft"])
@pytest.mark.parametrize("policy", POLICIES, ids=name)
def test_golden(doorward, policy, form):
    run = doorward("plan", "--" + form, "-P", policy.name, cwd=FOLDER)
    assert run.status == 0 and run.err == ""
    golden = policy.with_suffix("." + form)
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(run.out, encoding="utf-8")
    assert run.out == golden.read_text(encoding="utf-8"), "GOLDEN=write writes %s anew" % golden


def test_nft_takes_every_rule_set(doorward, namespaces, need):
    need("nft")
    space = namespaces.new()
    for policy in POLICIES:
        rules = doorward("plan", "--nft", "-P", policy).out
        checked = space.run("nft", "-c", "-f", "-", input=rules, check=False)
        assert checked.returncode == 0, "%s: %s" % (policy.name, checked.stderr)
        assert "doorward" not in space.run("nft", "list", "tables").stdout


@pytest.fixture
def host(namespaces, need, doorward, tmp_path):
    """host.plan(policy, words...) runs plan in a network namespace; host.load(policy) loads what it prints."""
    need("nft")
    space = namespaces.new()

    class Host:
        run = space.run

        def write(self, policy):
            (tmp_path / "host.policy").write_text(policy)
            return tmp_path / "host.policy"

        def plan(self, policy, *words):
            return doorward("plan", "-P", self.write(policy), *words, wrap=space.command())

        def load(self, policy):
            space.run("nft", "-f", "-", input=self.plan(policy, "--nft").out)

    return Host()


def event(run):
    (found,) = run.events()
    if jsonschema:
        jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["event_type"] == "plan"
    return found["plan"]


def changes(plan):
    return {rule["id"]: rule["change"] for rule in plan["rules"]}


def test_all_is_new_where_nothing_is_loaded(host):
    run = host.plan(POLICY)
    assert run.status == 1
    rows = [line.split() for line in run.out.splitlines()]
    assert ["new", "shop", "allow", "https/443", "passes"] in rows
    assert ["new", "database", "deny", "mysql/3306", "log", "is", "dropped,", "logged"] in rows
    assert "No table inet doorward is loaded." in run.out
    assert "Rule over never matches and is left out." in run.out
    assert "by nobody-has-this-name: this host has no user and no unit" in " ".join(run.out.split())


def test_nothing_changes_where_the_same_is_loaded(host):
    host.load(POLICY)
    run = host.plan(POLICY)
    assert run.status == 0
    assert "This very rule set is loaded: nothing would change." in run.out and "new" not in run.out.split()
    assert event(host.plan(POLICY, "--json"))["same"] is True
    assert " stays " in " %s " % " ".join(host.plan(POLICY, "--all").out.split())


def test_what_is_new_gone_and_changed(host):
    host.load(POLICY)
    changed = POLICY.replace("allow https/443 id shop", "allow https/443 from 192.0.2.0/24 id shop") \
                    .replace("id names", "id other-names")
    plan = event(host.plan(changed, "--json"))
    assert plan["loaded"] is True and plan["same"] is False and plan["left_out"] == ["over"]
    assert changes(plan) == {"shop": "changes", "database": "stays", "other-names": "new", "names": "gone"}
    run = host.plan(changed)
    assert run.status == 1 and "Against what is loaded: 1 new, 1 changed, 1 gone, 1 as they are." in run.out


def test_the_order_of_rules_is_a_change_of_the_rule_set(host):
    lines = POLICY.splitlines()
    host.load(POLICY)
    turned = "\n".join(["deny https/443-444 id first", *lines]), "\n".join([*lines, "deny https/443-444 id first"])
    for policy in turned:
        assert host.plan(policy).status == 1
    assert host.plan(turned[0], "--nft").out != host.plan(turned[1], "--nft").out


def test_a_name_that_stands_for_other_addresses_changes_its_rules(host):
    policy = "let office = %s\nallow ssh/22 from office id admin\nallow http/80 id web\n"
    host.load(policy % "192.0.2.1")
    plan = event(host.plan(policy % "192.0.2.2", "--json"))
    assert changes(plan) == {"admin": "changes", "web": "stays"}


def test_neighbours_have_a_say(host):
    host.run("nft", "-f", "-", input="""
        table ip filter {
            chain DOCKER {
            }
            chain FORWARD {
                type filter hook forward priority 0
                policy drop
                jump DOCKER
            }
        }
        table ip nat {
            chain DOCKER {
            }
            chain PREROUTING {
                type nat hook prerouting priority -100
                jump DOCKER
            }
        }
        table inet empty {
            chain input {
                type filter hook input priority 0
            }
        }
        """)
    plan = event(host.plan(POLICY, "--json"))
    assert plan["neighbours"] == [{"table": "ip filter", "hooks": "forward", "made_by": "Docker", "drops": True}]
    text = " ".join(host.plan(POLICY).out.split())
    assert "Table ip filter (Docker) decides as well (forward; what none of its rules names, it drops)" in text


def test_what_cannot_be_seen_is_said(doorward, as_nobody):
    policy = FOLDER / "06-options.policy"
    run = doorward("plan", "-P", policy, wrap=as_nobody)
    assert run.status == 3 and "What is loaded could not be seen (needs CAP_NET_ADMIN)" in run.out
    assert event(doorward("plan", "--json", "-P", policy, wrap=as_nobody))["loaded_seen"] is False
    assert doorward("plan", "--nft", "-P", policy, wrap=as_nobody).status == 0


def test_a_policy_with_an_error_is_no_rule_set(doorward, tmp_path):
    policy = tmp_path / "host.policy"
    policy.write_text("allow http/80\nallow http/70000\n")
    run = doorward("plan", "--nft", "-P", policy)
    assert run.status == 2 and run.out == "" and "port 70000 is out of range" in run.err


def test_two_forms_are_refused(doorward):
    run = doorward("plan", "--nft", "--lowered", "-P", POLICIES[0])
    assert run.status == 2 and run.out == ""
