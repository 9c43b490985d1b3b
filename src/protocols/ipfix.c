/* ipfix.c: IP Flow Information Export, RFC 7011, over UDP and TCP: templates say how long the fields of
 * records are, so that records can be counted. What was measured is not kept. */
#include "protocols/tally.h"

enum {
	VERSION = 10,
	HEADER = 16,
	SET_HEADER = 4,
	TEMPLATES = 2,
	OPTIONS = 3,
	DATA_LEAST = 256,
	VARIABLE = 0xffff, /* a field that tells its own length (section 7) */
	ENTERPRISE = 0x8000,
	KNOWN = 24,  /* templates of a flow that are kept */
	FIELDS = 96, /* of each */
};

/* How long the records of a template are, by field. */
struct template
{
	uint32_t domain;
	uint16_t id, count, lengths[FIELDS];
};

struct counts {
	uint64_t templates, options, sets, records, unknown;
};

struct conversation {
	struct template known[KNOWN];
	struct counts counts;
	uint64_t messages;
	uint32_t sequence, domain, exported;
	uint16_t places;
	bool told;
};

/* ---- sets ---- */

/* A template: id, count of fields (of options, how many of them are the scope), and the fields. Of one with
 * more fields than fit nothing but its being there is kept. */
static bool take_template(struct span *s, bool options, struct template *ret)
{
	ret->id = span_u16(s);
	ret->count = span_u16(s);
	if (ret->id == 0 && ret->count == 0) { /* what fills the set up */
		s->at = s->end;
		return !s->failed;
	}
	if (ret->count == 0) /* it is withdrawn (8.1) */
		return !s->failed && (ret->id >= DATA_LEAST || ret->id == TEMPLATES || ret->id == OPTIONS);
	if (options)
		span_skip(s, 2);
	for (unsigned i = 0; i < ret->count && !s->failed; i++) {
		const uint16_t field = span_u16(s), length = span_u16(s);

		if (i < FIELDS)
			ret->lengths[i] = length;
		if (field & ENTERPRISE)
			span_skip(s, 4);
	}
	return !s->failed && ret->id >= DATA_LEAST;
}

static void keep_template(struct conversation *state, const struct template *template)
{
	unsigned place = 0;

	while (place < state->places &&
	       (state->known[place].id != template->id || state->known[place].domain != template->domain))
		place++;
	if (place == KNOWN)
		return;
	state->known[place] = *template;
	state->places += place == state->places;
}

static const struct template *find_template(const struct conversation *state, uint32_t domain, uint16_t id)
{
	for (unsigned i = 0; i < state->places; i++)
		if (state->known[i].id == id && state->known[i].domain == domain)
			return state->known[i].count > 0 && state->known[i].count <= FIELDS ? &state->known[i]
											    : NULL;
	return NULL;
}

/* Steps over one record; false where no whole one is left. */
static bool skip_record(struct span *s, const struct template *template)
{
	const size_t before = span_left(*s);

	for (unsigned i = 0; i < template->count && !s->failed; i++) {
		uint16_t length = template->lengths[i];

		if (length == VARIABLE) {
			length = span_u8(s);
			length = length == 255 ? span_u16(s) : length;
		}
		span_skip(s, length);
	}
	return !s->failed && span_left(*s) < before;
}

static void count_records(const struct conversation *state, uint32_t domain, uint16_t id, struct span s,
			  struct counts *counts)
{
	const struct template *const template = find_template(state, domain, id);

	counts->unknown += template == NULL;
	while (template != NULL && span_left(s) > 0 && skip_record(&s, template))
		counts->records++;
}

/* ---- messages ---- */

struct message {
	uint16_t length;
	uint32_t exported, sequence, domain;
};

static enum verdict read_header(struct span s, struct message *ret)
{
	const size_t come = span_left(s);

	if (*s.at != 0 || (come > 1 && s.at[1] != VERSION))
		return NO;
	if (come < HEADER)
		return MORE;
	span_skip(&s, 2);
	ret->length = span_u16(&s);
	ret->exported = span_u32(&s);
	ret->sequence = span_u32(&s);
	ret->domain = span_u32(&s);
	return ret->length >= HEADER && ret->exported != 0 ? YES : NO;
}

/* The sets of a message; `state` where templates are kept and records counted. `cut`: its end is missing. */
static bool read_sets(struct span s, const struct message *message, struct conversation *state, bool cut)
{
	while (span_left(s) >= SET_HEADER) {
		const uint16_t id = span_u16(&s), length = span_u16(&s);
		struct span set;

		if (length < SET_HEADER || (id < DATA_LEAST && id != TEMPLATES && id != OPTIONS))
			return false;
		if (cut && length - (size_t)SET_HEADER > span_left(s))
			return true;
		set = span_take(&s, length - (unsigned)SET_HEADER);
		if (set.failed)
			return false;
		while (id < DATA_LEAST && span_left(set) >= SET_HEADER) {
			struct template template = { .domain = message->domain };

			if (!take_template(&set, id == OPTIONS, &template))
				return false;
			if (state == NULL || template.id < DATA_LEAST)
				continue;
			keep_template(state, &template);
			*(id == OPTIONS ? &state->counts.options : &state->counts.templates) += 1;
		}
		if (state != NULL && id >= DATA_LEAST) {
			state->counts.sets++;
			count_records(state, message->domain, id, set, &state->counts);
		}
	}
	return cut || span_left(s) == 0;
}

/* Over a stream the first set must be one of templates: data without them could be anything. */
static enum verdict recognise_stream(struct span first)
{
	struct message message;
	const enum verdict verdict = read_header(first, &message);
	struct span s = first;
	uint16_t id, length;

	if (verdict != YES)
		return verdict;
	span_skip(&s, HEADER);
	id = span_u16(&s);
	length = span_u16(&s);
	if (s.failed)
		return message.length > HEADER + SET_HEADER ? MORE : NO;
	if ((id != TEMPLATES && id != OPTIONS) || length <= SET_HEADER || length > message.length - HEADER)
		return NO;
	if (span_left(first) < message.length)
		return span_left(first) < RECOGNISE_LIMIT ? MORE : NO;
	return read_sets(span_of(first.at + HEADER, message.length - (size_t)HEADER), &message, NULL, false)
		       ? YES
		       : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message message;

	if (side == SIDE_SERVER && transport == TRANSPORT_TCP)
		return NO; /* collectors say nothing */
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first);
	if (read_header(first, &message) != YES || message.length != span_left(first) ||
	    message.length == HEADER)
		return NO;
	span_skip(&first, HEADER);
	return read_sets(first, &message, NULL, false) ? YES : NO;
}

/* ---- reading ---- */

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", VERSION);
	json_unsigned(json, "observation_domain", state->domain);
	json_unsigned(json, "sequence", state->sequence);
	json_unsigned(json, "export_time", state->exported);
	json_unsigned(json, "messages", state->messages);
	json_unsigned(json, "templates", state->counts.templates);
	json_unsigned(json, "option_templates", state->counts.options);
	json_unsigned(json, "data_sets", state->counts.sets);
	json_unsigned(json, "records", state->counts.records);
	json_unsigned(json, "unknown_sets", state->counts.unknown);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->messages > 0 && !state->told)
		parse_event(parse, state);
	state->told = true;
}

static bool read_message(struct conversation *state, struct span s, const struct message *message, bool cut)
{
	span_skip(&s, HEADER);
	if (!read_sets(s, message, state, cut))
		return false;
	state->messages++;
	state->domain = message->domain;
	state->sequence = message->sequence;
	state->exported = message->exported;
	return true;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message message;

	if (parse->transport == TRANSPORT_UDP) {
		if (read_header(*bytes, &message) != YES ||
		    (!parse->cut && message.length != span_left(*bytes)) ||
		    !read_message(state, *bytes, &message, parse->cut))
			return parse->cut ? PARSE_ON : PARSE_BROKEN;
		return PARSE_ON;
	}
	while (span_left(*bytes) > 0) {
		const enum verdict verdict = read_header(*bytes, &message);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (span_left(*bytes) < message.length) {
			parse_want(parse, message.length);
			break;
		}
		if (!read_message(state, span_take(bytes, message.length), &message, false))
			return PARSE_BROKEN;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_ipfix = {
	.name = "ipfix",
	.title = "IP Flow Information Export",
	DOORS(UDP(4739), TCP(4739)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTET(0, 0), OCTET(1, VERSION)),
	.parser = &parser,
};
