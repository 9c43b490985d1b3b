/* json.c: the model for other programs. Keys are stable; what was not written is left out. */
#include "base/clock.h"
#include "policy/format.h"
#include "policy/options.h"

enum { ONE_TEXT = 256 };

static void place_json(struct json *json, bool places, const struct place *place)
{
	if (!places)
		return;
	json_text(json, "file", place->file);
	json_unsigned(json, "line", place->line);
}

static void match_json(struct json *json, const struct match *match)
{
	const struct transport *const transport = catalog_transport(match->transport);
	const bool whole = match->first == 0 && match->last == UINT16_MAX;

	json_begin(json);
	json_text(json, "transport", match->transport == TRANSPORT_ANY ? "any" : transport->name);
	if (!whole) {
		json_unsigned(json, "first", match->first);
		json_unsigned(json, "last", match->last);
	}
	json_end(json);
}

static void door_json(struct json *json, const struct door *door)
{
	struct buffer text = buffer_new(ONE_TEXT);

	door_format(door, &text);
	json_begin(json);
	json_span(json, "door", buffer_read(&text));
	if (door->service != NULL)
		json_text(json, "protocol", door->service->name);
	json_open_array(json, "matches");
	for (size_t i = 0; i < door->match_count; i++)
		match_json(json, &door->matches[i]);
	json_end(json);
	json_end(json);
	buffer_free(&text);
}

static void doors_json(struct json *json, const struct door *doors, size_t count)
{
	if (count == 0)
		return;
	json_open_array(json, "doors");
	for (size_t i = 0; i < count; i++)
		door_json(json, &doors[i]);
	json_end(json);
}

static void terms_json(struct json *json, const char *key, const struct address_term *terms, size_t count)
{
	struct buffer text = buffer_new(POLICY_LINE_LIMIT);

	json_open_array(json, key);
	for (size_t i = 0; i < count; i++) {
		buffer_clear(&text);
		term_format(&terms[i], &text);
		json_span(json, NULL, buffer_read(&text));
	}
	json_end(json);
	buffer_free(&text);
}

static void addresses_json(struct json *json, const char *key, const char *except_key,
			   const struct address_list *list)
{
	if (list->count > 0)
		terms_json(json, key, list->terms, list->count);
	if (list->except_count > 0)
		terms_json(json, except_key, list->except, list->except_count);
}

static void date_json(struct json *json, const char *key, int32_t day)
{
	char text[DATE_TEXT];

	if (day != DATE_NONE)
		json_text(json, key, date_text(day, text));
}

static void rate_json(struct json *json, const char *key, const struct rate *rate)
{
	if (rate->count == 0)
		return;
	json_open_object(json, key);
	json_unsigned(json, "count", rate->count);
	json_text(json, "per", rate->unit);
	json_end(json);
}

/* Options as their table has them; an option that is added there is written here. */
static void option_json(struct json *json, const struct option *option, const struct rule *rule)
{
	const void *const field = (const char *)rule + option->offset;

	switch (option->value) {
	case VALUE_SWITCH:
		if (*(const bool *)field)
			json_bool(json, option->keyword, true);
		break;
	case VALUE_RATE: rate_json(json, option->keyword, field); break;
	case VALUE_ID: break; /* every rule has one, and it stands first */
	case VALUE_PROCESS:
	case VALUE_TEXT: json_text(json, option->keyword, *(const char *const *)field); break;
	case VALUE_APPROVED:
		json_text(json, "approved", rule->approved);
		date_json(json, "approved_on", rule->approved_on);
		break;
	case VALUE_DATE: date_json(json, option->keyword, *(const int32_t *)field); break;
	}
}

static void rule_json(struct json *json, const struct rule *rule, bool places)
{
	json_begin(json);
	json_text(json, "id", rule->id);
	json_bool(json, "id_given", rule->id_given);
	place_json(json, places, &rule->place);
	json_text(json, "verdict", verdict_text(rule->verdict));
	json_text(json, "direction", direction_text(rule->direction));
	doors_json(json, rule->doors, rule->door_count);
	addresses_json(json, "from", "from_except", &rule->from);
	addresses_json(json, "to", "to_except", &rule->to);
	if (rule->interface_count > 0) {
		json_open_array(json, "on");
		for (size_t i = 0; i < rule->interface_count; i++)
			json_text(json, NULL, rule->interfaces[i]);
		json_end(json);
	}
	for (size_t i = 0; i < OPTIONS; i++)
		option_json(json, &options[i], rule);
	json_end(json);
}

static void name_json(struct json *json, const struct policy_name *name, bool places)
{
	json_begin(json);
	json_text(json, "name", name->name);
	place_json(json, places, &name->place);
	addresses_json(json, "addresses", "except", &name->addresses);
	json_end(json);
}

static void question_json(struct json *json, const struct question *question)
{
	struct buffer text = buffer_new(ONE_TEXT);

	question_format(question, &text);
	json_span(json, NULL, buffer_read(&text));
	buffer_free(&text);
}

static void expectation_json(struct json *json, const struct policy_expectation *expectation, bool places)
{
	json_begin(json);
	json_text(json, "verdict", verdict_text(expectation->verdict));
	place_json(json, places, &expectation->place);
	json_text(json, "question", expectation->text);
	json_open_array(json, "asks");
	for (size_t i = 0; i < expectation->question_count; i++)
		question_json(json, &expectation->questions[i]);
	json_end(json);
	json_end(json);
}

static void acceptance_json(struct json *json, const struct acceptance *acceptance, bool places)
{
	json_begin(json);
	json_text(json, "finding", acceptance->finding);
	place_json(json, places, &acceptance->place);
	doors_json(json, acceptance->doors, acceptance->door_count);
	json_text(json, "because", acceptance->because);
	date_json(json, "until", acceptance->until);
	json_end(json);
}

static void required_json(struct json *json, const struct policy *policy)
{
	json_open_array(json, "require");
	for (size_t i = 0; i < RULE_FIELDS; i++) {
		if (policy->required[i])
			json_text(json, NULL, rule_field_names[i]);
	}
	json_end(json);
}

void policy_json(const struct policy *policy, const char *key, bool places, struct json *json)
{
	json_open_object(json, key);
	json_text(json, "host", policy->host);
	json_text(json, "mode", mode_text(policy->mode));
	required_json(json, policy);
	json_open_array(json, "names");
	for (size_t i = 0; i < policy->name_count; i++)
		name_json(json, &policy->names[i], places);
	json_end(json);
	json_open_array(json, "rules");
	for (size_t i = 0; i < policy->rule_count; i++)
		rule_json(json, &policy->rules[i], places);
	json_end(json);
	json_open_array(json, "expectations");
	for (size_t i = 0; i < policy->expectation_count; i++)
		expectation_json(json, &policy->expectations[i], places);
	json_end(json);
	json_open_array(json, "acceptances");
	for (size_t i = 0; i < policy->acceptance_count; i++)
		acceptance_json(json, &policy->acceptances[i], places);
	json_end(json);
	json_end(json);
}
