"""The policy in the kernel: rule sets that nft takes, and packets that it decides as policy_decide() does."""
import os
import pathlib

import pytest

from conftest import PROGRAM

PROBE = pathlib.Path(PROGRAM).resolve().parent / "test/net/wall_probe"
PACKETS = int(os.environ.get("WALL_PACKETS", "5000"))  # 100,000 take some minutes
SEED = os.environ.get("WALL_SEED", "1")
INTERFACES = ("eth0", "eth1", "wg0", "br-lan")


def with_wires(space):
    """Interfaces whose wire ends in the probe, and the addresses that it takes for the host's own."""
    for nth, name in enumerate(INTERFACES):
        space.ip("tuntap", "add", "dev", name, "mode", "tun")
        space.ip("link", "set", name, "up")
    for address in ("192.0.2.121/24", "192.0.2.129/24"):
        space.ip("address", "add", address, "broadcast", "192.0.2.255", "dev", "eth0")
    for address in ("2001:db8:9::1/48", "2001:db8:9::5/48"):
        space.ip("address", "add", address, "nodad", "dev", "eth0")
    for nth, name in enumerate(INTERFACES):
        space.ip("route", "add", "default", "dev", name, "metric", str(nth + 1))
        space.ip("-6", "route", "add", "default", "dev", name, "metric", str(nth + 1))


def test_the_kernel_decides_as_the_policy_does(namespaces, need):
    need("nft")
    if not PROBE.exists():
        pytest.skip("needs %s, which is built with -Dtests=true" % PROBE)
    space = namespaces.new()
    with_wires(space)
    run = space.run(PROBE, SEED, PACKETS, check=False, timeout=3600)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr
    assert run.stdout.endswith("%d packets, all decided alike\n" % PACKETS)
