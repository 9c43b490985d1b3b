"""check: CPU of `doorward check --no-knock` on a host with 100 listeners, beside `ss -tlnp`; see check.sh."""
import os
import subprocess
import sys

from sockets import ROUNDS, SPACE, Held, pairs

COUNT = int(os.environ.get("COUNT", 100))
PROCESSES = 20
CHECK = ["build-bench/doorward", "check", "--no-knock", "--here"]
SS = ["ss", "-tlnp"]


def main():
    if os.geteuid() != 0:
        sys.exit("check: needs root, to make a network namespace")
    subprocess.run(["ip", "netns", "add", SPACE], check=True)
    try:
        subprocess.run(["ip", "-n", SPACE, "link", "set", "lo", "up"], check=True)
        with Held("listen", COUNT, PROCESSES):
            ours, theirs = pairs(CHECK, SS, rounds=7 * ROUNDS)
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=True)
    print("%d listeners of %d processes: CPU %.1f ms (at most 50) against %.1f ms of ss -tlnp, ratio %.2f"
          % (COUNT, PROCESSES, ours[0] * 1000, theirs[0] * 1000, ours[0] / theirs[0]))


if __name__ == "__main__":
    main()
