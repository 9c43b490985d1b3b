/* ftp_probe.c: what an FTP server is asked: its features, its system, whether it goes on with TLS. Nobody is
 * logged in. */
#include "protocols/ftp.h"

enum stage { HEARS_GREETING, HEARS_FEATURES, HEARS_SYSTEM, HEARS_AUTH };

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
