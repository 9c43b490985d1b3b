/* The rules of lookups, and of what rules do that only count and decide, as expressions of the kernel. */
#include "base/address.h"
#include "catalog/catalog.h"
#include "firewall/batch.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { ADDRESS_V4_AT = 12 }; /* of a mapped address */

/* What is compared or looked up. */
struct field {
	const char *words; /* with the blank behind them */
	uint32_t base, offset, length;
	uint8_t family; /* that must be asked for before; 0: any */
	uint32_t meta;  /* with length 1: a key of `meta` in place of a part of the packet */
};
static const struct field fields[] = {
	{ "th dport ", NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0, 0 },
	{ "ip saddr ", NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFPROTO_IPV4, 0 },
	{ "ip daddr ", NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFPROTO_IPV4, 0 },
	{ "ip6 saddr ", NFT_PAYLOAD_NETWORK_HEADER, 8, 16, NFPROTO_IPV6, 0 },
	{ "ip6 daddr ", NFT_PAYLOAD_NETWORK_HEADER, 24, 16, NFPROTO_IPV6, 0 },
	{ "meta l4proto ", 0, 0, 1, 0, NFT_META_L4PROTO },
	{ "meta nfproto ", 0, 0, 1, 0, NFT_META_NFPROTO },
};

/* ---- expressions ---- */

struct expression {
	struct nlattr *element, *data;
};

static struct expression begin(struct batch *batch, const char *name)
{
	struct expression e = { .element = batch_nest(batch, NFTA_LIST_ELEM) };

	batch_name(batch, NFTA_EXPR_NAME, span_text(name));
	e.data = batch_nest(batch, NFTA_EXPR_DATA);
	return e;
}

static void end(struct batch *batch, struct expression e)
{
	batch_close(batch, e.data);
	batch_close(batch, e.element);
}

static void load_meta(struct batch *batch, uint32_t key)
{
	const struct expression e = begin(batch, "meta");

	batch_u32(batch, NFTA_META_KEY, key);
	batch_u32(batch, NFTA_META_DREG, NFT_REG_1);
	end(batch, e);
}

static void compare(struct batch *batch, const uint8_t *bytes, size_t length)
{
	const struct expression e = begin(batch, "cmp");
	struct nlattr *data;

	batch_u32(batch, NFTA_CMP_SREG, NFT_REG_1);
	batch_u32(batch, NFTA_CMP_OP, NFT_CMP_EQ);
	data = batch_nest(batch, NFTA_CMP_DATA);
	batch_put(batch, NFTA_DATA_VALUE, bytes, length);
	batch_close(batch, data);
	end(batch, e);
}

static void load_field(struct batch *batch, const struct field *field)
{
	struct expression e;

	if (field->family != 0) {
		load_meta(batch, NFT_META_NFPROTO);
		compare(batch, &field->family, sizeof(field->family));
	}
	if (field->length == 1) {
		load_meta(batch, field->meta);
		return;
	}
	e = begin(batch, "payload");
	batch_u32(batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
	batch_u32(batch, NFTA_PAYLOAD_BASE, field->base);
	batch_u32(batch, NFTA_PAYLOAD_OFFSET, field->offset);
	batch_u32(batch, NFTA_PAYLOAD_LEN, field->length);
	end(batch, e);
}

static void look_up(struct batch *batch, struct span set, bool leads_on)
{
	const struct expression e = begin(batch, "lookup");

	batch_name(batch, NFTA_LOOKUP_SET, set);
	batch_u32(batch, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (leads_on)
		batch_u32(batch, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	end(batch, e);
}

bool batch_verdict(struct batch *batch, uint16_t type, struct span words)
{
	static const struct {
		const char *word;
		int32_t code;
		bool leads; /* to a chain */
	} verdicts[] = {
		{ "accept", NF_ACCEPT, false }, { "drop", NF_DROP, false }, { "return", NFT_RETURN, false },
		{ "goto", NFT_GOTO, true },     { "jump", NFT_JUMP, true },
	};
	const struct span word = span_word(&words), chain = span_word(&words);

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		struct nlattr *data, *verdict;

		if (!span_is(word, verdicts[i].word))
			continue;
		data = batch_nest(batch, type);
		verdict = batch_nest(batch, NFTA_DATA_VERDICT);
		batch_u32(batch, NFTA_VERDICT_CODE, (uint32_t)verdicts[i].code);
		if (verdicts[i].leads)
			batch_name(batch, NFTA_VERDICT_CHAIN, chain);
		batch_close(batch, verdict);
		batch_close(batch, data);
		return verdicts[i].leads == (span_left(chain) > 0) && span_left(words) == 0;
	}
	return false;
}

static bool decide(struct batch *batch, struct span words)
{
	const struct expression e = begin(batch, "immediate");
	bool known;

	batch_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	known = batch_verdict(batch, NFTA_IMMEDIATE_DATA, words);
	end(batch, e);
	return known;
}

/* ---- what is compared ---- */

/* Prefixes and ranges are left to the library. */
static bool read_value(const struct field *field, struct span word, uint8_t bytes[static 16])
{
	const struct transport *transport;
	struct address address;
	uint64_t number;

	switch (field->length) {
	case 1:
		if (field->meta == NFT_META_NFPROTO) {
			bytes[0] = span_is(word, "ipv4") ? NFPROTO_IPV4 : NFPROTO_IPV6;
			return span_is(word, "ipv4") || span_is(word, "ipv6");
		}
		transport = catalog_transport_named(word);
		if (transport == NULL)
			return false;
		bytes[0] = (uint8_t)transport->number;
		return true;
	case 2:
		if (!span_number(word, UINT16_MAX, &number))
			return false;
		bytes[0] = (uint8_t)(number >> 8);
		bytes[1] = (uint8_t)number;
		return true;
	default:
		if (!address_parse(word, &address) || address_is_v4(&address) != (field->length == 4))
			return false;
		memcpy(bytes, address.bytes + (field->length == 4 ? ADDRESS_V4_AT : 0), field->length);
		return true;
	}
}

/* "vmap @in-5f3a1c07", "@in-5f3a1c07-set goto rule-web", "443 goto rule-web" */
static bool match(struct batch *batch, const struct field *field, struct span line)
{
	struct span word = span_word(&line);
	const bool leads_on = span_is(word, "vmap");
	uint8_t bytes[16];

	load_field(batch, field);
	if (leads_on)
		word = span_word(&line);
	if (span_begins(word, "@")) {
		span_skip(&word, 1);
		look_up(batch, word, leads_on);
		return leads_on ? span_left(line) == 0 : decide(batch, line);
	}
	if (leads_on || !read_value(field, word, bytes))
		return false;
	compare(batch, bytes, field->length);
	return decide(batch, line);
}

/* "packets 3 bytes 180 accept comment "c2547c6c5f814ea1 1700000000"": without a verdict more follows. */
static bool count(struct batch *batch, struct span line, struct span *ret_comment)
{
	const size_t comment = span_find(line, "comment \"");
	uint64_t packets = 0, bytes = 0;
	struct expression e;
	struct span words;

	if (comment == SIZE_MAX)
		return false;
	words = span_take(&line, comment);
	(void)span_until(&line, '"');
	*ret_comment = span_until(&line, '"');
	if (span_begins(words, "packets ")) {
		(void)span_word(&words);
		if (!span_number(span_word(&words), UINT64_MAX, &packets) ||
		    !span_is(span_word(&words), "bytes") ||
		    !span_number(span_word(&words), UINT64_MAX, &bytes))
			return false;
	}
	e = begin(batch, "counter");
	batch_u64(batch, NFTA_COUNTER_BYTES, bytes);
	batch_u64(batch, NFTA_COUNTER_PACKETS, packets);
	end(batch, e);
	return span_left(words) == 0 || decide(batch, words);
}

static bool express(struct batch *batch, struct span line, struct span *ret_comment)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!span_begins(line, fields[i].words))
			continue;
		span_skip(&line, strlen(fields[i].words));
		return match(batch, &fields[i], line);
	}
	if (!span_begins(line, "counter "))
		return decide(batch, line);
	span_skip(&line, strlen("counter "));
	return count(batch, line, ret_comment);
}

bool batch_rule(struct batch *batch, struct span line)
{
	struct nlattr *const expressions = batch_nest(batch, NFTA_RULE_EXPRESSIONS);
	struct span comment = span_of(NULL, 0);
	const bool known = express(batch, line, &comment);

	batch_close(batch, expressions);
	return known && (span_left(comment) == 0 || batch_comment(batch, NFTA_RULE_USERDATA, comment));
}
