"""scan: 250 addresses by 1,000 ports, and 16 million pairs; see scan.sh. DOORWARD names the program."""
import json
import os
import re
import subprocess
import sys
import time

DOORWARD = os.environ.get("DOORWARD", "build-bench/doorward")
ROUNDS = int(os.environ.get("ROUNDS", 3))
HOSTS, PORTS = 250, 1000
SERVER, CLIENT = "doorward-bench-server", "doorward-bench-client"
OPEN = (22, 80, 443, 999)
LISTEN = """
import select, socket
kept = [socket.create_server(("", port), backlog=4096) for port in %r]
print(flush=True)
while True:
    for server in select.select(kept, [], [])[0]:
        server.accept()[0].close()
""" % (OPEN,)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def build():
    for space in SERVER, CLIENT:
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")
    ip("link", "add", "eth0", "netns", SERVER, "type", "veth", "peer", "name", "eth0", "netns", CLIENT)
    ip("-n", CLIENT, "address", "add", "10.9.0.254/16", "dev", "eth0")
    batch = "".join("address add 10.9.0.%d/16 dev eth0\n" % n for n in range(1, HOSTS + 1))
    subprocess.run(["ip", "-n", SERVER, "-batch", "-"], input=batch, text=True, check=True)
    for space in SERVER, CLIENT:
        ip("-n", space, "link", "set", "eth0", "up")
    server = subprocess.Popen(["ip", "netns", "exec", SERVER, sys.executable, "-c", LISTEN], stdout=subprocess.PIPE)
    server.stdout.readline()
    return server


def timed(*command):
    """Seconds, the most memory in MiB, and what was printed."""
    begun = time.monotonic()
    program = subprocess.Popen(["ip", "netns", "exec", CLIENT, *command], stdout=subprocess.PIPE, text=True)
    out = program.stdout.read()
    _, _, usage = os.wait4(program.pid, 0)
    return time.monotonic() - begun, usage.ru_maxrss / 1024, out


def found_by_doorward(out):
    return {(e["dest_ip"], e["dest_port"]) for e in map(json.loads, out.splitlines()) if e["event_type"] == "service"}


def found_by_nmap(out):
    found, host = set(), None
    for line in out.splitlines():
        host = line.split()[-1].strip("()") if line.startswith("Nmap scan report") else host
        port = re.match(r"(\d+)/tcp\s+open", line)
        if port:
            found.add((host, int(port[1])))
    return found


def ours(*words):
    return timed(os.path.abspath(DOORWARD), "scan", "--json", *words)


def compare():
    expected = {("10.9.0.%d" % n, port) for n in range(1, HOSTS + 1) for port in OPEN}
    target = "10.9.0.1-10.9.0.%d" % HOSTS
    best = {}
    for _ in range(ROUNDS):
        for name, run, found in (
                ("doorward", lambda: ours("-p", "1-%d" % PORTS, "--no-knock", target), found_by_doorward),
                ("nmap", lambda: timed("nmap", "-n", "-p", "1-%d" % PORTS, "10.9.0.1-%d" % HOSTS), found_by_nmap)):
            took, memory, out = run()
            missed = len(expected - found(out))
            best[name] = min(best.get(name, (took, memory, missed)), (took, memory, missed))
    print("%d addresses by %d ports, %d open: %.2f s (missed %d) against %.2f s of nmap (missed %d), ratio %.2f"
          % (HOSTS, PORTS, len(expected), best["doorward"][0], best["doorward"][2], best["nmap"][0], best["nmap"][2],
             best["doorward"][0] / best["nmap"][0]))


def weigh():
    """All pairs have their bit; after some seconds the rest would only be more of the same."""
    took, memory, out = ours("-p", "1-255", "--no-discovery", "--no-knock", "--max-time", "10", "127.1.0.0/16")
    stats = json.loads(out.splitlines()[-1])["stats"]
    print("%d pairs: %.1f MiB (at most 64), %d asked in %.1f s"
          % (stats["hosts"] * stats["ports"], memory, stats["asked"], took))


def main():
    if os.geteuid() != 0:
        sys.exit("scan: needs root, to make network namespaces")
    server = None
    try:
        server = build()
        compare()
        weigh()
    finally:
        if server is not None:
            server.kill()
        for space in SERVER, CLIENT:
            subprocess.run(["ip", "netns", "del", space])


if __name__ == "__main__":
    main()
