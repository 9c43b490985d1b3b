"""What all tests of the program share: running it, and saying why a test cannot run here."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from namespaces import Namespaces

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("DOORWARD", str(TOP / "build/doorward"))
TIMEOUT = 60


class Run:
    """How one run of the program ended."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def events(self):
        """The JSON events of standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def doorward():
    """doorward("explain", "445") runs the program and returns a Run; keyword arguments as for subprocess.run."""
    program = os.path.abspath(PROGRAM)
    if not os.path.exists(program):
        pytest.exit("%s is not built; run make" % program, returncode=2)

    def run(*arguments, wrap=(), environment=None, **options):
        return Run(subprocess.run([*wrap, program, *map(str, arguments)], text=True, errors="surrogateescape",
                                  capture_output=True, timeout=TIMEOUT,
                                  env={**os.environ, "TZ": "UTC", **(environment or {})},
                                  **{"stdin": subprocess.DEVNULL, **options}))

    run.program = program
    return run


@pytest.fixture
def need(request):
    """need("nginx", "root"): skips the test, saying why, unless these programs (and root) are at hand."""

    def check(*names):
        for name in names:
            if name == "root":
                if os.geteuid() != 0:
                    pytest.skip("needs root")
            elif shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
                pytest.skip("needs the program %s" % name)

    return check


@pytest.fixture
def namespaces(need):
    """Makes network namespaces that go when the test ends: see namespaces.py. wrap=space.command() runs the
    program inside one."""
    need("root", "ip", "nsenter", "ss")
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip("cannot make network namespaces: " + tried.stderr.strip())
    made = Namespaces()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def as_nobody(need):
    """What to wrap a program in to run it as a user who may do nothing special."""
    need("root", "setpriv")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--"]
