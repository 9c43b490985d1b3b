/* irc.c: Internet Relay Chat. RFC 2812 (messages), and what came later: STARTTLS, CAP, SASL and message
 * tags (IRCv3 specifications). Channels and names are told, what people say to each other is not. */
#include "protocols/lines.h"
#include "protocols/probes.h"
#include "protocols/sasl.h"
#include "protocols/tls.h"

#include <ctype.h>
#include <stdio.h>

enum { NAME = 64, CHANNELS = 1024, FIRST_LINES = 1024, STARTTLS_GOES_ON = 670, WELCOME = 1, SERVER_INFO = 4 };

static const struct weakness clear_login = {
	"irc-clear-login",
	"IRC takes passwords in the clear",
	3,
	"Let clients use TLS (port 6697), and close the plain port.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

/* ---- recognising ---- */

static const struct text_command commands[] = {
	{ "NICK ?*", YES },       { "USER ?* ?* ?* :*", YES }, { "CAP LS*", YES },  { "CAP REQ *", YES },
	{ "JOIN [#&!+]?*", YES }, { "PRIVMSG ?* :*", YES },    { "PASS ?*", MORE }, /* others have it as well
										     */
	{ "USER ?*", MORE },      { "STARTTLS", MORE },        { "PING ?*", MORE }, { "PONG ?*", MORE },
};

/* ":server NOTICE AUTH :...", ":server 001 nick :Welcome", ":nick!user@host JOIN #channel". */
static enum verdict prefixed_says(struct span line)
{
	static const char *const words[] = { "NOTICE", "PRIVMSG", "JOIN", "PART",
					     "QUIT",   "MODE",    "NICK", "CAP" };
	struct span prefix = text_word(&line), word = text_word(&line);
	uint64_t code;

	if (span_left(prefix) < 2)
		return NO;
	if (span_left(word) == 3 && span_number(word, 999, &code))
		return span_left(text_word(&line)) > 0 ? YES : NO;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is(word, words[i]))
			return YES;
	return NO;
}

/* What stands before the words that people say, which may hold marks of their own (CTCP, colours). */
static struct span without_words(struct span line)
{
	const size_t at = span_find(line, " :");

	return at == SIZE_MAX ? line : span_of(line.at, at + 2);
}

static enum verdict server_line_says(struct span line)
{
	line = without_words(line);
	if (!text_is_plain(line))
		return NO;
	if (span_peek(line, 0) == ':')
		return prefixed_says(line);
	if (span_begins(line, "NOTICE AUTH :") || span_begins(line, "NOTICE * :") ||
	    span_begins(line, "ERROR :"))
		return YES;
	return span_begins(line, "PING :") ? MORE : NO;
}

static enum verdict recognise_server(struct span first)
{
	struct span rest = text_first(first, FIRST_LINES);

	while (span_left(rest) > 0) {
		const struct span line = span_line(&rest);
		enum verdict says;

		if (line.failed)
			return text_is_plain(without_words(rest)) && (*rest.at == ':' || isupper(*rest.at)) &&
					       span_left(first) < FIRST_LINES
				       ? MORE
				       : NO;
		says = server_line_says(line);
		if (says != MORE)
			return says;
	}
	return span_left(first) < FIRST_LINES ? MORE : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT && span_begins(first, "PRIVMSG ") && text_is_plain(without_words(first)))
		return span_find(text_first(first, FIRST_LINES), " :") != SIZE_MAX ? YES
		       : span_left(first) < FIRST_LINES                            ? MORE
										   : NO;
	return side == SIDE_SERVER ? recognise_server(first)
				   : text_commands(first, commands, sizeof(commands) / sizeof(*commands));
}

/* ---- reading ---- */

struct conversation {
	char nick[NAME], user[NAME], real_name[NAME], server[NAME];
	char channels[CHANNELS]; /* texts */
	struct sasl auth;
	uint32_t messages[2]; /* PRIVMSG and NOTICE, by side */
	bool logged_in, told, starttls;
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "nick", state->nick);
	emit_text(json, "user", state->user);
	emit_text(json, "real_name", state->real_name);
	emit_text(json, "server", state->server);
	emit_texts(json, "channels", state->channels);
	emit_text(json, "auth_mechanism", state->auth.mechanism);
	emit_text(json, "auth_user", state->auth.user);
	json_unsigned(json, "messages_toserver", state->messages[SIDE_CLIENT]);
	json_unsigned(json, "messages_toclient", state->messages[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step start_tls(struct conversation *state, struct parse *parse)
{
	end(state, parse);
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

/* The last parameter, behind a colon. */
static struct span trailing(struct span line)
{
	(void)span_until(&line, ':');
	return line;
}

static void judge_login(const struct conversation *state, struct parse *parse, const char *how)
{
	parse_weakness(parse, &clear_login, "%s%s%s", how, state->nick[0] != '\0' ? " by " : "", state->nick);
}

static void read_authenticate(struct conversation *state, struct parse *parse, struct span argument)
{
	char how[SASL_MECHANISM + 16];

	if (!state->auth.active) {
		sasl_begin(&state->auth, argument);
		return;
	}
	sasl_response(&state->auth, argument);
	state->auth.active = false;
	(void)snprintf(how, sizeof(how), "AUTHENTICATE %s", state->auth.mechanism);
	if (sasl_is_clear(&state->auth))
		judge_login(state, parse, how);
}

/* "@time=2026-01-01T00:00:00Z;id=1 :server ...": IRCv3, message tags. */
static struct span without_tags(struct span line)
{
	if (span_peek(line, 0) == '@') {
		(void)text_word(&line);
		line = text_trim(line);
	}
	return line;
}

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line, command = text_word(&rest), argument = text_word(&rest);

	if (span_is_nocase(command, "NICK")) {
		span_copy_text(argument, state->nick, sizeof(state->nick));
	} else if (span_is_nocase(command, "USER")) {
		span_copy_text(argument, state->user, sizeof(state->user));
		span_copy_text(trailing(rest), state->real_name, sizeof(state->real_name));
	} else if (span_is_nocase(command, "PASS") || span_is_nocase(command, "OPER")) {
		judge_login(state, parse, span_is_nocase(command, "PASS") ? "PASS" : "OPER");
	} else if (span_is_nocase(command, "JOIN")) {
		if (span_peek(argument, 0) == ':')
			span_skip(&argument, 1);
		if (span_left(argument) > 0)
			(void)texts_add(state->channels, sizeof(state->channels), argument);
	} else if (span_is_nocase(command, "AUTHENTICATE")) {
		read_authenticate(state, parse, argument);
	} else if (span_is_nocase(command, "PRIVMSG") || span_is_nocase(command, "NOTICE")) {
		state->messages[SIDE_CLIENT]++;
	} else if (span_is_nocase(command, "STARTTLS")) {
		state->starttls = true;
	}
}

/* "ngircd-26.1", "InspIRCd-3". */
static void name_server(struct parse *parse, struct span text)
{
	struct span rest = text, name = span_until(&rest, '-');

	if (name.failed)
		parse_software(parse, SIDE_SERVER, text, span_text(""));
	else
		parse_software(parse, SIDE_SERVER, name, text_version(rest));
}

/* True where the server goes on with TLS. */
static bool read_answer(struct conversation *state, struct parse *parse, struct span line)
{
	struct span source = span_of(NULL, 0), command, target;
	uint64_t code = 0;

	if (span_peek(line, 0) == ':')
		source = text_word(&line);
	command = text_word(&line);
	target = text_word(&line);
	if (span_is(command, "PRIVMSG") || span_is(command, "NOTICE"))
		state->messages[SIDE_SERVER]++;
	if (!span_number(command, 999, &code))
		return false;
	if (code == WELCOME && span_left(source) > 1) {
		span_skip(&source, 1);
		span_copy_text(source, state->server, sizeof(state->server));
		span_copy_text(target, state->nick, sizeof(state->nick));
	} else if (code == SERVER_INFO) { /* server, and then its version */
		(void)text_word(&line);
		name_server(parse, text_word(&line));
	}
	return code == STARTTLS_GOES_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span line;

	if (!line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		enum verdict whole;

		if (state->starttls && parse->side == SIDE_CLIENT && span_peek(rest, 0) == 0x16)
			return start_tls(state, parse);
		whole = line_take(&rest, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		*bytes = rest;
		line = without_tags(line);
		if (parse->side == SIDE_CLIENT)
			read_command(state, parse, line);
		else if (read_answer(state, parse, line))
			return start_tls(state, parse);
	}
	return PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_irc = {
	.name = "irc",
	.title = "Internet Relay Chat",
	DOORS(TCP(6667), TCP(194)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	ALPN("irc"),
	.parser = &parser,
	.probe = &irc_probe,
	.weaknesses = weaknesses,
};
