/* smtp.c: Simple Mail Transfer Protocol. RFC 5321 (greeting, EHLO, replies), RFC 3207 (STARTTLS), RFC 4954
 * (AUTH). LMTP (RFC 2033) greets alike and is told apart: it never accepts EHLO or HELO. */
#include "protocols/smtp.h"

#include "protocols/lines.h"

const struct weakness smtp_clear_login = {
	"smtp-clear-login",
	"SMTP takes passwords in the clear",
	2,
	"Offer AUTH only after STARTTLS: smtpd_tls_auth_only in Postfix, auth_advertise_hosts in Exim.",
};
static const struct weakness *const weaknesses[] = { &smtp_clear_login, NULL };

static const struct text_command commands[] = {
	{ "EHLO", YES },      { "EHLO ?*", YES }, { "HELO ?*", YES }, { "MAIL FROM:*", YES },
	{ "STARTTLS", MORE }, /* sieve has it as well, and nearly all have the rest */
	{ "NOOP*", MORE },    { "RSET", MORE },   { "HELP*", MORE },  { "QUIT", MORE },
};

const struct text_product smtp_products[] = {
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
const size_t smtp_product_count = sizeof(smtp_products) / sizeof(*smtp_products);

/* ---- recognising ---- */

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

/* "AUTH PLAIN LOGIN", or "AUTH=PLAIN LOGIN" as servers before RFC 4954 wrote it. */
static void read_auth(struct span mechanisms, struct smtp_extensions *extensions)
{
	mechanisms = text_trim(mechanisms);
	span_copy_text(mechanisms, extensions->auth, sizeof(extensions->auth));
	extensions->clear_auth = text_has_word(mechanisms, "PLAIN") || text_has_word(mechanisms, "LOGIN");
}

/* RFC 5321 4.1.1.1: the first line greets, each further one is an extension. */
void smtp_read_extensions(const struct reply *reply, struct smtp_extensions *ret_extensions)
{
	struct span lines = reply->lines, line;

	*ret_extensions = (struct smtp_extensions){ .starttls = false };
	(void)reply_line(&lines, reply->code, &line);
	while (reply_line(&lines, reply->code, &line)) {
		(void)texts_add(ret_extensions->list, sizeof(ret_extensions->list), line);
		if (span_is_nocase(line, "STARTTLS"))
			ret_extensions->starttls = true;
		if (span_begins_nocase(line, "AUTH ") || span_begins_nocase(line, "AUTH=")) {
			span_skip(&line, strlen("AUTH "));
			read_auth(line, ret_extensions);
		}
	}
}

const struct protocol protocol_smtp = {
	.name = "smtp",
	.title = "Simple Mail Transfer Protocol",
	DOORS(TCP(25), TCP(587), TCP(2525)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &smtp_parser,
	.probe = &smtp_probe,
	.probe_state_size = SMTP_PROBE_STATE,
	.weaknesses = weaknesses,
};
