/* packages.h: which package brought a file, by the lists of dpkg. */
#ifndef HOST_PACKAGES_H
#define HOST_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { PACKAGE_TEXT = 128 };

/* Reads /var/lib/dpkg/info/NAME.list, each up to some MiB. False where no list names the file, as of what was
 * built by hand, or where there is no dpkg. */
bool package_of_file(const char *path, char package[static PACKAGE_TEXT]);

#endif
