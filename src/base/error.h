/* error.h: errors are values. A function that can fail returns a status and fills a struct error with words
 * that a user can act on: the thing, the place and the way on. It is handed up untouched and printed once. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

struct error {
	char text[512];
};

/* Fills err, which may be NULL. Returns false always, so that a caller can write `return error_set(...)`. */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the words for `number`, an errno. */
bool error_system(struct error *err, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "out of memory". */
bool error_memory(struct error *err);

#endif
