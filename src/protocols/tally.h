/* tally.h: what parsers of many small messages share: codes counted by their numbers, names of codes, a set
 * of texts, and messages that tell their own length. */
#ifndef PROTOCOLS_TALLY_H
#define PROTOCOLS_TALLY_H

#include "protocols/lines.h"

enum {
	TALLY_PLACES = 24,   /* different codes of one conversation */
	MESSAGE_MOST = 4096, /* bytes of a message that are looked at */
};

/* What a number means. */
struct code_name {
	uint32_t code;
	const char *name;
};

/* The name, or NULL. */
const char *code_text(const struct code_name *names, size_t count, uint32_t code);
#define CODE_TEXT(names, code) code_text(names, sizeof(names) / sizeof((names)[0]), code)

/* How often each code came; begins as zeros. Codes beyond the places are counted together. */
struct tally {
	struct {
		uint32_t code, count;
	} places[TALLY_PLACES];
	uint32_t other;
};

void tally_add(struct tally *tally, uint32_t code);

/* An object with a number for each code, under its name or its number; left out when nothing was counted. */
void emit_tally(struct json *json, const char *key, const struct tally *tally, const struct code_name *names,
		size_t count);
#define EMIT_TALLY(json, key, tally, names)                                                                  \
	emit_tally(json, key, tally, names, sizeof(names) / sizeof((names)[0]))

/* texts_add(), unless the text stands there already. */
void texts_note(char *room, size_t size, struct span text);

/* Takes a message of `length` bytes off a stream. Of a longer one than MESSAGE_MOST the first bytes are
 * taken, and the rest is skipped: a loop over messages goes on while parse->skip is 0. MORE: it has not come.
 */
enum verdict message_take(struct parse *parse, struct span *bytes, uint64_t length, struct span *ret_message);

#endif
