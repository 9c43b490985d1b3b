#!/usr/bin/env python3
"""calls.py LIST HEADER SOURCE: makes of LIST, NAME.calls, what loads its libraries when they are first used.

A line is `include <HEADER>`, `library FILE`, or a function of the library above it. HEADER lets callers write
the functions' own names; SOURCE holds where they are, and NAME_load(). src/base/library.h tells how it is used.
"""
import os
import sys

path, header_path, source_path = sys.argv[1:]
name = os.path.basename(path).removesuffix(".calls")
includes, libraries = [], []
for number, line in enumerate(open(path, encoding="utf-8"), 1):
    words = line.partition("#")[0].split()
    if words[:1] == ["include"] and len(words) == 2:
        includes.append(words[1])
    elif words[:1] == ["library"] and len(words) == 2:
        libraries.append((words[1], []))
    elif len(words) == 1 and libraries and (libraries[-1][1] or [""])[-1] < words[0]:
        libraries[-1][1].append(words[0])
    elif words:
        sys.exit("%s:%d: include <HEADER>, library FILE or a function, each list sorted" % (path, number))

functions = [function for _, of_library in libraries for function in of_library]
made = "/* Made by calls.py of %s.calls. */" % name
guard = "%s_CALLS_H" % name.upper()

header = [made, "#ifndef " + guard, "#define " + guard, "", '#include "base/library.h"', ""]
header += ["#include " + include for include in includes]
header += ["", "extern struct %s_calls {" % name]
header += ["\t__typeof__(%s) *%s_;" % (function, function) for function in functions]
header += ["} %s_calls;" % name, "", "bool %s_load(struct error *err);" % name, ""]
header += ["#define %s %s_calls.%s_" % (function, name, function) for function in functions]
header += ["", "#endif"]

source = [made, '#include "%s"' % os.path.basename(header_path), "", "struct %s_calls %s_calls;" % (name, name), ""]
source += ["bool %s_load(struct error *err)" % name, "{", "\tstatic bool loaded;"]
for n, (_, of_library) in enumerate(libraries):
    source += ["\tstatic const char *const names_%d[] = {" % n]
    source += ['\t\t"%s",' % function for function in of_library]
    source += ["\t};"]
source += ["\tvoid **const functions = (void **)&%s_calls;" % name, "\tconst struct library libraries[] = {"]
at = 0
for n, (file, of_library) in enumerate(libraries):
    source += ['\t\t{ "%s", names_%d, functions + %d, %d },' % (file, n, at, len(of_library))]
    at += len(of_library)
source += ["\t};", "", "\tfor (size_t i = 0; !loaded && i < %d; i++) {" % len(libraries)]
source += ["\t\tif (!library_load(&libraries[i], err))", "\t\t\treturn false;", "\t}"]
source += ["\tloaded = true;", "\treturn true;", "}"]

for path, lines in ((header_path, header), (source_path, source)):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
