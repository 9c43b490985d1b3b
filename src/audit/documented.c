/* The documented view: which rule answers for a door. Every address that a door is bound to is asked about by
 * itself, from anybody: a rule that lets only some in still documents the door. */
#include "audit/rooms.h"
#include "base/clock.h"

struct answer_for {
	enum documented documented;
	const struct rule *rule;
};

const struct door *rule_door_at(const struct rule *rule, unsigned transport, uint16_t port)
{
	for (size_t d = 0; d < rule->door_count; d++) {
		for (size_t m = 0; m < rule->doors[d].match_count; m++) {
			const struct match *const match = &rule->doors[d].matches[m];

			if ((match->transport == transport || match->transport == TRANSPORT_ANY) &&
			    match->first <= port && port <= match->last)
				return &rule->doors[d];
		}
	}
	return NULL;
}

struct question socket_question(const struct host *host, const struct host_socket *socket)
{
	const struct host_interface *const interface = socket->interface != 0
							       ? interface_at(host, socket->space,
									      socket->interface)
							       : NULL;
	const uint16_t port = socket->raw ? 0 : socket->local_port;

	return (struct question){
		.direction = DIRECTION_IN,
		.door = { socket->transport, port, port },
		.has_destination = !address_is_unspecified(&socket->local),
		.destination = socket->local,
		.interface = interface != NULL ? interface->name : NULL,
	};
}

bool mismatch_is_open(enum mismatch mismatch)
{
	return mismatch == DEPENDS_ON_SOURCE || mismatch == DEPENDS_ON_DESTINATION ||
	       mismatch == DEPENDS_ON_INTERFACE;
}

bool rule_is_past(const struct rule *rule, int32_t today)
{
	return rule->until != DATE_NONE && rule->until < today;
}

/* "deny all" names no door: what it refuses is undocumented, not denied by somebody who thought of it. */
static bool names_door(const struct rule *rule, const struct question *question)
{
	const struct door *const door = rule_door_at(rule, question->door.transport, question->door.first);

	return door != NULL && !door->all;
}

/* Walks the rules from the first that depends on what the question leaves open: any of them that allows
 * documents the door, up to the one that matches in any case. */
static struct answer_for answer_open(const struct work *work, const struct question *question,
				     const struct decision *decision)
{
	const struct policy *const policy = work->input->policy;
	const struct rule *denied = NULL;

	for (size_t r = decision->undecided->number; r < policy->rule_count; r++) {
		const struct rule *const rule = &policy->rules[r];
		const enum mismatch mismatch = rule_mismatch(work->decider, rule, question);

		if (mismatch != MATCHES && !mismatch_is_open(mismatch))
			continue;
		if (rule->verdict == VERDICT_ALLOW)
			return (struct answer_for){ DOCUMENTED_YES, rule };
		if (denied == NULL && names_door(rule, question))
			denied = rule;
		if (mismatch == MATCHES)
			break;
	}
	return (struct answer_for){ denied != NULL ? DOCUMENTED_DENIED : DOCUMENTED_NO, denied };
}

static struct answer_for answer_for_socket(const struct work *work, const struct host_socket *socket)
{
	const struct question question = socket_question(work->input->host, socket);
	const struct decision decision = policy_decide(work->decider, &question);

	if (decision.undecided != NULL)
		return answer_open(work, &question, &decision);
	if (decision.rule != NULL && decision.rule->verdict == VERDICT_ALLOW)
		return (struct answer_for){ DOCUMENTED_YES, decision.rule };
	if (decision.rule != NULL && names_door(decision.rule, &question))
		return (struct answer_for){ DOCUMENTED_DENIED, decision.rule };
	return (struct answer_for){ DOCUMENTED_NO, NULL };
}

static int badness(enum documented documented)
{
	return documented == DOCUMENTED_DENIED ? 2 : documented == DOCUMENTED_NO ? 1 : 0;
}

/* A door is as well documented as the worst of its addresses. */
static void judge(const struct work *work, struct audit_door *door)
{
	if (door->space != 0) {
		door->documented = DOCUMENTED_NOT_JUDGED;
		return;
	}
	if (work->decider == NULL) {
		door->documented = DOCUMENTED_NO_POLICY;
		return;
	}
	for (size_t i = 0; i < door->socket_count; i++) {
		const struct answer_for answer = answer_for_socket(work, door->sockets[i]);

		if (i == 0 || badness(answer.documented) > badness(door->documented)) {
			door->documented = answer.documented;
			door->rule = answer.rule;
		}
	}
	if (door->rule != NULL)
		door->rule_door = rule_door_at(door->rule, door->transport, door->port);
	if (door->documented != DOCUMENTED_NO)
		door->temporary = false;
	else if (door->temporary)
		door->documented = DOCUMENTED_TEMPORARY;
}

/* ---- doors that are only documented ---- */

/* Which ports of this host are open. */
struct open_ports {
	uint8_t tcp[65536 / 8], udp[65536 / 8];
};

static uint8_t *bits_of(struct open_ports *open, unsigned transport)
{
	return transport == TRANSPORT_TCP ? open->tcp : transport == TRANSPORT_UDP ? open->udp : NULL;
}

static void mark_open(const struct work *work, struct open_ports *open)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];
		uint8_t *const bits = door->space == 0 ? bits_of(open, door->transport) : NULL;

		if (bits != NULL)
			bits[door->port / 8] |= (uint8_t)(1u << door->port % 8);
	}
}

static bool match_is_open(const struct work *work, struct open_ports *open, const struct match *match)
{
	const uint8_t *const bits = bits_of(open, match->transport);

	if (bits != NULL)
		return bits[match->first / 8] >> match->first % 8 & 1;
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];

		if (door->space == 0 && door->transport == match->transport && door->port == match->first)
			return true;
	}
	return false;
}

/* Whether somebody ought to listen: single ports that the rule names. Of a range, and of transports without
 * ports, nobody can say. */
static bool wants_listener(const struct door *door)
{
	if (door->all || door->range_name != NULL)
		return false;
	for (size_t m = 0; m < door->match_count; m++) {
		if (door->matches[m].first != door->matches[m].last || door->matches[m].transport > 255)
			return false;
		if (!catalog_transport(door->matches[m].transport)->has_ports)
			return false;
	}
	return door->match_count > 0;
}

/* A rule whose destinations are all elsewhere is about another host. */
static bool is_about_this_host(const struct work *work, const struct rule *rule)
{
	struct question question = { .direction = DIRECTION_IN, .has_destination = true };

	if (rule->to.count == 0 || rule->door_count == 0)
		return true;
	question.door = (struct match){ rule->doors[0].matches[0].transport, rule->doors[0].matches[0].first,
					rule->doors[0].matches[0].first };
	for (size_t i = 0; i < work->input->around->self_count; i++) {
		question.destination = work->input->around->self[i].first;
		if (rule_mismatch(work->decider, rule, &question) != OTHER_DESTINATION)
			return true;
	}
	return false;
}

static void add_documented(struct work *work, const struct rule *rule, const struct door *written)
{
	struct audit_door *const door = door_add(work);

	if (door == NULL)
		return;
	door->transport = written->matches[0].transport;
	door->port = written->matches[0].first;
	door->addresses = "";
	door->exposure = EXPOSED_NOWHERE;
	door->documented = DOCUMENTED_YES;
	door->rule = rule;
	door->rule_door = written;
	door->registered = catalog_service_at(door->transport, door->port, 0);
}

static void add_documented_doors(struct work *work)
{
	const struct policy *const policy = work->input->policy;
	struct open_ports *const open = arena_alloc(work->arena, sizeof(*open));

	if (open == NULL) {
		work->no_memory = true;
		return;
	}
	mark_open(work, open);
	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct rule *const rule = &policy->rules[r];

		if (rule->verdict != VERDICT_ALLOW || rule->direction != DIRECTION_IN ||
		    rule_is_past(rule, work->input->around->today) || !is_about_this_host(work, rule))
			continue;
		for (size_t d = 0; d < rule->door_count; d++) {
			bool is_open = !wants_listener(&rule->doors[d]);

			for (size_t m = 0; m < rule->doors[d].match_count && !is_open; m++)
				is_open = match_is_open(work, open, &rule->doors[d].matches[m]);
			if (!is_open && outside_would_answer(work, &rule->doors[d]))
				add_documented(work, rule, &rule->doors[d]);
		}
	}
}

void documented_judge(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++)
		judge(work, &work->audit->doors[i]);
	if (work->decider != NULL)
		add_documented_doors(work);
	doors_sort(work);
}

/* ---- findings ---- */

/* The rule that would document the door if its time were not over. */
static const struct rule *past_rule(const struct work *work, const struct audit_door *door)
{
	const struct policy *const policy = work->input->policy;
	const struct question question = socket_question(work->input->host, door->sockets[0]);

	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct rule *const rule = &policy->rules[r];

		if (rule->verdict == VERDICT_ALLOW && rule_is_past(rule, work->input->around->today) &&
		    rule->direction == DIRECTION_IN &&
		    rule_door_at(rule, door->transport, door->port) != NULL &&
		    rule_mismatch(work->decider, rule, &question) == PAST_UNTIL)
			return rule;
	}
	return NULL;
}

/* Nobody but this host reaches it: worth knowing, less than a door in the wall. */
static void soften(const struct audit_door *door, struct finding *finding)
{
	if (finding != NULL && door->exposure <= EXPOSED_HOST)
		finding->severity = AUDIT_MEDIUM;
}

/* Who gets in, where that is known: "", or words that go behind others. */
static const char *reached_by(struct work *work, const struct audit_door *door)
{
	char text[REACH_TEXT];

	switch (door->reach.kind) {
	case REACH_ALL:
	case REACH_SOME:
		return keep(work,
			    arena_format(work->arena, "; reachable from %s",
					 reach_text(&door->reach, audit_reach_text(door->exposure), text)));
	case REACH_NOBODY: return "; the packet filter lets nobody in from outside";
	case REACH_UNKNOWN:
		return keep(work,
			    arena_format(work->arena, "; from where it is reachable is unknown because of %s",
					 door->reach.unknown));
	case REACH_NOT_JUDGED: break;
	}
	return "";
}

/* Documented as closed, open, and somebody gets in: the worst there is. */
static void find_denied(struct work *work, const struct audit_door *door, const char *behind)
{
	struct finding *const finding = finding_add(work, FINDING_DENIED_OPEN, door, door->rule,
						    "%s; denied by '%s' (%s:%u)%s", behind,
						    rule_words(work, door->rule), door->rule->place.file,
						    door->rule->place.line, reached_by(work, door));

	soften(door, finding);
	if (finding != NULL && door->reach.from.count > 0)
		finding->severity = AUDIT_CRITICAL;
	else if (finding != NULL && door->reach.kind == REACH_NOBODY)
		finding->severity = AUDIT_MEDIUM;
}

static void find_open(struct work *work, const struct audit_door *door)
{
	const char *const behind = door_behind(work, door);
	const struct rule *past;
	char date[DATE_TEXT];

	if (door->documented == DOCUMENTED_DENIED) {
		find_denied(work, door, behind);
		return;
	}
	past = past_rule(work, door);
	if (past != NULL)
		soften(door,
		       finding_add(work, FINDING_EXPIRED, door, past, "%s; allowed by '%s' until %s (%s:%u)",
				   behind, rule_words(work, past), date_text(past->until, date),
				   past->place.file, past->place.line));
	else
		soften(door, finding_add(work, FINDING_UNDOCUMENTED, door, NULL, "%s", behind));
}

static void find_missing(struct work *work, const struct audit_door *door)
{
	struct finding *const finding = finding_add(
		work, FINDING_NOT_OPEN, door, door->rule, "documented by '%s' (%s:%u)",
		rule_words(work, door->rule), door->rule->place.file, door->rule->place.line);

	if (finding != NULL && work->input->outside != NULL)
		finding->title = "documented, and nobody answers";
}

void find_undocumented(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];

		if (door->documented == DOCUMENTED_NO || door->documented == DOCUMENTED_DENIED)
			find_open(work, door);
		else if (door->documented == DOCUMENTED_YES && door->socket_count == 0)
			find_missing(work, door);
	}
}
