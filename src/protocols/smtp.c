/* smtp.c: Simple Mail Transfer Protocol. RFC 5321 (greeting, EHLO, replies), RFC 3207 (STARTTLS), RFC 4954
 * (AUTH). LMTP (RFC 2033) greets alike and is told apart: it never accepts EHLO or HELO. */
#include "protocols/text.h"

enum { READY = 220, DONE_WELL = 250, REFUSED = 554, NOT_NOW = 421 };

enum stage { HEARS_GREETING, HEARS_EHLO, HEARS_HELO };

struct state {
	enum stage stage;
	bool is_smtp; /* the greeting says so */
};

static const struct weakness clear_login = {
	"smtp-clear-login",
	"SMTP takes passwords in the clear",
	2,
	"Offer AUTH only after STARTTLS: smtpd_tls_auth_only in Postfix, auth_advertise_hosts in Exim.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_command commands[] = {
	{ "EHLO", YES },      { "EHLO ?*", YES }, { "HELO ?*", YES }, { "MAIL FROM:*", YES },
	{ "STARTTLS", MORE }, /* sieve has it as well, and nearly all have the rest */
	{ "NOOP*", MORE },    { "RSET", MORE },   { "HELP*", MORE },  { "QUIT", MORE },
};

static const struct text_product products[] = {
	{ "Postfix", "Postfix" },
	{ "OpenSMTPD", "OpenSMTPD" },
	{ "Exim", "Exim" },
	{ "Sendmail", "Sendmail" },
	{ "Python SMTP proxy", "Python smtpd" },
	{ "Python SMTP", "Python aiosmtpd" },
	{ "Microsoft ESMTP MAIL Service", "Microsoft Exchange or IIS SMTP" },
	{ "Microsoft Exchange", "Microsoft Exchange" },
	{ "Dovecot", "Dovecot" },
	{ "MailHog", "MailHog" },
	{ "Mailpit", "Mailpit" },
	{ "Haraka", "Haraka" },
	{ "hMailServer", "hMailServer" },
	{ "MailEnable Service", "MailEnable" },
	{ "IceWarp", "IceWarp" },
	{ "MDaemon", "MDaemon" },
	{ "Kerio Connect", "Kerio Connect" },
	{ "Kerio MailServer", "Kerio MailServer" },
	{ "CommuniGate Pro", "CommuniGate Pro" },
	{ "Lotus Domino Release", "HCL Domino" },
	{ "Domino Release", "HCL Domino" },
	{ "GroupWise Internet Agent", "GroupWise" },
	{ "Stalwart", "Stalwart" },
	{ "chasquid", "chasquid" },
	{ "maddy", "maddy" },
	{ "qpsmtpd", "qpsmtpd" },
	{ "XMail", "XMail" },
	{ "Lotus SMTP", "Lotus SMTP" },
	{ "gsmtp", "Google SMTP" },
};

/* A greeting that does not say what it is, such as that of Dovecot, may be LMTP's or FTP's: only the client's
 * words, or an answer to EHLO, can tell. Until then it may be SMTP's, but for replies that only FTP gives. */
static enum verdict greeting_tells(struct span first)
{
	struct reply reply;
	const enum verdict whole = reply_take(&first, &reply);
	enum greeting greeting;

	if (whole != YES)
		return whole;
	if (reply.code != READY && reply.code != REFUSED && reply.code != NOT_NOW)
		return NO;
	greeting = text_greeting(reply.lines);
	if (greeting != GREETS_UNCLEAR)
		return greeting == GREETS_SMTP ? YES : NO;
	if (reply.code != READY)
		return NO;
	while (reply_take(&first, &reply) == YES)
		if (reply.code / 10 == 33 || reply.code / 10 == 23) /* logins of FTP */
			return NO;
	return MORE;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	(void)transport;
	if (side == SIDE_CLIENT)
		return text_commands(first, commands, sizeof(commands) / sizeof(*commands));
	verdict = greeting_tells(text_first(first, TEXT_LINE_LIMIT));
	return verdict == MORE && span_left(first) >= TEXT_LINE_LIMIT ? NO : verdict;
}

/* ---- asking ---- */

/* "AUTH PLAIN LOGIN", or "AUTH=PLAIN LOGIN" as servers before RFC 4954 wrote it. */
static void read_auth(struct span mechanisms, struct answer *answer)
{
	mechanisms = text_trim(mechanisms);
	answer_fact(answer, "auth", mechanisms);
	if (!answer->inside_tls && (text_has_word(mechanisms, "PLAIN") || text_has_word(mechanisms, "LOGIN")))
		answer_weakness(answer, &clear_login, "AUTH %.*s is offered before TLS",
				(int)span_left(mechanisms), (const char *)mechanisms.at);
}

/* RFC 5321 4.1.1.1: the first line greets, each further one is an extension. */
static void read_extensions(const struct reply *reply, struct answer *answer)
{
	struct buffer extensions = buffer_new(FACT_VALUE - 1);
	struct span lines = reply->lines, line;

	(void)reply_line(&lines, reply->code, &line);
	while (reply_line(&lines, reply->code, &line)) {
		buffer_text(&extensions, extensions.length > 0 ? ", " : "");
		buffer_span(&extensions, line);
		if (span_is_nocase(line, "STARTTLS"))
			answer->starttls = true;
		if (span_begins_nocase(line, "AUTH ") || span_begins_nocase(line, "AUTH=")) {
			span_skip(&line, strlen("AUTH "));
			read_auth(line, answer);
		}
	}
	answer_fact(answer, "extensions", buffer_read(&extensions));
	buffer_free(&extensions);
}

static enum probe_step hear_greeting(struct state *state, const struct reply *reply, struct buffer *out,
				     struct answer *answer)
{
	const enum greeting greeting = text_greeting(reply->lines);

	if (greeting == GREETS_FTP || greeting == GREETS_OTHER)
		return PROBE_NOT;
	state->is_smtp = greeting == GREETS_SMTP;
	answer_fact(answer, "greeting", reply_first(reply));
	(void)text_tell_product(answer, reply->lines, products, sizeof(products) / sizeof(*products));
	if (reply->code != READY)
		return state->is_smtp ? PROBE_DONE : PROBE_NOT;
	buffer_text(out, "EHLO doorward.invalid\r\n");
	state->stage = HEARS_EHLO;
	return PROBE_WAIT;
}

static enum probe_step hear_reply(void *memory, const struct reply *reply, struct buffer *out,
				  struct answer *answer)
{
	struct state *const state = memory;

	if (reply == NULL)
		return state->is_smtp ? PROBE_DONE : PROBE_NOT;
	if (state->stage == HEARS_GREETING)
		return hear_greeting(state, reply, out, answer);
	if (reply->code == DONE_WELL) {
		if (state->stage == HEARS_EHLO)
			read_extensions(reply, answer);
		buffer_text(out, "QUIT\r\n");
		return PROBE_DONE;
	}
	if (state->stage == HEARS_EHLO) { /* RFC 5321 4.1.4: a server without extensions */
		buffer_text(out, "HELO doorward.invalid\r\n");
		state->stage = HEARS_HELO;
		return PROBE_WAIT;
	}
	buffer_text(out, "QUIT\r\n");
	return state->is_smtp ? PROBE_DONE : PROBE_NOT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	return reply_hear(hear_reply, memory, heard, ended, out, answer);
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_smtp = {
	.name = "smtp",
	.title = "Simple Mail Transfer Protocol",
	DOORS(TCP(25), TCP(587), TCP(2525)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
