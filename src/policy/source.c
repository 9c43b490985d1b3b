#include "policy/source.h"
#include "base/escape.h"

struct place source_place(const char *path)
{
	return (struct place){ .file = path, .text = span_of(NULL, 0) };
}

static bool refuse(const struct source_file *file, struct diagnostics *diagnostics, uint32_t line,
		   const char *problem, const char *fix)
{
	struct place place = source_place(file->path);
	struct diagnostic *added;

	place.line = line;
	added = diagnostics_add(diagnostics, SEVERITY_ERROR, "syntax", &place, "%s", problem);
	if (added != NULL)
		added->fix = fix;
	return false;
}

/* Eight bytes at once while they are ASCII. */
static void skip_ascii(struct span *s)
{
	uint64_t word;

	while (span_left(*s) >= sizeof(word)) {
		memcpy(&word, s->at, sizeof(word));
		if ((word & 0x8080808080808080u) != 0)
			return;
		span_skip(s, sizeof(word));
	}
}

static bool is_utf8(struct span line)
{
	for (skip_ascii(&line); span_left(line) > 0; skip_ascii(&line)) {
		if (utf8_next(&line) < 0)
			return false;
	}
	return true;
}

bool source_check(const struct source_file *file, struct diagnostics *diagnostics)
{
	struct span rest = file->text;
	uint32_t number = 0;

	if (span_left(rest) > 0 && memchr(rest.at, 0, span_left(rest)) != NULL)
		return refuse(file, diagnostics, 0, "this is not a text file: it has NUL bytes", NULL);
	while (span_left(rest) > 0) {
		struct span tail = rest, line = span_until(&tail, '\n');

		number++;
		if (line.failed)
			line = rest;
		if (span_left(line) > POLICY_LINE_LIMIT)
			return refuse(file, diagnostics, number, "the line is longer than 65536 bytes",
				      "lines that begin with a blank continue the one above them");
		if (!is_utf8(line))
			return refuse(file, diagnostics, number, "the line is not UTF-8 text",
				      "save the file as UTF-8");
		if (tail.failed)
			return true;
		rest = tail;
	}
	return true;
}

bool policy_source(const struct policy *policy, size_t nth, const char **ret_path, struct span *ret_text)
{
	if (nth >= policy->file_count)
		return false;
	*ret_path = policy->files[nth].path;
	*ret_text = policy->files[nth].text;
	return true;
}
