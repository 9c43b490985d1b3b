/* ftp.c: File Transfer Protocol. RFC 959 (commands, replies), RFC 2389 (FEAT), RFC 2228 and RFC 4217 (AUTH
 * TLS), RFC 7151 (HOST). Nobody is logged in. */
#include "protocols/text.h"

enum {
	GREETING_READY = 220,
	GREETING_WAIT = 120,
	FEATURES = 211,
	SYSTEM = 215,
	GOES_ON_WITH_TLS = 234,
	LOGIN_FIRST = 530,
	NOT_NOW = 421,
};

enum stage { HEARS_GREETING, HEARS_FEATURES, HEARS_SYSTEM, HEARS_AUTH };

struct state {
	enum stage stage;
	bool is_ftp; /* something was said that only FTP says */
};

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
	{ "HOST ?*", YES },
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

static const struct text_product products[] = {
	{ "vsFTPd", "vsftpd" },
	{ "ProFTPD", "ProFTPD" },
	{ "Pure-FTPd", "Pure-FTPd" },
	{ "FileZilla Server", "FileZilla Server" },
	{ "Microsoft FTP Service", "Microsoft FTP Service" },
	{ "pyftpdlib", "pyftpdlib" },
	{ "Serv-U FTP Server", "Serv-U" },
	{ "bftpd", "Bftpd" },
	{ "glFTPd", "glFTPd" },
	{ "NcFTPd Server", "NcFTPd" },
	{ "GNU inetutils", "inetutils ftpd" },
	{ "tnftpd", "tnftpd" },
	{ "Linux-ftpd", "Linux-ftpd" },
	{ "Version wu", "WU-FTPD" },
	{ "CrushFTP", "CrushFTP" },
	{ "Cerberus FTP Server", "Cerberus FTP Server" },
	{ "Wing FTP Server", "Wing FTP Server" },
	{ "Titan FTP Server", "Titan FTP Server" },
	{ "Gene6 FTP Server", "Gene6 FTP Server" },
	{ "Xlight FTP Server", "Xlight FTP Server" },
	{ "WS_FTP Server", "WS_FTP Server" },
	{ "Twisted", "Twisted FTP" },
	{ "MikroTik", "MikroTik FTP" },
	{ "BusyBox", "BusyBox ftpd" },
};

/* ---- recognising ---- */

/* After a greeting that says nothing: the first reply that only FTP gives, or only another. */
static enum verdict later_replies_tell(struct span rest)
{
	struct reply reply;
	enum verdict whole;

	while ((whole = reply_take(&rest, &reply)) == YES) {
		switch (reply.code) {
		case 331: /* password needed */
		case 230: /* logged in */
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

/* ---- asking ---- */

static void read_features(const struct reply *reply, struct answer *answer)
{
	struct buffer features = buffer_new(FACT_VALUE - 1);
	struct span lines = reply->lines, line;

	(void)reply_line(&lines, reply->code, &line); /* "Features:" */
	while (reply_line(&lines, reply->code, &line) && span_left(lines) > 0) {
		buffer_text(&features, features.length > 0 ? ", " : "");
		buffer_span(&features, line);
		if (span_begins_nocase(line, "AUTH") && text_has_word(line, "TLS"))
			answer->starttls = true;
	}
	answer_fact(answer, "features", buffer_read(&features));
	buffer_free(&features);
}

static enum probe_step hear_greeting(struct state *state, const struct reply *reply, struct buffer *out,
				     struct answer *answer)
{
	const enum greeting greeting = text_greeting(reply->lines);

	if (reply->code == GREETING_WAIT)
		return PROBE_WAIT;
	if (greeting == GREETS_SMTP || greeting == GREETS_OTHER)
		return PROBE_NOT;
	state->is_ftp = greeting == GREETS_FTP;
	answer_fact(answer, "greeting", reply_first(reply));
	(void)text_tell_product(answer, reply->lines, products, sizeof(products) / sizeof(*products));
	if (reply->code != GREETING_READY)
		return state->is_ftp ? PROBE_DONE : PROBE_NOT;
	buffer_text(out, "FEAT\r\n");
	state->stage = HEARS_FEATURES;
	return PROBE_WAIT;
}

/* The rest of the conversation: each answer calls for the next question. */
static enum probe_step hear_reply(void *memory, const struct reply *reply, struct buffer *out,
				  struct answer *answer)
{
	struct state *const state = memory;

	if (reply == NULL)
		return state->is_ftp ? PROBE_DONE : PROBE_NOT;
	switch (state->stage) {
	case HEARS_GREETING: return hear_greeting(state, reply, out, answer);
	case HEARS_FEATURES:
		if (reply->code == FEATURES) {
			state->is_ftp = true;
			read_features(reply, answer);
		}
		buffer_text(out, "SYST\r\n");
		state->stage = HEARS_SYSTEM;
		return PROBE_WAIT;
	case HEARS_SYSTEM:
		state->is_ftp = state->is_ftp || reply->code == SYSTEM;
		if (reply->code == SYSTEM)
			answer_fact(answer, "system", reply_first(reply));
		if (!state->is_ftp || answer->starttls || answer->inside_tls) {
			buffer_text(out, "QUIT\r\n");
			return state->is_ftp ? PROBE_DONE : PROBE_NOT;
		}
		/* Servers that are older than FEAT, or hide it, still answer this. */
		buffer_text(out, "AUTH TLS\r\n");
		state->stage = HEARS_AUTH;
		return PROBE_WAIT;
	default:
		answer->starttls = reply->code == GOES_ON_WITH_TLS;
		if (!answer->starttls)
			buffer_text(out, "QUIT\r\n");
		return PROBE_DONE;
	}
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

const struct protocol protocol_ftp = {
	.name = "ftp",
	.title = "File Transfer Protocol",
	DOORS(TCP(21)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
};
