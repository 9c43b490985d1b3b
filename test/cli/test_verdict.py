"""doorward verdict: the rule that decides, why others do not, and what is left open."""
import json

import pytest

POLICY = """\
let mailers = 198.51.100.10, 198.51.100.11, 198.51.100.12
allow ftp/21, smtp/25, http/80  from any
allow pop3/110                  from mailers  log
allow mysql/3306 from 10.0.0.0/8
    owner "db team" because "apps" approved "CISO" 2026-01-02 review 2999-03-01
allow mysql/3306 from 192.0.2.1 on wg0
deny  mysql/3306                              log
allow tcp/22 from 192.0.2.0/24 by sshd
allow dns/53 from 10.0.0.53 limit 10/second
reject tcp/8080
allow tcp/9000 from 192.0.2.1 until 2020-01-01
deny  all
"""


@pytest.fixture
def ask(doorward, tmp_path):
    (tmp_path / "host.policy").write_text(POLICY)

    def run(*questions, **options):
        return doorward("verdict", "-P", "host.policy", *questions, cwd=tmp_path, **options)

    return run


def test_a_denied_question_names_its_rule_and_what_differs_before_it(ask):
    run = ask("mysql/3306 from 203.0.113.9")
    assert run.status == 1 and run.err == ""
    lines = run.out.splitlines()
    assert lines[0] == "denied: mysql/3306/tcp from 203.0.113.9"
    assert lines[1] == "  by host.policy:7  deny mysql/3306 log"
    assert "host.policy:4  another source  allow mysql/3306 from 10.0.0.0/8" in run.out
    assert "2 more: another port (2)" in run.out


def test_an_allowed_question_shows_who_answers_for_it(ask):
    run = ask("mysql/3306 from 10.1.2.3")
    assert run.status == 0 and run.out.startswith("allowed: ")
    for words in ("db team", "apps", "CISO, 2026-01-02", "2999-03-01"):
        assert words in run.out


def test_the_default_is_said_as_such(ask):
    run = ask("out dns/53 to 192.0.2.53")
    assert run.status == 1 and "No rule matches, and what no rule allows is denied." in run.out


def test_a_door_with_two_transports_has_two_answers(ask):
    run = ask("dns/53 from 10.0.0.53")
    assert run.status == 0 and run.out.count("allowed: dns/53/") == 2 and "Up to 10 a second only." in run.out


def test_another_protocol_at_the_port_is_remarked(ask):
    run = ask("mysql/80 from 192.0.2.1")
    assert run.status == 0 and "the rule documents http there, and not mysql" in run.out
    assert "documents" not in ask("http/80 from 192.0.2.1").out


def test_what_is_left_open_is_the_answer_if_it_matters(ask):
    run = ask("tcp/22")
    assert run.status == 3 and run.out.startswith("open: tcp/22")
    assert "depends on 'from'" in run.out and "else by host.policy:12  deny all" in run.out
    assert ask("tcp/22 from 192.0.2.7").status == 0
    run = ask("mysql/3306 from 192.0.2.1")
    assert run.status == 3 and "depends on 'on'" in run.out
    assert ask("mysql/3306 from 192.0.2.1 on wg0").status == 0
    assert ask("mysql/3306 from 192.0.2.1 on eth0").status == 1


def test_a_rule_past_its_time_does_not_decide(ask):
    run = ask("tcp/9000 from 192.0.2.1")
    assert run.status == 1 and "past its time" in run.out


def test_rejected_is_not_denied(ask):
    run = ask("tcp/8080")
    assert run.status == 1 and run.out.startswith("rejected: tcp/8080")


def test_several_questions_are_answered_one_by_one(ask):
    run = ask("http/80", "gre", "tcp/22")
    assert run.status == 3
    assert [line.split(":")[0] for line in run.out.splitlines() if not line.startswith(" ") and line] == [
        "allowed", "denied", "open"]
    assert ask("http/80", "gre").status == 1


def test_all_shows_every_rule(ask):
    run = ask("--all", "gre")
    assert run.out.count("another transport") == 9 and "more" not in run.out


def test_a_policy_being_tested_lets_pass(doorward, tmp_path):
    path = tmp_path / "host.policy"
    path.write_text("mode test\ndeny tcp/23\n")
    run = doorward("verdict", "-P", path, "tcp/23")
    assert run.status == 1 and "It passes all the same and is reported: the policy is in mode test." in run.out
    path.write_text("deny tcp/23 test\n")
    assert "the rule is being tested" in doorward("verdict", "-P", path, "tcp/23").out


def test_self_is_this_host(doorward, tmp_path):
    path = tmp_path / "host.policy"
    path.write_text("allow tcp/23 from self\n")
    assert doorward("verdict", "-P", path, "tcp/23 from 127.0.0.1").status == 0
    assert doorward("verdict", "-P", path, "tcp/23 from 192.0.2.254").status == 1


@pytest.mark.parametrize("question, words", [
    ("mysqll/3306", "did you mean 'mysql'?"),
    ("tcp/22 from nowhere", "a question has one address behind 'from'"),
    ("tcp/1-10", "a question is about one port"),
    ("tcp/22 from 192.0.2.1 to 2001:db8::1", "two families"),
    ("", "error"),
])
def test_a_question_that_is_none_is_refused(ask, question, words):
    run = ask(question)
    assert run.status == 2 and words in run.err and run.out == ""


def test_a_policy_with_errors_is_not_asked(doorward, tmp_path):
    path = tmp_path / "host.policy"
    path.write_text("allow nothing/1\n")
    run = doorward("verdict", "-P", path, "tcp/22")
    assert run.status == 2 and "host.policy:1:7: error" in run.err and run.out == ""
    assert doorward("verdict", "-P", tmp_path / "none", "tcp/22").status == 2
    assert doorward("verdict").status == 2


def test_the_event_has_it_all(ask):
    run = ask("--json", "mysql/3306 from 203.0.113.9", "tcp/22")
    denied, left_open = run.events()
    assert run.status == 3
    assert (denied["src_ip"], denied["dest_port"], denied["proto"]) == ("203.0.113.9", 3306, "TCP")
    verdict = denied["verdict"]
    assert verdict["outcome"] == "denied" and verdict["rule"]["line"] == 7 and verdict["rule"]["file"] == "host.policy"
    assert [passed["line"] for passed in verdict["passed"]] == [4, 6]
    assert verdict["passed_counts"] == {"another port": 2, "another source": 2}
    assert left_open["verdict"]["outcome"] == "open" and left_open["verdict"]["depends_on"]["line"] == 8
    assert "src_ip" not in left_open


def test_events_match_the_schema(ask):
    jsonschema = pytest.importorskip("jsonschema")
    import pathlib

    top = pathlib.Path(__file__).resolve().parent.parent.parent
    schema = json.loads((top / "data/events.schema.json").read_text())
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for event in ask("--json", "mysql/3306 from 10.0.0.1", "gre", "tcp/22", "out icmp/echo-request").events():
        checker.validate(event)
