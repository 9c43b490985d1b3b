#include "protocols/text.h"

#include <ctype.h>

enum {
	COMMAND_LIMIT = 512,
	WIDE = 16,
	REPLY_LIMIT = 16384, /* no greeting, and no list of what a server can do, is as long */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* No control character that text has no use for; bytes beyond ASCII are somebody's letters. */
static inline bool is_plain(uint8_t c)
{
	return c >= ' ' ? c != 0x7f : is_blank(c) || c == '\a' || c == '\033';
}

/* Whether sixteen bytes hold no control character at all, as most of a text does. */
static inline bool are_printable(const uint8_t at[static WIDE])
{
	typedef uint8_t bytes __attribute__((vector_size(WIDE)));
	bytes c, control;
	uint64_t halves[2];

	memcpy(&c, at, sizeof(c));
	control = (bytes)(c < ' ') | (bytes)(c == 0x7f);
	memcpy(halves, &control, sizeof(halves));
	return (halves[0] | halves[1]) == 0;
}

static bool each_is_plain(const uint8_t *at, size_t length)
{
	bool plain = true;

	for (size_t i = 0; i < length; i++)
		plain = plain && is_plain(at[i]);
	return plain;
}

bool text_is_plain(struct span s)
{
	for (; span_left(s) >= WIDE; s.at += WIDE) {
		if (!are_printable(s.at) && !each_is_plain(s.at, WIDE))
			return false;
	}
	return each_is_plain(s.at, span_left(s));
}

struct span text_word(struct span *s)
{
	struct span word = *s;

	while (span_left(word) > 0 && is_blank(*word.at))
		word.at++;
	s->at = word.at;
	while (span_left(*s) > 0 && !is_blank(*s->at))
		s->at++;
	word.end = s->at;
	return word;
}

struct span text_trim(struct span s)
{
	while (span_left(s) > 0 && is_blank(*s.at))
		s.at++;
	while (span_left(s) > 0 && is_blank(s.end[-1]))
		s.end--;
	return s;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

/* Most places are passed by a look at the first letter. An empty text stands in front of any. */
size_t text_find(struct span s, const char *text)
{
	const size_t length = strlen(text);
	const uint8_t first = upper((uint8_t)text[0]);

	for (struct span rest = s; span_left(rest) > 0 && span_left(rest) >= length; rest.at++)
		if ((length == 0 || upper(*rest.at) == first) && span_begins_nocase(rest, text))
			return (size_t)(rest.at - s.at);
	return SIZE_MAX;
}

bool text_has_word(struct span s, const char *word)
{
	const size_t length = strlen(word);
	bool inside = false; /* a word that began before */

	for (; span_left(s) >= length; s.at++) {
		if (!inside && span_begins_nocase(s, word) && !isalnum(span_peek(s, length)))
			return true;
		inside = isalnum(*s.at);
	}
	return false;
}

struct span text_first(struct span s, size_t limit)
{
	return span_left(s) > limit ? span_of(s.at, limit) : s;
}

enum verdict recognise_in_line(struct span s, size_t limit, const char *mark)
{
	const struct span line = text_first(s, limit);
	const size_t at = span_find(line, mark);

	if (!text_is_plain(text_first(line, at)))
		return NO;
	return at != SIZE_MAX ? YES : span_left(line) < limit ? MORE : NO;
}

/* "220 " or "220-", or a code alone on its line; zero if it is not one. */
static unsigned line_code(struct span line)
{
	uint64_t code;
	struct span digits = span_take(&line, 3);

	if (!span_number(digits, 599, &code) || code < 100)
		return 0;
	if (span_left(line) > 0 && *line.at != ' ' && *line.at != '-')
		return 0;
	return (unsigned)code;
}

/* Whether what has come of a first line can still become a code and what stands behind it. */
static bool may_be_code(struct span s)
{
	for (size_t i = 0; i < 3 && i < span_left(s); i++)
		if (!isdigit(s.at[i]))
			return false;
	return span_left(s) < 4 || is_blank(s.at[3]) || s.at[3] == '-';
}

enum verdict reply_take(struct span *s, struct reply *ret_reply)
{
	struct span rest = *s;
	unsigned code = 0;

	if (!may_be_code(rest))
		return NO;
	while (span_left(rest) > 0) {
		struct span line = span_line(&rest);
		const unsigned found = line.failed ? 0 : line_code(line);

		if (line.failed)
			break;
		if (code == 0 && found == 0)
			return NO;
		code = code == 0 ? found : code;
		if (found == code && span_peek(line, 3) != '-') {
			ret_reply->code = code;
			ret_reply->lines = (struct span){ .at = s->at, .end = rest.at };
			s->at = rest.at;
			return YES;
		}
	}
	return MORE;
}

bool reply_line(struct span *lines, unsigned code, struct span *ret_text)
{
	struct span line = span_line(lines);

	if (line.failed)
		return false;
	if (line_code(line) == code) {
		span_skip(&line, 3);
		if (span_left(line) > 0)
			span_skip(&line, 1);
	}
	*ret_text = text_trim(line);
	return true;
}

struct span reply_first(const struct reply *reply)
{
	struct span lines = reply->lines, text = span_of(NULL, 0);

	(void)reply_line(&lines, reply->code, &text);
	return text;
}

enum probe_step reply_hear(reply_hearer *hear_reply, void *state, struct span *heard, bool ended,
			   struct buffer *out, struct answer *answer)
{
	for (;;) {
		struct reply reply;
		const enum verdict whole = reply_take(heard, &reply);
		enum probe_step step;

		if (whole == MORE && !ended && span_left(*heard) < REPLY_LIMIT)
			return PROBE_WAIT;
		step = hear_reply(state, whole == YES ? &reply : NULL, out, answer);
		if (whole != YES || step != PROBE_WAIT)
			return step;
	}
}

/* Whether a byte fits what the pattern asks for here, which is stepped over: "[0-9]", "?" or itself. */
static bool takes(const char **pattern, uint8_t byte)
{
	const char *p = *pattern;
	const uint8_t c = upper(byte);
	bool fits = false;

	if (*p != '[') {
		*pattern = p + 1;
		return *p == '?' || upper((uint8_t)*p) == c;
	}
	for (p++; *p != ']'; p++) {
		const uint8_t first = upper((uint8_t)*p);

		if (p[1] == '-')
			p += 2;
		fits = fits || (first <= c && c <= upper((uint8_t)*p));
	}
	*pattern = p + 1;
	return fits;
}

/* The last * takes a byte more wherever what follows it does not fit; those before it never need to. */
static bool matches(const char *pattern, struct span line)
{
	const char *after_star = NULL;
	const uint8_t *from = NULL;

	while (line.at < line.end) {
		if (*pattern == '*') {
			after_star = ++pattern;
			from = line.at;
		} else if (*pattern != '\0' && takes(&pattern, *line.at)) {
			line.at++;
		} else if (after_star != NULL) {
			pattern = after_star;
			line.at = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* Letters of the same kind differ in one bit. */
static bool begins_otherwise(const char *pattern, uint8_t first)
{
	const uint8_t begins = (uint8_t)*pattern;

	return ((begins ^ first) & 0xdf) != 0 && upper(begins) >= 'A' && upper(begins) <= 'Z';
}

static enum verdict command_says(struct span line, const struct text_command *commands, size_t count)
{
	const uint8_t first = span_peek(line, 0);

	if (span_left(line) >= COMMAND_LIMIT)
		return NO;
	for (size_t i = 0; i < count; i++)
		if (!begins_otherwise(commands[i].pattern, first) && matches(commands[i].pattern, line))
			return text_is_plain(line) ? commands[i].says : NO;
	return NO;
}

/* Whether what has come of a line can still become a command, as far as there is no star before it. */
static bool may_become(struct span line, const struct text_command *commands, size_t count)
{
	if (span_left(line) > 0 && line.end[-1] == '\r')
		line.end--; /* the end of the line may follow */
	for (size_t i = 0; i < count; i++) {
		const char *pattern = commands[i].pattern;
		const uint8_t *at = line.at;
		bool fits = !begins_otherwise(pattern, span_peek(line, 0));

		while (fits && at < line.end && *pattern != '*')
			fits = *pattern != '\0' && takes(&pattern, *at++);
		if (fits)
			return true;
	}
	return false;
}

enum verdict text_commands(struct span first, const struct text_command *commands, size_t count)
{
	struct span rest = text_first(first, TEXT_LINE_LIMIT);

	while (span_left(rest) > 0) {
		const struct span line = span_line(&rest);
		const enum verdict says = line.failed ? NO : command_says(line, commands, count);

		if (line.failed && (span_left(rest) >= COMMAND_LIMIT || !may_become(rest, commands, count) ||
				    !text_is_plain(rest)))
			return NO;
		if (line.failed)
			break;
		if (says != MORE)
			return says;
	}
	return span_left(first) < TEXT_LINE_LIMIT ? MORE : NO;
}

/* ---- greetings with code 220 ---- */

static struct span next_token(struct span *s)
{
	static const char between[] = " \t\r\n()[]<>\"',;:!*=";
	struct span token;

	while (span_left(*s) > 0 && memchr(between, *s->at, sizeof(between) - 1) != NULL)
		s->at++;
	token = *s;
	token.end = token.at;
	while (token.end < s->end && memchr(between, *token.end, sizeof(between) - 1) == NULL)
		token.end++;
	s->at = token.end;
	return token;
}

/* What one word speaks for. "ftp.example.com" speaks for nothing. */
static enum greeting token_says(struct span token)
{
	static const struct {
		const char *sign;
		enum greeting greeting;
	} signs[] = {
		{ "lmtp", GREETS_OTHER },    { "snpp", GREETS_OTHER }, { "hylafax", GREETS_OTHER },
		{ "vmware", GREETS_OTHER },  { "smtp", GREETS_SMTP },  { "postfix", GREETS_SMTP },
		{ "sendmail", GREETS_SMTP }, { "exim", GREETS_SMTP },  { "ftp", GREETS_FTP },
		{ "filezilla", GREETS_FTP }, { "serv-u", GREETS_FTP },
	};

	while (span_left(token) > 0 && token.end[-1] == '.')
		token.end--;
	if (memchr(token.at, '.', span_left(token)) != NULL ||
	    memchr(token.at, '@', span_left(token)) != NULL)
		return GREETS_UNCLEAR;
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (text_find(token, signs[i].sign) != SIZE_MAX)
			return signs[i].greeting;
	return GREETS_UNCLEAR;
}

/* The first word is a host's name in SMTP (RFC 5321 4.2), even when it reads "ftp": it counts only when no
 * other word speaks. Words that contradict each other leave it unclear. */
enum greeting text_greeting(struct span lines)
{
	enum greeting first, said = GREETS_UNCLEAR;
	struct span token;

	span_skip(&lines, 4);
	token = next_token(&lines);
	first = token_says(token);
	while (span_left(token = next_token(&lines)) > 0) {
		const enum greeting says = token_says(token);

		if (says == GREETS_OTHER)
			return says;
		if (says != GREETS_UNCLEAR && said != GREETS_UNCLEAR && says != said)
			return GREETS_UNCLEAR;
		said = says != GREETS_UNCLEAR ? says : said;
	}
	return said != GREETS_UNCLEAR ? said : first;
}

/* Digits, letters and what joins them; brackets in pairs, as in "12.2(55)SE". */
static struct span version_at(struct span s)
{
	static const char joins[] = "._+~-";
	struct span version = s;
	bool inside = false;

	version.end = version.at;
	if (!isdigit(span_peek(s, 0)))
		return version;
	for (; version.end < s.end; version.end++) {
		const uint8_t c = *version.end;

		if (c == '(' && !inside && version.end + 1 < s.end && isalnum(version.end[1]))
			inside = true;
		else if (c == ')' && inside)
			inside = false;
		else if (!isalnum(c) && memchr(joins, c, sizeof(joins) - 1) == NULL)
			break;
	}
	while (version.end > version.at && !isalnum(version.end[-1]) && version.end[-1] != ')')
		version.end--;
	return version;
}

struct span text_version(struct span s)
{
	static const char before[] = " /_-(,:";

	while (span_left(s) > 0 && memchr(before, *s.at, sizeof(before) - 1) != NULL)
		s.at++;
	if (span_begins_nocase(s, "version"))
		span_skip(&s, strlen("version"));
	while (span_left(s) > 0 && (*s.at == ' ' || *s.at == ':'))
		s.at++;
	if ((span_peek(s, 0) == 'v' || span_peek(s, 0) == 'V') && isdigit(span_peek(s, 1)))
		span_skip(&s, 1);
	return version_at(s);
}

/* The version stands behind the sign, or behind the word "version" later on. */
static struct span version_behind(struct span s)
{
	const struct span version = text_version(s);
	const size_t word = span_left(version) > 0 ? SIZE_MAX : text_find(s, " version ");

	if (word == SIZE_MAX)
		return version;
	span_skip(&s, word);
	return text_version(s);
}

bool text_product(struct span text, const struct text_product *known, size_t count, struct span *ret_product,
		  struct span *ret_version)
{
	for (size_t i = 0; i < count; i++) {
		const size_t offset = text_find(text, known[i].sign);

		if (offset == SIZE_MAX)
			continue;
		span_skip(&text, offset + strlen(known[i].sign));
		*ret_product = span_text(known[i].product);
		*ret_version = version_behind(text);
		return true;
	}
	return false;
}

bool text_tell_product(struct answer *answer, struct span text, const struct text_product *known,
		       size_t count)
{
	struct span product, version;

	if (!text_product(text, known, count, &product, &version))
		return false;
	answer_product(answer, product, version);
	return true;
}
