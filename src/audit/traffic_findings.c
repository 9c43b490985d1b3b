/* What the policy does not expect in the traffic of its host. Many flows, one cause: a door of the host, a
 * kind of door that the host calls, a weakness of a server. */
#include "audit/traffic_rooms.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 1024, TIME_SHOWN = 19 };

/* Rows that have one cause. */
struct cause {
	enum finding_kind kind;
	enum direction direction;
	bool about_server; /* the door is the host's own: its address belongs to it */
	struct row sum;
	const struct rule *rule;
	size_t protocols;
	char names[128]; /* what was spoken */
};

static const struct rule *rule_of(const struct traffic *traffic, const struct row *row)
{
	return row->key.rule != 0 ? &traffic->options.policy->rules[row->key.rule - 1] : NULL;
}

/* A rule of this direction that allows others at this door, or NULL. */
static const struct rule *allowing(const struct traffic *traffic, const struct row_key *key)
{
	const struct policy *const policy = traffic->options.policy;

	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct rule *const rule = &policy->rules[r];
		const struct door *door;

		if (rule->verdict != VERDICT_ALLOW || rule->direction != (enum direction)key->direction ||
		    rule_is_past(rule, traffic->options.around->today))
			continue;
		door = rule_door_at(rule, key->transport, key->port);
		if (door != NULL && !door->all)
			return rule;
	}
	return NULL;
}

/* "deny all" names no door: what it refuses is undocumented, and not denied by somebody who thought of it. */
static enum finding_kind kind_of(const struct traffic *traffic, const struct row *row,
				 const struct rule **ret_rule)
{
	const struct rule *const rule = rule_of(traffic, row);
	const struct rule *const allows = row->key.judged == JUDGED_DENIED ? allowing(traffic, &row->key)
									   : NULL;
	const struct door *const door = rule != NULL ? rule_door_at(rule, row->key.transport, row->key.port)
						     : NULL;

	*ret_rule = rule;
	if (row->key.judged == JUDGED_PROTOCOL)
		return FINDING_WRONG_PROTOCOL;
	if (door != NULL && !door->all)
		return FINDING_DENIED_TRAFFIC;
	*ret_rule = allows;
	return allows != NULL ? FINDING_UNEXPECTED_PARTY : FINDING_TRAFFIC;
}

/* A row with what decides which cause it has. */
struct judged_row {
	const struct row *row;
	enum finding_kind kind;
	const struct rule *rule;
};

static int compare_causes(const struct judged_row *a, const struct judged_row *b)
{
	const struct row_key *const x = &a->row->key, *const y = &b->row->key;
	const int numbers[][2] = {
		{ (int)a->kind, (int)b->kind },
		{ x->direction, y->direction },
		{ x->transport, y->transport },
		{ x->port, y->port },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i][0] != numbers[i][1])
			return numbers[i][0] < numbers[i][1] ? -1 : 1;
	}
	return x->direction == DIRECTION_IN ? address_compare(&x->server, &y->server) : 0;
}

static int compare_judged(const void *first, const void *second)
{
	const struct judged_row *const a = first, *const b = second;
	const int causes = compare_causes(a, b);
	int order;

	if (causes != 0)
		return causes;
	order = strcmp(a->row->protocol, b->row->protocol);
	if (order != 0)
		return order;
	order = address_compare(&a->row->key.server, &b->row->key.server);
	if (order != 0)
		return order;
	return a->row->key.rule < b->row->key.rule ? -1 : a->row->key.rule > b->row->key.rule;
}

static void add_name(struct cause *cause, const char *name)
{
	const size_t length = strlen(cause->names);

	if (strcmp(name, "none") == 0)
		return;
	cause->protocols++;
	if (length + strlen(name) + 3 < sizeof(cause->names))
		snprintf(cause->names + length, sizeof(cause->names) - length, "%s%s", length > 0 ? ", " : "",
			 name);
}

/* The other ends: who called a door of the host, or whom the host called. */
static void parties_words(const struct cause *cause, char text[static WORDS])
{
	const struct traffic_parties parties = parties_count(&cause->sum.parties);
	const char *const who = cause->direction == DIRECTION_IN ? "from" : "to";
	char address[ADDRESS_TEXT];
	size_t length;

	if (parties.count > parties.some_count)
		length = (size_t)snprintf(text, WORDS, "%s %s%llu parties, such as ", who,
					  parties.estimated ? "about " : "",
					  (unsigned long long)parties.count);
	else
		length = (size_t)snprintf(text, WORDS, "%s ", who);
	for (size_t i = 0; i < parties.some_count; i++)
		length += (size_t)snprintf(text + length, WORDS - length, "%s%s", i > 0 ? ", " : "",
					   address_text(&parties.some[i], address));
}

static void rule_place_words(const struct rule *rule, const char *before, char text[static WORDS])
{
	text[0] = '\0';
	if (rule != NULL)
		snprintf(text, WORDS, "; %s (%s:%u)", before, rule->place.file, rule->place.line);
}

static const char *what_rule(const struct cause *cause, char text[static WORDS])
{
	const struct service *service = NULL;

	text[0] = '\0';
	switch (cause->kind) {
	case FINDING_WRONG_PROTOCOL:
		(void)spoken_is_documented(cause->sum.protocol, cause->rule, cause->sum.key.transport,
					   cause->sum.key.port, &service);
		if (service != NULL)
			snprintf(text, WORDS, "; %s is documented (%s:%u)", service->spoken,
				 cause->rule->place.file, cause->rule->place.line);
		break;
	case FINDING_DENIED_TRAFFIC: rule_place_words(cause->rule, "denied", text); break;
	case FINDING_UNEXPECTED_PARTY: rule_place_words(cause->rule, "the rule for this door", text); break;
	default: break;
	}
	return text;
}

static const char *time_words(const struct row *sum, char text[static WORDS])
{
	char first[CLOCK_TEXT], last[CLOCK_TEXT];

	clock_text(sum->first_ns / 1000, first);
	clock_text(sum->last_ns / 1000, last);
	first[TIME_SHOWN] = last[TIME_SHOWN] = '\0';
	first[10] = last[10] = ' ';
	if (strcmp(first, last) == 0)
		snprintf(text, WORDS, "at %s", first);
	else
		snprintf(text, WORDS, "%s to %s", first, last);
	return text;
}

/* A door for the finding to point at: nothing of it is open here, it was seen. */
static const struct audit_door *door_for(struct work *work, const struct row *sum, const struct rule *rule,
					 bool about_server, const char *protocol)
{
	struct audit_door *const door = door_add(work);
	struct traffic_door *const seen = arena_alloc(work->arena, sizeof(*seen));

	if (door == NULL || seen == NULL) {
		work->no_memory = true;
		return NULL;
	}
	*seen = (struct traffic_door){
		.server = about_server ? sum->key.server : address_v6((uint8_t[16]){ 0 }),
		.port = sum->key.port,
		.transport = sum->key.transport,
		.protocol = protocol != NULL ? keep(work, arena_text(work->arena, protocol)) : NULL,
		.flows = sum->flows,
		.first_ns = sum->first_ns,
		.last_ns = sum->last_ns,
	};
	*door = (struct audit_door){
		.transport = sum->key.transport, .port = sum->key.port, .rule = rule, .seen = seen
	};
	return door;
}

/* "tcp/3306 on 192.0.2.7", "tcp/443 of others", "icmp/echo-request on 192.0.2.7"; of frames "link on
 * 192.0.2.7". */
static const char *subject_for(struct work *work, const struct row_key *key, bool about_server)
{
	const struct transport *const transport = catalog_transport(key->transport);
	const struct icmp_type *const type = catalog_icmp(key->transport, (uint8_t)key->port);
	char number[16], port[16] = "", address[ADDRESS_TEXT];

	if (key->transport == TRANSPORT_LINK)
		snprintf(number, sizeof(number), "link");
	else
		snprintf(number, sizeof(number), "%u", key->transport);
	if (transport != NULL && transport->has_ports)
		snprintf(port, sizeof(port), "/%u", key->port);
	return keep(work,
		    arena_format(work->arena, "%s%s%s%s%s", transport != NULL ? transport->name : number,
				 port, type != NULL ? "/" : "", type != NULL ? type->name : "",
				 about_server ? keep(work, arena_format(work->arena, " on %s",
									address_text(&key->server, address)))
					      : " of others"));
}

static void add_finding(struct work *work, const struct cause *cause)
{
	const struct row *const sum = &cause->sum;
	const struct audit_door *const door = door_for(work, sum, cause->rule, cause->about_server,
						       cause->protocols == 1 ? cause->names : NULL);
	char parties[WORDS], rule[WORDS], when[WORDS];
	struct finding *finding;

	if (door == NULL)
		return;
	parties_words(cause, parties);
	finding = finding_add(work, cause->kind, door, cause->rule, "%llu flow%s %s, %s%s%s%s",
			      (unsigned long long)sum->flows, sum->flows == 1 ? "" : "s", parties,
			      time_words(sum, when), cause->names[0] != '\0' ? "; spoken: " : "",
			      cause->names, what_rule(cause, rule));
	if (finding == NULL)
		return;
	finding->subject = subject_for(work, &sum->key, cause->about_server);
	finding->key = keep(work, arena_format(work->arena, "%s:%s:%s", finding->id,
					       direction_text(cause->direction), finding->subject));
}

/* The other end of a row: of what the host calls, the server. */
static bool add_row(struct cause *cause, const struct row *row)
{
	if (!row_merge(&cause->sum, row))
		return false;
	if (cause->direction == DIRECTION_IN)
		return true;
	if (cause->sum.flows == row->flows) /* the first: its parties are the host itself */
		parties_free(&cause->sum.parties);
	return true;
}

static bool sum_up(struct cause *cause, const struct judged_row *list, size_t begin, size_t end)
{
	struct parties called = { 0 };
	bool good = true;

	for (size_t i = begin; i < end && good; i++) {
		const struct row *const row = list[i].row;

		good = add_row(cause, row) && parties_add(&called, &row->key.server);
		if (i == begin || strcmp(row->protocol, list[i - 1].row->protocol) != 0)
			add_name(cause, row->protocol);
	}
	if (cause->direction == DIRECTION_IN) {
		parties_free(&called);
		return good;
	}
	parties_free(&cause->sum.parties);
	cause->sum.parties = called;
	return good;
}

static void find_causes(struct work *work, const struct judged_row *list, size_t count)
{
	for (size_t begin = 0, end; begin < count; begin = end) {
		const struct row_key *const key = &list[begin].row->key;
		struct cause cause = { .kind = list[begin].kind,
				       .direction = (enum direction)key->direction,
				       .about_server = key->direction == DIRECTION_IN,
				       .rule = list[begin].rule,
				       .sum = { .key = *key } };

		for (end = begin + 1; end < count && compare_causes(&list[begin], &list[end]) == 0;)
			end++;
		if (sum_up(&cause, list, begin, end))
			add_finding(work, &cause);
		else
			work->no_memory = true;
		parties_free(&cause.sum.parties);
		free(cause.sum.text);
	}
}

static void find_in_rows(struct work *work, const struct traffic *traffic)
{
	const struct rows *const rows = &traffic->rows[ROW_FINDING];
	struct judged_row *const list = arena_array(work->arena, rows->count + 1, sizeof(*list));

	if (list == NULL) {
		work->no_memory = true;
		return;
	}
	for (size_t i = 0; i < rows->count; i++) {
		list[i].row = &rows->list[i];
		list[i].kind = kind_of(traffic, &rows->list[i], &list[i].rule);
	}
	qsort(list, rows->count, sizeof(*list), compare_judged);
	find_causes(work, list, rows->count);
}

static void add_weakness(struct work *work, const struct row *row)
{
	const struct audit_door *const door = door_for(work, row, NULL, true, NULL);
	struct cause cause = { .direction = DIRECTION_IN, .sum = *row };
	struct finding *finding;
	char parties[WORDS], when[WORDS];

	if (door == NULL)
		return;
	parties_words(&cause, parties);
	finding = finding_add(work, FINDING_WEAKNESS, door, NULL, "%s; seen %llu time%s %s, %s", row->text,
			      (unsigned long long)row->flows, row->flows == 1 ? "" : "s", parties,
			      time_words(row, when));
	if (finding == NULL)
		return;
	finding->id = row->weakness->id;
	finding->title = row->weakness->title;
	finding->severity = row->weakness->severity;
	finding->remedy = row->weakness->remedy;
	finding->subject = subject_for(work, &row->key, true);
	finding->key = keep(work, arena_format(work->arena, "%s:%s", finding->id, finding->subject));
}

/* What several have to show together, at whatever doors: the rows of one
 * weakness, from the first on, as one. */
static void add_joint_weakness(struct work *work, const struct row *const *list, size_t count)
{
	struct row sum = { .key = list[0]->key, .hash = list[0]->hash };
	bool good = true;

	for (size_t i = 0; i < count && good; i++)
		if (list[i]->weakness == list[0]->weakness)
			good = row_merge(&sum, list[i]);
	work->no_memory |= !good;
	if (good && parties_count(&sum.parties).count >= protocol_weakness_parties(sum.weakness))
		add_weakness(work, &sum);
	parties_free(&sum.parties);
	free(sum.text);
}

/* Whether a row before this one is of the same weakness. */
static bool was_before(const struct row *const *list, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (list[i]->weakness == list[at]->weakness)
			return true;
	return false;
}

/* By place: rows stand in the order in which workers have met them. */
static int compare_weaknesses(const void *first, const void *second)
{
	const struct row *const a = *(const struct row *const *)first, *const b = *(const struct row *const *)
											  second;
	const int server = address_compare(&a->key.server, &b->key.server);

	if (server != 0)
		return server;
	if (a->key.transport != b->key.transport)
		return a->key.transport < b->key.transport ? -1 : 1;
	if (a->key.port != b->key.port)
		return a->key.port < b->key.port ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* With a policy, those of its host; without one, all. */
static void find_weaknesses(struct work *work, const struct traffic *traffic)
{
	const struct rows *const rows = &traffic->rows[ROW_WEAKNESS];
	const struct row **const list = arena_array(work->arena, rows->count + 1, sizeof(struct row *));
	size_t count = 0;

	work->no_memory |= list == NULL;
	if (list == NULL)
		return;
	for (size_t i = 0; i < rows->count; i++) {
		if (traffic->options.decider == NULL || traffic_of_host(traffic, &rows->list[i].key.server))
			list[count++] = &rows->list[i];
	}
	qsort(list, count, sizeof(struct row *), compare_weaknesses);
	for (size_t i = 0; i < count; i++) {
		if (protocol_weakness_parties(list[i]->weakness) == 0)
			add_weakness(work, list[i]);
		else if (!was_before(list, i))
			add_joint_weakness(work, list + i, count - i);
	}
}

/* Room for the doors of all findings: findings of a kind stand in the order of their doors, which must not
 * move. */
static void make_doors(struct work *work, const struct traffic *traffic)
{
	work->door_capacity = traffic->rows[ROW_WEAKNESS].count + traffic->rows[ROW_FINDING].count + 1;
	work->audit->doors = arena_array(work->arena, work->door_capacity, sizeof(*work->audit->doors));
	work->no_memory |= work->audit->doors == NULL;
}

struct audit *traffic_audit(const struct traffic *traffic, struct arena *arena)
{
	const struct audit_input input = { .policy = traffic->options.policy,
					   .around = traffic->options.around };
	struct audit *const audit = arena_alloc(arena, sizeof(*audit));
	struct work work = { .audit = audit, .input = &input, .arena = arena };

	if (audit == NULL)
		return NULL;
	*audit = (struct audit){ .arena = arena, .policy = input.policy };
	make_doors(&work, traffic);
	if (work.no_memory)
		return NULL;
	find_weaknesses(&work, traffic);
	if (traffic->options.decider != NULL) {
		find_in_rows(&work, traffic);
		accept_findings(&work);
	}
	findings_sort(&work);
	return work.no_memory ? NULL : audit;
}
