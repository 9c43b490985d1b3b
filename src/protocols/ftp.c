/* ftp.c: File Transfer Protocol. RFC 959 (commands, replies), RFC 2389 (FEAT), RFC 2228 and RFC 4217 (AUTH
 * TLS), RFC 2428 (EPRT, EPSV), RFC 7151 (HOST). */
#include "protocols/ftp.h"

static const struct text_command commands[] = {
	{ "FEAT", YES },
	{ "SYST", YES },
	{ "PASV", YES },
	{ "EPSV*", YES },
	{ "AUTH TLS*", YES },
	{ "AUTH SSL*", YES },
	{ "OPTS UTF8*", YES },
	{ "OPTS MLST*", YES },
	{ "CLNT ?*", YES },
	{ "HOST ?*", MORE },
	{ "PBSZ [0-9]*", YES },
	{ "PROT [PC]", YES },
	{ "PORT *,*,*,*,*,*", YES },
	{ "EPRT |*|*|*|", YES },
	{ "TYPE [AIEL]*", YES },
	{ "PWD", YES },
	{ "XPWD", YES },
	{ "CWD ?*", YES },
	{ "SITE ?*", YES },
	{ "MLSD*", YES },
	{ "STOR ?*", YES },
	{ "AUTH GSSAPI", MORE }, /* pop3 has it as well, and the five below */
	{ "AUTH KERBEROS_V4", MORE },
	{ "USER ?*", MORE },
	{ "PASS*", MORE },
	{ "QUIT", MORE },
	{ "NOOP", MORE },
};

/* ---- recognising ---- */

/* After a greeting that says nothing: the first reply that only FTP gives, or only another. */
static enum verdict later_replies_tell(struct span rest)
{
	struct reply reply;
	enum verdict whole;

	while ((whole = reply_take(&rest, &reply)) == YES) {
		switch (reply.code) {
		case NEEDS_PASSWORD:
		case LOGGED_IN:
		case SYSTEM:
		case GOES_ON_WITH_TLS: return YES;
		case 250: /* to SMTP's EHLO; in FTP not before login */
		case 354: return NO;
		default: break;
		}
	}
	return whole;
}

static enum verdict greeting_tells(struct span first)
{
	struct reply reply;
	const enum verdict whole = reply_take(&first, &reply);
	enum greeting greeting;

	if (whole != YES)
		return whole;
	if (reply.code != GREETING_READY && reply.code != GREETING_WAIT && reply.code != LOGIN_FIRST &&
	    reply.code != NOT_NOW)
		return NO;
	greeting = text_greeting(reply.lines);
	if (greeting == GREETS_UNCLEAR && reply.code == GREETING_READY)
		return later_replies_tell(first);
	return greeting == GREETS_FTP ? YES : NO;
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

const struct protocol protocol_ftp = {
	.name = "ftp",
	.title = "File Transfer Protocol",
	DOORS(TCP(21)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("ftp"),
	.parser = &ftp_parser,
	.probe = &ftp_probe,
	.probe_state_size = FTP_PROBE_STATE,
	.weaknesses = ftp_weaknesses,
};
