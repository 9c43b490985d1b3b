/* What the kernel has: our own table, by the comments of its chains, and the tables beside it. */
#include "base/hash.h"
#include "firewall/firewall.h"
#include "firewall/nft.h"
#include "host/chains.h"

#include <errno.h>
#include <stdlib.h>

/* What is gathered from one chain after the other. */
struct looking {
	struct arena *arena;
	struct loaded *loaded;
	size_t rule_capacity, neighbour_capacity;
	bool no_memory;
};

/* Who names tables or chains so. */
static const struct {
	const char *begins, *made_by;
} makers[] = {
	{ "DOCKER", "Docker" },     { "NETAVARK", "Podman" }, { "CNI-", "a container network" },
	{ "KUBE-", "Kubernetes" },  { "ufw", "ufw" },         { "firewalld", "firewalld" },
	{ "LIBVIRT", "libvirt" },   { "f2b-", "fail2ban" },   { "ts-", "Tailscale" },
	{ "wg-quick", "wg-quick" },
};

static const char *maker_of(const char *name)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (strncmp(name, makers[i].begins, strlen(makers[i].begins)) == 0)
			return makers[i].made_by;
	}
	return NULL;
}

static bool is_ours(const struct base_chain *chain)
{
	return strcmp(chain_family_text(chain->family), "inet") == 0 && strcmp(chain->table, "doorward") == 0;
}

/* The rule set's digest stands at `digest`. */
static void take_own(struct looking *l, const struct base_chain *chain)
{
	l->loaded->digest = strtoull(chain->comment, NULL, 16);
}

/* What stands at the counter of a rule's own chain: its digest, and behind it since when it counts. */
static void add_rule(struct looking *l, struct span id, struct span comment,
		     const struct chain_counter *counter)
{
	struct loaded *const loaded = l->loaded;
	struct loaded_rule *const rules = arena_grow(l->arena, loaded->rules, loaded->rule_count,
						     &l->rule_capacity, sizeof(*rules));
	char words[128], *behind;

	if (rules == NULL) {
		l->no_memory = true;
		return;
	}
	span_copy_text(comment, words, sizeof(words));
	loaded->rules = rules;
	rules[loaded->rule_count] = (struct loaded_rule){
		.id = arena_span_text(l->arena, id),
		.digest = strtoull(words, &behind, 16),
		.since_s = strtoll(behind, NULL, 10),
		.packets = counter->packets,
		.bytes = counter->bytes,
	};
	l->no_memory |= rules[loaded->rule_count++].id == NULL;
}

static void take_rule(void *context, const struct chain_counter *counter)
{
	if (strncmp(counter->chain, "rule-", strlen("rule-")) == 0 && counter->comment[0] != '\0')
		add_rule(context, span_text(counter->chain + strlen("rule-")), span_text(counter->comment),
			 counter);
}

/* The same of a text: "\tchain rule-ID {", and in its first line "comment "DIGEST"". */
static void take_text(struct looking *l, struct span text)
{
	static const struct chain_counter nothing = { 0 };
	static const char begins[] = "\tchain rule-";

	while (span_left(text) > 0) {
		struct span line = span_until(&text, '\n'), id;
		size_t comment;

		if (line.failed || !span_begins(line, begins))
			continue;
		span_skip(&line, strlen(begins));
		id = span_word(&line);
		line = span_until(&text, '\n');
		comment = span_find(line, "comment \"");
		if (line.failed || comment == SIZE_MAX)
			continue;
		span_skip(&line, comment + strlen("comment \""));
		add_rule(l, id, span_until(&line, '"'), &nothing);
	}
}

static struct neighbour *neighbour_of(struct looking *l, const char *table)
{
	struct loaded *const loaded = l->loaded;
	struct neighbour *neighbours;

	for (size_t i = 0; i < loaded->neighbour_count; i++) {
		if (strcmp(loaded->neighbours[i].table, table) == 0)
			return &loaded->neighbours[i];
	}
	neighbours = arena_grow(l->arena, loaded->neighbours, loaded->neighbour_count, &l->neighbour_capacity,
				sizeof(*neighbours));
	if (neighbours == NULL)
		return NULL;
	loaded->neighbours = neighbours;
	neighbours[loaded->neighbour_count] = (struct neighbour){ .table = table };
	return &neighbours[loaded->neighbour_count++];
}

static void add_hook(struct looking *l, struct neighbour *neighbour, const char *hook)
{
	if (neighbour->hooks == NULL)
		neighbour->hooks = arena_text(l->arena, hook);
	else if (strstr(neighbour->hooks, hook) == NULL)
		neighbour->hooks = arena_format(l->arena, "%s, %s", neighbour->hooks, hook);
	l->no_memory |= neighbour->hooks == NULL;
}

/* A base chain that neither has rules nor drops decides nothing. */
static void take_neighbour(struct looking *l, const struct base_chain *chain)
{
	const char *const table = arena_format(l->arena, "%s %s", chain_family_text(chain->family),
					       chain->table);
	struct neighbour *const neighbour = table != NULL ? neighbour_of(l, table) : NULL;

	if (neighbour == NULL) {
		l->no_memory = true;
		return;
	}
	if (neighbour->made_by == NULL)
		neighbour->made_by = maker_of(chain->name);
	if (neighbour->made_by == NULL)
		neighbour->made_by = maker_of(chain->table);
	if (chain->base && chain->filters && (chain->uses > 0 || chain->drops)) {
		add_hook(l, neighbour, chain_hook_text(chain));
		neighbour->drops |= chain->drops;
	}
}

static void look_at_chain(void *context, const struct base_chain *chain)
{
	if (is_ours(chain))
		take_own(context, chain);
	else
		take_neighbour(context, chain);
}

static int by_id(const void *a, const void *b)
{
	const struct loaded_rule *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* The place of a rule's id in the table of them: its own, or the free one where it belongs. */
static uint32_t *slot_of(const struct loaded *loaded, const char *id)
{
	size_t at = hash_bytes(id, strlen(id)) & (loaded->slot_count - 1);

	while (loaded->slots[at] != 0 && strcmp(loaded->rules[loaded->slots[at] - 1].id, id) != 0)
		at = (at + 1) & (loaded->slot_count - 1);
	return &loaded->slots[at];
}

static bool make_slots(struct arena *arena, struct loaded *loaded)
{
	loaded->slot_count = 64;
	while (loaded->slot_count < 2 * loaded->rule_count)
		loaded->slot_count *= 2;
	loaded->slots = arena_array(arena, loaded->slot_count, sizeof(*loaded->slots));
	if (loaded->slots == NULL)
		return false;
	for (uint32_t i = 0; i < loaded->rule_count; i++)
		*slot_of(loaded, loaded->rules[i].id) = i + 1;
	return true;
}

/* Tables that only translate addresses, or have no rules, refuse nothing. */
static void keep_those_that_filter(struct loaded *loaded)
{
	size_t kept = 0;

	for (size_t i = 0; i < loaded->neighbour_count; i++) {
		if (loaded->neighbours[i].hooks != NULL)
			loaded->neighbours[kept++] = loaded->neighbours[i];
	}
	loaded->neighbour_count = kept;
}

bool firewall_loaded(struct arena *arena, const struct span *known, struct loaded *ret_loaded,
		     struct error *err)
{
	struct looking l = { .arena = arena, .loaded = ret_loaded };
	int error;

	*ret_loaded = (struct loaded){ 0 };
	error = chains_read_beside("doorward", "digest", look_at_chain, &l, &ret_loaded->present);
	if (known != NULL)
		take_text(&l, *known);
	else if (ret_loaded->present)
		(void)chain_counters_read("doorward", take_rule, &l);
	/* The kernel has them in the order in which they came, change by change. */
	if (known == NULL && ret_loaded->rule_count > 1)
		qsort(ret_loaded->rules, ret_loaded->rule_count, sizeof(*ret_loaded->rules), by_id);
	if (l.no_memory || !make_slots(arena, ret_loaded))
		return error_memory(err);
	/* A kernel without nftables refuses the question as invalid: nothing is loaded there. */
	ret_loaded->seen = error == 0 || error == EINVAL || error == EPROTONOSUPPORT;
	keep_those_that_filter(ret_loaded);
	return true;
}

/* Index + 1; 0: none. */
static uint32_t find_loaded(const struct loaded *loaded, const char *id)
{
	return loaded->slot_count > 0 ? *slot_of(loaded, id) : 0;
}

const struct loaded_rule *loaded_find(const struct loaded *loaded, const char *id)
{
	const uint32_t found = find_loaded(loaded, id);

	return found != 0 ? &loaded->rules[found - 1] : NULL;
}

static void add_change(struct firewall_plan *plan, enum change change, const struct firewall_rule *rule,
		       const char *id)
{
	plan->rules[plan->rule_count++] = (struct rule_change){ change, rule, id };
	plan->counts[change]++;
}

bool firewall_compare(const struct firewall *firewall, const struct loaded *loaded, struct arena *arena,
		      struct firewall_plan *ret_plan, struct error *err)
{
	const struct firewall_rule *rules;
	const size_t count = firewall_rules(firewall, &rules);
	bool *const kept = arena_array(arena, loaded->rule_count + 1, sizeof(*kept));

	*ret_plan = (struct firewall_plan){ .same = loaded->present &&
						    loaded->digest == firewall_digest(firewall) };
	ret_plan->rules = arena_array(arena, count + loaded->rule_count + 1, sizeof(*ret_plan->rules));
	if (ret_plan->rules == NULL || kept == NULL)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		const uint32_t old = find_loaded(loaded, rules[i].rule->id);
		enum change change = CHANGE_NEW;

		if (rules[i].idle)
			continue;
		if (old != 0) {
			change = loaded->rules[old - 1].digest != rules[i].digest ? CHANGE_DIFFERS
										  : CHANGE_NONE;
			kept[old - 1] = true;
		}
		add_change(ret_plan, change, &rules[i], rules[i].rule->id);
	}
	for (size_t i = 0; i < loaded->rule_count; i++) {
		if (!kept[i])
			add_change(ret_plan, CHANGE_GONE, NULL, loaded->rules[i].id);
	}
	return true;
}
