/* xmpp_probe.c: asks a server of XMPP what it offers to a client that has not logged in: RFC 6120 section 4
 * (streams), 5 (STARTTLS), 6 (SASL). Which of its domains is meant has to be said, and nobody knows; most
 * have this one. One that does not know it says so. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#define DOMAIN "localhost"
#define STREAM                                                                                               \
	"<?xml version='1.0'?><stream:stream to='" DOMAIN "' version='1.0' xmlns='jabber:client' "           \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

enum { HEARD_MOST = 8192, MECHANISMS = 256 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, STREAM);
}

/* The next text between `begin` and `end`; s goes on behind it. Failed where there is none. */
static struct span between(struct span *s, const char *begin, const char *end)
{
	const size_t at = span_find(*s, begin);
	struct span text;
	size_t length;

	if (at == SIZE_MAX) {
		s->failed = true;
		return *s;
	}
	span_skip(s, at + strlen(begin));
	length = span_find(*s, end);
	if (length == SIZE_MAX) {
		s->failed = true;
		return *s;
	}
	text = span_take(s, length);
	return text;
}

static void read_mechanisms(struct span features, struct answer *answer)
{
	char list[MECHANISMS] = { 0 };
	bool plain = false;

	for (;;) {
		const struct span mechanism = between(&features, "<mechanism>", "<");

		if (features.failed)
			break;
		plain = plain || span_is_nocase(mechanism, "PLAIN");
		(void)texts_add(list, sizeof(list), mechanism);
	}
	answer_texts(answer, "mechanisms", list);
	if (plain && !answer->inside_tls)
		answer_weakness(answer, &xmpp_clear_login, "SASL PLAIN is offered before TLS");
}

/* "<stream:error><host-unknown xmlns='...'/>" */
static void read_error(struct span heard, struct answer *answer)
{
	struct span error = between(&heard, "<stream:error>", "</stream:error>"), name;

	if (heard.failed)
		return;
	name = between(&error, "<", " ");
	if (!error.failed)
		answer_fact(answer, "error", name);
}

static void tell(struct span heard, struct answer *answer)
{
	struct span features = heard, rest = heard, stream = between(&rest, "<stream:stream", ">"),
		    from = stream;
	const struct span name = between(&from, " from='", "'");

	if (!rest.failed && !from.failed)
		answer_fact(answer, "from", name);
	features = between(&features, "<stream:features", "</stream:features>");
	if (!features.failed) {
		answer->starttls = !answer->inside_tls && span_find(features, "<starttls") != SIZE_MAX;
		read_mechanisms(features, answer);
	}
	read_error(heard, answer);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct span all = *heard;
	const bool whole = span_find(all, "</stream:features>") != SIZE_MAX ||
			   span_find(all, "</stream:error>") != SIZE_MAX ||
			   span_find(all, "<stream:features/>") != SIZE_MAX || span_left(all) > HEARD_MOST;

	(void)state;
	if (span_left(all) > 0 &&
	    protocol_named(span_text("xmpp"))->recognise(all, SIDE_SERVER, TRANSPORT_TCP) == NO)
		return PROBE_NOT;
	if (!whole && !ended)
		return PROBE_WAIT;
	if (span_find(all, "<stream:stream") == SIZE_MAX)
		return PROBE_NOT;
	tell(all, answer);
	heard->at = heard->end;
	buffer_text(out, "</stream:stream>");
	return PROBE_DONE;
}

/* ---- going on in TLS ---- */

static void greet_tls(struct buffer *out)
{
	buffer_text(out, STREAM);
}

static enum probe_step hear_tls(void *memory, struct span *heard, bool ended, struct buffer *out)
{
	bool *const asked = memory;

	if (!*asked && span_find(*heard, "</stream:features>") != SIZE_MAX) {
		*asked = true;
		heard->at = heard->end;
		buffer_text(out, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		return PROBE_WAIT;
	}
	if (*asked && span_find(*heard, "<proceed") != SIZE_MAX && span_find(*heard, ">") != SIZE_MAX) {
		heard->at = heard->end;
		return PROBE_DONE;
	}
	return ended || span_left(*heard) > HEARD_MOST ? PROBE_NOT : PROBE_WAIT;
}

static const struct start_tls start_tls = { .greet = greet_tls, .hear = hear_tls };

const struct probe xmpp_probe = {
	.transports = PROBE_TCP,
	.rare = true,
	.greet = greet,
	.hear = hear,
	.start_tls = &start_tls,
};
