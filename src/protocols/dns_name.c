/* dns_name.c: RFC 1035 sections 3.1, 4.1.4 and 5.1. */
#include "protocols/dns_name.h"

#include <stdio.h>

enum { POINTER = 0xc0 };

/* A name on its way into text; text may be NULL. */
struct writing {
	char *text;
	size_t length;
};

static void write_octet(struct writing *to, uint8_t octet)
{
	char *const at = to->text + to->length;

	if (octet == '.' || octet == '\\') {
		at[0] = '\\';
		at[1] = (char)octet;
		to->length += 2;
	} else if (octet > ' ' && octet < 0x7f) {
		at[0] = (char)octet;
		to->length++;
	} else {
		to->length += (size_t)snprintf(at, 5, "\\%03u", octet);
	}
}

static void write_label(struct writing *to, struct span label)
{
	if (to->text == NULL)
		return;
	if (to->length > 0)
		to->text[to->length++] = '.';
	while (span_left(label) > 0)
		write_octet(to, span_u8(&label));
}

static void write_end(struct writing *to)
{
	if (to->text == NULL)
		return;
	if (to->length == 0)
		to->text[to->length++] = '.';
	to->text[to->length] = '\0';
}

/* Moves s to where a pointer leads: before `start`, where the labels read last began. */
static bool jump(struct span message, struct span *s, size_t target, size_t *start)
{
	if (s->failed || target >= *start)
		return false;
	*start = target;
	*s = message;
	span_skip(s, target);
	return !s->failed;
}

bool dns_name_read(struct span message, struct span *at, char *text)
{
	struct writing to = { .text = text };
	struct span s = *at, behind = *at;
	size_t start = (size_t)(s.at - message.at), wire = 1;
	unsigned jumps = 0;
	uint8_t length;

	while ((length = span_u8(&s)) != 0) {
		if (length >= POINTER) {
			const size_t target = (size_t)(length & ~POINTER) << 8 | span_u8(&s);

			if (jumps++ == 0)
				behind = s;
			if (jumps > DNS_NAME_JUMPS || !jump(message, &s, target, &start))
				goto bad;
			continue;
		}
		wire += length + 1u;
		if (length > DNS_NAME_LABEL || wire > DNS_NAME_WIRE)
			goto bad;
		write_label(&to, span_take(&s, length));
	}
	if (s.failed)
		goto bad;
	write_end(&to);
	*at = jumps > 0 ? behind : s;
	return true;
bad:
	at->failed = true;
	return false;
}

void dns_name_write(struct buffer *out, const char *name)
{
	struct span rest = span_text(name);

	while (span_left(rest) > 0) {
		struct span label = span_until(&rest, '.');

		if (label.failed) {
			label = span_of(rest.at, span_left(rest));
			rest.at = rest.end;
		}
		if (span_left(label) > 0) {
			buffer_u8(out, (uint8_t)span_left(label));
			buffer_span(out, label);
		}
	}
	buffer_u8(out, 0);
}
