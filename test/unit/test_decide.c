/* policy_decide(): the decider against the plain reading of the rules one after the other. The random
 * policies are small worlds on purpose, a few ports and addresses with much overlap, so that every cut, edge
 * and exception is hit often. */
#include "base/arena.h"
#include "base/hash.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_RULES = 400, MOST_TERMS = 4, NAMES = 6, TODAY = 20000 };

/* ---- a small world, made from a seed ---- */

struct chance {
	uint64_t seed, drawn;
};

static uint32_t draw(struct chance *c, uint32_t below)
{
	return (uint32_t)(hash_number(c->seed * 0x9e3779b97f4a7c15u + ++c->drawn) >> 33) % below;
}

static bool one_in(struct chance *c, uint32_t n)
{
	return draw(c, n) == 0;
}

static const uint16_t edge_ports[] = {
	0, 1, 22, 23, 24, 25, 80, 443, 1023, 1024, 49151, 49152, 65534, 65535
};
static const uint16_t transports[] = { TRANSPORT_TCP, TRANSPORT_TCP,  TRANSPORT_TCP, TRANSPORT_UDP,
				       TRANSPORT_UDP, TRANSPORT_ICMP, TRANSPORT_GRE, TRANSPORT_ANY };
static const char *const interfaces[] = { "eth0", "eth1", "wg0", "lo", "eth*", "*", "e*" };
static const struct service services[] = {
	{ .name = "http", .spoken = "http" },
	{ .name = "http-alt", .spoken = "http" },
	{ .name = "smtp", .spoken = "smtp" },
	{ .name = "mystery" },
};

/* 10.0.0.0/24 and 2001:db8::/120, the corners of both families, and their neighbours. */
static struct address draw_address(struct chance *c)
{
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	if (one_in(c, 12))
		return address_v4(one_in(c, 2) ? 0 : UINT32_MAX);
	if (one_in(c, 12)) {
		memset(v6, one_in(c, 2) ? 0 : 0xff, sizeof(v6));
		return address_v6(v6);
	}
	if (one_in(c, 20)) {
		const uint8_t below_mapped[16] = { [10] = 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff };

		return address_v6(below_mapped);
	}
	if (one_in(c, 3)) {
		v6[15] = (uint8_t)draw(c, 32);
		return address_v6(v6);
	}
	return address_v4(0x0a000000 + draw(c, 32));
}

static struct address_range draw_range(struct chance *c)
{
	struct address_range range = { draw_address(c), draw_address(c) };

	if (one_in(c, 2))
		return address_prefix(&range.first, draw(c, address_is_v4(&range.first) ? 33 : 129));
	if (one_in(c, 2) || address_is_v4(&range.first) != address_is_v4(&range.last))
		range.last = range.first;
	if (address_compare(&range.first, &range.last) > 0)
		return (struct address_range){ range.last, range.first };
	return range;
}

struct world {
	struct arena *arena;
	struct policy policy;
	struct policy_name names[NAMES];
	struct surroundings around;
	struct decider *decider;
};

static struct address_term *draw_terms(struct chance *c, struct world *w, size_t count, size_t names)
{
	static const enum address_kind kinds[] = { ADDRESS_RANGE, ADDRESS_RANGE,     ADDRESS_RANGE,
						   ADDRESS_SELF,  ADDRESS_LOCAL,     ADDRESS_MULTICAST,
						   ADDRESS_NAMED, ADDRESS_BROADCAST, ADDRESS_RANGE };
	struct address_term *const terms = arena_array(w->arena, count + 1, sizeof(*terms));

	for (size_t i = 0; i < count; i++) {
		terms[i].kind = kinds[draw(c, 9)];
		if (one_in(c, 12))
			terms[i].kind = ADDRESS_ANY;
		if (terms[i].kind == ADDRESS_NAMED && names == 0)
			terms[i].kind = ADDRESS_RANGE;
		if (terms[i].kind == ADDRESS_NAMED)
			terms[i].name = &w->names[draw(c, (uint32_t)names)];
		if (terms[i].kind == ADDRESS_RANGE)
			terms[i].range = draw_range(c);
	}
	return terms;
}

static struct address_list draw_list(struct chance *c, struct world *w, size_t names)
{
	struct address_list list = { 0 };

	list.count = 1 + draw(c, MOST_TERMS);
	list.terms = draw_terms(c, w, list.count, names);
	if (one_in(c, 3)) {
		list.except_count = 1 + draw(c, MOST_TERMS);
		list.except = draw_terms(c, w, list.except_count, names);
	}
	return list;
}

static uint16_t draw_port(struct chance *c)
{
	return one_in(c, 2) ? edge_ports[draw(c, 14)] : (uint16_t)(20 + draw(c, 40));
}

static struct match draw_match(struct chance *c)
{
	struct match match = { transports[draw(c, 8)], 0, 65535 };
	const uint16_t a = draw_port(c), b = draw_port(c);

	if (match.transport == TRANSPORT_ANY || match.transport == TRANSPORT_GRE || one_in(c, 10))
		return match;
	match.first = a < b ? a : b;
	match.last = one_in(c, 2) ? match.first : a < b ? b : a;
	return match;
}

static struct door *draw_doors(struct chance *c, struct world *w, size_t count)
{
	struct door *const doors = arena_array(w->arena, count, sizeof(*doors));

	for (size_t i = 0; i < count; i++) {
		doors[i].match_count = 1 + one_in(c, 3);
		doors[i].matches = arena_array(w->arena, doors[i].match_count, sizeof(struct match));
		doors[i].service = one_in(c, 2) ? &services[draw(c, 4)] : NULL;
		for (size_t k = 0; k < doors[i].match_count; k++)
			doors[i].matches[k] = draw_match(c);
	}
	return doors;
}

static void draw_rule(struct chance *c, struct world *w, struct rule *rule, uint32_t end_one_in)
{
	rule->verdict = (enum policy_verdict)draw(c, 3);
	rule->direction = (enum direction)draw(c, DIRECTIONS);
	rule->door_count = 1 + draw(c, 3);
	rule->doors = draw_doors(c, w, rule->door_count);
	if (!one_in(c, end_one_in))
		rule->from = draw_list(c, w, NAMES);
	if (!one_in(c, end_one_in))
		rule->to = draw_list(c, w, NAMES);
	rule->interface_count = one_in(c, 3) ? 1 + draw(c, 2) : 0;
	rule->interfaces = arena_array(w->arena, 2, sizeof(*rule->interfaces));
	for (size_t i = 0; i < rule->interface_count; i++)
		rule->interfaces[i] = interfaces[draw(c, 7)];
	rule->until = one_in(c, 8) ? TODAY - 1 + (int32_t)draw(c, 3) : DATE_NONE;
}

static struct address_range *draw_ranges(struct chance *c, struct world *w, size_t *ret_count)
{
	struct address_range *const ranges = arena_array(w->arena, 3, sizeof(*ranges));

	*ret_count = draw(c, 3);
	for (size_t i = 0; i < *ret_count; i++)
		ranges[i] = draw_range(c);
	return ranges;
}

/* end_one_in: how many rules leave an end free; 1 for all of them, large for none. */
static void make_world(struct world *w, struct chance *c, size_t rules, uint32_t end_one_in)
{
	struct error err;

	*w = (struct world){ .arena = arena_new(64 << 20) };
	w->around.self = draw_ranges(c, w, &w->around.self_count);
	w->around.local = draw_ranges(c, w, &w->around.local_count);
	w->around.broadcast = draw_ranges(c, w, &w->around.broadcast_count);
	w->around.today = TODAY;
	w->policy.path = "world";
	w->policy.names = w->names;
	w->policy.name_count = NAMES;
	for (size_t i = 0; i < NAMES; i++)
		w->names[i].addresses = draw_list(c, w, i);
	w->policy.rules = arena_array(w->arena, rules + 1, sizeof(struct rule));
	w->policy.rule_count = rules;
	for (size_t i = 0; i < rules; i++) {
		draw_rule(c, w, &w->policy.rules[i], end_one_in);
		w->policy.rules[i].number = i;
	}
	w->decider = decider_new(&w->policy, &w->around, &err);
	assert_non_null(w->decider);
}

static void end_world(struct world *w)
{
	decider_free(w->decider);
	arena_free(w->arena);
}

/* An edge of some rule, or a step beside it: where a cut that is one off shows. */
static struct address draw_edge(struct chance *c, const struct address_list *list)
{
	const struct address_range *range;
	struct address edge;

	if (list->count == 0 || one_in(c, 3))
		return draw_address(c);
	range = list->except_count > 0 && one_in(c, 2)
			? &list->except[draw(c, (uint32_t)list->except_count)].range
			: &list->terms[draw(c, (uint32_t)list->count)].range;
	edge = one_in(c, 2) ? range->first : range->last;
	if (one_in(c, 3))
		address_next(&edge, &edge);
	else if (one_in(c, 3))
		address_previous(&edge, &edge);
	return edge;
}

static struct question draw_question(struct chance *c, const struct world *w)
{
	const struct rule *const rule = &w->policy.rules[draw(c, (uint32_t)w->policy.rule_count)];
	const struct door *const door = &rule->doors[draw(c, (uint32_t)rule->door_count)];
	struct question q = { .direction = one_in(c, 4) ? (enum direction)draw(c, DIRECTIONS)
							: rule->direction };

	q.door = one_in(c, 4) ? draw_match(c) : door->matches[draw(c, (uint32_t)door->match_count)];
	q.door.first = one_in(c, 2) ? q.door.first : q.door.last;
	q.door.first = (uint16_t)(q.door.first + (one_in(c, 4) ? draw(c, 3) - 1 : 0));
	q.door.last = q.door.first;
	q.has_source = !one_in(c, 6);
	q.has_destination = !one_in(c, 6);
	q.source = draw_edge(c, &rule->from);
	q.destination = draw_edge(c, &rule->to);
	q.interface = one_in(c, 4) ? NULL : interfaces[draw(c, 4)];
	return q;
}

/* ---- the yardstick ---- */

static struct decision read_plainly(const struct world *w, const struct question *q)
{
	struct decision decision = { .verdict = VERDICT_DENY };

	for (size_t i = 0; i < w->policy.rule_count; i++) {
		const enum mismatch mismatch = rule_mismatch(w->decider, &w->policy.rules[i], q);

		if (mismatch == MATCHES) {
			decision.rule = &w->policy.rules[i];
			decision.verdict = decision.rule->verdict;
			break;
		}
		if (mismatch >= DEPENDS_ON_SOURCE && decision.undecided == NULL)
			decision.undecided = &w->policy.rules[i];
	}
	return decision;
}

static void compare(const struct world *w, uint64_t seed, const struct question *q)
{
	const struct decision decided = policy_decide(w->decider, q), plain = read_plainly(w, q);

	if (decided.rule == plain.rule && decided.undecided == plain.undecided &&
	    decided.verdict == plain.verdict)
		return;
	fail_msg("seed %llu: decided by rule %td (open %td), read rule %td (open %td)",
		 (unsigned long long)seed, decided.rule != NULL ? decided.rule - w->policy.rules : -1,
		 decided.undecided != NULL ? decided.undecided - w->policy.rules : -1,
		 plain.rule != NULL ? plain.rule - w->policy.rules : -1,
		 plain.undecided != NULL ? plain.undecided - w->policy.rules : -1);
}

/* The seed of the whole run can be given, to see a failure again. */
static uint64_t first_seed(void)
{
	const char *const given = getenv("SEED");

	return given != NULL ? strtoull(given, NULL, 10) : 1;
}

static size_t compare_worlds(size_t worlds, size_t rules, size_t questions, uint32_t end_one_in)
{
	const uint64_t seed = first_seed();

	for (size_t i = 0; i < worlds; i++) {
		struct chance c = { .seed = seed + i };
		struct world w;

		make_world(&w, &c, 1 + draw(&c, (uint32_t)rules), end_one_in);
		for (size_t k = 0; k < questions; k++) {
			const struct question q = draw_question(&c, &w);

			compare(&w, seed + i, &q);
		}
		end_world(&w);
	}
	print_message("seeds %llu to %llu: %zu questions agree\n", (unsigned long long)seed,
		      (unsigned long long)(seed + worlds - 1), worlds * questions);
	return worlds * questions;
}

static void small_policies_agree_with_the_plain_reading(void **unused)
{
	(void)unused;
	compare_worlds(1500, 12, 400, 2);
}

static void rules_for_one_end_agree_with_the_plain_reading(void **unused)
{
	(void)unused;
	compare_worlds(150, 60, 1500, 2);
}

static void rules_for_both_ends_agree_with_the_plain_reading(void **unused)
{
	(void)unused;
	compare_worlds(60, MOST_RULES, 2000, 10);
}

static void rules_without_addresses_agree_with_the_plain_reading(void **unused)
{
	(void)unused;
	compare_worlds(100, MOST_RULES, 1000, 1);
}

/* Many ports, so that there are several storeys of them, and wide stretches that fill too many rooms. */
static void wide_ranges_over_many_ports_agree_with_the_plain_reading(void **unused)
{
	enum { RULES = 3000, QUESTIONS = 3000 };

	(void)unused;
	for (uint64_t round = 0; round < 3; round++) {
		struct chance c = { .seed = first_seed() + round };
		struct match *matches;
		struct door *doors;
		struct world w;
		struct error err;

		make_world(&w, &c, RULES, 4);
		decider_free(w.decider);
		doors = arena_array(w.arena, RULES, sizeof(*doors));
		matches = arena_array(w.arena, RULES, sizeof(*matches));
		for (size_t i = 0; i < RULES; i++) {
			const uint16_t a = (uint16_t)draw(&c, 65536);
			const uint32_t reach = round == 0 ? 1 : round == 1 ? 600 : 65536;
			const uint32_t b = a + draw(&c, reach);

			matches[i] = (struct match){ TRANSPORT_TCP, a, (uint16_t)(b > 65535 ? 65535 : b) };
			doors[i] = (struct door){ .matches = &matches[i], .match_count = 1 };
			w.policy.rules[i].doors = &doors[i];
			w.policy.rules[i].door_count = 1;
		}
		w.decider = decider_new(&w.policy, &w.around, &err);
		assert_non_null(w.decider);
		for (size_t k = 0; k < QUESTIONS; k++) {
			const struct question q = draw_question(&c, &w);

			compare(&w, c.seed, &q);
		}
		end_world(&w);
	}
}

/* Maps so large that they are asked by leading bits: addresses that crowd in one network, as those of a host
 * do, and some anywhere. */
static void maps_of_many_addresses_agree_with_the_plain_reading(void **unused)
{
	enum { RULES = 2500, QUESTIONS = 4000 };
	struct chance c = { .seed = first_seed() };
	struct world w;
	struct error err;

	(void)unused;
	make_world(&w, &c, RULES, 1);
	decider_free(w.decider);
	for (size_t i = 0; i < RULES; i++) {
		struct address_term *const term = arena_array(w.arena, 1, sizeof(*term));
		const uint32_t wide = draw(&c, 65536) << 16 | draw(&c, 65536);
		const uint32_t first = i % 3 == 0 ? wide
						  : 0x0a140000 + (wide & (i % 3 == 1 ? 0xffff : 0xffffff));
		const uint32_t reach = draw(&c, i % 3 == 0 ? 1 << 20 : 16);

		term->range = (struct address_range){
			address_v4(first), address_v4(first > UINT32_MAX - reach ? UINT32_MAX : first + reach)
		};
		w.policy.rules[i].from = (struct address_list){ .terms = term, .count = 1 };
		w.policy.rules[i].interface_count = 0;
	}
	w.decider = decider_new(&w.policy, &w.around, &err);
	assert_non_null(w.decider);
	for (size_t k = 0; k < QUESTIONS; k++) {
		const struct question q = draw_question(&c, &w);

		compare(&w, c.seed, &q);
	}
	end_world(&w);
}

/* ---- by hand ---- */

static struct address v4(uint32_t n)
{
	return address_v4(n);
}

static struct address_term range_term(const char *text)
{
	struct address_term term = { .kind = ADDRESS_RANGE };

	assert_true(address_range_parse(span_text(text), &term.range, NULL));
	return term;
}

static struct match tcp(uint16_t first, uint16_t last)
{
	return (struct match){ TRANSPORT_TCP, first, last };
}

/* allow tcp/80 from `from`: what a source draws. */
static enum policy_verdict verdict_from(struct address_list from, const struct surroundings *around,
					const char *source)
{
	struct match match = tcp(80, 80);
	struct door door = { .matches = &match, .match_count = 1 };
	struct rule rule = {
		.verdict = VERDICT_ALLOW, .doors = &door, .door_count = 1, .from = from, .until = DATE_NONE
	};
	const struct policy policy = { .path = "hand", .rules = &rule, .rule_count = 1 };
	struct question q = { .door = match, .has_source = true, .has_destination = true };
	struct decider *const decider = decider_new(&policy, around, NULL);
	enum policy_verdict verdict;

	assert_non_null(decider);
	assert_true(address_parse(span_text(source), &q.source));
	verdict = policy_decide(decider, &q).verdict;
	assert_int_equal(rule_mismatch(decider, &rule, &q) == MATCHES, verdict == VERDICT_ALLOW);
	decider_free(decider);
	return verdict;
}

static void all_of_ipv6_holds_no_ipv4(void **unused)
{
	struct address_term v6 = range_term("::/0"), old = range_term("0.0.0.0/0");
	struct address_term low = range_term("::/80"); /* ends where the mapped block ends */
	const struct surroundings around = { 0 };

	(void)unused;
	assert_int_equal(verdict_from((struct address_list){ .terms = &v6, .count = 1 }, &around, "10.0.0.1"),
			 VERDICT_DENY);
	assert_int_equal(verdict_from((struct address_list){ .terms = &v6, .count = 1 }, &around, "::1"),
			 VERDICT_ALLOW);
	assert_int_equal(verdict_from((struct address_list){ .terms = &v6, .count = 1 }, &around, "ffff::"),
			 VERDICT_ALLOW);
	assert_int_equal(
		verdict_from((struct address_list){ .terms = &low, .count = 1 }, &around, "255.255.255.255"),
		VERDICT_DENY);
	assert_int_equal(
		verdict_from((struct address_list){ .terms = &old, .count = 1 }, &around, "255.255.255.255"),
		VERDICT_ALLOW);
	assert_int_equal(verdict_from((struct address_list){ .terms = &old, .count = 1 }, &around, "::1"),
			 VERDICT_DENY);
}

static void exceptions_are_cut_out(void **unused)
{
	struct address_term net = range_term("192.0.2.0/24"), one = range_term("192.0.2.7");
	const struct surroundings around = { 0 };
	const struct address_list list = { .terms = &net, .count = 1, .except = &one, .except_count = 1 };

	(void)unused;
	assert_int_equal(verdict_from(list, &around, "192.0.2.6"), VERDICT_ALLOW);
	assert_int_equal(verdict_from(list, &around, "192.0.2.7"), VERDICT_DENY);
	assert_int_equal(verdict_from(list, &around, "192.0.2.8"), VERDICT_ALLOW);
	assert_int_equal(verdict_from(list, &around, "192.0.3.0"), VERDICT_DENY);
}

static void self_is_what_the_surroundings_say(void **unused)
{
	struct address_term self = { .kind = ADDRESS_SELF };
	const struct address_range own = range_term("192.0.2.10").range;
	const struct surroundings none = { 0 }, around = { .self = &own, .self_count = 1 };
	const struct address_list list = { .terms = &self, .count = 1 };

	(void)unused;
	assert_int_equal(verdict_from(list, &around, "192.0.2.10"), VERDICT_ALLOW);
	assert_int_equal(verdict_from(list, &around, "192.0.2.11"), VERDICT_DENY);
	assert_int_equal(verdict_from(list, &none, "192.0.2.10"), VERDICT_DENY);
}

/* A rule is judged by its last day, not the day after. */
static void a_rule_ends_with_its_last_day(void **unused)
{
	struct match match = tcp(80, 80);
	struct door door = { .matches = &match, .match_count = 1 };
	struct rule rule = { .verdict = VERDICT_ALLOW, .doors = &door, .door_count = 1, .until = TODAY };
	const struct policy policy = { .path = "hand", .rules = &rule, .rule_count = 1 };
	const struct question q = { .door = match };

	(void)unused;
	for (int32_t later = 0; later < 2; later++) {
		const struct surroundings around = { .today = TODAY + later };
		struct decider *const decider = decider_new(&policy, &around, NULL);

		assert_int_equal(rule_mismatch(decider, &rule, &q), later > 0 ? PAST_UNTIL : MATCHES);
		assert_ptr_equal(policy_decide(decider, &q).rule, later > 0 ? NULL : &rule);
		decider_free(decider);
	}
}

static bool spoken_agrees(const struct service *documented, const struct service *asked)
{
	struct match match = tcp(80, 80);
	struct door door = { .service = documented, .matches = &match, .match_count = 1 };
	struct rule rule = { .verdict = VERDICT_ALLOW, .doors = &door, .door_count = 1, .until = DATE_NONE };
	const struct policy policy = { .path = "hand", .rules = &rule, .rule_count = 1 };
	const struct surroundings around = { 0 };
	const struct question q = { .door = match, .service = asked };
	struct decider *const decider = decider_new(&policy, &around, NULL);
	const struct decision decision = policy_decide(decider, &q);

	assert_ptr_equal(decision.rule, &rule);
	decider_free(decider);
	return decision.spoken_agrees;
}

static void the_port_decides_and_the_protocol_is_judged(void **unused)
{
	(void)unused;
	assert_true(spoken_agrees(&services[0], &services[0]));
	assert_true(spoken_agrees(&services[0], &services[1]));
	assert_false(spoken_agrees(&services[0], &services[2]));
	assert_false(spoken_agrees(&services[3], &services[0]));
	assert_true(spoken_agrees(&services[3], &services[3]));
	assert_true(spoken_agrees(NULL, &services[0]));
	assert_true(spoken_agrees(&services[0], NULL));
}

static void without_rules_all_is_denied(void **unused)
{
	const struct policy policy = { .path = "empty" };
	const struct surroundings around = { 0 };
	const struct question q = { .door = tcp(1, 1), .has_source = true, .source = v4(1) };
	struct decider *const decider = decider_new(&policy, &around, NULL);
	const struct decision decision = policy_decide(decider, &q);

	(void)unused;
	assert_null(decision.rule);
	assert_null(decision.undecided);
	assert_int_equal(decision.verdict, VERDICT_DENY);
	decider_free(decider);
	decider_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_policies_agree_with_the_plain_reading),
		cmocka_unit_test(rules_for_one_end_agree_with_the_plain_reading),
		cmocka_unit_test(rules_for_both_ends_agree_with_the_plain_reading),
		cmocka_unit_test(rules_without_addresses_agree_with_the_plain_reading),
		cmocka_unit_test(wide_ranges_over_many_ports_agree_with_the_plain_reading),
		cmocka_unit_test(maps_of_many_addresses_agree_with_the_plain_reading),
		cmocka_unit_test(all_of_ipv6_holds_no_ipv4),
		cmocka_unit_test(exceptions_are_cut_out),
		cmocka_unit_test(self_is_what_the_surroundings_say),
		cmocka_unit_test(a_rule_ends_with_its_last_day),
		cmocka_unit_test(the_port_decides_and_the_protocol_is_judged),
		cmocka_unit_test(without_rules_all_is_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
