"""Servers that do not wait to be asked, that repeat what they hear, or that hear nobody who does not name the protocol
inside TLS."""
import subprocess
import sys

import pytest

from test_knock import at, knock, space  # noqa: F401

SERVER = """
import socket, ssl, sys, threading
kind, port, certificate, key = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
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
def rtmp(c):
    words = c.recv(1537, socket.MSG_WAITALL)
    c.sendall(words + words[1:])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.set_alpn_protocols(["h2"])
listener = socket.create_server(("127.0.0.1", port), backlog=64)
def each(c):
    try:
        if kind not in ("http2", "rtmp"):
            c = context.wrap_socket(c, server_side=True)
        {"http2": http2, "http2_in_tls": http2_in_tls, "repeating": repeating, "rtmp": rtmp}[kind](c)
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
"""


# RTMP's server answers with what it was told, and goes on: nginx's does so.
@pytest.mark.parametrize("kind, port, spoken", [("http2", 7100, "http2"), ("http2_in_tls", 7100, "tls:http2"),
                                                ("repeating", 7100, "tls"), ("rtmp", 1935, "rtmp")])
def test_who_is_spoken_to_in_his_own_way(space, tmp_path, need, kind, port, spoken):  # noqa: F811
    need("openssl")
    files = tmp_path / "certificate", tmp_path / "key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    space.start(sys.executable, "-c", SERVER, kind, str(port), *files)
    space.wait_for_port(port)
    (found,) = knock(space, *at(port))
    assert found["spoken"] == spoken
