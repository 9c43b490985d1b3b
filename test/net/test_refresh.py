"""doorward refresh: names of hosts in a policy, what they stood for, and what they stand for by now. The resolver is a
hosts file of the test's own, in a mount namespace."""
import subprocess

import pytest

from test_apply import host  # noqa: F401

POLICY = """allow https/443 from shop.test.invalid id shop
allow ssh/22 from 192.0.2.9, admin.test.invalid id admin
allow out tcp/25 to shop.test.invalid, 2001:db8::25 id mail
"""


@pytest.fixture
def named(host, need):
    """named.hosts({name: addresses}), named.do(command, ...) under that hosts file, and named.chain(rule)'s addresses."""
    need("root", "unshare", "mount")
    file, switch = host.folder / "hosts", host.folder / "nsswitch"
    switch.write_text("passwd: files\nhosts: files\n")

    class Named:
        def hosts(self, names):
            file.write_text("".join("%s %s\n" % (address, name) for name, list_ in names.items() for address in list_))

        def do(self, command, *words):
            mounts = "mount --bind %s /etc/hosts && mount --bind %s /etc/nsswitch.conf && exec \"$@\"" % (file, switch)
            return subprocess.run(
                host.space.command("unshare", "--mount", "sh", "-c", mounts, "-", host.program.program, command, *words,
                                   *(["--state", host.state] if command != "lint" else [])),
                capture_output=True, text=True, timeout=60)

        def in_force(self, text):
            for words in (("apply", host.policy(text)), ("confirm",)):
                run = self.do(*words)
                assert run.returncode == 0, run.stderr

        def lets_in(self, address):
            return address in host.table()

    return Named()


BEFORE = {"shop.test.invalid": ["198.51.100.7", "2001:db8::7"], "admin.test.invalid": ["198.51.100.22"]}


def test_names_stand_for_what_they_did_until_they_are_refreshed(host, named):
    named.hosts(BEFORE)
    named.in_force(POLICY)
    table = host.table()
    assert all(named.lets_in(address) for address in ("198.51.100.7", "2001:db8::7", "198.51.100.22", "192.0.2.9"))
    assert (host.state / "1.names").read_text() == ("shop.test.invalid 198.51.100.7 2001:db8::7\n"
                                                    "admin.test.invalid 198.51.100.22\n")
    run = named.do("refresh")
    assert run.returncode == 0 and "nothing was changed" in run.stdout and host.table() == table
    named.hosts({**BEFORE, "shop.test.invalid": ["198.51.100.8", "2001:db8::7"]})
    assert host.table() == table
    run = named.do("refresh")
    assert run.returncode == 0 and "Number 2 is in force" in run.stdout, run.stderr
    assert named.lets_in("198.51.100.8") and not named.lets_in("198.51.100.7") and named.lets_in("198.51.100.22")
    assert "shop.test.invalid 198.51.100.8 2001:db8::7\n" in (host.state / "2.names").read_text()
    assert host.status()["drift"] == "none" and host.status()["number"] == 2
    assert host.history()[-1]["stands_for"] == 1 and host.history()[-1]["in_force"] is True
    assert host.do("undo").status == 0 and host.table() == ""


def test_the_same_addresses_in_another_order_are_the_same(host, named):
    named.hosts({"shop.test.invalid": ["198.51.100.7", "198.51.100.5", "198.51.100.7"], "admin.test.invalid": ["192.0.2.1"]})
    named.in_force(POLICY)
    named.hosts({"shop.test.invalid": ["198.51.100.5", "198.51.100.7"], "admin.test.invalid": ["192.0.2.1"]})
    assert "nothing was changed" in named.do("refresh").stdout and len(host.history()) == 1


def test_a_name_that_is_not_found_stays_what_it_was(host, named):
    named.hosts(BEFORE)
    named.in_force(POLICY)
    named.hosts({"shop.test.invalid": ["198.51.100.8"]})
    run = named.do("refresh")
    assert run.returncode == 3 and "stay as they were: admin.test.invalid" in run.stderr
    assert named.lets_in("198.51.100.22") and named.lets_in("198.51.100.8") and not named.lets_in("198.51.100.7")


def test_apply_of_a_name_that_is_not_found_changes_nothing(host, named):
    named.hosts(BEFORE)
    named.in_force(POLICY)
    table = host.table()
    named.hosts({})
    run = named.do("apply", host.policy(POLICY + "allow tcp/9 id more\n", "other.policy"))
    assert run.returncode == 2 and "the host 'shop.test.invalid' is not found" in run.stderr
    assert host.table() == table and len(host.history()) == 1


def test_what_was_edited_or_waits_is_not_refreshed(host, named):
    named.hosts(BEFORE)
    assert "No policy was ever applied" in named.do("refresh").stdout
    named.in_force(POLICY)
    table = host.table()
    path = host.policy(POLICY + "allow tcp/9 id more\n")
    run = named.do("refresh")
    assert run.returncode == 2 and "is not as it was when number 1 was put in place" in run.stderr
    assert host.table() == table
    assert named.do("apply", path, "--timeout", "1h").returncode == 0
    path.write_text(POLICY)
    named.hosts({**BEFORE, "shop.test.invalid": ["198.51.100.8"]})
    run = named.do("refresh")
    assert run.returncode == 2 and "number 2 waits to be confirmed" in run.stderr
    assert host.do("undo").status == 0 and host.table() == table


def test_what_comes_up_with_the_host_is_what_was_refreshed(host, named, namespaces):
    named.hosts(BEFORE)
    named.in_force(POLICY)
    named.hosts({**BEFORE, "shop.test.invalid": ["198.51.100.8"]})
    assert named.do("refresh").returncode == 0
    table = host.table()
    named.hosts({})
    host.space = namespaces.new()
    assert named.do("apply", "--boot").returncode == 0 and host.table() == table


def test_names_of_hosts_are_written_as_they_were(host, named):
    named.hosts(BEFORE)
    run = named.do("lint", "--format", host.policy(POLICY))
    assert run.returncode == 0 and "from 192.0.2.9, admin.test.invalid" in run.stdout


def test_verdict_goes_by_the_record_of_the_folder_that_is_named(host, named):
    """What the kernel goes by, whatever the name stands for by now."""
    named.hosts(BEFORE)
    named.in_force(POLICY)
    named.hosts({**BEFORE, "shop.test.invalid": ["198.51.100.8"]})
    path, question = host.folder / "host.policy", "out tcp/25 to %s"
    assert named.do("verdict", "-P", path, question % "198.51.100.7").returncode == 0
    assert named.do("verdict", "-P", path, question % "198.51.100.8").returncode == 1
    host.state = host.folder / "other"
    assert named.do("verdict", "-P", path, question % "198.51.100.7").returncode == 1
    assert named.do("verdict", "-P", path, question % "198.51.100.8").returncode == 0
