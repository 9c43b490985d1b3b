/* rlogin.c: BSD's remote login, RFC 1282: a zero, the user's name here and there, and the terminal. */
#include "protocols/lines.h"
#include "protocols/remote.h"

#include <ctype.h>

enum { NAME_MOST = 64 };

static const struct weakness clear_login = {
	"rlogin-clear-login",
	"rlogin takes passwords in the clear, or none at all",
	1,
	"Move to SSH, and close this door.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

/* A text that ends with a zero. */
static enum verdict take_name(struct span *s, struct span *ret_name)
{
	struct span rest = *s;

	*ret_name = span_until(&rest, '\0');
	if (ret_name->failed) {
		*ret_name = *s;
		if (span_left(*s) > NAME_MOST)
			return NO;
	}
	for (const uint8_t *at = ret_name->at; at < ret_name->end; at++)
		if (!isgraph(*at))
			return NO;
	if (rest.failed)
		return MORE;
	*s = rest;
	return span_left(*ret_name) <= NAME_MOST ? YES : NO;
}

struct login {
	struct span local, remote, terminal;
};

/* The terminal ends with its speed: "xterm/38400". */
static enum verdict take_login(struct span *s, struct login *login)
{
	struct span rest = *s, speed;
	enum verdict whole;
	uint64_t number;

	if (span_u8(&rest) != 0)
		return NO;
	whole = take_name(&rest, &login->local);
	whole = whole == YES ? take_name(&rest, &login->remote) : whole;
	whole = whole == YES ? take_name(&rest, &login->terminal) : whole;
	if (whole != YES)
		return whole;
	speed = login->terminal;
	(void)span_until(&speed, '/');
	if (speed.failed || !span_number(speed, 10000000, &number) || span_left(login->remote) == 0)
		return NO;
	*s = rest;
	return YES;
}

/* The server's first word is one zero, which says nothing: whoever speaks so is the client. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct login login;

	(void)side;
	return transport == TRANSPORT_TCP ? take_login(&first, &login) : NO;
}

static void emit(const void *record, struct json *json)
{
	const struct login *const login = record;

	emit_span(json, "client_user", login->local);
	json_span(json, "user", login->remote);
	json_span(json, "terminal", login->terminal);
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct login login;
	enum verdict whole;

	(void)state;
	if (parse->side == SIDE_SERVER) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	whole = take_login(bytes, &login);
	if (whole != YES)
		return whole == NO ? PARSE_BROKEN : PARSE_ON;
	parse_weakness(parse, &clear_login, "a login of user %.*s", (int)span_left(login.remote),
		       (const char *)login.remote.at);
	parse_event(parse, &login);
	return PARSE_DONE;
}

static const struct parser parser = { .read = read, .emit = emit };

/* ---- asking ---- */

/* A login of nobody: no user has the empty name. The password that is asked for is not given. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char words[] = "\0\0\0dumb/9600";

	(void)state;
	(void)transport;
	buffer_add(out, words, sizeof(words));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	return remote_hear(heard, ended, answer, &clear_login);
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.knows = true,
	.from_reserved = true,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_rlogin = {
	.name = "rlogin",
	.title = "remote login",
	DOORS(TCP(513)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
