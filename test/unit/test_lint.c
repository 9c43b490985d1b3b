/* policy_lint(): what is doubtful, and what is not. Each case is a policy and the findings that it draws, as
 * "line id"; owner and reason are left out of the cases that are not about them. */
#include "base/arena.h"
#include "base/clock.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy_random.h"

struct linted {
	struct arena *arena;
	struct policy *policy;
	struct diagnostics *diagnostics;
};

static struct surroundings around_today(void)
{
	static struct address_range own;
	struct surroundings around = { .self = &own, .self_count = 1 };

	own.first = own.last = address_v4(0xc000020a); /* 192.0.2.10 */
	assert_true(date_parse("2027-01-15", &around.today));
	return around;
}

static struct linted lint(struct span text)
{
	const struct surroundings around = around_today();
	struct linted linted = { .arena = arena_new(512 << 20) };
	struct error err = { "" };

	linted.diagnostics = diagnostics_new(linted.arena);
	linted.policy = policy_parse(linted.arena, "test.policy", text, linted.diagnostics);
	if (linted.policy == NULL)
		fail_msg("not a policy: %s", linted.diagnostics->list[0].text);
	if (!policy_lint(linted.policy, &around, linted.diagnostics, &err))
		fail_msg("%s", err.text);
	return linted;
}

static bool is_about_owner(const struct diagnostic *d)
{
	return strcmp(d->id, "no-owner") == 0 || strcmp(d->id, "no-reason") == 0;
}

/* The findings as "2 shadowed, 4 clear-text". */
static void expect_findings(const char *text, const char *expected, bool owners)
{
	struct linted linted = lint(span_text(text));
	char found[2048] = "";
	size_t used = 0;

	for (size_t i = 0; i < linted.diagnostics->count; i++) {
		const struct diagnostic *const d = &linted.diagnostics->list[i];

		if (is_about_owner(d) && !owners)
			continue;
		used += (size_t)snprintf(found + used, sizeof(found) - used, "%s%u %s", used > 0 ? ", " : "",
					 d->place.line, d->id);
	}
	if (strcmp(found, expected) != 0)
		fail_msg("%s\nfound:    %s\nexpected: %s", text, found, expected);
	arena_free(linted.arena);
}

struct lint_case {
	const char *policy, *findings;
};

static void expect_all(const struct lint_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_findings(cases[i].policy, cases[i].findings, false);
}

#define EXPECT_ALL(cases) expect_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void a_rule_that_others_take_wholly_is_shadowed(void **unused)
{
	static const struct lint_case cases[] = {
		{ "deny all\nallow ssh/22 from 192.0.2.1", "2 shadowed" },
		{ "allow ssh/22 from 192.0.2.0/24\nallow ssh/22 from 192.0.2.7", "2 shadowed" },
		{ "allow ssh/22 from 192.0.2.0/24\nallow ssh/22 from 192.0.2.0/23", "1 redundant" },
		/* several together */
		{ "allow tcp/1-100\nallow tcp/101-200\nallow tcp/50-150", "3 shadowed" },
		{ "deny tcp/22 from 0.0.0.0/0\ndeny tcp/22 from ::/0\nallow tcp/22", "3 shadowed" },
		{ "deny tcp/22 from 0.0.0.0/0\ndeny tcp/22 from ::/1\nallow tcp/22", "" },
		{ "deny tcp/22 from 192.0.2.0/25\ndeny tcp/22 from 192.0.2.128/25\n"
		  "allow tcp/22 from 192.0.2.0/24",
		  "3 shadowed" },
		{ "deny all from 192.0.2.0/24 except 192.0.2.9\nallow ssh/22 from 192.0.2.0/24", "" },
		{ "deny all from 192.0.2.0/24 except 192.0.2.9\nallow ssh/22 from 192.0.2.8", "2 shadowed" },
		/* one transport or direction does not shadow another */
		{ "deny tcp/53\nallow udp/53", "" },
		{ "deny out all\nallow ssh/22 from 192.0.2.1", "" },
		/* interfaces */
		{ "deny tcp/22 on eth0\nallow tcp/22 from 192.0.2.1 on eth0", "2 shadowed" },
		{ "deny tcp/22 on eth0\nallow tcp/22 from 192.0.2.1", "" },
		{ "deny tcp/22 on eth*\nallow tcp/22 from 192.0.2.1 on eth0, eth1", "2 shadowed" },
		{ "deny tcp/22 on eth0\nallow tcp/22 from 192.0.2.1 on eth*", "" },
		/* a rule that is past its time takes nothing */
		{ "deny all until 2027-01-14\nallow ssh/22 from 192.0.2.1", "1 expired" },
		{ "deny all until 2027-01-15\nallow ssh/22 from 192.0.2.1", "2 shadowed" },
		{ "deny tcp/22 to 192.0.2.10\nallow tcp/22 to self", "2 shadowed" },
	};

	(void)unused;
	EXPECT_ALL(cases);
}

static void a_door_that_others_take_is_named(void **unused)
{
	struct linted linted = lint(span_text("deny mysql/3306\nallow ssh/22, mysql/3306 from 192.0.2.1"));
	const struct diagnostic *found = NULL;

	(void)unused;
	for (size_t i = 0; i < linted.diagnostics->count; i++) {
		if (strcmp(linted.diagnostics->list[i].id, "shadowed") == 0)
			found = &linted.diagnostics->list[i];
	}
	assert_non_null(found);
	assert_int_equal(found->place.line, 2);
	assert_int_equal(found->place.column, 15);
	assert_int_equal(found->other.line, 1);
	arena_free(linted.arena);
}

static void a_rule_that_adds_nothing_is_redundant(void **unused)
{
	static const struct lint_case cases[] = {
		{ "allow https/443 from 192.0.2.1\nallow https/443", "1 redundant" },
		{ "allow https/443 from 192.0.2.1\ndeny tcp/443 from 192.0.2.0/24\nallow https/443", "" },
		{ "deny tcp/25 from 192.0.2.1\ndeny tcp/1-1023", "1 redundant" },
		/* it does something of its own */
		{ "deny tcp/25 from 192.0.2.1 log\ndeny tcp/1-1023", "" },
		{ "allow https/443 from 192.0.2.1\nallow https/443 limit 5/second", "" },
		{ "allow https/443 from 192.0.2.1 owner \"x\" because \"y\"\nallow https/443", "" },
		/* the deny that ends a policy says what holds anyway */
		{ "deny tcp/25\ndeny all", "" },
		{ "allow https/443 to 192.0.2.10\nallow https/443 on eth0", "" },
	};

	(void)unused;
	EXPECT_ALL(cases);
}

static void rules_that_cross_contradict(void **unused)
{
	static const struct lint_case cases[] = {
		{ "allow tcp/1000-2000\ndeny tcp/1500-2500", "2 contradiction" },
		{ "deny tcp/1000-2000\nallow tcp/1500-2500", "2 contradiction" },
		{ "allow tcp/80 from 10.0.0.0/8\ndeny tcp/1-1023 from 10.1.0.0/16", "2 contradiction" },
		/* an exception before its rule is how it is done */
		{ "allow tcp/80 from 10.0.0.0/8\ndeny tcp/1-1023", "" },
		{ "deny tcp/80 from 10.0.0.0/8\nallow tcp/1-1023", "" },
		{ "deny all from 203.0.113.0/24\nallow https/443", "" },
		{ "allow tcp/80 from 10.0.0.1\ndeny all", "" },
		/* it does not come to that: a rule before both has decided */
		{ "deny tcp/1-3000\nallow tcp/1000-2000, tcp/4000\ndeny tcp/1500-2500, tcp/5000",
		  "2 shadowed, 3 shadowed" },
	};

	(void)unused;
	EXPECT_ALL(cases);
}

static void protocols_on_the_ports_of_others_draw_a_remark(void **unused)
{
	struct linted linted = lint(span_text("deny snmp/25"));
	static const struct lint_case cases[] = {
		{ "deny snmp/161, smtp/25, https/443, ssh/22", "" },
		{ "deny tcp/25", "" },
		{ "deny ssh/443", "1 registered-port" },
	};

	(void)unused;
	assert_int_equal(linted.diagnostics->count, 1);
	assert_string_equal(linted.diagnostics->list[0].text,
			    "port 25 is registered for smtp; snmp is registered for udp/161");
	assert_int_equal(linted.diagnostics->list[0].severity, SEVERITY_REMARK);
	arena_free(linted.arena);
	EXPECT_ALL(cases);
}

static void clear_text_for_everybody_needs_a_mitigation(void **unused)
{
	static const struct lint_case cases[] = {
		{ "allow telnet/23", "1 clear-text" },
		{ "allow telnet/23 from any", "1 clear-text" },
		{ "allow telnet/23 from any mitigation \"a tunnel around it\"", "" },
		{ "allow telnet/23 from 192.0.2.0/24", "" },
		{ "allow ssh/22", "" },
		{ "deny telnet/23", "" },
		{ "allow out telnet/23", "" },
	};

	(void)unused;
	EXPECT_ALL(cases);
}

static void owners_reasons_and_dates_are_looked_at(void **unused)
{
	static const struct lint_case cases[] = {
		{ "allow ssh/22", "1 no-owner" },
		{ "allow ssh/22 owner \"Eve\"", "1 no-reason" },
		{ "allow ssh/22 because \"work\"", "1 no-owner" },
		{ "deny ssh/22", "" },
		{ "allow ssh/22 owner \"Eve\" because \"work\"\n approved \"eve\" 2026-01-01",
		  "2 approver-is-owner" },
		{ "allow ssh/22 owner \"Eve\" because \"work\"\n approved \"Mallory\" 2026-01-01", "" },
		{ "allow ssh/22 owner \"Eve\" because \"work\"\n review 2027-01-14", "2 review-due" },
		{ "allow ssh/22 owner \"Eve\" because \"work\"\n review 2027-01-15", "" },
		{ "allow ssh/22 owner \"Eve\" because \"work\"\n until 2027-01-14", "2 expired" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_findings(cases[i].policy, cases[i].findings, true);
}

static void expectations_names_and_acceptances_are_looked_at(void **unused)
{
	static const struct lint_case cases[] = {
		{ "allow ssh/22 from 192.0.2.1\nexpect allow tcp/22 from 192.0.2.1\nexpect deny tcp/22 from "
		  "192.0.2.2",
		  "" },
		{ "allow ssh/22 from 192.0.2.1\nexpect deny tcp/22 from 192.0.2.1", "2 expectation" },
		{ "expect allow tcp/22", "1 expectation" },
		{ "# nothing yet\n", "0 empty" },
		{ "allow ssh/22 from 192.0.2.1\nexpect deny tcp/22", "2 expectation" },
		{ "let a = 192.0.2.1\nlet b = 192.0.2.2\nlet c = b\nallow ssh/22 from c", "1 unused-name" },
		{ "deny ssh/22 from 192.0.2.1 except 192.0.2.0/24", "1 empty-addresses" },
		{ "deny icmp/echo-request from 2001:db8::/32", "1 wrong-family" },
		{ "deny icmpv6/echo-request from 192.0.2.1", "1 wrong-family" },
		{ "deny icmp/echo-request from 192.0.2.1, 2001:db8::1", "" },
		{ "deny icmp from any", "" },
		{ "accept clear-text on telnet/23 because \"lab\" until 2027-01-14", "1 acceptance-ended" },
		{ "accept clear-text on telnet/23 because \"lab\" until 2027-01-15", "" },
	};

	(void)unused;
	EXPECT_ALL(cases);
}

/* Marks the rules that a finding of this kind is about as a whole; how many. */
static size_t mark_rules(const struct linted *linted, const char *id, bool *called)
{
	size_t marked = 0;

	for (size_t i = 0; i < linted->diagnostics->count; i++) {
		const struct diagnostic *const d = &linted->diagnostics->list[i];

		for (size_t k = 0; k < linted->policy->rule_count && strcmp(d->id, id) == 0; k++) {
			const struct place *const place = &linted->policy->rules[k].place;

			if (place->line == d->place.line && place->column == d->place.column) {
				called[k] = true;
				marked++;
			}
		}
	}
	return marked;
}

struct questions {
	struct question list[4096];
	size_t count;
};

static void draw_questions(struct random_source *random, const struct linted *linted, size_t texts,
			   struct questions *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < texts; i++) {
		struct buffer asked = buffer_new(4096);
		struct question *questions;
		char words[4096];
		size_t count;

		question_random(random, &asked);
		span_copy_text(buffer_read(&asked), words, sizeof(words));
		questions = question_parse(linted->arena, words, &count, linted->diagnostics);
		for (size_t k = 0; questions != NULL && k < count && ret->count < 4096; k++)
			ret->list[ret->count++] = questions[k];
		buffer_free(&asked);
	}
}

static void check_shadowed(const struct decider *decider, const bool *shadowed,
			   const struct questions *questions, uint64_t seed)
{
	for (size_t i = 0; i < questions->count; i++) {
		const struct rule *const rule = policy_decide(decider, &questions->list[i]).rule;

		if (rule != NULL && shadowed[rule->number])
			fail_msg("seed %llu: rule %zu is called shadowed and decides",
				 (unsigned long long)seed, rule->number);
	}
}

/* Decides by the policy without one rule, which must make no difference. */
static void check_redundant(const struct linted *linted, const struct decider *decider, size_t without,
			    const struct questions *questions, uint64_t seed)
{
	const struct surroundings around = around_today();
	struct policy rest = *linted->policy;
	struct decider *shorter;

	rest.rules = arena_array(linted->arena, rest.rule_count, sizeof(*rest.rules));
	rest.rule_count--;
	for (size_t i = 0; i < rest.rule_count; i++) {
		rest.rules[i] = linted->policy->rules[i < without ? i : i + 1];
		rest.rules[i].number = i;
	}
	shorter = decider_new(&rest, &around, NULL);
	assert_non_null(shorter);
	for (size_t i = 0; i < questions->count; i++) {
		const struct question *const q = &questions->list[i];

		if (policy_decide(decider, q).verdict != policy_decide(shorter, q).verdict)
			fail_msg("seed %llu: rule %zu is called redundant, and decides question %zu",
				 (unsigned long long)seed, without, i);
	}
	decider_free(shorter);
}

/* Random rules say much about themselves, and what is documented is never called redundant: bare ones are. */
static void lint_bare(struct linted *linted)
{
	const struct surroundings around = around_today();

	for (size_t i = 0; i < linted->policy->rule_count; i++) {
		const struct rule *const rule = &linted->policy->rules[i];

		linted->policy->rules[i] = (struct rule){
			.place = rule->place,
			.number = rule->number,
			.id = rule->id,
			.verdict = rule->verdict,
			.direction = rule->direction,
			.doors = rule->doors,
			.door_count = rule->door_count,
			.from = rule->from,
			.to = rule->to,
			.interfaces = rule->interfaces,
			.interface_count = rule->interface_count,
			.approved_on = DATE_NONE,
			.review = DATE_NONE,
			.until = DATE_NONE,
		};
	}
	linted->diagnostics = diagnostics_new(linted->arena);
	assert_true(policy_lint(linted->policy, &around, linted->diagnostics, NULL));
}

/* Nobody is told a lie: every rule that is called shadowed is one that no question meets, and removing what
 * is called redundant changes no answer. */
static void claims_hold_for_random_policies(void **unused)
{
	enum { POLICIES = 150, RULES = 25, QUESTIONS = 400 };
	const struct surroundings around = around_today();
	static struct questions questions;
	size_t shadowed = 0, redundant = 0;

	(void)unused;
	for (uint64_t seed = 1; seed <= POLICIES; seed++) {
		struct random_source random = random_begin(seed);
		struct buffer text = buffer_new(1 << 20);
		struct linted linted;
		struct decider *decider;
		bool *never, *spare;

		policy_random(&random, RULES, &text);
		linted = lint(buffer_read(&text));
		lint_bare(&linted);
		decider = decider_new(linted.policy, &around, NULL);
		assert_non_null(decider);
		never = arena_array(linted.arena, linted.policy->rule_count + 1, sizeof(*never));
		spare = arena_array(linted.arena, linted.policy->rule_count + 1, sizeof(*spare));
		shadowed += mark_rules(&linted, "shadowed", never);
		redundant += mark_rules(&linted, "redundant", spare);
		draw_questions(&random, &linted, QUESTIONS, &questions);
		check_shadowed(decider, never, &questions, seed);
		for (size_t i = 0; i < linted.policy->rule_count; i++) {
			if (spare[i])
				check_redundant(&linted, decider, i, &questions, seed);
		}
		decider_free(decider);
		arena_free(linted.arena);
		buffer_free(&text);
	}
	print_message("seeds 1 to %d: %zu shadowed, %zu redundant\n", POLICIES, shadowed, redundant);
	assert_true(shadowed > 0);
	assert_true(redundant > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_that_others_take_wholly_is_shadowed),
		cmocka_unit_test(a_door_that_others_take_is_named),
		cmocka_unit_test(a_rule_that_adds_nothing_is_redundant),
		cmocka_unit_test(rules_that_cross_contradict),
		cmocka_unit_test(protocols_on_the_ports_of_others_draw_a_remark),
		cmocka_unit_test(clear_text_for_everybody_needs_a_mitigation),
		cmocka_unit_test(owners_reasons_and_dates_are_looked_at),
		cmocka_unit_test(expectations_names_and_acceptances_are_looked_at),
		cmocka_unit_test(claims_hold_for_random_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
