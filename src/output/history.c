/* The policies that were applied. */
#include "base/clock.h"
#include "output/enforcement.h"

static const char *const standing_words[STANDINGS] = {
	[STANDING_LOADING] = "not settled", [STANDING_ARMED] = "waits to be confirmed",
	[STANDING_CONFIRMED] = "confirmed", [STANDING_TAKEN_BACK] = "taken back",
	[STANDING_FAILED] = "never loaded",
};

static void add_row(struct table *table, const struct entry *e, const struct entry *in_force)
{
	char when[CLOCK_TEXT];

	clock_text(e->when_us, when);
	table_row(table);
	table_format(table, 0, STYLE_PLAIN, "%u", e->number);
	table_format(table, 1, STYLE_PLAIN, "%.10s %.8s", when, when + 11);
	table_cell(table, 2, STYLE_PLAIN, e->user);
	table_format(table, 3, STYLE_PLAIN, "%.12s", e->policy_digest);
	table_format(table, 4, e == in_force ? STYLE_GOOD : STYLE_PLAIN, "%s%s", standing_words[e->standing],
		     e == in_force ? ", in force" : "");
	if (e->stands_for == e->number)
		table_cell(table, 5, STYLE_PLAIN, e->policy);
	else if (e->stands_for == 0)
		table_cell(table, 5, STYLE_PLAIN, "back to what was there before the first");
	else
		table_format(table, 5, STYLE_PLAIN, "back to number %u: %s", e->stands_for, e->policy);
}

void history_text(struct out *out, const struct state *state)
{
	static const struct column columns[] = {
		{ .title = "NUMBER", .align = ALIGN_RIGHT },
		{ .title = "DATE" },
		{ .title = "USER" },
		{ .title = "SHA-256" },
		{ .title = "STATE" },
		{ .title = "POLICY", .least = 12 },
	};
	struct table *const table = table_new(out->arena, columns, 6);
	const struct entry *const in_force = state_in_force(state);

	if (table == NULL)
		return;
	if (state->count == 0) {
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, "No policy was ever applied.");
		return;
	}
	for (size_t i = 0; i < state->count; i++)
		add_row(table, &state->entries[i], in_force);
	table_print(table, &out->screen);
}

static void write_entry(struct out *out, const struct entry *e, bool in_force)
{
	struct json json = event_begin(out, "history");
	char when[CLOCK_TEXT], digest[20];

	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)e->digest);
	json_open_object(&json, "history");
	json_unsigned(&json, "number", e->number);
	json_text(&json, "state", standing_text(e->standing));
	json_bool(&json, "in_force", in_force);
	json_text(&json, "put_in_place", clock_text(e->when_us, when));
	if (e->settled_us != 0)
		json_text(&json, "settled", clock_text(e->settled_us, when));
	json_text(&json, "user", e->user);
	json_text(&json, "policy", e->policy[0] != '\0' ? e->policy : NULL);
	json_text(&json, "policy_sha256", strlen(e->policy_digest) > 1 ? e->policy_digest : NULL);
	json_text(&json, "digest", e->digest != 0 ? digest : NULL);
	json_unsigned(&json, "stands_for", e->stands_for);
	json_end(&json);
	event_end(out, &json);
}

void history_json(struct out *out, const struct state *state)
{
	const struct entry *const in_force = state_in_force(state);

	for (size_t i = 0; i < state->count; i++)
		write_entry(out, &state->entries[i], &state->entries[i] == in_force);
}
