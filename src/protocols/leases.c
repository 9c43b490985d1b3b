#include "protocols/leases.h"
#include "base/hash.h"
#include "protocols/naming.h"

_Static_assert(sizeof(struct lease_given) <= MEMORY_RECORD, "a lease fits into a record");

struct lease_key {
	struct address server, address;
};

struct holder_key {
	struct address server;
	uint64_t holder;
};

struct lease {
	uint64_t holder; /* the last one */
	uint32_t id;
	uint32_t times;
	bool is_shared; /* with others, or a holder had another address as well */
};

struct host {
	uint64_t host;
	struct lease_name name;
};

static const struct memory_room leases = {
	.name = "leases",
	.key_size = sizeof(struct lease_key),
	.value_size = sizeof(struct lease),
	.limit = LEASES_LIMIT,
};
static const struct memory_room holders = {
	.name = "lease_holders",
	.key_size = sizeof(struct holder_key),
	.value_size = sizeof(struct address),
	.limit = LEASES_LIMIT,
};
static const struct memory_room hosts = {
	.name = "hosts",
	.key_size = sizeof(uint64_t),
	.value_size = sizeof(struct lease_name),
	.limit = LEASES_LIMIT,
};

uint64_t leases_holder(struct span identity)
{
	return hash_bytes(identity.at, span_left(identity)) | 1;
}

struct lease_name leases_name(struct span text)
{
	struct lease_name name = { .length = span_left(text) < LEASE_NAME ? (uint8_t)span_left(text)
									  : LEASE_NAME };

	if (name.length > 0)
		memcpy(name.text, text.at, name.length);
	return name;
}

/* ---- hosts ---- */

static void meet_host(struct memory *memory, const void *record, struct json *json)
{
	const struct host *const host = record;
	struct lease_name *const name = memory_put(memory, &hosts, &host->host);

	(void)json;
	if (name != NULL)
		*name = host->name;
}

void leases_tell_host(struct parse *parse, uint64_t host, struct span name)
{
	const struct host told = { .host = host, .name = leases_name(name) };

	if (told.name.length > 0)
		parse_remember(parse, &(struct parse_memo){ meet_host, &told, sizeof(told) });
}

/* ---- leases ---- */

/* The holder's other address, if it had one; this one is its last from here on. */
static struct lease *find_other(struct memory *memory, const struct lease_given *given)
{
	const struct holder_key key = { .server = given->server, .holder = given->holder };
	struct address *const last = memory_put(memory, &holders, &key);
	struct lease_key other = { .server = given->server };

	if (last == NULL)
		return NULL;
	other.address = *last;
	*last = given->address;
	if (address_is_unspecified(&other.address) || address_compare(&other.address, &given->address) == 0)
		return NULL;
	return memory_find(memory, &leases, &other);
}

static struct lease *note(struct memory *memory, const struct lease_given *given)
{
	const struct lease_key key = { .server = given->server, .address = given->address };
	struct lease *const other = find_other(memory, given);
	struct lease *lease;

	if (other != NULL)
		other->is_shared = true;
	lease = memory_put(memory, &leases, &key);
	if (lease == NULL)
		return NULL;
	lease->is_shared |= other != NULL || (lease->times > 0 && lease->holder != given->holder);
	lease->times += lease->times == 0 || lease->id != given->id || lease->holder != given->holder;
	lease->id = given->id;
	lease->holder = given->holder;
	return lease;
}

static void learn_name(struct memory *memory, const struct lease_given *given, const struct lease_name *name)
{
	struct naming naming = { .address = given->address,
				 .name = { .by = given->by, .length = name->length } };

	memcpy(naming.name.text, name->text, name->length);
	naming_learn(memory, &naming);
}

static void meet_lease(struct memory *memory, const void *record, struct json *json)
{
	const struct lease_given *const given = record;
	const struct lease *const lease = note(memory, given);
	const struct lease_name *const told = memory_find(memory, &hosts, &given->host);
	const struct lease_name *const name = given->name.length > 0 ? &given->name : told;

	if (json != NULL && lease != NULL) {
		if (lease->is_shared || lease->times > 1)
			json_text(json, "observed", lease->is_shared ? "pool" : "reservation");
		json_unsigned(json, "observed_times", lease->times);
	}
	if (name == NULL || name->length == 0 || given->by == NULL)
		return;
	if (json != NULL)
		json_span(json, "hostname", span_of(name->text, name->length));
	learn_name(memory, given, name);
}

void leases_tell(struct parse *parse, parse_emit *emit, const void *record, const struct lease_given *given)
{
	parse_event_meeting(parse, "lease", emit, record,
			    &(struct parse_memo){ meet_lease, given, sizeof(*given) });
}
