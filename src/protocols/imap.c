/* imap.c: Internet Message Access Protocol. RFC 9051 and RFC 3501 (greeting, CAPABILITY, LOGINDISABLED),
 * RFC 2971 (ID). */
#include "protocols/imap.h"

#include <ctype.h>
#include <strings.h>

enum { FIRST_LIMIT = 1024, TAG_LIMIT = 32 };

const struct weakness imap_clear_login = {
	"imap-clear-login",
	"IMAP takes passwords in the clear",
	2,
	"Take logins only under TLS: disable_plaintext_auth in Dovecot (which exempts clients on the "
	"server's "
	"own address), allowplaintext in Cyrus.",
};
static const struct weakness *const weaknesses[] = { &imap_clear_login, NULL };

const struct text_product imap_products[] = {
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
const size_t imap_product_count = sizeof(imap_products) / sizeof(*imap_products);

/* ---- recognising ---- */

/* MUPDATE and IMSP greet with "* OK" as well, and name themselves; ACAP has its own word, and "* BYE" alone
 * may be its. */
enum verdict imap_greeting_says(struct span line)
{
	if (!text_is_plain(line) || text_has_word(line, "MUPDATE") || text_has_word(line, "IMSP"))
		return NO;
	if (span_begins_nocase(line, "* OK ") || span_begins_nocase(line, "* PREAUTH "))
		return YES;
	return span_begins_nocase(line, "* BYE ") && text_find(line, "IMAP") != SIZE_MAX ? YES : NO;
}

/* In the middle of a conversation: "* 12 EXISTS", "* 3 FETCH (". */
static enum verdict number_says(struct span line)
{
	static const char *const words[] = { "EXISTS", "RECENT", "EXPUNGE" };
	uint64_t number;

	span_skip(&line, strlen("* "));
	if (line.failed || !span_number(text_word(&line), UINT32_MAX, &number))
		return NO;
	line = text_trim(line);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is_nocase(line, words[i]))
			return YES;
	return span_begins_nocase(line, "FETCH (") ? YES : NO;
}

static bool begins_untagged(struct span first)
{
	static const char *const words[] = { "* OK ", "* PREAUTH ", "* BYE " };

	if (span_begins(first, "* ") && isdigit(span_peek(first, 2)))
		return true;
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
		says = side == SIDE_SERVER   ? imap_greeting_says(line) == YES ? YES : number_says(line)
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

/* ---- what both sides say of themselves ---- */

struct imap_capabilities imap_read_capabilities(struct span list)
{
	const bool plain = text_has_word(list, "PLAIN") || text_has_word(list, "AUTH=LOGIN");

	return (struct imap_capabilities){
		.starttls = text_has_word(list, "STARTTLS"),
		.id = text_has_word(list, "ID"),
		.clear_login = !text_has_word(list, "LOGINDISABLED") ? "LOGIN is allowed before TLS"
			       : plain                               ? "AUTH=PLAIN is offered before TLS"
								     : NULL,
	};
}

/* A quoted string; RFC 3501 4.3 allows a backslash before a quote or another backslash, which names and
 * versions do not have. */
static struct span next_quoted(struct span *s)
{
	(void)span_until(s, '"');
	return span_until(s, '"');
}

bool imap_next_id(struct span *list, struct span *ret_key, struct span *ret_value)
{
	struct span after;

	*ret_key = next_quoted(list);
	after = *list;
	*ret_value = span_is_nocase(text_word(&after), "NIL") ? span_of(NULL, 0) : next_quoted(list);
	return !ret_key->failed && !ret_value->failed;
}

const struct protocol protocol_imap = {
	.name = "imap",
	.title = "Internet Message Access Protocol",
	DOORS(TCP(143)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("imap"),
	.parser = &imap_parser,
	.probe = &imap_probe,
	.probe_state_size = IMAP_PROBE_STATE,
	.weaknesses = weaknesses,
};
