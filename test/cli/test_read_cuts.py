"""A capture that ends anywhere, in each form that it may have: conversations and a call as pcapng and
compressed. fuzz/variants reads each as `doorward read` does, at every length, and judges what it says."""
import gzip
import pathlib
import subprocess

import pytest

from test_read_forms import Capture

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = ("tftp", "sip-udp", "syslog-tcp", "syslog-udp")


@pytest.fixture
def variants(doorward):
    """Runs the harness that was built beside the program."""
    program = pathlib.Path(doorward.program).parent / "fuzz/variants"
    if not program.exists():
        pytest.skip("%s is not built; make asan does" % program)
    return lambda folder: subprocess.run([program, "cut", "1", "100000", folder], cwd=folder, text=True, timeout=600,
                                         capture_output=True)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True, timeout=60).stdout


FORMS = {"pcapng": lambda capture: capture.pcapng(capture.frames),
         "pcap.gz": lambda capture: gzip.compress(capture.pcap(capture.frames)),
         "pcapng.zst": lambda capture: zstd(capture.pcapng(capture.frames))}


@pytest.mark.parametrize("form", FORMS)
def test_an_end_anywhere_is_told_as_what_it_is(variants, need, tmp_path, form):
    need("zstd")
    lengths = 0
    for name in CAPTURES:
        data = FORMS[form](Capture((TOP / "test/golden/captures" / (name + ".pcap")).read_bytes()))
        (tmp_path / ("%s.%s" % (name, form))).write_bytes(data)
        lengths += len(data) + 1
    run = variants(tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("%d readings of %d captures" % (lengths, len(CAPTURES)))
