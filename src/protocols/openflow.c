/* openflow.c: OpenFlow, by which a controller tells switches what to do, "OpenFlow Switch Specification" 1.0
 * to 1.5: version, type, length and number of each message. Both sides begin with a hello (7.5.1), after
 * which the lower of their versions holds; from 1.3.1 on it may say which ones there are. */
#include "protocols/text.h"

enum {
	HEADER = 8,
	VERSION_FIRST = 1,
	VERSION_LAST = 6,
	VERSION_ASKED = 4,  /* 1.3, which most speak */
	VERSION_BITMAP = 1, /* the one element of a hello */
	HELLO_MOST = 64,
	ERROR_MOST = 256,
	KIND_MOST = 19, /* of descriptions and figures, in 1.5 */
	DESCRIPTION = 256,
	MAKER_AT = 16, /* then what it is made of, and its software, each in so many octets */
	REPLY_LEAST = MAKER_AT + 3 * DESCRIPTION,
};

/* Types of messages; what 1.0 calls statistics has other numbers since. */
enum {
	HELLO = 0,
	FAILED = 1,
	ECHO_REQUEST = 2,
	FEATURES_REQUEST = 5,
	STATS_REQUEST = 16,
	STATS_REPLY = 17,
	MULTIPART_REQUEST = 18,
	MULTIPART_REPLY = 19,
};

static const struct weakness no_auth = {
	"openflow-no-auth",
	"A switch obeys whoever connects",
	1,
	"Let the switch call its controller, in TLS with certificates, or listen on loopback alone.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

/* ---- recognising ---- */

/* Elements: a bitmap of the versions, from which 1.0 to 1.5 may be set. */
static enum verdict bitmap_says(struct span body)
{
	uint16_t type, length;

	if (span_left(body) < 8)
		return MORE;
	type = span_u16(&body);
	length = span_u16(&body);
	return type == VERSION_BITMAP && length == 8 && (span_u32(&body) & ~0x7eu) == 0 ? YES : NO;
}

/* What is said behind a hello: a question what the switch can do, an echo or an error; a question for a
 * description or figures, and their answer, with the kind of it and one flag. */
static bool fits(uint8_t type, uint16_t length)
{
	switch (type) {
	case FAILED: return length >= HEADER + 4 && length <= ERROR_MOST;
	case ECHO_REQUEST: return length >= HEADER && length <= HELLO_MOST;
	case FEATURES_REQUEST: return length == HEADER;
	case STATS_REQUEST:
	case STATS_REPLY:
	case MULTIPART_REQUEST:
	case MULTIPART_REPLY: return length >= HEADER + 4;
	default: return false;
	}
}

/* The one behind the hello. */
static enum verdict next_says(struct span s, uint8_t version)
{
	const uint8_t own = span_u8(&s), type = span_u8(&s);
	const uint16_t length = span_u16(&s);
	uint16_t kind, flags;

	if (s.failed)
		return MORE;
	if (own < VERSION_FIRST || own > version || !fits(type, length))
		return NO;
	if (type < STATS_REQUEST)
		return YES;
	span_skip(&s, 4);
	kind = span_u16(&s);
	flags = span_u16(&s);
	if (s.failed)
		return MORE;
	return kind <= KIND_MOST && flags <= 1 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint8_t version = span_peek(first, 0);
	uint16_t length;

	(void)side;
	if (transport != TRANSPORT_TCP || version < VERSION_FIRST || version > VERSION_LAST ||
	    (span_left(first) > 1 && span_peek(first, 1) != HELLO) ||
	    (span_left(first) > 2 && span_peek(first, 2) != 0))
		return NO;
	if (span_left(first) < 4)
		return MORE;
	length = span_peek(first, 3);
	if (length != HEADER && (length < 2 * HEADER || length > HELLO_MOST))
		return NO;
	if (span_left(first) < HEADER)
		return MORE;
	span_skip(&first, HEADER);
	return length == HEADER ? next_says(first, version) : bitmap_says(first);
}

/* ---- asking ---- */

struct asking {
	bool asked;
};

/* The answer to a hello: an own one, and the question what the switch is. A controller leaves the question
 * unanswered, and refuses it. */
static void ask(struct buffer *out)
{
	buffer_u32(out, VERSION_ASKED << 24 | HEADER);
	buffer_u32(out, 1);
	buffer_u32(out, VERSION_ASKED << 24 | MULTIPART_REQUEST << 16 | 2 * HEADER);
	buffer_u32(out, 2);
	buffer_u32(out, 0);
	buffer_u32(out, 0);
}

/* The text that zeros fill up. */
static struct span take_text(struct span *s)
{
	struct span field = span_take(s, DESCRIPTION), rest = field;
	const struct span text = span_until(&rest, 0);

	return text.failed ? field : text;
}

static void tell(struct span reply, struct answer *answer)
{
	struct span maker, hardware;

	span_skip(&reply, MAKER_AT);
	maker = take_text(&reply);
	hardware = take_text(&reply);
	answer_fact(answer, "vendor", maker);
	answer_product(answer, hardware, take_text(&reply));
	answer_weakness(answer, &no_auth, "it said what it is to a controller that it does not know");
}

/* Behind the hello comes the description, or something else that a controller says. */
static bool take_message(struct span *heard, bool ended, struct answer *answer)
{
	struct span rest = *heard;
	uint8_t type;
	uint16_t length;

	while (span_left(rest) >= HEADER) {
		const struct span message = rest;

		span_skip(&rest, 1);
		type = span_u8(&rest);
		length = span_u16(&rest);
		if (length < HEADER)
			return true;
		if (type == MULTIPART_REPLY && length >= REPLY_LEAST) {
			if (span_left(message) < length)
				return ended;
			tell(message, answer);
			return true;
		}
		if (type != HELLO)
			return true;
		span_skip(&rest, length - 4u);
	}
	return ended;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	if (verdict != NO && span_left(*heard) >= HEADER && !asking->asked) {
		asking->asked = true;
		ask(out);
		if (!ended)
			return PROBE_WAIT;
	}
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!take_message(heard, ended, answer))
		return PROBE_WAIT;
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_openflow = {
	.name = "openflow",
	.title = "OpenFlow",
	DOORS(TCP(6633), TCP(6653)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
	.weaknesses = weaknesses,
};
