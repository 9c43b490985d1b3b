/* ftp_probe.c: what an FTP server is asked: its features, its system, whether it expects anonymous visitors
 * (RFC 1635), whether it goes on with TLS. No password is ever given, so that nobody is logged in but where a
 * server asks for none. */
#include "protocols/ftp.h"

const struct weakness ftp_anonymous = {
	"ftp-anonymous",
	"FTP is offered to anonymous visitors",
	3,
	"If the files are not for everybody, turn it off: anonymous_enable=NO in vsftpd, no <Anonymous> in "
	"ProFTPD.",
};

enum stage { HEARS_GREETING, HEARS_FEATURES, HEARS_SYSTEM, HEARS_ANONYMOUS, HEARS_STRANGER, HEARS_AUTH };

struct state {
	enum stage stage;
	bool is_ftp; /* something was said that only FTP says */
};
_Static_assert(sizeof(struct state) <= FTP_PROBE_STATE, "state of the probe");

const struct text_product ftp_products[] = {
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
const size_t ftp_product_count = sizeof(ftp_products) / sizeof(*ftp_products);

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
	(void)text_tell_product(answer, reply->lines, ftp_products, ftp_product_count);
	if (reply->code != GREETING_READY)
		return state->is_ftp ? PROBE_DONE : PROBE_NOT;
	buffer_text(out, "FEAT\r\n");
	state->stage = HEARS_FEATURES;
	return PROBE_WAIT;
}

static enum probe_step say_goodbye(struct buffer *out, enum probe_step step)
{
	buffer_text(out, "QUIT\r\n");
	return step;
}

/* Servers that are older than FEAT, or hide it, still answer this. */
static enum probe_step ask_for_tls(struct state *state, struct buffer *out, const struct answer *answer)
{
	if (answer->starttls || answer->inside_tls)
		return say_goodbye(out, PROBE_DONE);
	buffer_text(out, "AUTH TLS\r\n");
	state->stage = HEARS_AUTH;
	return PROBE_WAIT;
}

/* What servers that expect such visitors say to the name, in words: others ask for
 * a password in the same way as of everybody. vsftpd does so in any case, and tells a stranger. */
static enum probe_step hear_anonymous(struct state *state, const struct reply *reply, struct buffer *out,
				      struct answer *answer)
{
	static const char *const signs[] = { "anonymous login", "anonymous access", "guest login", "e-mail",
					     "email" };
	bool expected = reply->code == LOGGED_IN;

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs) && reply->code == NEEDS_PASSWORD; i++)
		expected = expected || text_find(reply->lines, signs[i]) != SIZE_MAX;
	if (expected)
		answer_weakness(answer, &ftp_anonymous, "%s",
				reply->code == LOGGED_IN ? "it asks an anonymous visitor for nothing more"
							 : "it invites an anonymous visitor");
	if (reply->code == LOGGED_IN)
		return say_goodbye(out, PROBE_DONE);
	if (expected || strcmp(answer->product, "vsftpd") != 0)
		return ask_for_tls(state, out, answer);
	buffer_text(out, "USER doorward\r\n");
	state->stage = HEARS_STRANGER;
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
		if (!state->is_ftp)
			return say_goodbye(out, PROBE_NOT);
		buffer_text(out, "USER anonymous\r\n");
		state->stage = HEARS_ANONYMOUS;
		return PROBE_WAIT;
	case HEARS_ANONYMOUS: return hear_anonymous(state, reply, out, answer);
	case HEARS_STRANGER:
		if (text_find(reply->lines, "anonymous only") != SIZE_MAX)
			answer_weakness(answer, &ftp_anonymous, "it takes anonymous visitors alone");
		return ask_for_tls(state, out, answer);
	default:
		answer->starttls = reply->code == GOES_ON_WITH_TLS;
		return answer->starttls ? PROBE_DONE : say_goodbye(out, PROBE_DONE);
	}
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	return reply_hear(hear_reply, memory, heard, ended, out, answer);
}

static const struct start_tls_step start_tls_steps[] = {
	{ "220 ", "AUTH TLS\r\n" },
	{ "234 ", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

const struct probe ftp_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
	.start_tls = &start_tls,
};
