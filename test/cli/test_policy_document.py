"""The examples of doc/policy-language.md are policies, and its lists are complete."""
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TEXT = (TOP / "doc/policy-language.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(r"^```%s\n(.*?)^```$" % kind, TEXT, re.M | re.S)


@pytest.mark.parametrize("example", blocks("policy"))
def test_examples_have_no_error(doorward, tmp_path, example):
    path = tmp_path / "host.policy"
    path.write_text(example, encoding="utf-8")
    run = doorward("lint", path)
    assert run.status in (0, 1), run.out


def test_there_are_examples():
    assert len(blocks("policy")) >= 8


def test_errors_are_shown_as_they_are(doorward, tmp_path):
    (example,) = blocks("refused")
    (tmp_path / "host.policy").write_text(example, encoding="utf-8")
    run = doorward("lint", "host.policy", cwd=tmp_path)
    shown = TEXT.split("```refused\n" + example + "```\n\n")[1].split("\n\n")[0]
    assert run.status == 2
    assert [line[4:] for line in shown.splitlines()] == run.out.splitlines()


def test_every_option_is_in_the_table_and_the_grammar():
    source = (TOP / "src/policy/options.c").read_text(encoding="utf-8")
    keywords = re.findall(r'\[OPTION_\w+\]\s*=\s*\{\s*"(\w+)"', source)
    assert len(keywords) == 15
    for keyword in keywords:
        assert re.search(r"^\| `%s\b" % keyword, TEXT, re.M), keyword
        assert re.search(r'^ .*"%s"' % keyword, TEXT, re.M), keyword


def test_every_finding_of_the_lint_is_in_the_table():
    found = set()
    for path in (TOP / "src/policy").glob("lint*.c"):
        found |= set(re.findall(r'SEVERITY_\w+,\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    for finding in found:
        assert "| `%s` |" % finding in TEXT, finding
