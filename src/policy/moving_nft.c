/* What 'nft list ruleset' prints (nft(8)): tables with sets, maps and chains. */
#include "policy/moving_nft.h"

#include <string.h>

enum { SETS_MOST = 4096, CHAINS_MOST = 65536 };

/* ---- blocks ---- */

/* "type filter hook input priority filter" */
static void read_hook(struct nft_reader *r, const struct span *words, size_t count)
{
	struct moving_chain *const chain = r->chain;

	if (chain->apart != NULL)
		return;
	chain->entered = span_is(words[1], "filter") && count > 3 &&
			 moving_direction(words[3], &chain->direction);
	chain->apart = chain->entered
			       ? NULL
			       : "not in a chain that filters what comes in, goes out or passes through";
	chain->lets_pass = true;
	chain->line = r->m->line;
	chain->number = r->m->number;
}

static void begin_table(struct nft_reader *r, const struct span *words, size_t count)
{
	r->table++;
	r->chain = NULL;
	r->family = count > 1 && span_is(words[1], "ip") ? 4 : count > 1 && span_is(words[1], "ip6") ? 6 : 0;
	if (count > 1 && !span_is(words[1], "inet") && r->family == 0)
		r->family = UINT32_MAX; /* bridge, arp, netdev: other packets */
}

static void begin_chain(struct nft_reader *r, struct span name)
{
	r->set = NULL;
	r->chain = r->chains.count < CHAINS_MOST ? moving_chain_add(r->m, &r->chains, r->table, name) : NULL;
	if (r->chain == NULL)
		moving_leave(r->m, "too many chains");
	else if (r->family == UINT32_MAX)
		r->chain->apart = "a table of another family";
	else
		r->chain->family = r->family;
}

static void begin_set(struct nft_reader *r, struct span name)
{
	r->chain = NULL;
	r->set = r->set_count < SETS_MOST ? arena_alloc(r->m->arena, sizeof(*r->set)) : NULL;
	if (r->set == NULL) {
		moving_leave(r->m, "too many sets");
		return;
	}
	*r->set = (struct nft_set){ .next = r->sets, .table = r->table, .name = name };
	r->sets = r->set;
	r->set_count++;
}

/* Among words that may have a comma behind them. */
static bool has_word(const struct span *words, size_t count, const char *wanted)
{
	for (size_t i = 1; i < count; i++) {
		if (span_begins(words[i], wanted))
			return true;
	}
	return false;
}

static void read_in_set(struct nft_reader *r, const struct span *words, size_t count)
{
	if (span_is(words[0], "elements") && count > 2)
		r->set->elements = words[2];
	else if (span_is(words[0], "flags") || span_is(words[0], "timeout"))
		r->set->changes |= span_is(words[0], "timeout") || has_word(words, count, "dynamic") ||
				   has_word(words, count, "timeout");
	else if (span_is(words[0], "set") || span_is(words[0], "map"))
		begin_set(r, words[1]);
	else if (!span_is(words[0], "type") && !span_is(words[0], "typeof") && !span_is(words[0], "size") &&
		 !span_is(words[0], "counter") && !span_is(words[0], "comment") &&
		 !span_is(words[0], "auto-merge") && !span_is(words[0], "gc-interval"))
		moving_leave(r->m, "not understood");
}

static void read_in_chain(struct nft_reader *r, const struct span *words, size_t count)
{
	if (span_is(words[0], "type") && count > 2 && span_is(words[2], "hook"))
		read_hook(r, words, count);
	else if (span_is(words[0], "policy") && count > 1)
		r->chain->lets_pass = !span_is(words[1], "drop");
	else if (!span_is(words[0], "comment") && !span_is(words[0], "flags"))
		nft_rule_read(r, words, count);
}

static void read_piece(struct nft_reader *r, struct span piece)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(piece, words);

	if (count == 0 || span_begins(words[0], "#"))
		return;
	if (span_is(words[0], "}")) {
		r->chain = NULL;
		r->set = NULL;
	} else if (span_is(words[0], "table")) {
		begin_table(r, words, count);
	} else if (span_is(words[0], "chain") && count > 1) {
		begin_chain(r, words[1]);
	} else if ((span_is(words[0], "set") || span_is(words[0], "map")) && count > 1) {
		begin_set(r, words[1]);
	} else if (r->set != NULL) {
		read_in_set(r, words, count);
	} else if (r->chain == NULL) {
		moving_leave(r->m, "not in a chain of input, output or forward");
	} else {
		read_in_chain(r, words, count);
	}
}

/* ---- pieces ---- */

static bool opens_block(const struct nft_reader *r, struct span piece)
{
	static const char *const words[] = { "table", "chain", "set", "map" };
	const struct span word = span_word(&piece);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is(word, words[i]))
			return true;
	}
	return r->chain == NULL && r->set == NULL;
}

/* Where the piece ends that begins here: a statement at its line's end or ';', the head of a block behind its
 * brace, the brace that ends one. A list in braces may go on in further lines. SIZE_MAX if it never ends. */
static size_t piece_length(const struct nft_reader *r, struct span text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < span_left(text); i++) {
		const uint8_t c = text.at[i];

		if (c == '\n' && (depth == 0 || r->unbalanced))
			return i;
		quoted ^= c == '"';
		if (quoted)
			continue;
		if (c == '{' && depth == 0 && opens_block(r, span_of(text.at, i)))
			return i + 1;
		if (depth == 0 && (c == ';' || c == '}'))
			return i > 0 || c == ';' ? i : 1;
		depth += c == '{';
		depth -= c == '}';
	}
	return depth == 0 || r->unbalanced ? span_left(text) : SIZE_MAX;
}

static struct span line_at(struct span text)
{
	struct span rest = text;
	const struct span line = span_until(&rest, '\n');

	return line.failed ? text : line;
}

void moving_nft(struct moving *m, struct span text)
{
	struct nft_reader r = { .m = m };

	m->number = 1;
	m->line = line_at(text);
	while (span_left(text) > 0 && !m->failed && !m->out->failed) {
		size_t length;

		if (text.at[0] == '\n') {
			span_skip(&text, 1);
			m->number++;
			m->line = line_at(text);
			continue;
		}
		if (strchr(" \t;\r", text.at[0]) != NULL && text.at[0] != '\0') {
			span_skip(&text, 1);
			continue;
		}
		length = piece_length(&r, text);
		if (length == SIZE_MAX) {
			r.unbalanced = true;
			continue;
		}
		read_piece(&r, span_of(text.at, length));
		for (size_t i = 0; i < length; i++)
			m->number += text.at[i] == '\n';
		span_skip(&text, length);
	}
	moving_chains_write(m, &r.chains);
}
