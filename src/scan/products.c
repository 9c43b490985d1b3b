#include "scan/products.h"

#include "products_table.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <strings.h>

enum { WORDS_MOST = 4096, GROUPS = 4, TOLD = 160 };

const struct product_row *products_nth(size_t nth)
{
	return nth < product_row_count ? &product_rows[nth] : NULL;
}

/* Patterns are read when they are first wanted, and kept: there are few, and the program is over soon. */
static const regex_t *compiled(const struct product_row *row)
{
	static regex_t patterns[PRODUCT_ROWS_MOST];
	static bool read[PRODUCT_ROWS_MOST];
	const size_t place = (size_t)(row - product_rows);

	if (!read[place])
		read[place] = regcomp(&patterns[place], row->pattern, REG_EXTENDED | REG_NEWLINE) == 0;
	return read[place] ? &patterns[place] : NULL;
}

bool products_match(const struct product_row *row, struct span words, struct span *ret_version)
{
	const size_t length = span_left(words) < WORDS_MOST ? span_left(words) : WORDS_MOST;
	regmatch_t groups[GROUPS] = { { .rm_so = 0, .rm_eo = (regoff_t)length } };
	char text[WORDS_MOST + 1];
	const regex_t *pattern;

	*ret_version = span_of(NULL, 0);
	if (row->pattern == NULL)
		return true;
	pattern = compiled(row);
	if (pattern == NULL || length == 0)
		return false;
	for (size_t i = 0; i < length; i++) /* "." does not match a zero */
		text[i] = words.at[i] == 0 ? ' ' : (char)words.at[i];
	text[length] = '\0';
	if (regexec(pattern, text, GROUPS, groups, REG_STARTEND) != 0)
		return false;
	if (row->version > 0 && groups[row->version].rm_so >= 0)
		*ret_version = span_of(words.at + groups[row->version].rm_so,
				       (size_t)(groups[row->version].rm_eo - groups[row->version].rm_so));
	return true;
}

/* Where the probe told a product, words about others say nothing: a proxy carries those of who is behind it.
 */
static bool fits(const struct product_row *row, struct span heard, const struct answer *answer,
		 struct span *ret_version)
{
	char told[TOLD];

	if (answer->product[0] == '\0')
		return products_match(row, heard, ret_version);
	(void)snprintf(told, sizeof(told), "%s %s", answer->product, answer->version);
	return products_match(row, span_text(told), ret_version) ||
	       (strcasecmp(row->product, answer->product) == 0 && products_match(row, heard, ret_version));
}

static const struct product_row *find(const struct protocol *protocol, struct span heard,
				      const struct answer *answer, struct span *ret_version)
{
	for (size_t i = 0; i < product_row_count; i++)
		if (strcmp(product_rows[i].protocol, protocol->name) == 0 &&
		    fits(&product_rows[i], heard, answer, ret_version))
			return &product_rows[i];
	return NULL;
}

/* Whose product the probe has named: what it said in this conversation need not tell it again. */
static const struct product_row *named_by_probe(const struct protocol *protocol, const struct answer *answer)
{
	for (size_t i = 0; i < product_row_count && answer->product[0] != '\0'; i++)
		if (strcmp(product_rows[i].protocol, protocol->name) == 0 &&
		    strcasecmp(product_rows[i].product, answer->product) == 0)
			return &product_rows[i];
	return NULL;
}

/* Of punctuation what is not plain in such a name is quoted (NISTIR 7695, 6.2). */
static void write_cpe(const struct product_row *row, const char *version, char cpe[static PRODUCT_CPE])
{
	char plain[2 * sizeof(((struct answer *)0)->version)];
	size_t length = 0;

	for (; *version != '\0' && length + 2 < sizeof(plain); version++) {
		if (!isalnum((unsigned char)*version) && *version != '.' && *version != '-' &&
		    *version != '_')
			plain[length++] = '\\';
		plain[length++] = (char)tolower((unsigned char)*version);
	}
	plain[length] = '\0';
	(void)snprintf(cpe, PRODUCT_CPE, "cpe:2.3:%s:%s:*:*:*:*:*:*:*", row->cpe, length > 0 ? plain : "*");
}

void products_tell(const struct protocol *protocol, struct span heard, struct answer *answer,
		   char cpe[static PRODUCT_CPE])
{
	struct span version = span_of(NULL, 0);
	const struct product_row *row = find(protocol, heard, answer, &version);

	cpe[0] = '\0';
	if (row == NULL) {
		version = span_of(NULL, 0);
		row = named_by_probe(protocol, answer);
	}
	if (row == NULL)
		return;
	if (answer->product[0] == '\0')
		answer_product(answer, span_text(row->product), version);
	else if (answer->version[0] == '\0' && span_left(version) > 0)
		span_copy_text(version, answer->version, sizeof(answer->version));
	if (row->cpe != NULL)
		write_cpe(row, answer->version, cpe);
}
