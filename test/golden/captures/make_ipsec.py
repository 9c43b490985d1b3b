#!/usr/bin/env python3
"""make_ipsec.py: writes ipsec.pcap and ipsec.keys beside itself, with scapy's IPsec and fixed random octets.

Each association protects one UDP datagram, 1000 -> 2000 "hello", in transport or tunnel mode. On the way routers
change what they may. The last packets: one with a flipped octet, and one that is sent again.
"""
import os
import random

from scapy.layers.inet import IP, UDP, IPOption_LSRR, IPOption_RR, IPOption_Router_Alert
from scapy.layers.inet6 import (HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN,
                                RouterAlert)
from scapy.layers.ipsec import AH, ESP, SecurityAssociation
from scapy.utils import wrpcap

here = os.path.dirname(os.path.abspath(__file__))
fixed = random.Random(4303)
frames, lines = [], ["# Associations of ipsec.pcap, made by make_ipsec.py; keys of nobody."]
spi = 0x1000

ciphers = [("aes-cbc", "AES-CBC", (16, 24, 32)), ("aes-ctr", "AES-CTR", (20, 28, 36)),
           ("aes-gcm-16", "AES-GCM", (20, 28, 36)), ("chacha20-poly1305", "CHACHA20-POLY1305", (36,)),
           ("3des-cbc", "3DES", (24,)), ("null", "NULL", (0,))]
macs = [("hmac-md5-96", "HMAC-MD5-96", 16), ("hmac-sha1-96", "HMAC-SHA1-96", 20),
        ("hmac-sha256-128", "SHA2-256-128", 32), ("hmac-sha384-192", "SHA2-384-192", 48),
        ("hmac-sha512-256", "SHA2-512-256", 64), ("aes-cmac-96", "AES-CMAC-96", 16)]


def octets(count):
    return bytes(fixed.randrange(256) for _ in range(count))


def inner(version):
    ends = {"src": "192.0.2.1", "dst": "192.0.2.2"} if version == 4 else {"src": "2001:db8::1", "dst": "2001:db8::2"}
    return (IP if version == 4 else IPv6)(**ends) / UDP(sport=1000, dport=2000) / b"hello"


def tunnel(version):
    if version == 4:
        return IP(src="198.51.100.1", dst="198.51.100.2")
    return IPv6(src="2001:db8:1::1", dst="2001:db8:1::2")


def changed(packet):
    """What a router does to it."""
    packet = packet.copy()
    if packet.version == 4:
        packet.ttl -= 3
        packet.tos = 0x2e
        del packet.chksum
        for option in packet.options:
            if option.name == "Record Route":
                option.routers = ["203.0.113.9"] + option.routers[1:]
                option.pointer = 8
    else:
        packet.hlim -= 3
        packet.tc = 0x2e
        packet.fl = 0x12345
    return packet.__class__(bytes(packet))


def add(kind, packet, outer, cipher=None, cipher_size=0, mac=None, mac_size=0, ends=True):
    global spi
    spi += 1
    key, auth = octets(cipher_size), octets(mac_size)
    line = "%s 0x%x" % ("esp" if kind is ESP else "ah", spi)
    if spi % 2 and ends:
        source = outer or packet
        line += " from %s to %s" % (source.src, source.dst)
    if cipher:
        line += " encryption %s" % cipher[0] + (" 0x" + key.hex() if key else "")
    if mac:
        line += " integrity %s 0x%s" % (mac[0], auth.hex())
    association = SecurityAssociation(
        kind, spi=spi, crypt_algo=cipher and cipher[1], crypt_key=key or None, auth_algo=mac[1] if mac else None,
        auth_key=auth or None, tunnel_header=outer)
    iv = octets(association.crypt_algo.iv_size) if cipher and association.crypt_algo.iv_size else None
    frames.append(changed(association.encrypt(packet, iv=iv, seq_num=fixed.randrange(1, 1 << 32))
                          if kind is ESP else association.encrypt(packet, seq_num=7)))
    lines.append(line)


for number, cipher in enumerate(ciphers):
    for size in cipher[2]:
        combined = cipher[0] in ("aes-gcm-16", "chacha20-poly1305")
        for mode in range(4):
            mac = None if combined else macs[(number + mode + size) % len(macs)]
            add(ESP, inner(4 if mode % 2 else 6), tunnel(4 if mode != 2 else 6) if mode > 1 else None, cipher, size,
                mac, mac[2] if mac else 0)
for number, mac in enumerate(macs):
    packet, packet6 = inner(4), inner(6)
    if number % 3 == 1:
        packet.options = [IPOption_RR(routers=["0.0.0.0"] * 3), IPOption_Router_Alert()]
        packet6 = packet6[IPv6].__class__(src=packet6.src, dst=packet6.dst) / IPv6ExtHdrHopByHop(
            options=[RouterAlert(), HBHOptUnknown(otype=0x3e, optlen=4, optdata=b"\1\2\3\4")]) / packet6[UDP]
    if number % 3 == 2:
        packet6 = IPv6(src=packet6.src, dst="2001:db8::2") / IPv6ExtHdrDestOpt(options=[PadN()]) / packet6[UDP]
    for outer in (None, tunnel(4)):
        add(AH, packet, outer, None, 0, mac, mac[2])
        add(AH, packet6, outer, None, 0, mac, mac[2])
routed, routed6 = inner(4), inner(6)
routed.options = [IPOption_LSRR(routers=["192.0.2.7", "192.0.2.8"])]
routed6 = IPv6(src=routed6.src, dst=routed6.dst) / IPv6ExtHdrRouting(
    type=0, addresses=["2001:db8::7", "2001:db8::8"], segleft=2) / routed6[UDP]
routed.dst = "192.0.2.8"  # scapy signs IPv4 with the destination that stands there, which is to be the last
for packet in (routed6, routed):
    add(AH, packet, None, None, 0, macs[2], 32, ends=False)
frames[-1].dst = "192.0.2.2"
del frames[-1].chksum
bad = frames[0].copy()
bad = bad.__class__(bytes(bad)[:-20] + bytes([bytes(bad)[-20] ^ 1]) + bytes(bad)[-19:])
frames += [bad, frames[1]]
wrpcap(os.path.join(here, "ipsec.pcap"), frames, linktype=101)
with open(os.path.join(here, "ipsec.keys"), "w", encoding="ascii") as file:
    file.write("\n".join(lines) + "\n")
print(len(lines) - 1, "associations,", len(frames), "frames")
