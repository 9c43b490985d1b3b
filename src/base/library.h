/* library.h: shared libraries that few runs need. Loading one of the large ones takes as long as listing the
 * sockets of a host, so that they are not linked but loaded when first used.
 *
 * calls.py makes NAME_calls.h of a list NAME.calls, which names a library's headers, files and functions. To
 * use them, include NAME_calls.h in place of the library's header and have NAME_load() said true to before;
 * then call the functions by their own names. One that is not in the list is not found by the linker. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

/* Functions of one file. */
struct library {
	const char *file; /* "libssl.so.3" */
	const char *const *names;
	void **functions; /* filled in the order of the names */
	size_t count;
};

/* Loads the file, which then stays, and finds all its functions. False in words when one of these is not
 * there. From one thread. */
bool library_load(const struct library *library, struct error *err);

#endif
