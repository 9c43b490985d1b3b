"""The manual tells of every command and every option that the program has, and of no other."""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "doc/man"
MADE = {"doorward-findings.7", "doorward-protocols.7"}


def commands(doorward):
    overview = doorward("help").out.split("\n\n")[2]
    return [line.split()[0] for line in overview.splitlines() if line.split()[0] not in ("help", "version")]


def options(text):
    """The long options that a text tells of."""
    return set(re.findall(r"--[a-z][a-z-]+", text))


def test_every_command_has_its_page(doorward):
    for name in commands(doorward):
        assert (MANUAL / ("doorward-%s.1.scd" % name)).exists(), name


def test_each_page_tells_of_just_the_options_there_are(doorward):
    common = {"--json", "--color", "--help"}
    for name in commands(doorward):
        page = (MANUAL / ("doorward-%s.1.scd" % name)).read_text()
        told, there = options(page), options(doorward(name, "--help").out)
        told, there = told - common, there - common
        assert there <= told, "%s does not tell of %s" % (name, there - told)
        assert told <= there, "%s tells of %s" % (name, told - there)


def test_the_overview_tells_of_every_command(doorward):
    page = (MANUAL / "doorward.1.scd").read_text()
    for name in commands(doorward):
        assert "*doorward-%s*(1)" % name in page, name


def test_every_page_is_built_and_installed():
    listed = (MANUAL.parent / "meson.build").read_text()
    for page in MANUAL.glob("*.scd"):
        assert "'%s'" % page.name.removesuffix(".scd") in listed, page.name


def test_references_lead_to_pages_that_exist():
    own = {page.name.removesuffix(".scd") for page in MANUAL.glob("*.scd")} | MADE
    for page in MANUAL.glob("*.scd"):
        for name, section in re.findall(r"\*(doorward[a-z-]*)\*\((\d)\)", page.read_text()):
            assert "%s.%s" % (name, section) in own, "%s refers to %s(%s)" % (page.name, name, section)


def test_pages_are_valid():
    if shutil.which("scdoc") is None:
        pytest.skip("needs the program scdoc")
    for page in MANUAL.glob("*.scd"):
        with open(page, "rb") as source:
            done = subprocess.run(["scdoc"], stdin=source, capture_output=True, timeout=60)
        assert done.returncode == 0, "%s: %s" % (page.name, done.stderr.decode())


def made(tool, *words):
    """A page that a tool prints; scdoc takes it."""
    page = subprocess.run([sys.executable, str(MANUAL.parents[1] / "tools" / tool), *words], capture_output=True,
                          text=True, check=True, timeout=60).stdout
    assert subprocess.run(["scdoc"], input=page, capture_output=True, text=True, timeout=60).returncode == 0
    return page


def test_the_page_of_findings_is_made_from_the_program(doorward, need):
    need("scdoc")
    page = made("findings-page", doorward.program)
    for event in doorward("explain", "--json", "findings").events():
        assert "*%s*" % event["explanation"]["id"] in page


def test_the_page_of_protocols_has_a_section_for_each(doorward, need):
    """With what is read of it, its weaknesses, and whether its servers are asked."""
    need("scdoc")
    page = made("protocols-page", doorward.program, str(MANUAL.parent / "events.md"))
    sections = dict(re.findall(r"^\*(\S+)\* \(.*\n((?:\t.*\n|\n)*)", page, re.M))
    facts = {event["explanation"]["name"]: event["explanation"] for event in
             doorward("explain", "--json", "protocols").events()}
    assert set(sections) == set(facts)
    for name, section in sections.items():
        assert "Servers are asked over" in section or "Servers are not asked." in section
        assert [*re.findall(r"^\t- \*(\S+)\*:", section, re.M)] == facts[name]["findings"], name
        assert facts[name]["read"] == ("It is named, and not read any further." not in section), name


def test_the_page_of_protocols_tells_of_every_event(doorward):
    page = made("protocols-page", doorward.program, str(MANUAL.parent / "events.md"))
    types = set(re.findall(r"^### (\S+)$", (MANUAL.parent / "events.md").read_text(), re.M))
    assert set(re.findall(r"^\tEvent \*(\S+?)\*\.", page.replace("\\_", "_"), re.M)) == types, \
        "tools/protocols-page says in TOLD_BY whose events bear another name"


def test_the_policy_of_the_readme_is_one(doorward, tmp_path):
    readme = (MANUAL.parents[1] / "README.md").read_text()
    blocks = re.findall(r"(?:^    .*\n|^\n)+", readme, re.M)
    (policy,) = [block for block in blocks if block.lstrip().startswith("let ")]
    path = tmp_path / "readme.policy"
    path.write_text(re.sub(r"^    ", "", policy, flags=re.M))
    run = doorward("lint", path)
    assert run.status != 2 and "error" not in run.err, run.err
    assert doorward("verdict", "-P", path, "tcp/3306 from 203.0.113.9").status == 1


def test_the_readme_tells_of_every_command(doorward):
    readme = (MANUAL.parents[1] / "README.md").read_text()
    for name in commands(doorward):
        assert "`doorward %s`" % name in readme, name
