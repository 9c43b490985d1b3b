/* dict.c: the dictionary server protocol, RFC 2229: the server greets with 220, its name, what it can do in
 * angle brackets and the name of this conversation in others (3.1). */
#include "protocols/dict.h"

enum { GREETING = 512 };

const struct text_product dict_products[DICT_PRODUCTS] = { { "dictd", "dictd" },
							   { "jdictd", "JDictd" },
							   { "dico", "GNU Dico" } };

/* "<auth.mime> <1.27536.1795366962@dict.example>" at the end of the line. */
static bool ends_as_a_greeting(struct span line)
{
	const size_t open = span_find_last(line, '<');
	struct span name, before;

	if (open == SIZE_MAX || !span_ends(line, ">"))
		return false;
	name = line;
	span_skip(&name, open);
	before = text_trim(text_first(line, open));
	return memchr(name.at, '@', span_left(name)) != NULL && span_ends(before, ">") &&
	       memchr(before.at, '<', span_left(before)) != NULL;
}

/* Words that others have as well, and that are kept until the server has said who it is: a client that sends
 * all that it wants at once says nothing later. */
static const struct text_command commands[] = {
	{ "client ?*", MORE },  { "show ?*", MORE },     { "define ?* ?*", MORE }, { "match ?* ?* ?*", MORE },
	{ "auth ?* ?*", MORE }, { "option mime", MORE }, { "status", MORE },       { "help", MORE },
	{ "quit", MORE },       { "saslauth ?*", MORE }, { "saslresp ?*", MORE },
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = text_first(first, GREETING), line;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return text_commands(first, commands, sizeof(commands) / sizeof(*commands));
	verdict = recognise_text(first, "220 ");
	if (verdict != YES)
		return verdict;
	line = span_line(&rest);
	if (line.failed)
		return span_left(first) < GREETING && text_is_plain(first) ? MORE : NO;
	return text_is_plain(line) && ends_as_a_greeting(line) ? YES : NO;
}

/* ---- asking ---- */

/* "220 dict.example dictd 1.13.0/rf on Linux 6.1.0 <auth.mime> <...>" */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(heard);
	span_skip(&line, sizeof("220"));
	answer_fact(answer, "greeting", line);
	(void)text_tell_product(answer, line, dict_products, DICT_PRODUCTS);
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_dict = {
	.name = "dict",
	.title = "Dictionary Server Protocol",
	DOORS(TCP(2628)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.parser = &dict_parser,
	.probe = &probe,
};
