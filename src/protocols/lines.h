/* lines.h: what the parsers of line protocols share: lines off a stream, also behind a gap; text that a dot
 * ends; several texts kept in one room; members of events that may be empty. */
#ifndef PROTOCOLS_LINES_H
#define PROTOCOLS_LINES_H

#include "protocols/parse.h"
#include "protocols/text.h"

/* No line that is read whole may be longer. RFC 4954 allows 12288 octets to AUTH. */
enum { LINES_LIMIT = 16384 };

/* Takes the next whole line off bytes, without LF or CR LF. MORE: its end has not come. NO: it is too long.
 */
enum verdict line_take(struct span *bytes, struct span *ret_line);

/* Lays a line back that is none of this protocol: reading ends where it begins. */
static inline enum parse_step line_refuse(struct span *bytes, struct span line)
{
	bytes->at = line.at;
	return PARSE_BROKEN;
}

/* After a gap, which sets *lost: steps over the rest of the line in which it fell. False while that has not
 * ended. */
bool line_resume(bool *lost, struct span *bytes);

/* Takes whole lines off bytes and gives each to read_line, while that says PARSE_ON and asks for no skip; of
 * a line that is no text it is never asked. */
typedef enum parse_step line_reader(void *state, struct parse *parse, struct span line);
enum parse_step lines_read(void *state, struct parse *parse, struct span *bytes, line_reader *read_line);

/* The same for a probe that hears a server. NO: no line will come any more. */
enum verdict line_hear(struct span *heard, bool ended, struct span *ret_line);

/* Text whose end is a line with a dot alone (RFC 5321 4.5.2, RFC 1939 3, RFC 3977 3.1.1). Zeroed where it
 * begins. */
struct dotted {
	uint8_t place;
	uint64_t length; /* octets so far, without the last line */
};

/* Takes text off bytes; true when its end was taken. */
bool dotted_skip(struct dotted *dotted, struct span *bytes);

/* Several texts in one room, each ended by NUL, the last by two; the room begins as zeros. False: no place
 * for it. */
bool texts_add(char *room, size_t size, struct span text);

/* The same as a fact, with ", " between them. */
void answer_texts(struct answer *answer, const char *key, const char *room);

/* Members that are left out when they are empty; an array of texts. */
KEYED void emit_text(struct json *json, const char *key, const char *text)
{
	json_text(json, key, text[0] != '\0' ? text : NULL);
}

KEYED void emit_span(struct json *json, const char *key, struct span text)
{
	if (span_left(text) > 0)
		json_span(json, key, text);
}

void emit_texts(struct json *json, const char *key, const char *room);

/* Looks for a product as text_product() does and tells it. */
void parse_product(struct parse *parse, enum side side, struct span text, const struct text_product *known,
		   size_t count);

#endif
