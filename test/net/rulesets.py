"""Random rule sets of nftables, for tests that hold foretold fates to what packets meet. Half of what a rule
may say is understood by the evaluation, the rest must make it unsure and never wrong."""

PORTS = (22, 53, 80, 443, 8080)
NETWORKS = {"ip": ("203.0.113.0/24", "203.0.113.8/29", "10.1.2.0/24", "10.1.2.16/28", "203.0.113.5", "10.0.0.0/8",
                   "203.0.113.4-203.0.113.21"),
            "ip6": ("2001:db8:7::/48", "2001:db8:8::/48", "2001:db8:8::4", "2001:db8::/32",
                    "2001:db8:7::3-2001:db8:8::9")}
OWN = {"ip": ("192.0.2.1", "198.51.100.1"), "ip6": ("2001:db8::1", "2001:db8:2::1")}
BEYOND = {"ip": "10.9.9.9", "ip6": "2001:db8:99::9"}
CLEAR = 0.97  # how many conditions are of the understood kind


class Table:
    """One table with its sets and chains as it grows."""

    def __init__(self, random, family, name):
        self.random, self.family, self.name = random, family, name
        self.sets, self.chains, self.called = [], [], []

    def version(self):
        return self.family if self.family != "inet" else self.random.choice(("ip", "ip6"))

    def ports(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return str(self.random.choice(PORTS))
        if kind == 1:
            return self.random.choice(("1-1023", "50-100", "400-9000"))
        if kind == 2:
            return "{ %s }" % ", ".join(map(str, self.random.sample(PORTS, self.random.randint(1, 3))))
        return "{ 20-30, 443, 8000-9000 }"

    def addresses(self, version):
        if self.random.random() < 0.5:
            return self.random.choice(NETWORKS[version])
        singles = [n for n in NETWORKS[version] if "-" not in n]
        if self.random.random() < 0.5:
            return "{ %s, %s }" % (singles[1], singles[4 if version == "ip" else 2])
        name = "s%d" % len(self.sets)
        self.sets.append("set %s { type %s_addr; flags interval; elements = { %s } }" % (
            name, "ipv4" if version == "ip" else "ipv6", self.random.choice(NETWORKS[version])))
        return "@" + name

    def operator(self):
        return self.random.choice(("", "", "", "!= "))

    def condition(self, conntrack):
        random, version = self.random, self.version()
        if random.random() > CLEAR:
            return random.choice(("ip ttl > 100" if version == "ip" else "ip6 hoplimit > 100", "limit rate 1/hour",
                                  "meta length > 1000", "numgen random mod 2 == 0", "meta priority 7",
                                  "th checksum != 1", "meta skuid 12"))
        kinds = [
            lambda: "%s saddr %s%s" % (version, self.operator(), self.addresses(version)),
            lambda: "%s saddr %s%s" % (version, self.operator(), self.addresses(version)),
            lambda: "%s dport %s%s" % (random.choice(("tcp", "udp", "th")), self.operator(), self.ports()),
            lambda: "%s dport %s%s" % (random.choice(("tcp", "udp")), self.operator(), self.ports()),
            lambda: "udp sport %s%s" % (self.operator(), random.choice(("53", "1-1023", "{ 53, 67 }"))),
            lambda: "iifname %s%s" % (self.operator(), random.choice(('"eth0"', '"eth*"', '{ "eth1", "lo" }'))),
            lambda: "meta l4proto %s" % random.choice(("tcp", "udp", "{ tcp, udp }", "!= udp")),
            lambda: "meta nfproto %s" % random.choice(("ipv4", "ipv6")) if self.family == "inet" else "th sport > 1023",
            lambda: "fib saddr . iif oif %s" % random.choice(("missing", "exists", "eth0", "eth1")),
            lambda: "fib daddr type %s" % random.choice(("local", "!= local", "{ local, multicast }")),
            lambda: "%s daddr %s%s" % (version, self.operator(), random.choice(OWN[version])),
            lambda: "meta mark %s" % random.choice(("0", "7", "& 0x3 == 3", "!= 0", "< 9")),
            lambda: "tcp flags & (fin | syn | rst | ack) == syn",
            lambda: "%s saddr & %s" % (version, "255.255.255.248 == 203.0.113.8" if version == "ip" else
                                       "ffff:ffff:ffff:: == 2001:db8:8::"),
            lambda: "%s saddr . th dport %s{ %s . 53, %s . 80 }" % (
                version, self.operator(), *(("203.0.113.5", "10.1.2.7") if version == "ip" else
                                            ("2001:db8:8::4", "2001:db8:7::3"))),
            lambda: "%s saddr . udp dport { %s . 50-443 }" % (version, NETWORKS[version][0]),
        ]
        if conntrack:
            kinds += [lambda: "ct state %s" % random.choice(("new", "established,related", "invalid", "new,untracked")),
                      lambda: "ct state vmap { established : accept, invalid : drop }",
                      lambda: "ct direction original", lambda: "ct status dnat", lambda: "ct mark 0",
                      lambda: "meta l4proto %s ct original proto-dst %s" % (random.choice(("tcp", "udp")), random.choice(PORTS))]
        return random.choice(kinds)()

    def verdict(self):
        random = self.random
        if self.called and random.random() < 0.35:
            return "%s %s" % (random.choice(("jump", "jump", "goto")), random.choice(self.called))
        return random.choice(("accept", "accept", "drop", "return", "counter", "meta mark set 7",
                              "meta mark set meta mark | 1", "counter drop"))

    def map_rule(self):
        random, version = self.random, self.version()
        verdicts = [self.verdict() for _ in range(3)]
        verdicts = [v if v.split()[0] in ("accept", "drop", "jump", "goto", "return") else "continue" for v in verdicts]
        return random.choice((
            "tcp dport vmap { 22 : %s, 50-100 : %s, 443 : %s }",
            "udp dport vmap { 53 : %s, 80 : %s, 400-9000 : %s }",
            "%s saddr vmap { %s : %%s, %s : %%s, %s : %%s }" % (version, *(
                ("203.0.113.8/29", "10.1.2.0/24", "203.0.113.0/29") if version == "ip" else
                ("2001:db8:7::/48", "2001:db8:8::4", "2001:db8:9::/48"))),
            "iifname . th dport vmap { \"eth0\" . 53 : %s, \"eth1\" . 80 : %s, \"eth0\" . 443 : %s }",
            "meta l4proto . th dport vmap { tcp . 22 : %s, udp . 53 : %s, tcp . 400-500 : %s }")) % tuple(verdicts)

    def rule(self, conntrack=True):
        if self.random.random() < 0.15:
            return self.map_rule()
        conditions = [self.condition(conntrack) for _ in range(self.random.choice((0, 1, 1, 1, 2, 2, 3)))]
        verdict = self.verdict()
        if not conditions and self.random.random() < 0.8:
            return "counter"
        return " ".join(conditions + [verdict])

    def translation(self):
        random, version = self.random, self.version()
        target = random.choice((OWN[version][0], OWN[version][1], BEYOND[version]))
        shown = "[%s]" % target if version == "ip6" else target
        kind = "dnat %s to" % version if self.family == "inet" else "dnat to"
        said = random.choice(("%s %s:%d" % (kind, shown, random.choice(PORTS)), "%s %s" % (kind, target),
                              "redirect to :%d" % random.choice(PORTS),
                              "%s %s daddr map { %s : %s }" % (kind, version, OWN[version][0], target)))
        limits = "meta nfproto %s " % ("ipv4" if version == "ip" else "ipv6") if self.family == "inet" else ""
        return limits + " ".join(["%s dport %s" % (random.choice(("tcp", "udp")), self.ports()), said])

    def chain(self, name, head, rules):
        self.chains.append("chain %s {\n%s%s\n}" % (name, head, "\n".join(rules)))

    def text(self):
        return "table %s %s {\n%s\n%s\n}\n" % (self.family, self.name, "\n".join(self.sets), "\n".join(self.chains))


def ruleset(random):
    """The text of a whole rule set, and the chains that it has."""
    said = []
    for number in range(random.randint(1, 3)):
        table = Table(random, random.choice(("inet", "inet", "ip", "ip6")), "t%d" % number)
        for called in range(random.randint(0, 4)):
            table.chain("c%d" % called, "", [table.rule() for _ in range(random.randint(0, 5))])
            table.called.append("c%d" % called)
        for hook in random.sample(("prerouting", "input", "forward"), random.randint(1, 3)):
            priority = random.choice((-300, -150, 0, 0, 10)) if hook == "prerouting" else random.choice((-10, 0, 0, 5))
            rules = [table.rule() for _ in range(random.randint(1, 8))]
            if hook == "prerouting" and priority == -300 and random.random() < 0.5:
                rules.insert(0, table.condition(False) + " notrack")
            table.chain(hook, "type filter hook %s priority %d; policy %s;\n" % (
                hook, priority, random.choice(("accept", "accept", "drop"))), rules)
        if random.random() < 0.4:
            table.chain("nat", "type nat hook prerouting priority -100;\n",
                        [table.translation() for _ in range(random.randint(1, 3))])
        said.append(table.text())
    return "".join(said)
