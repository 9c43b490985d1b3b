"""make install puts everything below PREFIX, and that below DESTDIR, whatever the build was set up with."""
import os
import pathlib
import subprocess

import pytest

from conftest import PROGRAM

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_install_goes_where_it_is_told(tmp_path):
    if not (TOP / "build/build.ninja").exists():
        pytest.skip("needs the release build; run make")
    # A folder that is not absolute is meant from where make runs.
    relative = pathlib.Path("build/test-install-%s" % tmp_path.name)
    target = TOP / relative
    try:
        subprocess.run(["make", "-s", "install", "PREFIX=/opt/doors", "DESTDIR=%s" % relative], cwd=TOP, check=True,
                       capture_output=True, timeout=300)
        root = target / "opt/doors"
        for name in ("bin/doorward", "share/man/man1/doorward.1", "share/man/man5/doorward-policy.5",
                     "share/man/man7/doorward-findings.7", "share/man/man7/doorward-protocols.7",
                     "share/bash-completion/completions/doorward",
                     "share/zsh/site-functions/_doorward", "share/fish/vendor_completions.d/doorward.fish"):
            assert (root / name).is_file(), name
        unit = (root / "lib/systemd/system/doorward-firewall.service").read_text()
        assert "\nExecStart=/opt/doors/bin/doorward apply --boot\n" in unit and "Before=network-pre.target" in unit
        unit = (root / "lib/systemd/system/doorward-refresh.service").read_text()
        assert "\nExecStart=/opt/doors/bin/doorward refresh\n" in unit
        assert "WantedBy=timers.target" in (root / "lib/systemd/system/doorward-refresh.timer").read_text()
        outside = [path for path in target.rglob("*") if path.is_file() and root not in path.parents]
        assert outside == []
    finally:
        subprocess.run(["rm", "-rf", str(target)], check=True, timeout=60)


def verify(folder, change=lambda text: text):
    """What systemd says of the units: the boot's, and the timer with what it starts."""
    names = ["doorward-firewall.service", "doorward-refresh.service", "doorward-refresh.timer"]
    for name in names:
        source = TOP / "data" / (name if name.endswith(".timer") else name + ".in")
        (folder / name).write_text(change(source.read_text().replace("@program@", os.path.abspath(PROGRAM))))
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"] +
                         [str(folder / name) for name in names], capture_output=True, text=True, timeout=120)
    return run.returncode, [line for line in run.stderr.splitlines() if "doorward" in line]


def test_units_are_what_systemd_understands(tmp_path, need):
    need("systemd-analyze")
    assert verify(tmp_path) == (0, [])
    # It would say what it does not understand.
    assert verify(tmp_path, lambda text: text.replace("ExecStart=", "ExecBegin="))[0] != 0
    assert verify(tmp_path, lambda text: text.replace("OnBootSec=1min", "OnBootSec=soon"))[1] != []
