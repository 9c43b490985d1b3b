#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, const char *format, ...)
{
	va_list list;

	if (err == NULL)
		return false;
	va_start(list, format);
	vsnprintf(err->text, sizeof(err->text), format, list);
	va_end(list);
	return false;
}

bool error_system(struct error *err, int number, const char *format, ...)
{
	va_list list;
	size_t length;

	if (err == NULL)
		return false;
	va_start(list, format);
	vsnprintf(err->text, sizeof(err->text), format, list);
	va_end(list);
	length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", strerror(number));
	return false;
}

bool error_memory(struct error *err)
{
	return error_set(err, "out of memory");
}
