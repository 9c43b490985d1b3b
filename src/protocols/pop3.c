/* pop3.c: Post Office Protocol. RFC 1939 (greeting, replies), RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034
 * (AUTH). Nobody is logged in. */
#include "protocols/text.h"

enum { GREETING_LIMIT = 512 }; /* RFC 1939 3, with CR LF */

enum stage { HEARS_GREETING, HEARS_CAPABILITIES };

struct state {
	enum stage stage;
};

static const struct weakness clear_login = {
	"pop3-clear-login",
	"POP3 takes passwords in the clear",
	2,
	"Take logins only under TLS: disable_plaintext_auth in Dovecot (which exempts clients on the "
	"server's "
	"own address), allowplaintext in Cyrus.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_command commands[] = {
	{ "CAPA", YES },
	{ "STLS", YES },
	{ "UIDL*", YES },
	{ "APOP ?* *", YES },
	{ "TOP [0-9]* [0-9]*", YES },
	{ "AUTH PLAIN*", YES },
	{ "AUTH LOGIN*", YES },
	{ "AUTH NTLM*", YES },
	{ "AUTH CRAM-MD5", YES },
	{ "AUTH DIGEST-MD5", YES },
	{ "AUTH SCRAM-SHA-*", YES },
	{ "AUTH XOAUTH2*", YES },
	{ "AUTH OAUTHBEARER*", YES },
	{ "AUTH", MORE }, /* ftp, irc or redis have the rest as well */
	{ "AUTH GSSAPI*", MORE },
	{ "AUTH KERBEROS_V4", MORE },
	{ "USER ?*", MORE },
	{ "PASS ?*", MORE },
	{ "STAT", MORE },
	{ "LIST*", MORE },
	{ "RETR [0-9]*", MORE },
	{ "DELE [0-9]*", MORE },
	{ "NOOP", MORE },
	{ "RSET", MORE },
	{ "QUIT", MORE },
};

static const struct text_product products[] = {
	{ "Dovecot", "Dovecot" },
	{ "Cyrus POP3", "Cyrus POP3" },
	{ "Courier", "Courier POP3" },
	{ "Qpopper", "Qpopper" },
	{ "Microsoft Exchange", "Microsoft Exchange" },
	{ "Zimbra", "Zimbra" },
	{ "hMailServer", "hMailServer" },
	{ "MailEnable", "MailEnable" },
	{ "MDaemon", "MDaemon" },
	{ "Kerio Connect", "Kerio Connect" },
	{ "IceWarp", "IceWarp" },
	{ "CommuniGate Pro", "CommuniGate Pro" },
	{ "GNU POP3", "GNU Mailutils" },
	{ "tpop3d", "tpop3d" },
	{ "teapop", "teapop" },
	{ "POP3 Bigfoot", "Bigfoot" },
	{ "Gpop", "Google POP3" },
	{ "XMail", "XMail" },
	{ "Stalwart", "Stalwart" },
	{ "popa3d", "popa3d" },
	{ "Solid POP3", "Solid POP3" },
	{ "UW POP3", "UW POP3" },
	{ "UW IMAP", "UW POP3" },
};

/* ---- recognising ---- */

/* "+OK" alone is also what Redis and NATS answer; words behind it are POP3's. So are the codes of RFC 2449
 * and RFC 3206 behind "-ERR". */
static enum verdict recognise_server(struct span first)
{
	struct span rest = text_first(first, GREETING_LIMIT), line;
	const enum verdict alone = recognise_text(first, "+OK\r\n");
	const enum verdict refused = recognise_text(first, "-ERR [");
	enum verdict verdict = recognise_text(first, "+OK ");

	verdict = refused > verdict ? refused : verdict;
	if (alone == YES)
		return text_is_plain(rest) && span_left(first) < GREETING_LIMIT ? MORE : NO;
	if (verdict != YES)
		return verdict > alone ? verdict : alone;
	line = span_line(&rest);
	if (line.failed)
		return span_left(rest) < GREETING_LIMIT && text_is_plain(rest) ? MORE : NO;
	span_skip(&line, strlen("+OK"));
	return text_is_plain(line) && span_left(text_trim(line)) > 0 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)transport;
	if (side == SIDE_SERVER)
		return recognise_server(first);
	return text_commands(first, commands, sizeof(commands) / sizeof(*commands));
}

/* ---- asking ---- */

/* "+OK Dovecot ready." and perhaps "<1896.697170952@dbc.mtview.ca.us>", which APOP needs. */
static enum probe_step hear_greeting(struct state *state, struct span *heard, struct buffer *out,
				     struct answer *answer)
{
	struct span rest = *heard, line = span_line(&rest);

	if (line.failed)
		return span_left(*heard) > GREETING_LIMIT ? PROBE_NOT : PROBE_WAIT;
	if (!span_begins(line, "+OK"))
		return PROBE_NOT;
	*heard = rest;
	span_skip(&line, strlen("+OK"));
	answer_fact(answer, "greeting", text_trim(line));
	(void)text_tell_product(answer, line, products, sizeof(products) / sizeof(*products));
	buffer_text(out, "CAPA\r\n");
	state->stage = HEARS_CAPABILITIES;
	return PROBE_WAIT;
}

struct capabilities {
	struct buffer names;
	bool user, plain;
};

static void read_capability(struct capabilities *capabilities, struct span line, struct answer *answer)
{
	struct span rest = line;
	const struct span name = text_word(&rest);

	buffer_text(&capabilities->names, capabilities->names.length > 0 ? ", " : "");
	buffer_span(&capabilities->names, line);
	if (span_is_nocase(name, "STLS"))
		answer->starttls = true;
	if (span_is_nocase(name, "USER"))
		capabilities->user = true;
	if (span_is_nocase(name, "SASL"))
		capabilities->plain = text_has_word(rest, "PLAIN") || text_has_word(rest, "LOGIN");
	if (span_is_nocase(name, "IMPLEMENTATION") && answer->product[0] == '\0')
		(void)text_tell_product(answer, rest, products, sizeof(products) / sizeof(*products));
}

static void read_capabilities(struct span list, struct answer *answer)
{
	struct capabilities capabilities = { .names = buffer_new(FACT_VALUE - 1) };

	while (span_left(list) > 0)
		read_capability(&capabilities, text_trim(span_line(&list)), answer);
	answer_fact(answer, "capabilities", buffer_read(&capabilities.names));
	if (!answer->inside_tls && (capabilities.user || capabilities.plain))
		answer_weakness(answer, &clear_login, "%s is offered before TLS",
				capabilities.user ? "USER" : "SASL PLAIN");
	buffer_free(&capabilities.names);
}

/* RFC 2449 5: "+OK", one capability a line, and a line with a dot. */
static enum probe_step hear_capabilities(struct span *heard, bool ended, struct buffer *out,
					 struct answer *answer)
{
	struct span rest = *heard, line = span_line(&rest), list = rest;

	if (line.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	if (!span_begins(line, "+OK") && !span_begins(line, "-ERR"))
		return PROBE_NOT;
	if (span_begins(line, "+OK")) {
		do {
			list.end = rest.at;
			line = span_line(&rest);
			if (line.failed)
				return ended ? PROBE_DONE : PROBE_WAIT;
		} while (!span_is(line, "."));
		read_capabilities(list, answer);
	}
	*heard = rest;
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	enum probe_step step = PROBE_WAIT;

	if (state->stage == HEARS_GREETING)
		step = hear_greeting(state, heard, out, answer);
	if (state->stage == HEARS_GREETING)
		return ended ? PROBE_NOT : step;
	return hear_capabilities(heard, ended, out, answer);
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_pop3 = {
	.name = "pop3",
	.title = "Post Office Protocol",
	DOORS(TCP(110)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
