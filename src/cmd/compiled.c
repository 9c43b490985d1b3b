#include "cmd/compiled.h"
#include "base/digest.h"
#include "base/escape.h"
#include "cmd/enforcing.h"
#include "cmd/gather.h"
#include "cmd/surroundings.h"

#include <limits.h>
#include <stdlib.h>

/* Of all files of the policy, one behind the other: of a single one what sha256sum prints. */
static const char *policy_digest(struct arena *arena, const struct policy *policy)
{
	struct buffer text = buffer_new((size_t)1 << 31);
	uint8_t bytes[DIGEST_MOST];
	char digits[2 * DIGEST_MOST + 1];
	const char *path, *words;
	struct span file;

	for (size_t i = 0; policy_source(policy, i, &path, &file); i++)
		buffer_span(&text, file);
	words = arena_text(
		arena, hex_text(digest(DIGEST_SHA256, buffer_read(&text), bytes), 0, digits, sizeof(digits)));
	buffer_free(&text);
	return words != NULL && words[0] != '\0' ? words : "-";
}

bool compile_policy(struct compiled *compiled, const struct state *state, const char *path,
		    enum host_names_from from, struct error *err)
{
	struct diagnostics *const diagnostics = diagnostics_new(state->arena);

	host_names_begin(&compiled->names, from, state);
	if (diagnostics == NULL)
		return error_memory(err);
	compiled->policy = policy_read(state->arena, path, &compiled->names.lookup, diagnostics);
	if (compiled->policy == NULL)
		return policy_refused(diagnostics, path, err);
	compiled->what.policy_digest = policy_digest(state->arena, compiled->policy);
	compiled->around = surroundings_of_host(state->arena);
	compiled->firewall = firewall_new(compiled->policy, &compiled->around, err);
	return compiled->firewall != NULL;
}

/* Whoever reads the history does so from another folder. */
static const char *whole_path(struct arena *arena, const struct policy *policy)
{
	char path[PATH_MAX];
	const char *const whole = realpath(policy->path, path) != NULL ? arena_text(arena, path) : NULL;

	return whole != NULL ? whole : policy->path;
}

void compiled_texts(struct compiled *compiled, struct arena *arena)
{
	struct enforcement *const what = &compiled->what;

	what->policy = whole_path(arena, compiled->policy);
	what->user = enforcing_user(arena);
	what->digest = firewall_digest(compiled->firewall);
	what->text = firewall_text(compiled->firewall);
	what->rules = firewall_words(compiled->firewall);
	what->names = buffer_read(&compiled->names.text);
}

void compiled_free(struct compiled *compiled)
{
	firewall_free(compiled->firewall);
	host_names_free(&compiled->names);
}
