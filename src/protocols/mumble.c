/* mumble.c: Mumble, "Protocol stack (TCP)" and "Connect and ping (UDP)" of its documentation: inside TLS both
 * sides begin with their version, a message of Protocol Buffers whose fields come in the order of their
 * numbers; over UDP a server tells its version to a ping of twelve octets. */
#include "protocols/text.h"

#include <stdio.h>

enum {
	HEAD = 6, /* type and length */
	VERSION_MOST = 1024,
	TAG_VERSION = 0x08, /* field 1, a number */
	TAG_RELEASE = 0x12, /* field 2, a text */
	NUMBER_MOST = 5,
	PONG = 24,
	USERS_MOST = 100000,
	BANDWIDTH_LEAST = 8000, /* bits a second */
	BANDWIDTH_MOST = 10000000,
};

static const char nonce[] = "doorward";

/* Takes a message of the version up to the text of its release. MORE: it may become one. */
static enum verdict take_release(struct span *s, struct span *ret_release)
{
	static const uint8_t type[] = { 0, 0, 0, 0 }; /* with the upper half of the length */
	const size_t come = span_left(*s);
	uint16_t length;
	uint8_t octet;

	if (memcmp(s->at, type, come < sizeof(type) ? come : sizeof(type)) != 0)
		return NO;
	if (come <= HEAD)
		return MORE;
	span_skip(s, sizeof(type));
	length = span_u16(s);
	if (length > VERSION_MOST || span_u8(s) != TAG_VERSION)
		return NO;
	for (unsigned i = 0; i < NUMBER_MOST; i++) {
		octet = span_u8(s);
		if (s->failed)
			return MORE;
		if (octet < 0x80)
			break;
	}
	if (span_left(*s) == 0)
		return octet < 0x80 ? MORE : NO;
	if (octet >= 0x80 || span_u8(s) != TAG_RELEASE)
		return NO;
	octet = span_u8(s);
	if (s->failed)
		return MORE;
	*ret_release = span_take(s, octet);
	if (s->failed)
		return MORE;
	return octet > 0 && octet < 0x80 && text_is_plain(*ret_release) ? YES : NO;
}

/* The version, what was sent with the ping, users, the most of them, and what each may send. */
static bool is_pong(struct span words)
{
	uint32_t users, most, bandwidth;

	if (span_left(words) != PONG || span_u8(&words) != 0 || span_u8(&words) - 1U > 1)
		return false;
	span_skip(&words, 10);
	users = span_u32(&words);
	most = span_u32(&words);
	bandwidth = span_u32(&words);
	return users <= most && most > 0 && most <= USERS_MOST && bandwidth >= BANDWIDTH_LEAST &&
	       bandwidth <= BANDWIDTH_MOST;
}

/* Of datagrams a ping shows too little, and what follows is encrypted. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span release;

	if (transport == TRANSPORT_UDP)
		return side == SIDE_SERVER && is_pong(first) ? YES : NO;
	return take_release(&first, &release);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	if (transport != TRANSPORT_UDP)
		return;
	buffer_u32(out, 0);
	buffer_text(out, nonce);
}

static bool is_ours(struct span words)
{
	if (!is_pong(words))
		return false;
	span_skip(&words, 4);
	return span_begins(words, nonce);
}

static void tell_pong(struct span words, struct answer *answer)
{
	char version[16];

	(void)snprintf(version, sizeof(version), "%u.%u.%u", words.at[1], words.at[2], words.at[3]);
	answer_product(answer, span_text("Mumble server"), span_text(version));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, release;
	enum verdict verdict;

	(void)state;
	(void)out;
	if (is_ours(*heard)) {
		tell_pong(*heard, answer);
		heard->at = heard->end;
		return PROBE_DONE;
	}
	verdict = span_left(rest) > 0 ? take_release(&rest, &release) : MORE;
	if (verdict == YES) {
		answer_product(answer, span_text("Mumble server"), text_version(release));
		answer->version[strcspn(answer->version, "-+~")] = '\0'; /* 1.3.4-4: packed by somebody */
		heard->at = heard->end;
	}
	return probe_step_for(verdict, ended);
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.server_speaks_first = true,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_mumble = {
	.name = "mumble",
	.title = "Mumble",
	DOORS(TCP(64738), UDP(64738)),
	.privacy = PRIVACY_EITHER, /* pings are in the clear */
	.recognise = recognise,
	.datagram_least = PONG,
	MARKS(OCTET(0, 0), OCTETS(1, 1, 2)),
	.probe = &probe,
};
