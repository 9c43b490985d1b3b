/* The policy language: what is written, what it comes to, and what is said about what is wrong. */
#include "base/arena.h"
#include "policy/policy.h"
#include "policy_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARENA_LIMIT = 64 << 20 };

static struct arena *arena;
static struct diagnostics *diagnostics;

static int begin(void **unused)
{
	(void)unused;
	arena = arena_new(ARENA_LIMIT);
	diagnostics = diagnostics_new(arena);
	return diagnostics == NULL;
}

static int end(void **unused)
{
	(void)unused;
	arena_free(arena);
	return 0;
}

static struct policy *parse(const char *text)
{
	return policy_parse(arena, "host.policy", span_text(text), diagnostics);
}

static struct policy *parse_good(const char *text)
{
	struct policy *const policy = parse(text);

	for (size_t i = 0; i < diagnostics->count; i++)
		print_message("%u:%u: %s\n", diagnostics->list[i].place.line,
			      diagnostics->list[i].place.column, diagnostics->list[i].text);
	assert_non_null(policy);
	return policy;
}

static void the_first_example_is_read_as_it_stands(void **unused)
{
	const struct policy *const policy = parse_good(
		"let mailers = 198.51.100.10, 198.51.100.11, 198.51.100.12\n"
		"\n"
		"allow ftp/21, smtp/25, http/80  from any\n"
		"allow pop3/110                  from mailers  log\n"
		"deny  mysql/3306                              log\n"
		"deny  all\n");

	(void)unused;
	assert_int_equal(policy->rule_count, 4);
	assert_int_equal(policy->rules[0].door_count, 3);
	assert_string_equal(policy->rules[0].doors[1].service->name, "smtp");
	assert_int_equal(policy->rules[0].from.terms[0].kind, ADDRESS_ANY);
	assert_true(policy->rules[1].log);
	assert_ptr_equal(policy->rules[1].from.terms[0].name, &policy->names[0]);
	assert_int_equal(policy->names[0].addresses.count, 3);
	assert_int_equal(policy->rules[2].verdict, VERDICT_DENY);
	assert_int_equal(policy->rules[2].doors[0].matches[0].first, 3306);
	assert_true(policy->rules[3].doors[0].all);
}

static void a_protocol_without_a_port_stands_for_its_own_ports(void **unused)
{
	const struct policy *const policy = parse_good("allow esp, ah, ike\n");
	const struct door *const ike = &policy->rules[0].doors[2];

	(void)unused;
	assert_true(ike->own_ports);
	assert_int_equal(ike->match_count, 2);
	assert_int_equal(ike->matches[0].transport, TRANSPORT_UDP);
	assert_int_equal(ike->matches[0].first, 500);
	assert_int_equal(ike->matches[1].first, 4500);
	assert_int_equal(policy->rules[0].doors[0].matches[0].transport, TRANSPORT_ESP);
	assert_int_equal(policy->rules[0].doors[0].matches[0].last, UINT16_MAX);
}

static void every_error_of_a_file_is_reported_with_its_place(void **unused)
{
	char text[2000] = "";

	(void)unused;
	for (int i = 0; i < 20; i++)
		strcat(text, "allow tcp/22, tcp/70000 from any\n");
	assert_null(parse(text));
	assert_int_equal(diagnostics->errors, 20);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(diagnostics->list[i].place.line, i + 1);
		assert_int_equal(diagnostics->list[i].place.column, 15);
		assert_int_equal(diagnostics->list[i].place.length, 9);
	}
}

static void ids_depend_on_what_a_rule_does_alone(void **unused)
{
	const struct policy *policy = parse_good("allow ssh from 192.0.2.1\nallow ssh from 192.0.2.2\n");
	const char *const first = policy->rules[0].id, *const second = policy->rules[1].id;

	(void)unused;
	assert_string_not_equal(first, second);
	policy = parse_good("# moved and explained\nallow ssh\n    from 192.0.2.2 because \"of this\"\n"
			    "allow ssh from 192.0.2.2\nallow  ssh from 192.0.2.1\n");
	assert_string_equal(policy->rules[0].id, second);
	assert_string_equal(policy->rules[2].id, first);
	assert_int_equal(strncmp(policy->rules[1].id, second, strlen(second)), 0);
	assert_string_equal(policy->rules[1].id + strlen(second), "-2");
}

static void a_question_asks_for_every_transport_of_its_door(void **unused)
{
	size_t count = 0;
	const struct question *const list = question_parse(arena, "dns/53 from 192.0.2.9", &count,
							   diagnostics);

	(void)unused;
	assert_non_null(list);
	assert_int_equal(count, 2);
	assert_int_not_equal(list[0].door.transport, list[1].door.transport);
	assert_true(list[0].has_source);
	assert_false(list[0].has_destination);
	assert_int_equal(list[1].door.first, 53);
}

static struct policy *parse_buffer(const struct buffer *text)
{
	struct policy *const policy = policy_parse(arena, "random.policy", buffer_read(text), diagnostics);

	if (policy == NULL)
		fail_msg("line %u: %s\n%.*s", diagnostics->list[0].place.line, diagnostics->list[0].text,
			 (int)text->length, (const char *)text->bytes);
	return policy;
}

static void model_of(const struct policy *policy, struct buffer *out)
{
	struct json json = json_new(out);

	policy_json(policy, NULL, false, &json);
	assert_false(json.failed);
	assert_false(out->failed);
}

static void assert_same(const struct buffer *a, const struct buffer *b)
{
	if (a->length != b->length || memcmp(a->bytes, b->bytes, a->length) != 0)
		fail_msg("not the same:\n%.*s\n----\n%.*s", (int)a->length, (const char *)a->bytes,
			 (int)b->length, (const char *)b->bytes);
}

/* Of text: its normal form means the same, and is its own normal form. */
static void check_normal_form(const struct buffer *text)
{
	struct buffer normal = buffer_new(1 << 22), again = buffer_new(1 << 22), model = buffer_new(1 << 22),
		      model_again = buffer_new(1 << 22);
	const struct policy *policy = parse_buffer(text);

	policy_format(policy, &normal);
	model_of(policy, &model);
	policy = parse_buffer(&normal);
	policy_format(policy, &again);
	model_of(policy, &model_again);
	assert_same(&model, &model_again);
	assert_same(&normal, &again);
	buffer_free(&normal);
	buffer_free(&again);
	buffer_free(&model);
	buffer_free(&model_again);
}

static size_t comments_in(const struct buffer *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->length; i++)
		count += text->bytes[i] == '#';
	return count;
}

static void the_normal_form_of_random_policies_means_the_same(void **unused)
{
	(void)unused;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct random_source random = random_begin(seed);
		struct buffer text = buffer_new(1 << 20);
		void *none = NULL;

		policy_random(&random, 12, &text);
		begin(&none);
		check_normal_form(&text);
		end(&none);
		buffer_free(&text);
	}
}

static void the_normal_form_keeps_every_comment(void **unused)
{
	(void)unused;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct random_source random = random_begin(seed);
		struct buffer text = buffer_new(1 << 20), normal = buffer_new(1 << 20);
		void *none = NULL;

		policy_random(&random, 12, &text);
		begin(&none);
		policy_format(parse_buffer(&text), &normal);
		assert_int_equal(comments_in(&text), comments_in(&normal));
		end(&none);
		buffer_free(&text);
		buffer_free(&normal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_example_is_read_as_it_stands, begin, end),
		cmocka_unit_test_setup_teardown(a_protocol_without_a_port_stands_for_its_own_ports, begin,
						end),
		cmocka_unit_test_setup_teardown(every_error_of_a_file_is_reported_with_its_place, begin, end),
		cmocka_unit_test_setup_teardown(ids_depend_on_what_a_rule_does_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_question_asks_for_every_transport_of_its_door, begin, end),
		cmocka_unit_test(the_normal_form_of_random_policies_means_the_same),
		cmocka_unit_test(the_normal_form_keeps_every_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
