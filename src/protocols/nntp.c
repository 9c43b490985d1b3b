/* nntp.c: Network News Transfer Protocol. RFC 3977, RFC 4642 (STARTTLS), RFC 4643 (AUTHINFO). Articles are
 * stepped over. */
#include "protocols/lines.h"
#include "protocols/tally.h"
#include "protocols/tls.h"

#include <ctype.h>

enum { GROUPS = 1024, NAME = 64, PIPELINE = 16, GOES_ON_WITH_TLS = 382, LOGGED_IN = 281 };

static const struct weakness clear_login = {
	"nntp-clear-login",
	"NNTP takes passwords in the clear",
	2,
	"Take logins only under TLS (port 563, or STARTTLS).",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

/* ---- recognising ---- */

static const struct text_command commands[] = {
	{ "MODE READER", YES },   { "MODE STREAM", YES },     { "GROUP ?*", YES },   { "LISTGROUP*", YES },
	{ "XOVER*", YES },        { "ARTICLE [<0-9]*", YES }, { "HEAD <?*", YES },   { "BODY <?*", YES },
	{ "STAT <?*", YES },      { "IHAVE <?*", YES },       { "CHECK <?*", YES },  { "TAKETHIS <?*", YES },
	{ "XHDR ?* *", YES },     { "NEWGROUPS ?*", YES },    { "NEWNEWS ?*", YES }, { "AUTHINFO ?* *", YES },
	{ "CAPABILITIES", MORE }, { "STARTTLS", MORE },       { "LIST*", MORE },     { "DATE", MORE },
	{ "QUIT", MORE },         { "HELP", MORE },
};

/* "200 news.example.com InterNetNews NNRP server": the code is others' as well. */
static enum verdict recognise_server(struct span first)
{
	static const char *const words[] = { "NNTP", "NNRP",   "InterNetNews", "INN",
					     "news", "Usenet", "Leafnode" };
	struct span rest = text_first(first, TEXT_LINE_LIMIT), line = span_line(&rest);

	if (recognise_text(first, "200 ") == NO && recognise_text(first, "201 ") == NO)
		return NO;
	if (line.failed)
		return span_left(first) < TEXT_LINE_LIMIT && text_is_plain(rest) ? MORE : NO;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && text_is_plain(line); i++)
		if (text_has_word(line, words[i]))
			return YES;
	return NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_server(first)
				   : text_commands(first, commands, sizeof(commands) / sizeof(*commands));
}

static const struct text_product products[] = {
	{ "InterNetNews", "INN" }, { "INN ", "INN" },        { "Leafnode", "Leafnode" },
	{ "DNEWS", "DNews" },      { "Cyclone", "Cyclone" },
};

/* ---- reading ---- */

struct conversation {
	char greeting[128], user[NAME];
	char groups[GROUPS]; /* texts */
	uint32_t articles, posted, commands;
	bool whole_group[PIPELINE]; /* whether a command that waits is LISTGROUP, in a ring */
	uint32_t sent, answered;
	struct dotted text[2];
	bool in_text, posting, greeted, told, starttls, logged_in;
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "greeting", state->greeting);
	emit_text(json, "user", state->user);
	if (state->user[0] != '\0')
		json_bool(json, "authenticated", state->logged_in);
	emit_texts(json, "groups", state->groups);
	json_unsigned(json, "commands", state->commands);
	json_unsigned(json, "articles", state->articles);
	json_unsigned(json, "posted", state->posted);
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

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line, verb = text_word(&rest);

	if (span_left(verb) == 0)
		return;
	state->commands++;
	state->whole_group[state->sent++ % PIPELINE] = span_is_nocase(verb, "LISTGROUP");
	if (span_is_nocase(verb, "GROUP") || span_is_nocase(verb, "LISTGROUP")) {
		texts_note(state->groups, sizeof(state->groups), text_word(&rest));
	} else if (span_is_nocase(verb, "AUTHINFO")) {
		const struct span kind = text_word(&rest);

		if (span_is_nocase(kind, "USER"))
			span_copy_text(text_trim(rest), state->user, sizeof(state->user));
		else if (span_is_nocase(kind, "PASS"))
			parse_weakness(parse, &clear_login, "AUTHINFO PASS by %s", state->user);
	} else if (span_is_nocase(verb, "STARTTLS")) {
		state->starttls = true;
	} else if (span_is_nocase(verb, "TAKETHIS")) {
		state->posting = true;
		state->text[SIDE_CLIENT] = (struct dotted){ .place = 0 };
	}
}

/* RFC 3977 3.2: lines until a dot follow these. */
static bool is_followed(uint64_t code, bool whole_group)
{
	static const uint16_t codes[] = { 100, 101, 215, 220, 221, 222, 224, 225, 230, 231, 282 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (code == codes[i])
			return true;
	return code == 211 && whole_group;
}

static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span line)
{
	const bool whole_group = state->answered != state->sent &&
				 state->whole_group[state->answered % PIPELINE];
	struct span rest = line;
	uint64_t code;

	if (!span_number(text_word(&rest), 599, &code) || code < 100)
		return parse->from_start[SIDE_SERVER] ? PARSE_BROKEN : PARSE_ON;
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		state->greeted = true;
		span_copy_text(text_trim(rest), state->greeting, sizeof(state->greeting));
		parse_product(parse, SIDE_SERVER, line, products, sizeof(products) / sizeof(*products));
		return PARSE_ON;
	}
	if (state->answered != state->sent)
		state->answered++;
	state->articles += code >= 220 && code <= 222;
	state->posted += code == 240 || code == 235 || code == 239;
	state->logged_in = state->logged_in || code == LOGGED_IN;
	if (code == 340 || code == 335) {
		state->posting = true;
		state->text[SIDE_CLIENT] = (struct dotted){ .place = 0 };
		state->answered -= state->answered > 0; /* the article is answered once more */
	} else if (is_followed(code, whole_group)) {
		state->in_text = true;
		state->text[SIDE_SERVER] = (struct dotted){ .place = 0 };
	}
	return code == GOES_ON_WITH_TLS ? start_tls(state, parse) : PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	bool *const in_text = parse->side == SIDE_CLIENT ? &state->posting : &state->in_text;
	enum parse_step step = PARSE_ON;
	struct span line;

	if (!*in_text && !line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && step == PARSE_ON && !parse->upgraded) {
		struct span rest = *bytes;
		enum verdict whole;

		if (*in_text) {
			if (dotted_skip(&state->text[parse->side], bytes))
				*in_text = false;
			continue;
		}
		if (parse->side == SIDE_CLIENT && state->starttls && span_peek(rest, 0) == 0x16)
			return start_tls(state, parse);
		whole = line_take(&rest, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (!text_is_plain(line))
			return PARSE_BROKEN;
		*bytes = rest;
		if (parse->side == SIDE_CLIENT)
			read_command(state, parse, line);
		else
			step = read_answer(state, parse, line);
		if (step == PARSE_BROKEN)
			return line_refuse(bytes, line);
	}
	return step;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;
	const bool in_text = parse->side == SIDE_CLIENT ? state->posting : state->in_text;

	(void)length;
	if (!in_text) {
		state->lost[parse->side] = true;
		state->answered = state->sent;
	}
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

const struct protocol protocol_nntp = {
	.name = "nntp",
	.title = "Network News Transfer Protocol",
	DOORS(TCP(119)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("nntp", "nnsp"),
	.parser = &parser,
	.weaknesses = weaknesses,
};
