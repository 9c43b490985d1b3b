/* dict.h: what the files about dictionary servers share. dict.c recognises them and asks one, dict_parse.c
 * reads conversations. */
#ifndef PROTOCOLS_DICT_H
#define PROTOCOLS_DICT_H

#include "protocols/parse.h"
#include "protocols/text.h"

enum { DICT_PRODUCTS = 3 };
extern const struct text_product dict_products[DICT_PRODUCTS]; /* as they call themselves in their greeting */

extern const struct parser dict_parser;

#endif
