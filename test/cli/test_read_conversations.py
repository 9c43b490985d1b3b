"""What real clients and servers said to each other, read from captures of them: the facts that were set stand in the
events, and no password does."""
import pathlib

import pytest

CAPTURES = pathlib.Path(__file__).parents[1] / "golden" / "captures"

# File, type of the event, members that one of its events has.
TOLD = [
    ("ftp", "ftp", {"command": "USER", "user": "porter", "completion_code": ["331"]}),
    ("ftp", "ftp", {"command": "RETR", "command_data": "a", "mode": "passive", "completion_code": ["150", "226"]}),
    ("ftp", "ftp_data", {"direction": "download"}),
    ("git", "git", {"service": "git-upload-pack", "path": "/repo.git", "host": "192.0.2.1", "version": "2"}),
    ("http", "http", {"hostname": "192.0.2.1", "url": "/other?x=1", "http_method": "GET", "status": 200, "length": 5}),
    ("http", "http", {"url": "/post", "http_method": "POST", "request_length": 3, "user": "joe"}),
    ("http2", "http", {"url": "/door", "http_method": "GET", "status": 200, "length": 5, "protocol": "HTTP/2"}),
    ("memcached", "memcached", {"protocol": "text", "hits": 1, "version": "1.6.18"}),
    ("mqtt", "mqtt", {"subscribed": ["doors/#"], "connack": {"return_code": 0}}),
    ("redis", "redis", {"commands": {"AUTH": 1, "SET": 1}, "authenticated": True, "user": "default"}),
    ("redis", "redis", {"commands": {"PING": 1}, "errors": 1}),
    ("rsync", "rsync", {"module": "doors", "auth_required": False, "accepted": True}),
    ("ssh", "ssh", {"kex_algorithm": "sntrup761x25519-sha512", "host_key": {
        "type": "ssh-ed25519", "fingerprint": "SHA256:HZAx+Tg8aawtULtZ+PQ6HTLmzqh0q2ozMMQC2Zk6f0M"}}),
    ("svn", "svn", {"url": "svn://192.0.2.1", "auth_mechanism": "ANONYMOUS"}),
]

WEAK = {
    "ftp": {"ftp-clear-login"},
    "http": {"http-clear-login"},
    "memcached": {"memcached-no-auth"},
    "mqtt": {"mqtt-no-auth"},
    "redis": {"redis-clear-login"},
    "ssh": set(),
    "git": set(),
}


def read(doorward, name):
    return doorward("read", "--json", CAPTURES / f"{name}.pcap")


@pytest.mark.parametrize("name, kind, members", TOLD)
def test_facts_stand_in_the_events(doorward, name, kind, members):
    told = [event[kind] for event in read(doorward, name).events() if event["event_type"] == kind]

    assert any(all(event.get(key) == value for key, value in members.items()) for event in told), told


@pytest.mark.parametrize("name", sorted({name for name, _, _ in TOLD}))
def test_passwords_do_not(doorward, name):
    out = read(doorward, name).out

    assert "secret" not in out
    assert "c2VjcmV0" not in out


@pytest.mark.parametrize("name", sorted(WEAK))
def test_weaknesses_are_found(doorward, name):
    found = {event["finding"]["id"] for event in read(doorward, name).events() if event["event_type"] == "finding"}

    assert WEAK[name] <= found
    assert {id for id in found if id.startswith(name)} == WEAK[name]
