/* imap.c: Internet Message Access Protocol. RFC 9051 and RFC 3501 (greeting, CAPABILITY, LOGINDISABLED),
 * RFC 2971 (ID). Nobody is logged in. */
#include "protocols/text.h"

#include <ctype.h>
#include <strings.h>

enum { FIRST_LIMIT = 1024, TAG_LIMIT = 32, ANSWER_LIMIT = 16384 };

/* The commands that are sent, and the tags that come back with their ends. */
#define TAG_CAPABILITY "d1 "
#define TAG_ID         "d2 "

enum stage { HEARS_GREETING, HEARS_CAPABILITY, HEARS_ID };

struct state {
	enum stage stage;
	bool has_id, login_disabled, plain;
};

static const struct weakness clear_login = {
	"imap-clear-login",
	"IMAP takes passwords in the clear",
	2,
	"Take logins only under TLS: disable_plaintext_auth in Dovecot (which exempts clients on the "
	"server's "
	"own address), allowplaintext in Cyrus.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_product products[] = {
	{ "Dovecot", "Dovecot" },         { "Cyrus IMAP", "Cyrus IMAP" },
	{ "Courier", "Courier IMAP" },    { "Microsoft Exchange", "Microsoft Exchange" },
	{ "Zimbra", "Zimbra" },           { "Gimap", "Google IMAP" },
	{ "hMailServer", "hMailServer" }, { "MailEnable", "MailEnable" },
	{ "MDaemon", "MDaemon" },         { "Kerio Connect", "Kerio Connect" },
	{ "IceWarp", "IceWarp" },         { "CommuniGate Pro", "CommuniGate Pro" },
	{ "Panda IMAP", "Panda IMAP" },   { "UW IMAP", "UW IMAP" },
	{ "IMAP4rev1 2007", "UW IMAP" },  { "Domino IMAP4 Server", "HCL Domino" },
	{ "GroupWise", "GroupWise" },     { "dbmail", "DBMail" },
	{ "Stalwart", "Stalwart" },       { "maddy", "maddy" },
	{ "GreenMail", "GreenMail" },     { "Apache James", "Apache James" },
	{ "JAMES", "Apache James" },      { "Archiveopteryx", "Archiveopteryx" },
};

/* ---- recognising ---- */

/* MUPDATE and IMSP greet with "* OK" as well, and name themselves; ACAP has its own word, and "* BYE" alone
 * may be its. */
static enum verdict greeting_says(struct span line)
{
	if (!text_is_plain(line) || text_has_word(line, "MUPDATE") || text_has_word(line, "IMSP"))
		return NO;
	if (span_begins_nocase(line, "* OK ") || span_begins_nocase(line, "* PREAUTH "))
		return YES;
	return span_begins_nocase(line, "* BYE ") && text_find(line, "IMAP") != SIZE_MAX ? YES : NO;
}

static bool begins_untagged(struct span first)
{
	static const char *const words[] = { "* OK ", "* PREAUTH ", "* BYE " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const size_t length = strlen(words[i]);
		const size_t come = span_left(first) < length ? span_left(first) : length;

		if (strncasecmp((const char *)first.at, words[i], come) == 0)
			return true;
	}
	return false;
}

/* The tags that programs make have a digit, or are a letter or two; words of other protocols, such as "USER"
 * before the name "login", are not. */
static bool is_tag(struct span tag)
{
	bool digit = false;

	if (span_left(tag) == 0 || span_left(tag) > TAG_LIMIT)
		return false;
	for (struct span s = tag; s.at < s.end; s.at++) {
		if (!isgraph(*s.at) || strchr("(){%*\"\\+", *s.at) != NULL)
			return false;
		digit = digit || isdigit(*s.at);
	}
	return digit || span_left(tag) <= 2;
}

static enum verdict command_says(struct span line)
{
	static const char *const own[] = { "CAPABILITY", "LOGIN ",         "ID (",         "ID NIL",
					   "SELECT ",    "EXAMINE ",       "LIST ",        "COMPRESS ",
					   "ENABLE ",    "UNAUTHENTICATE", "AUTHENTICATE " };
	static const char *const shared[] = { "STARTTLS", "NOOP", "LOGOUT" };

	if (!is_tag(text_word(&line)) || span_left(line) < 1)
		return NO;
	span_skip(&line, 1);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (span_begins_nocase(line, own[i]))
			return text_find(line, " HTTP/") == SIZE_MAX && span_peek(line, strlen(own[i])) != '"'
				       ? YES
				       : NO;
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (span_is_nocase(line, shared[i]))
			return MORE;
	return NO;
}

static enum verdict recognise_lines(struct span rest, enum side side)
{
	if (side == SIDE_SERVER && !begins_untagged(rest))
		return NO;
	while (span_left(rest) > 0) {
		const struct span line = span_line(&rest);
		enum verdict says;

		if (line.failed)
			return text_is_plain(rest) ? MORE : NO;
		says = side == SIDE_SERVER   ? greeting_says(line)
		       : text_is_plain(line) ? command_says(line)
					     : NO;
		if (says != MORE)
			return says;
	}
	return MORE;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const enum verdict verdict = recognise_lines(text_first(first, FIRST_LIMIT), side);

	(void)transport;
	return verdict == MORE && span_left(first) >= FIRST_LIMIT ? NO : verdict;
}

/* ---- asking ---- */

static void read_capabilities(struct state *state, struct span list, struct answer *answer)
{
	list = text_trim(list);
	answer_fact(answer, "capabilities", list);
	answer->starttls = !answer->inside_tls && text_has_word(list, "STARTTLS");
	state->has_id = text_has_word(list, "ID");
	state->login_disabled = text_has_word(list, "LOGINDISABLED");
	state->plain = text_has_word(list, "PLAIN") || text_has_word(list, "AUTH=LOGIN");
	if (!answer->inside_tls && !state->login_disabled)
		answer_weakness(answer, &clear_login, "LOGIN is allowed before TLS");
	else if (!answer->inside_tls && state->plain)
		answer_weakness(answer, &clear_login, "AUTH=PLAIN is offered before TLS");
}

/* A quoted string; RFC 3501 4.3 allows a backslash before a quote or another backslash, which names and
 * versions do not have. */
static struct span next_quoted(struct span *s)
{
	(void)span_until(s, '"');
	return span_until(s, '"');
}

/* RFC 2971 3.2: ("name" "Cyrus" "version" "1.5" "os" NIL). */
static void read_id(struct span list, struct answer *answer)
{
	struct span name = span_of(NULL, 0), version = name;

	while (!list.failed && span_left(list) > 0) {
		const struct span key = next_quoted(&list);
		struct span after = list;
		const bool nil = span_is_nocase(text_word(&after), "NIL");
		const struct span value = nil ? span_of(NULL, 0) : next_quoted(&list);

		if (key.failed || value.failed)
			break;
		if (span_is_nocase(key, "name"))
			name = value;
		else if (span_is_nocase(key, "version"))
			version = value;
		else if (span_is_nocase(key, "vendor"))
			answer_fact(answer, "vendor", value);
		else if (span_is_nocase(key, "os"))
			answer_fact(answer, "os", value);
	}
	if (span_left(name) > 0)
		answer_product(answer, name, version);
}

static enum probe_step hear_greeting(struct state *state, struct span line, struct buffer *out,
				     struct answer *answer)
{
	if (greeting_says(line) != YES)
		return PROBE_NOT;
	span_skip(&line, strlen("* "));
	answer_fact(answer, "greeting", line);
	(void)text_tell_product(answer, line, products, sizeof(products) / sizeof(*products));
	if (span_begins_nocase(line, "BYE"))
		return PROBE_DONE;
	buffer_text(out, TAG_CAPABILITY "CAPABILITY\r\n");
	state->stage = HEARS_CAPABILITY;
	return PROBE_WAIT;
}

static enum probe_step say_goodbye(struct buffer *out)
{
	buffer_text(out, "d3 LOGOUT\r\n");
	return PROBE_DONE;
}

static enum probe_step hear_line(struct state *state, struct span line, struct buffer *out,
				 struct answer *answer)
{
	if (state->stage == HEARS_GREETING)
		return hear_greeting(state, line, out, answer);
	if (span_begins_nocase(line, "* CAPABILITY ") && state->stage == HEARS_CAPABILITY) {
		span_skip(&line, strlen("* CAPABILITY "));
		read_capabilities(state, line, answer);
	} else if (span_begins_nocase(line, "* ID ")) {
		span_skip(&line, strlen("* ID "));
		read_id(line, answer);
	} else if (span_begins(line, TAG_CAPABILITY) && state->stage == HEARS_CAPABILITY) {
		if (!state->has_id)
			return say_goodbye(out);
		buffer_text(out, TAG_ID "ID NIL\r\n");
		state->stage = HEARS_ID;
	} else if (span_begins(line, TAG_ID) || span_begins_nocase(line, "* BYE")) {
		return say_goodbye(out);
	}
	return PROBE_WAIT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	for (;;) {
		struct span rest = *heard, line = span_line(&rest);
		enum probe_step step;

		if (line.failed && !ended && span_left(*heard) < ANSWER_LIMIT)
			return PROBE_WAIT;
		if (line.failed)
			return state->stage == HEARS_GREETING ? PROBE_NOT : PROBE_DONE;
		*heard = rest;
		step = hear_line(state, line, out, answer);
		if (step != PROBE_WAIT)
			return step;
	}
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_imap = {
	.name = "imap",
	.title = "Internet Message Access Protocol",
	DOORS(TCP(143)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
