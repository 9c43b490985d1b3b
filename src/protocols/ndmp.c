/* ndmp.c: the Network Data Management Protocol, versions 2 to 4 (its specification, version 4, of April
 * 2003): backup programs tell file servers what to write to which tape. Messages of XDR with the record marks
 * of RFC 5531. */
#include "protocols/ndmp.h"

enum {
	HEAD = NDMP_MARK + NDMP_HEADER,
	LENGTH_MOST = 1 << 20,
	ERRORS = 0x20,
	VERSION_LEAST = 2,
	VERSION_MOST = 4,
	CLOSE = 0x902,
	SERVER_INFO = 0x108,
};

static const struct weakness *const weaknesses[] = { &ndmp_clear_login, &ndmp_no_auth, NULL };

/* ---- recognising ---- */

/* Each interface has a hundred and its messages count from 0 (section 3 of the specification). */
static bool is_message(uint32_t code)
{
	static const uint8_t last[] = { 0, 0x08, 0x04, 0x05, 0x0b, 0x08, 0x06, 0x03, 0, 0x03, 0x0a };
	const uint32_t interface = code >> 8, number = code & 0xff;

	return interface < sizeof(last) && last[interface] != 0 && number <= last[interface];
}

enum verdict ndmp_read_header(struct span s, struct ndmp_message *ret)
{
	uint32_t mark, type, code, answered, error;

	if (*s.at != 0x80)
		return NO; /* the only mark, or not this protocol */
	if (span_left(s) < HEAD)
		return MORE;
	mark = span_u32(&s) & INT32_MAX;
	span_skip(&s, 8);
	type = span_u32(&s);
	code = span_u32(&s);
	answered = span_u32(&s);
	error = span_u32(&s);
	*ret = (struct ndmp_message){ .length = mark, .code = code, .error = error, .answer = type == 1 };
	return mark >= NDMP_HEADER && mark <= LENGTH_MOST && type <= 1 && is_message(code) &&
			       error < ERRORS && (type == 1 || answered + error == 0)
		       ? YES
		       : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct ndmp_message message;

	(void)side; /* servers ask as well, and begin */
	return transport == TRANSPORT_TCP ? ndmp_read_header(first, &message) : NO;
}

/* ---- asking ---- */

struct asking {
	uint32_t sequence;
};

static void say(struct asking *asking, uint32_t code, bool versioned, struct buffer *out)
{
	buffer_u32(out, 0x80000000u | (NDMP_HEADER + (versioned ? 4 : 0)));
	buffer_u32(out, ++asking->sequence);
	buffer_u32(out, 0);
	buffer_u32(out, 0);
	buffer_u32(out, code);
	buffer_u32(out, 0);
	buffer_u32(out, 0);
	if (versioned)
		buffer_u32(out, VERSION_MOST);
}

static void tell_server(struct span body, struct answer *answer)
{
	struct span vendor, product, revision;

	span_skip(&body, 4);
	vendor = ndmp_take_string(&body);
	product = ndmp_take_string(&body);
	revision = ndmp_take_string(&body);
	if (body.failed)
		return;
	answer_fact(answer, "vendor_name", vendor);
	answer_product(answer, product, revision);
}

/* Connected, opened, asked for its name, closed: what may be asked before a login. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	struct ndmp_message message;
	struct span body;
	enum verdict verdict = span_left(*heard) > 0 ? ndmp_read_header(*heard, &message) : MORE;

	if (verdict == YES && span_left(*heard) < NDMP_MARK + (size_t)message.length)
		verdict = MORE;
	if (verdict != YES)
		return verdict == MORE && !ended ? PROBE_WAIT : asking->sequence > 1 ? PROBE_DONE : PROBE_NOT;
	body = span_take(heard, NDMP_MARK + (size_t)message.length);
	span_skip(&body, HEAD);
	switch (message.code) {
	case NDMP_CONNECTED:
		span_skip(&body, 4);
		answer_fact_format(answer, "version", "%u", span_u32(&body));
		answer_fact(answer, "greeting", ndmp_take_string(&body));
		say(asking, NDMP_OPEN, true, out);
		break;
	case NDMP_OPEN: say(asking, SERVER_INFO, false, out); break;
	case SERVER_INFO:
		tell_server(body, answer);
		say(asking, CLOSE, false, out);
		return PROBE_DONE;
	default: break; /* its log may come in between */
	}
	return ended ? PROBE_DONE : PROBE_WAIT;
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_ndmp = {
	.name = "ndmp",
	.title = "Network Data Management Protocol",
	DOORS(TCP(10000)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &ndmp_parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
	.weaknesses = weaknesses,
};
