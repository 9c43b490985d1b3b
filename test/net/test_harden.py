"""doorward harden: how doors that the policy does not want would be closed; nothing is done."""
import json
import os
import stat
import subprocess

import pytest

from conftest import PROGRAM


@pytest.fixture
def host(namespaces):
    space, _ = namespaces.pair()
    for port in (8080, 8081, 8082):
        space.start("python3", "-m", "http.server", "--bind", "0.0.0.0", port)
        space.wait_for_port(port)
    return space


def test_only_what_is_not_wanted_is_told(host, tmp_path):
    policy, script = tmp_path / "host.policy", tmp_path / "close.sh"
    policy.write_text("allow tcp/8080\ndeny tcp/8081\ndeny all\n")
    run = host.run(PROGRAM, "harden", "-P", policy, "--json", "--write", script, check=False)
    assert run.returncode == 1, run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(e["dest_port"], e["hardening"]["rule"]) for e in events] == [(8081, "deny tcp/8081"), (8082, "deny tcp/8082")]
    assert events[0]["hardening"]["why"].startswith("denied by rule ")
    assert events[1]["hardening"]["why"] == "no rule allows it"
    assert host.listens(8081) and host.listens(8082)
    shown = host.run(PROGRAM, "harden", "-P", policy, check=False).stdout
    shown = " ".join(shown.split())
    assert "let it listen at 127.0.0.1" in shown and "deny tcp/8082" in shown and "Nothing of this was done" in shown
    check_script(script)


def check_script(script):
    """Readable by its owner alone; refuses to run; each command is commented out."""
    assert stat.S_IMODE(os.stat(script).st_mode) == 0o600
    text = script.read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines == ["echo 'nobody has reviewed this yet' >&2; exit 1"]
    assert subprocess.run(["sh", script], capture_output=True).returncode == 1


def test_nothing_to_do_is_said(host, tmp_path):
    policy = tmp_path / "host.policy"
    policy.write_text("allow tcp/8080-8082\ndeny all\n")
    run = host.run(PROGRAM, "harden", "-P", policy, check=False)
    assert run.returncode in (0, 3) and "wants every door" in run.stdout
