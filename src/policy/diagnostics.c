#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_LIMIT = 2048 };

struct diagnostics *diagnostics_new(struct arena *arena)
{
	struct diagnostics *d = arena_alloc(arena, sizeof(*d));

	if (d != NULL)
		d->arena = arena;
	return d;
}

static void count(struct diagnostics *d, enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR: d->errors++; break;
	case SEVERITY_WARNING: d->warnings++; break;
	case SEVERITY_REMARK: d->remarks++; break;
	}
}

/* The bytes of text that fit a buffer of `size` and end with a whole character. */
static void cut_between_characters(char *text, size_t length, size_t size)
{
	if (length < size)
		return;
	length = size - 1;
	while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
		length--;
	text[length] = '\0';
}

struct diagnostic *diagnostics_add(struct diagnostics *d, enum severity severity, const char *id,
				   const struct place *place, const char *format, ...)
{
	char text[TEXT_LIMIT + 1];
	struct diagnostic *grown;
	va_list list;
	int length;

	count(d, severity);
	if (d->count >= DIAGNOSTICS_LIMIT)
		return NULL;
	grown = arena_grow(d->arena, d->list, d->count, &d->capacity, sizeof(*d->list));
	if (grown == NULL)
		return NULL;
	d->list = grown;
	va_start(list, format);
	length = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	cut_between_characters(text, length > 0 ? (size_t)length : 0, TEXT_LIMIT);
	grown[d->count] = (struct diagnostic){
		.severity = severity,
		.id = id,
		.place = *place,
		.text = arena_text(d->arena, text),
	};
	if (grown[d->count].text == NULL)
		grown[d->count].text = "out of memory";
	return &grown[d->count++];
}

/* Files keep the order in which they first appear; that is the order in which they were read. */
struct ranked {
	struct diagnostic diagnostic;
	size_t file, number;
};

static int by_place(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const uint64_t left[] = { x->file, x->diagnostic.place.line, x->diagnostic.place.column, x->number };
	const uint64_t right[] = { y->file, y->diagnostic.place.line, y->diagnostic.place.column, y->number };

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	}
	return 0;
}

/* The number of the first diagnostic about the same file; neighbours are mostly about one file. */
static size_t file_rank(const struct ranked *list, size_t i)
{
	const char *const file = list[i].diagnostic.place.file;
	size_t first = 0;

	if (i > 0 && list[i - 1].diagnostic.place.file == file)
		return list[i - 1].file;
	while (list[first].diagnostic.place.file != file)
		first++;
	return first;
}

void diagnostics_sort(struct diagnostics *d)
{
	struct ranked *list = arena_array(d->arena, d->count, sizeof(*list));

	if (list == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		list[i] = (struct ranked){ .diagnostic = d->list[i], .number = i };
	for (size_t i = 0; i < d->count; i++)
		list[i].file = file_rank(list, i);
	qsort(list, d->count, sizeof(*list), by_place);
	for (size_t i = 0; i < d->count; i++)
		d->list[i] = list[i].diagnostic;
}
