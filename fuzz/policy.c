/* Any bytes as a policy and as a question. What is a policy has a normal form that is its own, and that means
 * the same. */
#include "policy/policy.h"
#include "base/arena.h"

#include <stdlib.h>

enum { ARENA_LIMIT = 256 << 20, TEXT_LIMIT = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static void model_of(const struct policy *policy, struct buffer *out)
{
	struct json json = json_new(out);

	policy_json(policy, NULL, false, &json);
	require(!json.failed && !out->failed);
}

static void check_normal_form(struct arena *arena, const struct policy *policy)
{
	struct buffer normal = buffer_new(TEXT_LIMIT), again = buffer_new(TEXT_LIMIT);
	struct buffer model = buffer_new(TEXT_LIMIT), model_again = buffer_new(TEXT_LIMIT);
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	const struct policy *second;

	policy_format(policy, &normal);
	require(!normal.failed);
	model_of(policy, &model);
	second = policy_parse(arena, "normal", buffer_read(&normal), diagnostics);
	require(second != NULL && diagnostics->errors == 0);
	policy_format(second, &again);
	model_of(second, &model_again);
	require(same(&model, &model_again));
	require(same(&normal, &again));
	buffer_free(&normal);
	buffer_free(&again);
	buffer_free(&model);
	buffer_free(&model_again);
}

static void as_policy(struct span text)
{
	struct arena *const arena = arena_new(ARENA_LIMIT);
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	const struct policy *const policy = policy_parse(arena, "fuzz", text, diagnostics);

	require((policy == NULL) == (diagnostics->errors > 0));
	for (size_t i = 0; i < diagnostics->count; i++) {
		require(diagnostics->list[i].text[0] != '\0' && diagnostics->list[i].place.file != NULL);
		require(diagnostics->list[i].place.line == 0 || diagnostics->list[i].place.length > 0 ||
			diagnostics->list[i].place.column == 0);
	}
	if (policy != NULL)
		check_normal_form(arena, policy);
	arena_free(arena);
}

static void as_question(struct span text)
{
	struct arena *const arena = arena_new(ARENA_LIMIT);
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	struct buffer normal = buffer_new(TEXT_LIMIT);
	char *const copy = arena_span_text(arena, text);
	struct question *list, *again;
	size_t count = 0, count_again = 0;

	list = question_parse(arena, copy, &count, diagnostics);
	require((list == NULL) == (diagnostics->errors > 0));
	for (size_t i = 0; list != NULL && i < count; i++) {
		buffer_clear(&normal);
		question_format(&list[i], &normal);
		buffer_u8(&normal, '\0');
		again = question_parse(arena, (const char *)normal.bytes, &count_again, diagnostics);
		require(again != NULL && count_again == 1 && again->direction == list[i].direction);
		require(memcmp(&again->door, &list[i].door, sizeof(again->door)) == 0);
		require(again->has_source == list[i].has_source &&
			again->has_destination == list[i].has_destination);
	}
	buffer_free(&normal);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	as_policy(span_of(bytes, length));
	as_question(span_of(bytes, length));
	return 0;
}
