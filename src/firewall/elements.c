#include "firewall/elements.h"

/* The elements of a set, a line each. *ret_head is what stands before them. */
static struct span elements_of(const struct part *part, struct span *ret_head)
{
	static const char begins[] = "\t\telements = {\n", ends[] = "\t\t}\n";
	struct span elements = part->lines;
	const size_t at = span_find(elements, begins);

	if (at == SIZE_MAX || !span_ends(elements, ends)) {
		*ret_head = part->lines;
		return span_of(NULL, 0);
	}
	*ret_head = span_take(&elements, at);
	span_skip(&elements, strlen(begins));
	elements.end -= strlen(ends);
	return elements;
}

bool elements_can_change(const struct part *old, const struct part *part)
{
	struct span a, b;
	const bool some = span_left(elements_of(old, &a)) > 0 && span_left(elements_of(part, &b)) > 0;

	return some && span_find(a, "interval") == SIZE_MAX && span_left(a) == span_left(b) &&
	       memcmp(a.at, b.at, span_left(a)) == 0;
}

/* "\t\t\t443 : goto in-5f3a1c07," without what stands around it. */
static struct span element(struct span line)
{
	while (span_left(line) > 0 && *line.at == '\t')
		line.at++;
	if (span_ends(line, ","))
		line.end--;
	return line;
}

static struct span first_line(struct span lines)
{
	return span_until(&lines, '\n');
}

static struct span last_line(struct span lines)
{
	const uint8_t *before;

	lines.end--; /* its own end */
	before = memrchr(lines.at, '\n', span_left(lines));
	if (before != NULL)
		lines.at = before + 1;
	return lines;
}

static bool same_element(struct span a, struct span b)
{
	const struct span x = element(a), y = element(b);

	return span_left(x) == span_left(y) && memcmp(x.at, y.at, span_left(x)) == 0;
}

/* Leaves of both lists of elements what lies between the first and the last that differ. */
static void narrow(struct span *a, struct span *b)
{
	while (span_left(*a) > 0 && span_left(*b) > 0 && same_element(first_line(*a), first_line(*b))) {
		(void)span_until(a, '\n');
		(void)span_until(b, '\n');
	}
	while (span_left(*a) > 0 && span_left(*b) > 0 && same_element(last_line(*a), last_line(*b))) {
		a->end = last_line(*a).at;
		b->end = last_line(*b).at;
	}
}

/* "add element inet doorward in-5f3a1c07 { 443 : goto in-61bd0a2f, 993 : goto rule-imaps }"; those that go
 * are named by their keys. */
static void write_elements(const char *verb, bool keys, const struct part *part, struct span lines,
			   struct buffer *out)
{
	const char *between = " { ";
	struct span name = part->head;

	if (span_left(lines) == 0)
		return;
	(void)span_word(&name);
	buffer_text(out, verb);
	buffer_text(out, " element inet doorward");
	buffer_span(out, name);
	for (; span_left(lines) > 0; between = ", ") {
		struct span words = element(span_until(&lines, '\n'));
		const size_t key = keys ? span_find(words, " : ") : SIZE_MAX;

		buffer_text(out, between);
		buffer_span(out, key != SIZE_MAX ? span_take(&words, key) : words);
	}
	buffer_text(out, " }\n");
}

void elements_go(const struct part *old, const struct part *part, struct buffer *out)
{
	struct span head, before = elements_of(old, &head), behind = elements_of(part, &head);

	narrow(&before, &behind);
	write_elements("delete", true, part, before, out);
}

void elements_come(const struct part *old, const struct part *part, struct buffer *out)
{
	struct span head, before = elements_of(old, &head), behind = elements_of(part, &head);

	narrow(&before, &behind);
	write_elements("add", false, part, behind, out);
}
