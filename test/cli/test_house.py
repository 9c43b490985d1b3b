"""The command line itself: help, unknown words, completion, output that cannot be written."""
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
        assert run.status == 0 and run.out.startswith("Usage: doorward %s" % name) and "--json" in run.out
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
    run = doorward("version", "--jsn")
    assert run.status == 2 and "did you mean --json?" in run.err and "doorward version --help" in run.err
    assert doorward("version", "-q").status == 2


def test_a_value_must_be_one_of_the_words(doorward):
    run = doorward("version", "--color", "red")
    assert run.status == 2 and "'red' is none of: auto always never" in run.err


def test_too_many_arguments_are_refused(doorward):
    run = doorward("version", "now")
    assert run.status == 2 and "'now' is one argument too many" in run.err


def test_a_full_disk_is_said(doorward):
    with open("/dev/full", "w") as full:
        done = subprocess.run([doorward.program, "help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2 and "standard output" in done.stderr


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
    assert "--color" in complete(doorward, tmp_path, "version", "--c")
    assert complete(doorward, tmp_path, "version", "--color", "a") == ["auto", "always"]
    assert complete(doorward, tmp_path, "completion", "z") == ["zsh"]
