/* libvirt.c: how libvirt is used from elsewhere, src/rpc/virnetprotocol.x of its sources: messages of XDR
 * (RFC 4506) behind a length. Which logins there are is asked before any. */
#include "protocols/protocols.h"

#include <stdio.h>

enum {
	HEAD = 28,
	LENGTH_MOST = 32 * 1024 * 1024,
	PROGRAM = 0x20008086,
	VERSION = 1,
	AUTH_LIST = 66,
	CALL = 0,
	REPLY = 1,
	TYPES = 6, /* of messages */
	SERIAL = 1,
	LOGINS_MOST = 20,
	NO_LOGIN = 0,
};

static const struct weakness no_auth = {
	"libvirt-no-auth",
	"libvirt obeys everybody",
	1,
	"Set auth_tcp = \"sasl\" (auth_tls in the case of TLS) in libvirtd.conf, or let it be used over SSH "
	"alone: "
	"who commands it is root on this host.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

/* The length counts itself. Programs beside the first are for hypervisors and have numbers near it. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint32_t length = span_u32(&s), program = span_u32(&s), version = span_u32(&s);
	const uint32_t procedure = span_u32(&s), type = span_u32(&s);

	if (transport != TRANSPORT_TCP || span_peek(first, 0) > LENGTH_MOST >> 24)
		return NO;
	if (span_left(first) < 20)
		return span_left(first) < 8 ||
				       span_u32(&(struct span){ first.at + 4, first.end, false }) == PROGRAM
			       ? MORE
			       : NO;
	if (program != PROGRAM || version != VERSION || length < HEAD || length > LENGTH_MOST ||
	    procedure == 0 || procedure > 4096 || type >= TYPES)
		return NO;
	return (type == CALL) == (side == SIDE_CLIENT) ? YES : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint32_t words[] = { HEAD, PROGRAM, VERSION, AUTH_LIST, CALL, SERIAL, 0 };

	(void)state;
	(void)transport;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		buffer_u32(out, words[i]);
}

static void hear_logins(struct span s, struct answer *answer)
{
	static const char *const names[] = { "none", "sasl", "polkit" };
	const uint32_t count = span_u32(&s);
	char text[64] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < count && i < LOGINS_MOST; i++) {
		const uint32_t login = span_u32(&s);

		if (s.failed || login >= sizeof(names) / sizeof(*names))
			return;
		if (length + 16 < sizeof(text))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
						   length > 0 ? ", " : "", names[login]);
		if (login == NO_LOGIN)
			answer_weakness(answer, &no_auth, "it asks for no login");
	}
	answer_fact(answer, "authentication", span_text(text));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, message;
	uint32_t procedure, type, serial, status;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	message = span_take(&s, span_u32(&(struct span){ s.at, s.end, false }));
	if (message.failed && !ended)
		return PROBE_WAIT;
	answer_product(answer, span_text("libvirt"), span_of(NULL, 0));
	span_skip(&message, 12);
	procedure = span_u32(&message);
	type = span_u32(&message);
	serial = span_u32(&message);
	status = span_u32(&message);
	if (procedure == AUTH_LIST && type == REPLY && serial == SERIAL && status == 0 && !message.failed)
		hear_logins(message, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_libvirt = {
	.name = "libvirt",
	.title = "libvirt",
	DOORS(TCP(16509), TCP(16514)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.weaknesses = weaknesses,
};
