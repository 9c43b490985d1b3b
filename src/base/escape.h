/* escape.h: makes text from outside harmless before people see it. Process names, banners, file names and
 * policy texts may hold anything; a terminal must never obey them. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buffer.h"

/* Appends s for a terminal: valid, printable UTF-8 stays as it is; control characters (C0, DEL, C1), line
 * and paragraph separators, bidirectional controls and bytes that are not UTF-8 become \xNN, \n, \t ... or
 * \u{NNNN}. A backslash becomes two, so that the text can be told from its escapes. */
void escape_terminal(struct buffer *out, struct span s);

/* Each byte as two hexadecimal digits, parted by `between` unless that is 0, cut to fit a text of `size`
 * bytes; returns text. */
char *hex_text(struct span s, char between, char *text, size_t size);

/* What a hexadecimal digit stands for; -1 for what is none. */
int hex_digit(uint8_t c);

/* Reads one UTF-8 character off s and returns its code point; -1 when the next byte does not begin a valid
 * one (overlong forms and surrogates are not valid), and then that one byte is taken. s must not be empty. */
int32_t utf8_next(struct span *s);

/* Whether it is a character that moves the cursor, reorders text or cannot be seen. */
bool utf8_is_hidden(int32_t character);

/* Columns that the character takes on a terminal: 0, 1 or 2. */
int utf8_width(int32_t character);

/* Columns of a whole text that has been escaped. */
size_t text_width(const char *text);

#endif
