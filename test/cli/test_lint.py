"""doorward lint: files and folders that cannot be policies, includes, bounds, and how it all is shown."""
import os
import pathlib
import tempfile

import pytest


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(run, words):
    assert run.status == 2 and words in run.out, run.out
    assert run.out.count(": error: ") == 1 and "1 error" in run.err


def test_a_good_policy_is_summed_up_on_stderr(doorward, tmp_path):
    run = doorward("lint", write(tmp_path / "a.policy", "deny all\n"))
    assert run.status == 0 and run.out == "" and "1 rule" in run.err


def test_the_policy_in_force_is_read_when_none_is_named(doorward):
    if os.path.exists("/etc/doorward/host.policy"):
        pytest.skip("this host has a policy")
    run = doorward("lint")
    assert run.status == 2 and run.out == "" and "/etc/doorward/host.policy" in run.err and "doorward learn" in run.err


def test_a_policy_without_rules_is_remarked(doorward, tmp_path):
    run = doorward("lint", write(tmp_path / "a.policy", "# nothing yet\n"))
    assert run.status == 0 and ": remark: there is no rule" in run.out and "1 remark (0 rules)" in run.err
    assert doorward("lint", write(tmp_path / "b.policy", "deny all\n")).out == ""


def test_several_policies_are_read_one_by_one(doorward, tmp_path):
    good, bad = write(tmp_path / "a", "deny all\n"), write(tmp_path / "b", "dney all\n")
    run = doorward("lint", good, bad, good)
    assert run.status == 2 and len(run.err.splitlines()) == 3 and run.out.count("error") == 1
    assert doorward("lint", "--format", good, good).status == 2


def test_a_directory_has_a_model_and_no_single_text(doorward, tmp_path):
    write(tmp_path / "a.policy", "deny all\n")
    write(tmp_path / "b.policy", "deny ssh\n")
    run = doorward("lint", "--format", tmp_path)
    assert run.status == 2 and run.out == "" and "is a directory" in run.err
    assert len(doorward("lint", "--format", "--json", tmp_path).events()[0]["policy"]["rules"]) == 2


def test_standard_input_is_a_policy(doorward):
    run = doorward("lint", "--format", "-", stdin=None, input="deny   all")
    assert run.status == 0 and run.out == "deny all\n"


def test_what_is_no_file_is_refused(doorward, tmp_path):
    refused(doorward("lint", tmp_path / "none"), "No such file or directory")
    refused(doorward("lint", "/dev/zero"), "is not a file")
    refused(doorward("lint", tmp_path), "holds no file that ends in .policy")
    refused(doorward("lint", write(tmp_path / "f", "") / "g"), "Not a directory")


def test_a_file_without_permission_is_refused(doorward, as_nobody, tmp_path):
    with tempfile.TemporaryDirectory() as folder:  # tmp_path is closed to others as a whole
        path = write(pathlib.Path(folder) / "a.policy", "deny all\n")
        outer = write(pathlib.Path(folder) / "outer.policy", 'include "a.policy"\ndney all\n')
        os.chmod(folder, 0o755)
        path.chmod(0)
        refused(doorward("lint", path, wrap=as_nobody), "Permission denied")
        run = doorward("lint", outer, wrap=as_nobody)
        assert run.status == 2 and "outer.policy:1:" in run.out and "outer.policy:2:" in run.out
        run = doorward("check", "--no-knock", "-P", path, wrap=as_nobody)
        assert run.status == 2 and run.out == "" and "Permission denied" in run.err


def test_a_program_is_refused(doorward):
    refused(doorward("lint", "/bin/sh"), "not a text file")


def test_a_file_of_a_gigabyte_is_refused(doorward, tmp_path):
    path = tmp_path / "large.policy"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    refused(doorward("lint", path), "larger than 64 MiB")


def test_a_folder_is_read_in_the_order_of_its_names(doorward, tmp_path):
    write(tmp_path / "20.policy", "allow http\n")
    write(tmp_path / "10.policy", "allow ssh\n")
    write(tmp_path / "readme.txt", "no policy\n")
    write(tmp_path / ".hidden.policy", "no policy\n")
    (event,) = doorward("lint", "--format", "--json", tmp_path).events()
    assert [rule["doors"][0]["door"] for rule in event["policy"]["rules"]] == ["ssh", "http"]


def test_names_of_one_file_are_known_in_the_next(doorward, tmp_path):
    write(tmp_path / "10.policy", "let web = 192.0.2.1\n")
    write(tmp_path / "20.policy", "allow http from web\n")
    assert "1 rule" in doorward("lint", tmp_path).err


def test_includes_have_a_greatest_depth(doorward, tmp_path):
    for i in range(16):
        write(tmp_path / ("%d" % i), 'include "%d"\n' % (i + 1))
    write(tmp_path / "16", "deny all\n")
    refused(doorward("lint", tmp_path / "0"), "is included through more than 16 files")
    assert doorward("lint", tmp_path / "1").status == 0


def test_includes_have_a_greatest_number(doorward, tmp_path):
    for i in range(1000):
        write(tmp_path / "d" / ("%04d.policy" % i), "deny all\n")
    first = write(tmp_path / "first", 'include "d"\n')
    refused(doorward("lint", first), "is one more than the 1000 files")
    assert "1000 rules" in doorward("lint", tmp_path / "d").err


def test_a_folder_that_holds_itself_ends(doorward, tmp_path):
    write(tmp_path / "a.policy", "deny all\n")
    (tmp_path / "b.policy").symlink_to(".")
    refused(doorward("lint", tmp_path), "is a directory")
    (tmp_path / "b.policy").unlink()
    write(tmp_path / "c.policy", 'include "."\n')
    run = doorward("lint", tmp_path)
    assert run.status == 2 and "includes itself" in run.out and "is included twice" in run.out


def test_the_same_file_under_two_names_is_one(doorward, tmp_path):
    write(tmp_path / "a.txt", "deny all\n")
    (tmp_path / "b.txt").symlink_to("a.txt")
    refused(doorward("lint", write(tmp_path / "c", 'include "a.txt"\ninclude "b.txt"\n')), "is included twice")


def test_memory_of_errors_is_bounded_and_the_rest_is_counted(doorward, tmp_path):
    run = doorward("lint", write(tmp_path / "a", "allow tcp/70000\n" * 12000))
    assert run.out.count(": error: ") == 10000 and "... and 2000 more" in run.out and "12000 errors" in run.err


def test_endless_lists_are_read_or_refused_in_words(doorward, tmp_path):
    ports = ", ".join("tcp/%d" % port for port in range(5000))
    text = "allow " + ",\n ".join([ports] * 20) + "\n"
    assert doorward("lint", write(tmp_path / "a", text)).status in (0, 1)


def test_colour_is_for_terminals_or_when_asked(doorward, tmp_path):
    path = write(tmp_path / "a", "dney all\n")
    assert "\033[" not in doorward("lint", path).out
    assert "\033[" in doorward("lint", "--color=always", path).out


def test_a_terminal_is_never_told_to_obey(doorward, tmp_path):
    path = tmp_path / "a\033[31m.policy"
    path.write_bytes(b'allow "\033]0;title\007"\nallow \xc2\x9b31m\n')
    run = doorward("lint", path)
    assert run.status == 2 and not set(run.out + run.err) & {"\033", "\007", "\x9b"}
    assert all("\033" not in line for line in doorward("lint", "--json", path).out.splitlines())


def test_a_long_line_is_shown_around_its_error(doorward, tmp_path):
    path = write(tmp_path / "a", "allow " + ", ".join("tcp/%d" % (1000 + i) for i in range(3000)) + ", tcp/70000\n")
    run = doorward("lint", path)
    lines = run.out.splitlines()
    assert run.status == 2 and len(lines[1]) < 200 and lines[1].lstrip().startswith("...")
    caret = lines[2].index("^")
    assert lines[1][caret:caret + 9] == "tcp/70000" and lines[2].count("^") == 9


def test_events_carry_the_place_and_the_proposal(doorward, tmp_path):
    run = doorward("lint", "--json", write(tmp_path / "a", "allow ssh id x\nallow htpp id x\n"))
    first, second = (event["diagnostic"] for event in run.events())
    assert (first["line"], first["column"], first["length"]) == (2, 7, 4)
    assert first["fix"] == "did you mean 'http'?" and first["level"] == "error"
    assert second["other"]["line"] == 1 and second["other"]["column"] == 14
