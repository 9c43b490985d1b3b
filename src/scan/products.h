/* products.h: which product stands behind a door, by what its server said: the facts of data/products.tsv. */
#ifndef SCAN_PRODUCTS_H
#define SCAN_PRODUCTS_H

#include "protocols/protocols.h"

enum { PRODUCT_CPE = 192 };

/* Completes the answer of a server of the protocol, whose words (its last conversation, the innermost layer)
 * are `heard`: a product where its probe has told none, and a version where that has told none of this
 * product. Writes the product's name in CPE 2.3, "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*"; "" for what
 * no row knows. */
void products_tell(const struct protocol *protocol, struct span heard, struct answer *answer,
		   char cpe[static PRODUCT_CPE]);

/* ---- for tests ---- */

struct product_row {
	const char *protocol, *pattern;      /* NULL: whatever is said */
	const char *product, *cpe, *example; /* cpe is NULL where nobody has given it one */
	unsigned version;                    /* the group of the pattern that holds it, or 0 */
};

/* NULL behind the last. */
const struct product_row *products_nth(size_t nth);

/* Whether the row's pattern stands in the words; *ret_version may be empty. */
bool products_match(const struct product_row *row, struct span words, struct span *ret_version);

#endif
