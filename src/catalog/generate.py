#!/usr/bin/env python3
"""generate.py SERVICES TRANSPORTS ICMP ADDRESSES --output FILE: turns data/*.tsv into the tables of tables.h.

Rows that would make a lookup lie are refused with file and line: unknown words, names or aliases given twice,
ports out of range, two services that both call themselves customary at one port, blocks that overlap without
one holding the other, rows that are out of order. doc/catalogue.md describes the columns.
"""
import argparse
import ipaddress
import re
import sys

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PRIVACY = {"clear": "PRIVACY_CLEAR", "encrypted": "PRIVACY_ENCRYPTED", "either": "PRIVACY_EITHER"}
CASTS = ("unicast", "multicast", "broadcast", "anycast")
SCOPES = ("host", "link", "private", "global")
GROUPS = set("""access backup containers database directory file-sharing game industrial infrastructure mail media
    messaging monitoring network printing remote-administration routing security tunnel voice web""".split())

# Words of the policy language, which a service named so would hide.
WORDS = set("""accept all allow any approved because boundary broadcast by data deny dynamic enforce except expect from
    host id in include let limit local log mitigation mode multicast observe on out owner registered reject require
    review self service strict test through to until well-known""".split())

problems = []


class Row(dict):
    """One line of a table: its cells by the names of the columns, and where it stands."""

    def __init__(self, where, cells):
        super().__init__(cells)
        self.where = where

    def refuse(self, text):
        problems.append("%s: %s" % (self.where, text))

    def list(self, column):
        return [] if self[column] == "-" else self[column].split(",")


def read(path):
    """The rows below the first line, which names the columns; lines that begin with # are comments."""
    columns, rows = None, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        cells = line.rstrip("\n").split("\t")
        where = "%s:%d" % (path, number)
        if line.startswith("#") or not line.strip():
            continue
        if columns is None:
            columns = cells
        elif len(cells) != len(columns):
            problems.append("%s: %d cells, but there are %d columns" % (where, len(cells), len(columns)))
        elif not all(cell and cell == cell.strip() for cell in cells):
            problems.append("%s: an empty cell (write -), or one with blanks around it" % where)
        else:
            rows.append(Row(where, zip(columns, cells)))
    return rows


def in_order(rows, key):
    for before, row in zip(rows, rows[1:]):
        if key(row) < key(before):
            row.refuse("is out of order: it belongs before %s" % before.where)


def unique(rows, names_of):
    """Every name once: {name: row number}."""
    seen = {}
    for number, row in enumerate(rows):
        for name in names_of(row):
            if not NAME.fullmatch(name):
                row.refuse("'%s' is not a name: small letters and digits, parted by single dashes" % name)
            if name in WORDS:
                row.refuse("the name '%s' is a word of the policy language" % name)
            if name in seen:
                row.refuse("the name '%s' is taken by %s" % (name, rows[seen[name]].where))
            seen[name] = number
    return seen


def text(value):
    return "NULL" if value in (None, "-") else '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')


def number_in(row, column, most):
    if not row[column].isdigit() or int(row[column]) > most:
        row.refuse("%s '%s' is not a number from 0 to %d" % (column, row[column], most))
        return 0
    return int(row[column])


def word_in(row, column, words):
    if row[column] not in words:
        row.refuse("%s '%s' is none of: %s" % (column, row[column], " ".join(sorted(words))))
    return row[column]


def table(kind, name, rows):
    """A constant array with its rows, one a line."""
    return ["const %s %s[] = {" % (kind, name)] + ["\t%s," % row for row in rows] + ["};"]


def count_of(name, rows):
    return ["const size_t %s = %d;" % (name, len(rows))]


def names_table(prefix, names):
    rows = ["{%s, %d}" % (text(name), names[name]) for name in sorted(names)]
    return table("struct name_row", prefix + "_names", rows) + count_of(prefix + "_name_count", rows)


# ---- transports and ICMP ----


def transports(rows):
    in_order(rows, lambda row: number_in(row, "number", 255))
    by_number = {}
    for row in rows:
        number = int(row["number"])
        if number in by_number:
            row.refuse("the number %d is taken by %s" % (number, by_number[number].where))
        by_number[number] = row
        word_in(row, "has_ports", {"yes", "no"})
    unique(rows, lambda row: [row["name"]] + row.list("aliases"))
    names = {name: int(row["number"]) for row in rows for name in [row["name"]] + row.list("aliases")}
    out = ["static const struct transport transports[] = {"]
    out += ["\t{%d, %s, %s, %s}," % (int(row["number"]), text(row["name"]), text(row["title"]),
                                     "true" if row["has_ports"] == "yes" else "false") for row in rows]
    out += ["};", "const struct transport *const table_transports[256] = {"]
    out += ["\t[%d] = &transports[%d]," % (int(row["number"]), i) for i, row in enumerate(rows)]
    return out + ["};"] + names_table("table_transport", names), names, by_number


def icmp(rows, transport_numbers):
    def key(row):
        return transport_numbers.get(row["transport"], 0), number_in(row, "type", 255)

    in_order(rows, key)
    seen = {}
    for row in rows:
        word_in(row, "transport", {"icmp", "icmpv6"})
        if not NAME.fullmatch(row["name"]):
            row.refuse("'%s' is not a name" % row["name"])
        for mark in (key(row), (row["transport"], row["name"])):
            if mark in seen:
                row.refuse("is the same type or name as %s" % seen[mark])
            seen[mark] = row.where
    lines = ["{%d, %d, %s, %s}" % (*key(row), text(row["name"]), text(row["title"])) for row in rows]
    return table("struct icmp_type", "table_icmp", lines) + count_of("table_icmp_count", lines)


# ---- services ----


class Door:
    """tcp/443, udp/5060-5061 or gre; in brackets, (tcp/8000), where the service is not the customary one."""

    def __init__(self, row, service, rank, written, names, by_number):
        self.row, self.service, self.rank = row, service, rank
        self.shared = written.startswith("(") and written.endswith(")")
        name, _, ports = written.strip("()").partition("/")
        first, _, last = ports.partition("-")
        self.transport, self.first, self.last = names.get(name, 0), 0, 0
        transport = by_number.get(self.transport)
        if name not in names:
            row.refuse("door '%s': there is no transport '%s'" % (written, name))
        elif (transport["has_ports"] == "yes") != bool(ports):
            row.refuse("door '%s': %s %s ports" % (written, name, "needs" if not ports else "has no"))
        elif ports and not (first.isdigit() and (last or first).isdigit()
                            and int(first) <= int(last or first) <= 65535):
            row.refuse("door '%s': ports are a number or a range from 0 to 65535" % written)
        elif ports:
            self.first, self.last = int(first), int(last or first)

    def order(self):
        """The customary service first, then the narrower door, then the one nearer to the front of its list."""
        return self.shared, self.last - self.first, self.rank, self.service


def stretches(doors):
    """Cuts the doors of one transport at all their ends: [(first, last, services)], and finds two customary ones."""
    ends = sorted({door.first for door in doors} | {door.last + 1 for door in doors})
    out = []
    for first, behind in zip(ends, ends[1:]):
        here = sorted((door for door in doors if door.first <= first and behind - 1 <= door.last), key=Door.order)
        if not here:
            continue
        if len(here) > 1 and not here[1].shared:
            here[1].row.refuse("port %d is customary for %s already: put this door in brackets"
                               % (first, here[0].row.where))
        services = list(dict.fromkeys(door.service for door in here))
        out.append((first, behind - 1, services))
    return out


def ports_tables(doors):
    at, lines = [], []
    for transport in sorted({door.transport for door in doors}):
        for first, last, services in stretches([door for door in doors if door.transport == transport]):
            lines.append("{%d, %d, %d, %d, %d}" % (transport, first, last, len(at), len(services)))
            at += services
    return (table("struct port_stretch", "table_stretches", lines) + count_of("table_stretch_count", lines)
            + table("uint16_t", "table_at", [str(service) for service in at]))


def services(rows, names, by_number):
    in_order(rows, lambda row: row["name"])
    known = unique(rows, lambda row: [row["name"]] + row.list("aliases"))
    doors, lines = [], []
    for service, row in enumerate(rows):
        own = [Door(row, service, rank, written, names, by_number)
               for rank, written in enumerate(row.list("doors"))]
        doors += own
        if row["name"] in names:
            row.refuse("'%s' is the name of a transport" % row["name"])
        if row["instead"] != "-" and row["instead"] not in known:
            row.refuse("instead '%s' is no service" % row["instead"])
        word_in(row, "group", GROUPS)
        aliases = "".join("%s, " % text(alias) for alias in row.list("aliases"))
        written = ", ".join("{%d, %d, %d}" % (door.transport, door.first, door.last) for door in own)
        lines.append("{%s, (const char *const[]){%sNULL}, %s, %s, %s, %s, %s, %s, %d}" % (
            text(row["name"]), aliases, text(row["title"]), text(row["spoken"]), text(row["group"]),
            text(row["instead"]), PRIVACY.get(word_in(row, "privacy", PRIVACY)),
            "(const struct catalog_door[]){%s}" % written if own else "NULL", len(own)))
    return (table("struct service", "table_services", lines) + count_of("table_service_count", lines)
            + names_table("table_service", known) + ports_tables(doors))


# ---- addresses ----


def blocks(row):
    """The block of a row; ff0x::fb stands for one block in each scope of RFC 7346."""
    written = row["block"]
    each = [written.replace("ff0x", "ff0%x" % scope) for scope in (1, 2, 3, 4, 5, 8, 14)] \
        if written.startswith("ff0x") else [written]
    for one in each:
        try:
            first, _, last = one.partition("-")
            if last:
                yield ipaddress.ip_address(first), ipaddress.ip_address(last)
            else:
                network = ipaddress.ip_network(one)
                yield network[0], network[-1]
        except ValueError as why:
            row.refuse("block '%s': %s" % (written, why))


def sixteen(address):
    """As struct address has it: IPv4 in its mapped form."""
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def scope_of(row, first):
    if row["scope"] == "-" and first.version == 6 and first.packed[0] == 0xff:
        return {0: "host", 1: "host", 2: "link", 14: "global"}.get(first.packed[1] & 15, "private")
    return word_in(row, "scope", SCOPES)


def addresses(rows):
    found = sorted((((sixteen(first), -int(last)), first, last, row) for row in rows for first, last in blocks(row)),
                   key=lambda block: block[0])
    lines, around, open_blocks = [], [], []
    for number, (key, first, last, row) in enumerate(found):
        while open_blocks and open_blocks[-1][0] < sixteen(first):
            open_blocks.pop()
        if open_blocks and sixteen(last) > open_blocks[-1][0]:
            row.refuse("overlaps %s, and neither holds the other" % open_blocks[-1][2].where)
        if number > 0 and found[number - 1][0] == key:
            row.refuse("is the same block as %s" % found[number - 1][3].where)
        around.append(str(open_blocks[-1][1]) if open_blocks else "NO_BLOCK")
        open_blocks.append((sixteen(last), number, row))
        if not NAME.fullmatch(row["name"]):
            row.refuse("'%s' is not a name" % row["name"])
        ends = ["{{%s}}" % ", ".join(map(str, sixteen(end))) for end in (first, last)]
        lines.append("{{%s, %s}, %s, %s, %s, CAST_%s, SCOPE_%s}" % (
            *ends, text(row["name"]), text(row["title"]), text(row["reference"]),
            word_in(row, "cast", CASTS).upper(), scope_of(row, first).upper()))
    return (table("struct special_address", "table_addresses", lines) + count_of("table_address_count", lines)
            + table("uint16_t", "table_around", around))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs=4)
    parser.add_argument("--output", required=True)
    given = parser.parse_args()
    rows = [read(path) for path in given.tables]
    out = ["/* Made by src/catalog/generate.py: do not change it here. */", '#include "catalog/tables.h"', ""]
    lines, names, by_number = transports(rows[1])
    out += lines + icmp(rows[2], names) + services(rows[0], names, by_number) + addresses(rows[3])
    if problems:
        sys.exit("\n".join(problems))
    with open(given.output, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
