#include "firewall/firewall.h"
#include "base/hash.h"
#include "firewall/nft.h"

static bool resolve(struct firewall *firewall, const struct surroundings *around)
{
	const struct policy *const policy = firewall->policy;
	struct resolver *const resolver = resolver_new(firewall->arena, policy, around);

	firewall->ends = arena_array(firewall->arena, policy->rule_count + 1, sizeof(*firewall->ends));
	firewall->rules = arena_array(firewall->arena, policy->rule_count + 1, sizeof(*firewall->rules));
	if (resolver == NULL || firewall->ends == NULL || firewall->rules == NULL)
		return false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *const rule = &policy->rules[i];
		struct rule_ends *const ends = &firewall->ends[i];

		ends->source = resolve_addresses(resolver, &rule->from);
		ends->destination = resolve_addresses(resolver, &rule->to);
		if (ends->source == NULL || ends->destination == NULL)
			return false;
		firewall->rules[i].rule = rule;
		firewall->rules[i].idle = (rule->until != DATE_NONE && rule->until < around->today) ||
					  ends->source->count == 0 || ends->destination->count == 0;
	}
	return true;
}

static void write_integer(int64_t number, struct buffer *out)
{
	if (number < 0)
		buffer_u8(out, '-');
	buffer_decimal(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* How the rule is meant, beside its words. */
static void write_meaning(const struct policy *policy, const struct rule *rule, struct buffer *out)
{
	buffer_u8(out, '\n');
	write_integer(policy->mode, out);
	buffer_u8(out, ' ');
	write_integer(rule->test, out);
	buffer_u8(out, ' ');
	write_integer(rule->until, out);
	buffer_u8(out, ' ');
	buffer_text(out, rule->by != NULL ? rule->by : "");
	buffer_u8(out, '\n');
}

/* Writes "id TAB rule in words", a line, and the words to `text` as well. */
static void write_words(const struct rule *rule, struct buffer *lines, struct buffer *text)
{
	size_t begin;

	buffer_text(lines, rule->id);
	buffer_u8(lines, '\t');
	begin = lines->length;
	rule_format(rule, lines);
	if (!lines->failed)
		buffer_add(text, lines->bytes + begin, lines->length - begin);
	buffer_u8(lines, '\n');
}

/* Of everything that changes what the rule does or matches: its words, what names stand for, how it is meant.
 */
static bool digest_rules(struct firewall *firewall)
{
	const struct policy *const policy = firewall->policy;
	struct buffer text = buffer_new(FIREWALL_TEXT_LIMIT);
	bool whole = true;

	for (size_t i = 0; whole && i < policy->rule_count; i++) {
		const struct rule_ends *const ends = &firewall->ends[i];
		const struct rule *const rule = &policy->rules[i];

		buffer_clear(&text);
		write_words(rule, &firewall->words, &text);
		write_meaning(policy, rule, &text);
		buffer_add(&text, ends->source->ranges, ends->source->count * sizeof(struct number_range));
		buffer_add(&text, ends->destination->ranges,
			   ends->destination->count * sizeof(struct number_range));
		whole = !text.failed && !firewall->words.failed;
		firewall->rules[i].digest = whole ? hash_bytes(text.bytes, text.length) : 0;
	}
	buffer_free(&text);
	return whole;
}

/* What the kernel cannot hold the rule to. */
static bool note_unenforced(struct firewall *firewall)
{
	char owner[OWNER_TEXT];

	for (size_t i = 0; i < firewall->policy->rule_count; i++) {
		struct firewall_rule *const made = &firewall->rules[i];
		const struct rule *const rule = made->rule;

		if (rule->strict) {
			made->unenforced =
				"strict: the kernel goes by ports; 'doorward watch' sees what is spoken";
		} else if (rule->by != NULL && rule->direction == DIRECTION_OUT &&
			   !owner_expression(rule->by, owner)) {
			made->unenforced = arena_format(
				firewall->arena, "by %s: this host has no user and no unit of that name",
				rule->by);
			if (made->unenforced == NULL)
				return false;
		}
	}
	return true;
}

static bool lower(struct firewall *firewall)
{
	uint32_t *const list = arena_array(firewall->arena, firewall->policy->rule_count + 1, sizeof(*list));

	if (list == NULL)
		return false;
	for (enum direction direction = 0; direction < DIRECTIONS; direction++) {
		size_t count = 0;

		for (uint32_t i = 0; i < firewall->policy->rule_count; i++) {
			if (!firewall->rules[i].idle && firewall->rules[i].rule->direction == direction)
				list[count++] = i;
		}
		if (!lower_direction(firewall, direction, list, count) ||
		    !name_nodes(firewall, &firewall->floors[direction]))
			return false;
	}
	return true;
}

struct firewall *firewall_new(const struct policy *policy, const struct surroundings *around,
			      struct error *err)
{
	struct arena *const arena = arena_new(FIREWALL_LIMIT);
	struct firewall *const firewall = arena != NULL ? arena_alloc(arena, sizeof(*firewall)) : NULL;

	if (firewall == NULL) {
		arena_free(arena);
		error_memory(err);
		return NULL;
	}
	*firewall = (struct firewall){
		.arena = arena,
		.policy = policy,
		.text = buffer_new(FIREWALL_TEXT_LIMIT),
		.words = buffer_new(FIREWALL_TEXT_LIMIT),
	};
	if (resolve(firewall, around) && digest_rules(firewall) && note_unenforced(firewall) &&
	    lower(firewall) && nft_write(firewall))
		return firewall;
	error_set(err, "%s: no memory for these rules as lookups of nftables (at most %zu MiB)", policy->path,
		  FIREWALL_LIMIT >> 20);
	firewall_free(firewall);
	return NULL;
}

void firewall_free(struct firewall *firewall)
{
	if (firewall == NULL)
		return;
	buffer_free(&firewall->text);
	buffer_free(&firewall->words);
	arena_free(firewall->arena);
}

struct span firewall_words(const struct firewall *firewall)
{
	return buffer_read(&firewall->words);
}

uint64_t firewall_digest(const struct firewall *firewall)
{
	return firewall->digest;
}

size_t firewall_rules(const struct firewall *firewall, const struct firewall_rule **ret_rules)
{
	*ret_rules = firewall->rules;
	return firewall->policy->rule_count;
}

size_t firewall_stages(const struct firewall *firewall, enum direction direction)
{
	return firewall->floors[direction].stage_count;
}
