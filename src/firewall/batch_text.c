/* The commands of a difference as messages. */
#include "base/address.h"
#include "firewall/batch.h"

#include <linux/netfilter/nf_tables.h>
#include <sys/socket.h>

#include <linux/netlink.h>

static const char table[] = "doorward";

static bool take(struct span *line, const char *words)
{
	if (!span_begins(*line, words))
		return false;
	span_skip(line, strlen(words));
	return true;
}

static void about_chain(struct batch *batch, uint16_t type, uint16_t flags, struct span name)
{
	batch_message(batch, type, flags);
	batch_name(batch, NFTA_CHAIN_TABLE, span_text(table));
	batch_name(batch, NFTA_CHAIN_NAME, name);
}

/* All rules of a chain. */
static void flush_chain(struct batch *batch, struct span name)
{
	batch_message(batch, NFT_MSG_DELRULE, 0);
	batch_name(batch, NFTA_RULE_TABLE, span_text(table));
	batch_name(batch, NFTA_RULE_CHAIN, name);
}

/* ---- elements ---- */

/* Ports and addresses; whoever has keys of another length refuses these. */
static bool write_key(struct batch *batch, struct span word)
{
	struct address address;
	uint8_t port[2];
	uint64_t number;
	struct nlattr *const key = batch_nest(batch, NFTA_SET_ELEM_KEY);

	if (span_number(word, UINT16_MAX, &number)) {
		port[0] = (uint8_t)(number >> 8);
		port[1] = (uint8_t)number;
		batch_put(batch, NFTA_DATA_VALUE, port, sizeof(port));
	} else if (!address_parse(word, &address)) {
		return false;
	} else if (address_is_v4(&address)) {
		batch_put(batch, NFTA_DATA_VALUE, address.bytes + 12, 4);
	} else {
		batch_put(batch, NFTA_DATA_VALUE, address.bytes, sizeof(address.bytes));
	}
	batch_close(batch, key);
	return true;
}

/* "443 : goto in-61bd0a2f", "192.0.2.1" */
static bool write_element(struct batch *batch, struct span words)
{
	struct nlattr *const element = batch_nest(batch, NFTA_LIST_ELEM);
	bool known = write_key(batch, span_word(&words));

	if (known && span_left(words) > 0)
		known = span_is(span_word(&words), ":") && batch_verdict(batch, NFTA_SET_ELEM_DATA, words);
	batch_close(batch, element);
	return known;
}

/* "in-5f3a1c07 { 443 : goto in-61bd0a2f, 993 : goto rule-imaps }" */
static bool write_elements(struct batch *batch, uint16_t type, uint16_t flags, struct span line)
{
	const struct span set = span_word(&line);
	const size_t behind = span_find(line, " }");
	bool known = take(&line, " { ") && behind != SIZE_MAX;
	struct nlattr *elements;

	batch_message(batch, type, flags);
	batch_name(batch, NFTA_SET_ELEM_LIST_TABLE, span_text(table));
	batch_name(batch, NFTA_SET_ELEM_LIST_SET, set);
	elements = batch_nest(batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	line.end -= known ? strlen(" }") : 0;
	while (known && span_left(line) > 0) {
		const size_t comma = span_find(line, ", ");

		known = write_element(batch, span_take(&line, comma != SIZE_MAX ? comma : span_left(line)));
		(void)take(&line, ", ");
	}
	batch_close(batch, elements);
	return known;
}

/* ---- chains and their rules ---- */

enum pass { CHAINS, RULES }; /* what a rule leads to is there before it */

static bool add_chain(struct batch *batch, struct span name, struct span text)
{
	const struct span first = span_until(&text, '\n');
	struct span comment = first;

	about_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, name);
	return !take(&comment, "\t\tcomment \"") ||
	       batch_comment(batch, NFTA_CHAIN_USERDATA, span_until(&comment, '"'));
}

static bool add_rule(struct batch *batch, struct span chain, struct span line)
{
	if (span_begins(line, "comment "))
		return true;
	batch_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	batch_name(batch, NFTA_RULE_TABLE, span_text(table));
	batch_name(batch, NFTA_RULE_CHAIN, chain);
	return batch_rule(batch, line);
}

/* "\tchain rule-web {", its lines and "\t}", up to the "}" of the table. */
static bool read_table(struct batch *batch, struct span *text, enum pass pass)
{
	struct span chain = span_of(NULL, 0);

	while (span_left(*text) > 0) {
		struct span line = span_until(text, '\n');
		bool known = true;

		if (span_is(line, "}"))
			return true;
		if (take(&line, "\tchain ")) {
			chain = span_word(&line);
			known = pass == RULES || add_chain(batch, chain, *text);
		} else if (take(&line, "\t\t")) {
			known = pass == CHAINS || add_rule(batch, chain, line);
		} else {
			known = span_is(line, "\t}");
		}
		if (!known)
			return false;
	}
	return false;
}

static bool command(struct batch *batch, struct span line)
{
	if (take(&line, "flush chain inet doorward "))
		flush_chain(batch, line);
	else if (take(&line, "delete chain inet doorward "))
		about_chain(batch, NFT_MSG_DELCHAIN, 0, line);
	else if (take(&line, "delete element inet doorward "))
		return write_elements(batch, NFT_MSG_DELSETELEM, 0, line);
	else if (take(&line, "add element inet doorward "))
		return write_elements(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, line);
	else
		return false;
	return true;
}

bool batch_text(struct batch *batch, struct span text)
{
	bool known = true;

	while (known && span_left(text) > 0) {
		const struct span line = span_until(&text, '\n');
		struct span again = text;

		if (line.failed)
			return false;
		if (span_is(line, "table inet doorward {"))
			known = read_table(batch, &again, CHAINS) && read_table(batch, &text, RULES);
		else
			known = command(batch, line);
	}
	return known && !batch->failed;
}
