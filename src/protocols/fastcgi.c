/* fastcgi.c: FastCGI, "FastCGI Specification" 1.0, by which web servers give requests to programs such as
 * PHP: records of one version, each with a type, the request that it belongs to, and a length. */
#include "protocols/fastcgi.h"
#include "protocols/text.h"

#include <ctype.h>

enum {
	ROLE_LAST = 3,
	PADDING_MOST = 8, /* the specification has records end at a multiple of eight */
	NAME_LEAST = 6,   /* of a field: "Status" */
	NAME_MOST = 40,
};

static const struct weakness *const weaknesses[] = { &fastcgi_open, NULL };

struct record {
	uint8_t type, padding;
	uint16_t request, length;
	struct span content; /* what has come of it */
};

/* NO: no record begins so. MORE: its head has not come whole. */
static enum verdict read_head(struct span first, struct record *ret)
{
	struct span s = first;
	const uint8_t version = span_u8(&s);

	ret->type = span_u8(&s);
	ret->request = span_u16(&s);
	ret->length = span_u16(&s);
	ret->padding = span_u8(&s);
	if (version != FASTCGI_VERSION ||
	    (span_left(first) > 1 && (ret->type == 0 || ret->type > FASTCGI_VALUES)))
		return NO;
	if (span_left(first) < FASTCGI_HEAD)
		return MORE;
	ret->content = s;
	span_skip(&ret->content, 1);
	return span_u8(&s) == 0 && ret->padding < PADDING_MOST ? YES : NO;
}

/* A request begins with the role that the program shall have, and five octets that are kept free. */
static enum verdict begins_request(const struct record *record)
{
	static const uint8_t kept_free[5] = { 0 };
	struct span s = record->content, rest;

	if (record->request == 0 || record->length != FASTCGI_HEAD)
		return NO;
	if (span_left(s) < FASTCGI_HEAD)
		return MORE;
	if (span_u16(&s) - 1u >= ROLE_LAST || span_u8(&s) > 1)
		return NO;
	rest = span_take(&s, sizeof(kept_free));
	return memcmp(rest.at, kept_free, sizeof(kept_free)) == 0 ? YES : NO;
}

/* "\x0e\x00FCGI_MAX_CONNS": values have names that the specification gives them. */
static enum verdict holds_values(const struct record *record)
{
	struct span s = record->content;

	if (record->request != 0 || record->length < 2)
		return NO;
	span_skip(&s, 2);
	return s.failed || span_left(s) == 0 ? MORE : recognise_text(s, "FCGI_M");
}

/* What a program writes first, as RFC 3875 6.2 has it: "Status: 404 Not Found", "Content-type: text/html". */
static enum verdict is_field(struct span s)
{
	size_t i = 0;

	while (i < span_left(s) && i < NAME_MOST && (isalnum(s.at[i]) || s.at[i] == '-'))
		i++;
	if (i == span_left(s))
		return MORE;
	return i >= NAME_LEAST && i < NAME_MOST && s.at[i] == ':' ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct record record = { 0 };
	const enum verdict verdict = transport == TRANSPORT_TCP ? read_head(first, &record) : NO;

	if (verdict != YES)
		return verdict;
	if (side == SIDE_CLIENT)
		return record.type == FASTCGI_BEGIN_REQUEST ? begins_request(&record)
		       : record.type == FASTCGI_GET_VALUES  ? holds_values(&record)
							    : NO;
	if (record.type == FASTCGI_VALUES)
		return holds_values(&record);
	return record.type == FASTCGI_OUTPUT && record.request != 0 && record.length > NAME_LEAST
		       ? is_field(record.content)
		       : NO;
}

/* ---- asking ---- */

static void ask_for(struct buffer *out, const char *name)
{
	buffer_u8(out, (uint8_t)strlen(name));
	buffer_u8(out, 0);
	buffer_text(out, name);
}

/* How many requests it takes, 4.1 of the specification: no program is run for that. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t head[FASTCGI_HEAD] = { FASTCGI_VERSION, FASTCGI_GET_VALUES, 0, 0, 0, 48, 0, 0 };

	(void)state;
	(void)transport;
	buffer_add(out, head, sizeof(head));
	ask_for(out, "FCGI_MAX_CONNS");
	ask_for(out, "FCGI_MAX_REQS");
	ask_for(out, "FCGI_MPXS_CONNS");
}

/* The processes of PHP-FPM tell nothing but whether they take several requests side by side. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct record record = { 0 };

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	(void)read_head(*heard, &record);
	if (record.type != FASTCGI_VALUES)
		return PROBE_NOT;
	if (span_left(record.content) < record.length && !ended)
		return PROBE_WAIT;
	record.content = text_first(record.content, record.length);
	if (span_find(record.content, "FCGI_MAX_") == SIZE_MAX)
		answer_product(answer, span_text("PHP-FPM"), span_text(""));
	answer_weakness(answer, &fastcgi_open, "it told its limits without a login");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_fastcgi = {
	.name = "fastcgi",
	.title = "FastCGI",
	DOORS(TCP(9000)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.secret_at = 2 * FASTCGI_HEAD,
	.parser = &fastcgi_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
	.weakness_by_reach = &fastcgi_open,
};
