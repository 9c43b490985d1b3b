"""The command line itself: help, unknown words, completion, output that cannot be written; what the README says of it."""
import pathlib
import re
import shutil
import subprocess

import pytest


def test_no_command_shows_the_overview_as_an_error(doorward):
    run = doorward()
    assert run.status == 2 and "Usage: doorward COMMAND" in run.err and run.out == ""


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_help_lists_the_commands(doorward, words):
    run = doorward(*words)
    assert run.status == 0 and "completion" in run.out and run.err == ""


def commands(doorward):
    lines = doorward("help").out.split("\n\n")[2].splitlines()
    return [line.split()[0] for line in lines]


def test_every_command_explains_itself(doorward):
    assert len(commands(doorward)) >= 3
    for name in commands(doorward):
        run = doorward(name, "--help")
        assert run.status == 0 and run.out.startswith("Usage: doorward %s" % name) and "--help" in run.out
        assert run.out == doorward("help", name).out


def test_help_lines_fit_a_terminal(doorward):
    for name in commands(doorward):
        for line in doorward(name, "--help").out.splitlines():
            assert len(line) <= 100, line


def test_an_unknown_command_is_refused_with_the_nearest(doorward):
    run = doorward("xyzzy")
    assert run.status == 2 and "no command 'xyzzy'" in run.err and "doorward help" in run.err
    run = doorward("hepl")
    assert run.status == 2 and "did you mean 'help'?" in run.err
    assert "\033" not in doorward("\033[31mred").err


def test_an_unknown_option_is_refused_with_the_nearest(doorward):
    run = doorward("explain", "--jsn", "22")
    assert run.status == 2 and "did you mean --json?" in run.err and "doorward explain --help" in run.err
    assert doorward("version", "-q").status == 2


def test_a_value_must_be_one_of_the_words(doorward):
    run = doorward("explain", "--color", "red", "22")
    assert run.status == 2 and "'red' is none of: auto always never" in run.err


def test_too_many_arguments_are_refused(doorward):
    run = doorward("version", "now")
    assert run.status == 2 and "'now' is one argument too many" in run.err


COMMANDS = [["help"], ["version"], ["completion", "bash"], ["explain", "445"], ["sockets", "--here"],
            ["check", "--here", "--no-knock"], ["learn", "--no-knock"], ["report", "--no-knock"],
            ["check", "--here", "--no-knock", "--json"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_said_once(doorward, command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([doorward.program, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2 and done.stderr.endswith("standard output: No space left on device\n"), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_output_is_said_and_nothing_else_takes_its_place(doorward, command):
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", doorward.program, *command], stderr=subprocess.PIPE,
                          text=True, timeout=60)
    assert done.returncode == 2 and done.stderr.endswith("standard output: Bad file descriptor\n"), done.stderr


def test_commands_that_have_no_events_offer_none(doorward):
    for command in ("help", "version", "completion"):
        assert "--json" not in doorward(command, "--help").out
        assert doorward(command, "--json").status == 2


def test_a_report_has_one_format(doorward):
    run = doorward("report", "--json", "--format", "csv", "--no-knock")
    assert run.status == 2 and "two formats" in run.err and run.out == ""


def test_columns_that_do_not_exist_are_refused_with_those_that_do(doorward):
    run = doorward("report", "--columns", "pcy", "--no-knock")
    assert run.status == 2 and "default, ppsm or pci" in run.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_valid_for_its_shell(doorward, tmp_path, shell):
    script = tmp_path / "completion"
    script.write_text(doorward("completion", shell).out)
    if shutil.which(shell) is None:
        pytest.skip("needs the program %s" % shell)
    subprocess.run([shell, "-n", str(script)], check=True, timeout=60)


def complete(doorward, tmp_path, *words):
    """What bash offers for a line that ends with the last of the words."""
    script = tmp_path / "completion"
    script.write_text(doorward("completion", "bash").out)
    line = "source %s; COMP_WORDS=(doorward %s); COMP_CWORD=%d; _doorward; printf '%%s\\n' \"${COMPREPLY[@]}\""
    quoted = " ".join("'%s'" % word for word in words)
    done = subprocess.run(["bash", "-c", line % (script, quoted, len(words))], capture_output=True, text=True,
                          check=True, timeout=60)
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(doorward, tmp_path):
    assert complete(doorward, tmp_path, "comp") == ["completion"]
    assert "--color" in complete(doorward, tmp_path, "explain", "--c")
    assert complete(doorward, tmp_path, "explain", "--color", "a") == ["auto", "always"]
    assert complete(doorward, tmp_path, "completion", "z") == ["zsh"]


def test_large_libraries_are_loaded_only_when_they_are_needed(doorward):
    done = subprocess.run(["readelf", "-d", doorward.program], capture_output=True, text=True, check=True)
    needed = [line for line in done.stdout.splitlines() if "NEEDED" in line]
    assert any("libc.so" in line for line in needed)
    for large in ("libbpf", "libcrypto", "libexpat", "libjansson", "libnftables", "libpcap", "libssl", "libsystemd", "libyaml",
                  "libz.", "libzstd"):
        assert not [line for line in needed if large in line]


TOP = pathlib.Path(__file__).parents[2]


def test_readme_names_the_packages_that_are_needed():
    text = " ".join((TOP / "README.md").read_text().split())
    said = re.search(r"from Debian packages: (.*?)\. At run time it loads (.*?) when it needs them", text)
    assert re.findall(r"`(.*?)`", said[1]) == (TOP / "tools/packages-build").read_text().split()
    loaded = set()
    for calls in TOP.glob("src/*/*.calls"):
        for name, version in re.findall(r"^library (\S+)\.so\.(\S+)$", calls.read_text(), re.M):
            if name != "libcrypto":  # in one package with libssl
                loaded.add({"libz": "zlib"}.get(name, name) + ("-" if name[-1].isdigit() else "") + version)
    loaded = {"zlib1g" if name == "zlib1" else name for name in loaded}
    assert set(re.findall(r"`(.*?)`", said[2])) == loaded
