"""Captures that tests build themselves: packets of both families, conversations of TCP, files of pcap."""
import ipaddress
import socket
import struct

SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16
START = 1_790_000_000  # 2026-09-21 14:13:20 UTC


def checksum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(source, destination, transport, payload):
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), transport, 64) + source.packed + destination.packed + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, transport, 0) + source.packed + destination.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp(source, sport, destination, dport, payload=b""):
    return ip(source, destination, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload)


def tcp(source, sport, destination, dport, flags, sequence=0, acknowledgement=0, payload=b""):
    return ip(source, destination, 6, struct.pack("!HHIIBBHHH", sport, dport, sequence & 0xffffffff,
                                                  acknowledgement & 0xffffffff, 5 << 4, flags, 65000, 0, 0) + payload)


def icmp(source, destination, kind, code=0, payload=b"\0" * 8):
    body = struct.pack("!BBH", kind, code, 0) + payload
    return ip(source, destination, 1, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def conversation(client, cport, server, sport, *words, close=True):
    """A TCP connection: each word is (who, bytes), who being 0 for the client and 1 for the server."""
    ends, next_sequence = ((client, cport), (server, sport)), [1000, 5000]

    def send(who, flags, payload=b""):
        packet = tcp(*ends[who], *ends[1 - who], flags, next_sequence[who],
                     next_sequence[1 - who] if flags & ACK else 0, payload)
        next_sequence[who] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        return packet

    packets = [send(0, SYN), send(1, SYN | ACK), send(0, ACK)]
    for who, payload in words:
        packets += [send(who, ACK | PSH, payload), send(1 - who, ACK)]
    if close:
        packets += [send(0, FIN | ACK), send(1, FIN | ACK), send(0, ACK)]
    return packets


def attempt(client, cport, server, sport, refused=False):
    packets = [tcp(client, cport, server, sport, SYN, 1)]
    return packets + ([tcp(server, sport, client, cport, RST | ACK, 0, 2)] if refused else [])


def dns_query(name, number=7, answer=None):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    question = labels + struct.pack("!HH", 1, 1)
    if answer is None:
        return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + socket.inet_aton(answer)
    return struct.pack("!HHHHHH", number, 0x8180, 1, 1, 0, 0) + question + record


def http(path="/", host="www.example.org"):
    return ((0, b"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: test/1\r\n\r\n" % (path.encode(), host.encode())),
            (1, b"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 5\r\n\r\nhello"))


SSH = ((1, b"SSH-2.0-OpenSSH_9.6\r\n"), (0, b"SSH-2.0-OpenSSH_9.2\r\n"))


def capture(packets, start=START, step=0.001, link=101):
    """The bytes of a pcap file; packets are raw IP, or pairs of a time and one."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    for nth, packet in enumerate(packets):
        when, packet = packet if isinstance(packet, tuple) else (start + nth * step, packet)
        out += struct.pack("<IIII", int(when), int(when * 1000000) % 1000000, len(packet), len(packet)) + packet
    return out
