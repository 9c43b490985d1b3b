"""Servers that do not wait to be asked, that repeat what they hear, or that hear nobody who does not name the protocol
inside TLS."""
import subprocess
import sys

import pytest

from test_knock import at, knock, space  # noqa: F401

SERVER = """
import socket, ssl, sys, threading
kind, certificate, key = sys.argv[1], sys.argv[2], sys.argv[3]
SETTINGS, ACKNOWLEDGED = bytes.fromhex("000000040000000000"), bytes.fromhex("000000040100000000")
def http2(c):
    c.sendall(SETTINGS)
    if c.recv(4096).startswith(b"PRI * HTTP/2.0"):
        c.sendall(ACKNOWLEDGED)
        c.recv(4096)
def http2_in_tls(c):
    if c.selected_alpn_protocol() == "h2":
        http2(c)
def repeating(c):
    while words := c.recv(4096):
        c.sendall(words.replace(b"\\r", b""))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.set_alpn_protocols(["h2"])
listener = socket.create_server(("127.0.0.1", 7100), backlog=64)
def each(c):
    try:
        if kind != "http2":
            c = context.wrap_socket(c, server_side=True)
        {"http2": http2, "http2_in_tls": http2_in_tls, "repeating": repeating}[kind](c)
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.mark.parametrize("kind, spoken", [("http2", "http2"), ("http2_in_tls", "tls:http2"), ("repeating", "tls")])
def test_who_is_spoken_to_in_his_own_way(space, tmp_path, need, kind, spoken):  # noqa: F811
    need("openssl")
    files = tmp_path / "certificate", tmp_path / "key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    space.start(sys.executable, "-c", SERVER, kind, *files)
    space.wait_for_port(7100)
    (found,) = knock(space, *at(7100))
    assert found["spoken"] == spoken
