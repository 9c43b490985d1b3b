#!/usr/bin/env python3
"""embed.py OUTPUT NAME... -- SELF FILE...: writes each file as a C string under its name, for embed.h."""
import sys


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
            yield '\t"%s"' % escaped


given = sys.argv[2:]
names, files = given[:given.index("--")], given[given.index("--") + 2:]
if len(names) != len(files):
    sys.exit("embed.py: %d names for %d files" % (len(names), len(files)))
out = ["/* Made by src/output/embed.py: do not change it here. */", '#include "output/embed.h"', "",
       "#include <stddef.h>", "", "const struct embedded embedded_files[] = {"]
for name, path in zip(names, files):
    out += ['{ "%s",' % name, *lines_of(path), "},"]
out += ["{ NULL, NULL },", "};"]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write("\n".join(out) + "\n")
