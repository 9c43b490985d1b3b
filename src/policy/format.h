/* format.h: the pieces of the normal form that several rooms write. */
#ifndef POLICY_FORMAT_H
#define POLICY_FORMAT_H

#include "policy/source.h"

/* A text between quotes, " and \ escaped. */
void text_format(const char *text, struct buffer *out);

/* keyword "text", in the arena; NULL without memory. */
const char *text_statement(struct arena *arena, const char *keyword, const char *text);

/* One address, prefix, range or name. */
void term_format(const struct address_term *term, struct buffer *out);

/* An interface, between quotes where it needs them. */
void word_format(const char *word, struct buffer *out);

/* doors, separated by commas */
void doors_format(const struct door *doors, size_t count, struct buffer *out);

#endif
