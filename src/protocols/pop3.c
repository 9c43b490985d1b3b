/* pop3.c: Post Office Protocol. RFC 1939 (greeting, replies), RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034
 * (AUTH). */
#include "protocols/pop3.h"

#include "protocols/lines.h"

const struct weakness pop3_clear_login = {
	"pop3-clear-login",
	"POP3 takes passwords in the clear",
	2,
	"Take logins only under TLS: disable_plaintext_auth in Dovecot (which exempts clients on the "
	"server's "
	"own address), allowplaintext in Cyrus.",
};
static const struct weakness *const weaknesses[] = { &pop3_clear_login, NULL };

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

const struct text_product pop3_products[] = {
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
const size_t pop3_product_count = sizeof(pop3_products) / sizeof(*pop3_products);

/* ---- recognising ---- */

/* "+OK" alone is also what Redis and NATS answer; words behind it are POP3's. So are the codes of RFC 2449
 * and RFC 3206 behind "-ERR". */
static enum verdict recognise_server(struct span first)
{
	struct span rest = text_first(first, POP3_GREETING), line;
	const enum verdict alone = recognise_text(first, "+OK\r\n");
	const enum verdict refused = recognise_text(first, "-ERR [");
	enum verdict verdict = recognise_text(first, "+OK ");

	verdict = refused > verdict ? refused : verdict;
	if (alone == YES)
		return text_is_plain(rest) && span_left(first) < POP3_GREETING ? MORE : NO;
	if (verdict != YES)
		return verdict > alone ? verdict : alone;
	line = span_line(&rest);
	if (line.failed)
		return span_left(rest) < POP3_GREETING && text_is_plain(rest) ? MORE : NO;
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

/* ---- capabilities ---- */

void pop3_read_capability(struct pop3_capabilities *capabilities, struct span line)
{
	struct span rest = line;
	const struct span name = text_word(&rest);

	(void)texts_add(capabilities->list, sizeof(capabilities->list), line);
	if (span_is_nocase(name, "STLS"))
		capabilities->stls = true;
	if (span_is_nocase(name, "USER"))
		capabilities->user = true;
	if (span_is_nocase(name, "SASL"))
		capabilities->plain = text_has_word(rest, "PLAIN") || text_has_word(rest, "LOGIN");
	if (span_is_nocase(name, "IMPLEMENTATION"))
		span_copy_text(text_trim(rest), capabilities->implementation,
			       sizeof(capabilities->implementation));
}

const char *pop3_clear_login_of(const struct pop3_capabilities *capabilities)
{
	return capabilities->user ? "USER" : capabilities->plain ? "SASL PLAIN" : NULL;
}

const struct protocol protocol_pop3 = {
	.name = "pop3",
	.title = "Post Office Protocol",
	DOORS(TCP(110)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("pop3"),
	.parser = &pop3_parser,
	.probe = &pop3_probe,
	.probe_state_size = POP3_PROBE_STATE,
	.weaknesses = weaknesses,
};
