#!/usr/bin/env python3
"""A flood into NFLOG; see attempts.sh, which gives the network namespace that all of this happens in. Each packet is
logged, without a limit: what is told and what is counted as lost must be all that the kernel's counter has, and the
program must need no more memory for ten times as many."""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLOODS = (200_000, 2_000_000)
RULES = """table inet flood {
    chain in {
        type filter hook prerouting priority -300
        udp dport 9999 counter log prefix "doorward deny flood" group 1013
    }
}
"""


def group_is_bound():
    try:
        with open("/proc/net/netfilter/nfnetlink_log") as groups:
            return "1013" in groups.read().split()
    except FileNotFoundError:
        return False


def most_memory(pid):
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def logged():
    return int(re.search(r"counter packets (\d+)", subprocess.run(["nft", "list", "table", "inet", "flood"], check=True,
                                                                   capture_output=True, text=True).stdout)[1])


def send(packets, count):
    begun = time.perf_counter()
    first = ["chrt", "-f", "5"] if shutil.which("chrt") else []  # what else the machine does must not slow the flood
    subprocess.run(first + [packets, "bench0", "192.0.2.9", "9999", str(count)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def wait_until_quiet(pid):
    """Until the reader has told all that the kernel holds for it: it uses no processor any more."""
    used = None
    while used != (used := pathlib.Path("/proc/%d/stat" % pid).read_text().split()[13:15]):
        time.sleep(1)


def flood(program, packets, count, told):
    """Returns packets in a second, what the kernel logged, what became of it, KB of memory, and the exit status."""
    subprocess.run(["nft", "-f", "-"], input="flush ruleset\n" + RULES, text=True, check=True)
    reader = subprocess.Popen([program, "attempts", "--follow", "--json"], stdout=told)
    while not group_is_bound():
        time.sleep(0.01)
    seconds = send(packets, count)
    wait_until_quiet(reader.pid)
    send(packets, 100)  # what was lost shows in the number of the next one
    wait_until_quiet(reader.pid)
    memory = most_memory(reader.pid)
    reader.send_signal(signal.SIGTERM)
    status = reader.wait(60)
    told.seek(0)
    *_, last = told
    return count / seconds, logged(), json.loads(last)["attempts"], memory, status


def main(program, packets):
    subprocess.run("ip link set lo up && ip tuntap add dev bench0 mode tun && ip address add 10.200.0.1/24 dev bench0 && "
                   "ip link set bench0 up && ip route add default dev bench0 && sysctl -qw net.ipv4.conf.all.rp_filter=0 "
                   "net.ipv4.conf.bench0.rp_filter=0", shell=True, check=True)
    memories = []
    for count in FLOODS:
        with tempfile.TemporaryFile("w+") as told:
            rate, all_, total, memory, status = flood(program, packets, count, told)
        memories.append(memory)
        whole = total["told"] + total["lost"] == all_
        print("%d packets, each logged, %.0f in a second (bar: at least 100000)%s" % (
            all_, rate, "" if rate >= 100_000 else ", MISSED"))
        print("  told %d + lost %d = %d of %d%s; %d KB of memory; exit status %d" % (
            total["told"], total["lost"], total["told"] + total["lost"], all_, "" if whole else ", MISSED", memory, status))
    print("  memory for ten times as many                   ratio = %.2f (bar: at most 1.10)%s" % (
        memories[1] / memories[0], "" if memories[1] <= 1.1 * memories[0] else ", MISSED"))


main(sys.argv[1], sys.argv[2])
