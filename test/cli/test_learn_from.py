"""doorward learn --from: other tools' rules as a first policy, and what of them could not be carried over."""
import pytest

UFW = """*filter
### RULES ###
### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=6c6f67696e
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
### tuple ### allow tcp 80,443 0.0.0.0/0 any 192.0.2.0/24 in_eth0
### tuple ### deny_log udp 8000:8100 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### route:allow tcp 25 0.0.0.0/0 any 0.0.0.0/0 in
"""
IPTABLES = """*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -m comment --comment "admin login" -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -p udp -j DROP
-A INPUT -p tcp -m recent --set -j DROP
-A FORWARD -p tcp --dport 25 -j REJECT --reject-with icmp-port-unreachable
COMMIT
"""
NFT = """table inet filter {
	set s { type ipv4_addr; }
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		ip saddr { 192.0.2.0/24, 198.51.100.7 } tcp dport { 22, 8000-8010 } accept comment "admins"
		udp dport 53 counter packets 3 bytes 180 drop
		tcp dport @open accept
	}
}
"""
ZONE = """<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>Public</short>
  <source address="192.0.2.0/24"/>
  <service name="ssh"/>
  <port port="8080-8090" protocol="tcp"/>
  <rule family="ipv4"><accept/></rule>
</zone>
"""
COMPOSE = """services:
  web:
    image: nginx
    ports:
      - "8080:80"
      - "127.0.0.1:5432:5432/tcp"
      - 53:53/udp
      - "3000"
  db:
    image: postgres
"""
NMAP = """Nmap scan report for shop (192.0.2.7)
PORT     STATE  SERVICE VERSION
22/tcp   open   ssh     OpenSSH 9.2p1
25/tcp   closed smtp
53/udp   open   domain
"""
CASES = {
    "ufw": (UFW, ["# line 3: login\nallow tcp/22\n", "allow tcp/80, tcp/443 from 192.0.2.0/24 on eth0\n",
                  "deny udp/8000-8100 log\n"], ["line 7 (an action"]),
    "iptables": (IPTABLES, ["# line 6: admin login\nallow tcp/22 from 192.0.2.0/24\n", "allow tcp/80, tcp/443\n",
                            "reject through tcp/25\n"],
                 ["line 3 (what no rule names", "line 8 (it is inverted)", "line 9 (a match"]),
    "nft": (NFT, ["# line 7: admins\nallow tcp/22, tcp/8000-8010 from 192.0.2.0/24, 198.51.100.7\n",
                  "deny udp/53\n"], ["line 2 (not in a chain", "line 9 (a door"]),
    "firewalld": (ZONE, ["# line 5, ssh\nallow tcp/22 from 192.0.2.0/24\n",
                         "allow tcp/8080-8090 from 192.0.2.0/24\n"], ["line 7 (an element"]),
    "compose": (COMPOSE, ["# line 5, web\nallow tcp/8080\n", "allow tcp/5432 from 127.0.0.1 to 127.0.0.1\n",
                          "allow udp/53\n"], ["line 8 (its port is not fixed)"]),
    "nmap": (NMAP, ["# line 3, ssh: OpenSSH 9.2p1\nallow tcp/22\n", "allow udp/53\n"], []),
}


@pytest.mark.parametrize("kind", CASES)
def test_rules_are_carried_over_or_said(doorward, tmp_path, kind):
    text, rules, left = CASES[kind]
    path = tmp_path / "from"
    path.write_text(text)
    run = doorward("learn", "--from", kind, path)
    assert run.status == (3 if left else 0), run.err
    for rule in rules:
        assert rule in run.out, run.out
    for words in left:
        assert "# NOT CARRIED OVER, " + words in run.out, run.out
    assert run.out.endswith("deny all\n") and run.out.count("NOT CARRIED") >= len(left)
    policy = tmp_path / "host.policy"
    policy.write_text(run.out)
    assert doorward("verdict", "-P", policy, "tcp/9 from 203.0.113.9").status == 1
    assert "because" not in "".join(line for line in run.out.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("kind", CASES)
def test_strange_lines_are_bounded_and_never_rules(doorward, tmp_path, kind):
    text = CASES[kind][0]
    lines = ["-A INPUT " + "x" * 3000, "\x1b[31m\x00\xff allow all", "### tuple ### allow", "<port port=\"", "{" * 500,
             "\t\ttcp dport", "- \"::::\"", "-A INPUT -p tcp --dport 99999 -j ACCEPT", "1/tcp open " + "y" * 500]
    path = tmp_path / "from"
    path.write_bytes((text + "\n".join(lines * 1500)).encode("latin-1"))
    run = doorward("learn", "--from", kind, path)
    assert run.status in (0, 3), run.err
    assert "\x1b" not in run.out and "99999" not in "".join(
        line for line in run.out.splitlines() if not line.startswith("#"))
    assert run.out.count("NOT CARRIED OVER, ") <= 1000
    policy = tmp_path / "host.policy"
    policy.write_text(run.out)
    assert doorward("lint", policy).status in (0, 1)


def test_what_belongs_together(doorward, tmp_path):
    assert doorward("learn", "--from", "ufw").status == 2
    assert doorward("learn", tmp_path / "x").status == 2
    run = doorward("learn", "--from", "ufw", tmp_path / "absent")
    assert run.status == 2 and "absent" in run.err
    assert doorward("learn", "--from", "pf", tmp_path).status == 2
