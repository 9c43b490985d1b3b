/* The spoken view: what the servers said, against what is documented and against what is safe. Only a
 * protocol that was identified by its content is judged; silence and the unknown accuse nobody. */
#include "audit/rooms.h"
#include "base/buffer.h"
#include "protocols/protocols.h"

enum { WORDS_LIMIT = 8192 };

#define INSIDE_TLS "tls:"

static bool is_inside_tls(const char *spoken)
{
	return strncmp(spoken, INSIDE_TLS, strlen(INSIDE_TLS)) == 0;
}

static const char *without_tls(const char *spoken)
{
	return is_inside_tls(spoken) ? spoken + strlen(INSIDE_TLS) : spoken;
}

bool spoken_can_be(const char *spoken, const struct service *service)
{
	const char *const expected = service->spoken;

	if (expected == NULL || *expected == '\0' || strcmp(spoken, expected) == 0)
		return true;
	if (strcmp(spoken, "tls") == 0)
		return is_inside_tls(expected) || service->privacy == PRIVACY_EITHER;
	if (strcmp(expected, "tls") == 0)
		return is_inside_tls(spoken);
	return service->privacy == PRIVACY_EITHER && strcmp(without_tls(spoken), without_tls(expected)) == 0;
}

bool spoken_is_documented(const char *spoken, const struct rule *rule, unsigned transport, uint16_t port,
			  const struct service **ret_service)
{
	const struct service *first = NULL;
	bool any = false;

	for (size_t d = 0; d < rule->door_count && !any; d++) {
		const struct rule one = { .doors = &rule->doors[d], .door_count = 1 };

		if (rule_door_at(&one, transport, port) == NULL)
			continue;
		any = rule->doors[d].service == NULL || spoken_can_be(spoken, rule->doors[d].service);
		if (first == NULL)
			first = rule->doors[d].service;
	}
	if (ret_service != NULL)
		*ret_service = first;
	return any || first == NULL;
}

static void find_wrong_protocol(struct work *work, const struct audit_door *door,
				const struct knock_result *result)
{
	const struct service *service;
	struct finding *finding;
	char text[64];
	const char *const spoken = knock_spoken(result, text);

	if (spoken == NULL || door->documented != DOCUMENTED_YES ||
	    spoken_is_documented(spoken, door->rule, door->transport, door->port, &service))
		return;
	finding = finding_add(work, FINDING_WRONG_PROTOCOL, door, door->rule,
			      "%s is spoken, %s is documented (%s:%u); %s", spoken, service->spoken,
			      door->rule->place.file, door->rule->place.line, door_behind(work, door));
	/* The documented protocol, and TLS around it: a wrong document rather than a wrong service. */
	if (finding != NULL && is_inside_tls(spoken) && strcmp(without_tls(spoken), service->spoken) == 0)
		finding->severity = AUDIT_MEDIUM;
}

static const char *product_words(struct work *work, const struct answer *answer)
{
	if (answer->product[0] == '\0')
		return "";
	return keep(work, arena_format(work->arena, " (%s%s%s)", answer->product,
				       answer->version[0] != '\0' ? " " : "", answer->version));
}

/* How bad clear text is depends on what it carries: commands and passwords, or what anybody may know. */
static int clear_text_severity(const struct audit_door *door, const struct service *service)
{
	if (service != NULL && strcmp(service->group, "infrastructure") == 0)
		return AUDIT_NOTE;
	if (service != NULL && strcmp(service->group, "remote-administration") == 0)
		return AUDIT_HIGH;
	return door->exposure >= EXPOSED_PUBLIC ? AUDIT_HIGH : AUDIT_MEDIUM;
}

/* Passwords in the clear are told by the protocol itself: that is the same cause, in better words. */
static bool tells_clear_login(const struct answer *answer)
{
	for (size_t i = 0; i < answer->weakness_count; i++) {
		if (strstr(answer->weaknesses[i].weakness->id, "-clear-login") != NULL)
			return true;
	}
	return false;
}

bool spoken_is_clear(const struct knock_result *result)
{
	if (result->outcome != KNOCK_IDENTIFIED || result->answer.starttls)
		return false;
	return result->protocol->privacy == PRIVACY_CLEAR || result->protocol->clear_without_tls;
}

static void find_clear_text(struct work *work, const struct audit_door *door,
			    const struct knock_result *result)
{
	const bool mitigated = door->documented == DOCUMENTED_YES && door->rule->mitigation != NULL;
	const struct service *service;
	struct finding *finding;
	struct buffer words;

	if (!spoken_is_clear(result) || tells_clear_login(&result->answer) || door->exposure <= EXPOSED_HOST)
		return;
	service = catalog_service(span_text(result->protocol->name));
	words = buffer_new(WORDS_LIMIT);
	if (mitigated)
		buffer_format(&words, "; mitigation: %s", door->rule->mitigation);
	else if (service != NULL && service->instead != NULL)
		buffer_format(&words, "; %s is its encrypted form", service->instead);
	buffer_u8(&words, '\0');
	finding = finding_add(work, FINDING_CLEAR_TEXT, door, door->rule, "%s%s, reachable from %s%s",
			      result->protocol->title, product_words(work, &result->answer),
			      audit_reach_text(door->exposure),
			      words.failed ? "" : (const char *)words.bytes);
	buffer_free(&words);
	if (finding != NULL)
		finding->severity = mitigated ? AUDIT_NOTE : clear_text_severity(door, service);
}

static bool was_found(const struct work *work, const struct audit_door *door, const char *id)
{
	for (size_t i = work->audit->finding_count; i > 0; i--) {
		const struct finding *const finding = &work->audit->findings[i - 1];

		if (finding->door != door)
			return false;
		if (strcmp(finding->id, id) == 0)
			return true;
	}
	return false;
}

static void find_weaknesses(struct work *work, const struct audit_door *door, const struct answer *answer)
{
	for (size_t i = 0; i < answer->weakness_count; i++) {
		const struct weakness *const weakness = answer->weaknesses[i].weakness;
		const bool by_reach = protocol_weakness_is_by_reach(weakness);
		struct finding *finding;

		if (was_found(work, door, weakness->id) || (by_reach && door->exposure <= EXPOSED_HOST))
			continue;
		finding = finding_add(work, FINDING_WEAKNESS, door, door->rule, "%s",
				      answer->weaknesses[i].evidence);
		if (finding == NULL)
			return;
		finding->id = weakness->id;
		finding->title = weakness->title;
		finding->severity = weakness->severity;
		finding->remedy = weakness->remedy;
		finding->key = keep(
			work, arena_format(work->arena, "%s%s", weakness->id, strchr(finding->key, ':')));
		/* Nobody but this host can make use of it, or those for whom it is meant. */
		if (door->exposure < (by_reach ? EXPOSED_PUBLIC : EXPOSED_LINK) &&
		    finding->severity < AUDIT_MEDIUM)
			finding->severity = AUDIT_MEDIUM;
	}
}

void find_spoken(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];

		for (size_t h = 0; h < door->heard_count; h++) {
			const struct knock_result *const result = door->heard[h];

			if (!was_found(work, door, finding_types[FINDING_WRONG_PROTOCOL].id))
				find_wrong_protocol(work, door, result);
			if (!was_found(work, door, finding_types[FINDING_CLEAR_TEXT].id))
				find_clear_text(work, door, result);
			find_weaknesses(work, door, &result->answer);
			find_weaknesses(work, door, &result->tls);
		}
	}
}
