/* firebird.c: Firebird, "Wire protocol" of its documentation and remote/protocol.h: numbers of four octets.
 * The client opens with the versions that it speaks, of which the server takes one. */
#include "protocols/firebird.h"

enum {
	CONNECT_LEAST = 2,
	CONNECT_MOST = 3,
	OLD_LEAST = 6, /* versions of the protocol */
	OLD_MOST = 10,
	MARKED = 0x8000, /* of Firebird, which InterBase does not have */
	MARKED_LEAST = 11,
	MARKED_MOST = 31,
	GENERIC = 1, /* of architectures */
	ARCHITECTURES = 64,
	TYPE_LEAST = 2,
	TYPE_MOST = 5,
	TYPE = 0xff,  /* of a type: above it are flags */
	EMPTY = 5,    /* fields of an answer in which nothing stands */
	ACCEPTED = 4, /* fields of an agreement */
};

static bool is_version(uint32_t version)
{
	const uint32_t low = version & 0xffff;

	if (version >> 16 == 0 && low < MARKED)
		return low >= OLD_LEAST && low <= OLD_MOST;
	return (version >> 16 == 0xffff || version >> 16 == 0) && low >= MARKED + MARKED_LEAST &&
	       low <= MARKED + MARKED_MOST;
}

static enum verdict recognise_server(struct span first)
{
	struct span s = first;
	const uint32_t operation = span_u32(&s);
	uint32_t version, architecture, type;

	if (s.failed)
		return MORE;
	if (operation == FIREBIRD_CONTINUE) {
		for (size_t i = 0; i < span_left(s) && i < (EMPTY - 1) * FIREBIRD_FIELD; i++)
			if (s.at[i] != 0)
				return NO;
		return span_left(s) < (EMPTY - 1) * FIREBIRD_FIELD ? MORE : YES;
	}
	if (operation != FIREBIRD_ACCEPT && operation != FIREBIRD_ACCEPT_DATA &&
	    operation != FIREBIRD_ACCEPT_IF)
		return NO;
	if (span_left(s) < (ACCEPTED - 1) * FIREBIRD_FIELD)
		return MORE;
	version = span_u32(&s);
	architecture = span_u32(&s);
	type = span_u32(&s) & TYPE;
	return is_version(version) && architecture > 0 && architecture < ARCHITECTURES &&
			       type >= TYPE_LEAST && type <= TYPE_MOST
		       ? YES
		       : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint32_t operation, next, version;

	if (transport != TRANSPORT_TCP || span_peek(first, 0) != 0 || span_peek(first, 1) != 0 ||
	    span_peek(first, 2) != 0)
		return NO;
	if (side == SIDE_SERVER)
		return recognise_server(first);
	if (span_left(first) < ACCEPTED * FIREBIRD_FIELD)
		return MORE;
	operation = span_u32(&s);
	next = span_u32(&s);
	version = span_u32(&s);
	if (operation != FIREBIRD_CONNECT || next != FIREBIRD_ATTACH)
		return NO;
	return version >= CONNECT_LEAST && version <= CONNECT_MOST && span_u32(&s) < ARCHITECTURES ? YES : NO;
}

/* ---- asking ---- */

/* A text and its padding. */
static void add_text(struct buffer *out, const char *text)
{
	const size_t length = strlen(text);

	buffer_u32(out, (uint32_t)length);
	buffer_text(out, text);
	buffer_fill(out, 0, (FIREBIRD_FIELD - length % FIREBIRD_FIELD) % FIREBIRD_FIELD);
}

/* The client's name is not told, so that nobody is asked for a password. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint32_t versions[] = { OLD_MOST, 0xffff800b, 0xffff800c, 0xffff800d };

	(void)state;
	(void)transport;
	buffer_u32(out, FIREBIRD_CONNECT);
	buffer_u32(out, FIREBIRD_ATTACH);
	buffer_u32(out, CONNECT_MOST);
	buffer_u32(out, GENERIC);
	add_text(out, PROBE_IDENTITY); /* a database, which is not opened */
	buffer_u32(out, sizeof(versions) / sizeof(*versions));
	add_text(out, "");
	for (uint32_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		buffer_u32(out, versions[i]);
		buffer_u32(out, GENERIC);
		buffer_u32(out, 0); /* the least type */
		buffer_u32(out, TYPE_MOST);
		buffer_u32(out, TYPE_LEAST + i); /* how much it is liked */
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	const uint32_t operation = span_u32(&s);
	const bool refused = operation == FIREBIRD_REJECT && span_left(*heard) == FIREBIRD_FIELD;
	const enum verdict verdict = span_left(*heard) == 0 ? MORE
				     : refused              ? YES
							    : recognise(*heard, SIDE_SERVER, TRANSPORT_TCP);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (operation != FIREBIRD_REJECT && operation != FIREBIRD_CONTINUE)
		answer_fact_format(answer, "protocol_version", "%u", span_u32(&s) & (MARKED - 1));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct weakness firebird_clear_login = {
	.id = "firebird-clear-login",
	.title = "Firebird takes passwords in the clear",
	.severity = 2,
	.remedy = "Demand the login Srp (AuthServer = Srp256, Srp) and encryption (WireCrypt = Required).",
};
static const struct weakness *const weaknesses[] = { &firebird_clear_login, NULL };

const struct protocol protocol_firebird = {
	.name = "firebird",
	.title = "Firebird",
	DOORS(TCP(3050)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &firebird_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
