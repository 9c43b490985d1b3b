/* text.h: what the protocols of lines and words have in common: the three-digit replies of FTP (RFC 959 4.2)
 * and SMTP (RFC 5321 4.2), words, and names and versions of products in greetings. */
#ifndef PROTOCOLS_TEXT_H
#define PROTOCOLS_TEXT_H

#include "protocols/protocols.h"

/* No line that is read here may be longer; RFC 5321 4.5.3.1.5 allows 512 octets, FEAT and CAPA go beyond. */
enum { TEXT_LINE_LIMIT = 2048 };

/* Whether s could be text: no control characters but tab, CR, LF and those that colour a banner. */
bool text_is_plain(struct span s);

/* The first bytes of s, `limit` at most: a recogniser that never looks further never changes its mind. */
struct span text_first(struct span s, size_t limit);

/* Whether `mark` stands within the first `limit` bytes of s, behind nothing but text. */
enum verdict recognise_in_line(struct span s, size_t limit, const char *mark);

/* Cuts the next word off s, with the blanks before it; empty at the end, which does not fail s. */
struct span text_word(struct span *s);

/* Without blanks at both ends. */
struct span text_trim(struct span s);

/* Whether `word` stands in s as a whole word (letters and digits on neither side), in any case. */
bool text_has_word(struct span s, const char *word);

/* Where `text` stands in s, in any case: its offset, or SIZE_MAX. */
size_t text_find(struct span s, const char *text);

/* ---- replies ---- */

/* One reply, of one line or several: "220-", lines, "220 ". */
struct reply {
	unsigned code;
	struct span lines; /* the whole reply as it came */
};

/* Takes a whole reply off s. MORE: it has not come whole. NO: this is no reply. */
enum verdict reply_take(struct span *s, struct reply *ret_reply);

/* The next line of a reply without its code; false behind the last. Begin with a copy of reply->lines. */
bool reply_line(struct span *lines, unsigned code, struct span *ret_text);

/* The text of the first line. */
struct span reply_first(const struct reply *reply);

/* Hears one reply of a server: what follows, and what is said to it. NULL when no further one will come. */
typedef enum probe_step reply_hearer(void *state, const struct reply *reply, struct buffer *out,
				     struct answer *answer);

/* The hear() of a probe that goes by replies: each whole one to hear_reply(), until that one knows enough. */
enum probe_step reply_hear(reply_hearer *hear_reply, void *state, struct span *heard, bool ended,
			   struct buffer *out, struct answer *answer);

/* ---- commands ---- */

/* A command line in patterns as the shell's (* ? [0-9], letters of ASCII in any case), and what it says when
 * it comes: YES, this protocol alone has it; MORE, others have it as well, and the next line may tell. A line
 * that no pattern matches says NO. The first pattern that matches holds. */
struct text_command {
	const char *pattern;
	enum verdict says;
};
enum verdict text_commands(struct span first, const struct text_command *commands, size_t count);

/* ---- greetings with code 220 ---- */

/* FTP, SMTP, LMTP and some others greet alike; what tells them is in their words, if anything is. A host's
 * name is no such word. */
enum greeting { GREETS_UNCLEAR, GREETS_FTP, GREETS_SMTP, GREETS_OTHER };
enum greeting text_greeting(struct span reply_lines);

/* ---- products ---- */

/* What a server writes, and how people call what writes it. */
struct text_product {
	const char *sign; /* in any case */
	const char *product;
};

/* Looks for the first sign, in the order of the table, that stands in the text: its product, and the version,
 * if one stands behind the sign ("9.2p1" in "OpenSSH_9.2p1") or behind the word "version" later on. */
bool text_product(struct span text, const struct text_product *known, size_t count, struct span *ret_product,
		  struct span *ret_version);

/* The same, told to an answer. */
bool text_tell_product(struct answer *answer, struct span text, const struct text_product *known,
		       size_t count);

/* The version that s begins with, after blanks, one of "/_-(,:v" and the word "version"; may be empty. */
struct span text_version(struct span s);

#endif
