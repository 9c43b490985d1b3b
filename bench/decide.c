/* How long policy_decide() takes, by the number of rules: the same mixture of rules, 10 to 100,000 of them,
 * and the same kinds of questions. Prints nanoseconds for each, and the ratio of 10,000 rules to 10.
 *
 * The mixture is that of a host in a grown network, the same in every ten rules: services offered to all, to
 * networks, to single hosts and ranges of them; a network that is denied everything; a range of ports; rules
 * for what goes out, and for both ends; some IPv6. */
#include "base/arena.h"
#include "base/hash.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { QUESTIONS = 4096, ROUNDS = 20, REPEATS = 60, TERMS = 2 };

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
	return (uint32_t)(hash_number(++drawn * 0x9e3779b97f4a7c15u) >> 33) % below;
}

static struct address draw_address(void)
{
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	if (draw(10) > 0)
		return address_v4(0x0a000000 + draw(1 << 24));
	v6[5] = (uint8_t)draw(256);
	v6[7] = (uint8_t)draw(256);
	v6[15] = (uint8_t)draw(256);
	return address_v6(v6);
}

static struct address_range draw_range(void)
{
	struct address_range range = { draw_address(), { { 0 } } };
	const bool v4 = address_is_v4(&range.first);

	range.last = range.first;
	switch (draw(10)) {
	case 0:
	case 1:
	case 2:
	case 3: return address_prefix(&range.first, v4 ? 16 + draw(13) : 32 + draw(33));
	case 4:
		if (v4)
			range.last = address_v4(address_to_v4(&range.first) + draw(200));
		return range;
	default: return range;
	}
}

static struct address_list draw_list(struct arena *arena)
{
	struct address_list list = { .count = 1 + draw(TERMS) };

	list.terms = arena_array(arena, list.count, sizeof(*list.terms));
	for (size_t i = 0; i < list.count; i++)
		list.terms[i] = (struct address_term){ .kind = ADDRESS_RANGE, .range = draw_range() };
	return list;
}

static uint16_t draw_port(void)
{
	static const uint16_t usual[] = { 21,   22,   25,   53,   80,   110,   143,  161,  389,
					  443,  445,  465,  514,  587,  636,   993,  995,  1433,
					  1521, 2049, 3128, 3306, 3389, 5060,  5432, 5671, 5900,
					  6379, 8080, 8443, 9090, 9200, 11211, 27017 };

	return draw(3) > 0 ? usual[draw(sizeof(usual) / sizeof(usual[0]))] : (uint16_t)draw(65536);
}

static struct match draw_match(void)
{
	const uint16_t port = draw_port();

	return (struct match){ draw(4) > 0 ? TRANSPORT_TCP : TRANSPORT_UDP, port, port };
}

enum kind { TO_ALL, EVERYTHING, PORT_RANGE, OUTWARD, BOTH_ENDS, KINDS = 10 };

static void draw_rule(struct arena *arena, struct rule *rule, enum kind kind)
{
	struct match match = draw_match();

	if (kind == EVERYTHING)
		match = (struct match){ TRANSPORT_ANY, 0, 65535 };
	if (kind == PORT_RANGE)
		match.last = match.first > 63535 ? 65535 : (uint16_t)(match.first + draw(2000));
	rule->doors = arena_array(arena, 1, sizeof(*rule->doors));
	rule->doors->matches = arena_array(arena, 1, sizeof(match));
	rule->doors->matches[0] = match;
	rule->door_count = rule->doors->match_count = 1;
	rule->until = DATE_NONE;
	rule->verdict = kind == EVERYTHING || draw(5) == 0 ? VERDICT_DENY : VERDICT_ALLOW;
	rule->direction = kind == OUTWARD ? DIRECTION_OUT : DIRECTION_IN;
	if (kind != TO_ALL && kind != OUTWARD)
		rule->from = draw_list(arena);
	if (kind == OUTWARD || kind == BOTH_ENDS)
		rule->to = draw_list(arena);
}

static struct policy *draw_policy(struct arena *arena, size_t rules)
{
	struct policy *const policy = arena_alloc(arena, sizeof(*policy));

	policy->path = "bench";
	policy->rules = arena_array(arena, rules, sizeof(struct rule));
	policy->rule_count = rules;
	for (size_t i = 0; i < rules; i++) {
		draw_rule(arena, &policy->rules[i], (enum kind)(i % KINDS));
		policy->rules[i].number = i;
	}
	return policy;
}

/* Of four questions two are about a rule's own addresses, one asks for a door of the policy from elsewhere,
 * and one is about any port. */
static struct question draw_question(const struct policy *policy, size_t number)
{
	const bool hit = number % 2 == 0, known = number % 4 != 3;
	const struct rule *const rule = &policy->rules[draw((uint32_t)policy->rule_count)];
	struct question q = { .has_source = true, .has_destination = true };

	q.direction = rule->direction;
	q.door = known ? rule->doors->matches[0] : draw_match();
	if (q.door.transport == TRANSPORT_ANY)
		q.door = draw_match();
	q.door.last = q.door.first;
	q.source = hit && rule->from.count > 0 ? rule->from.terms[0].range.first : draw_address();
	q.destination = hit && rule->to.count > 0 ? rule->to.terms[0].range.first : draw_address();
	return q;
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The best of several runs, in nanoseconds for each question: the others were disturbed. */
static double measure(const struct decider *decider, const struct question *questions, uint64_t *matched)
{
	double best = 1e9;

	for (int repeat = 0; repeat < REPEATS; repeat++) {
		const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
		double each;

		for (int round = 0; round < ROUNDS; round++) {
			for (size_t i = 0; i < QUESTIONS; i++)
				*matched += policy_decide(decider, &questions[i]).rule != NULL;
		}
		each = (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e9 / ((double)ROUNDS * QUESTIONS);
		best = each < best ? each : best;
	}
	return best;
}

static double bench(size_t rules)
{
	static struct question questions[QUESTIONS];
	const struct surroundings around = { 0 };
	struct arena *const arena = arena_new((size_t)2 << 30);
	struct policy *policy;
	struct decider *decider;
	uint64_t matched = 0;
	struct error err;
	double start, built, each;

	drawn = 0;
	policy = draw_policy(arena, rules);
	for (size_t i = 0; i < QUESTIONS; i++)
		questions[i] = draw_question(policy, i);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	decider = decider_new(policy, &around, &err);
	built = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	if (decider == NULL) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	each = measure(decider, questions, &matched);
	printf("  %7zu rules: %6.1f ns a question (%2.0f%% matched), built in %.3f s\n", rules, each,
	       100.0 * (double)matched / ((double)REPEATS * ROUNDS * QUESTIONS), built);
	decider_free(decider);
	arena_free(arena);
	return each;
}

int main(void)
{
	double few, many;

	puts("policy_decide(), by the number of rules");
	few = bench(10);
	bench(100);
	bench(1000);
	many = bench(10000);
	bench(100000);
	printf("  10,000 rules : 10 rules = %.2f (bar: at most 2.0)%s, and %.0f ns (bar: at most 200)%s\n",
	       many / few, many / few <= 2.0 ? "" : ", MISSED", many, many <= 200 ? "" : ", MISSED");
	return 0;
}
