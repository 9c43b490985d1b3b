#include "cmd/host_names.h"
#include "scan/endpoint.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TEXT_LIMIT = 1 << 24 };

/* ---- the resolver of this host ---- */

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct address));
}

/* In their order, each once, so that an answer in another order is the same answer. */
static size_t sort_addresses(struct address *addresses, size_t count)
{
	size_t kept = 0;

	qsort(addresses, count, sizeof(*addresses), by_bytes);
	for (size_t i = 1; i < count; i++) {
		if (by_bytes(&addresses[kept], &addresses[i]) != 0)
			addresses[++kept] = addresses[i];
	}
	return count > 0 ? kept + 1 : 0;
}

static bool ask_resolver(struct arena *arena, const char *name, struct address **ret_addresses,
			 size_t *ret_count, struct error *err)
{
	static const struct addrinfo asked = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct address *const addresses = arena_array(arena, HOST_ADDRESSES, sizeof(*addresses));
	struct addrinfo *answer = NULL;
	size_t count = 0;
	int error;

	if (addresses == NULL)
		return error_memory(err);
	error = getaddrinfo(name, NULL, &asked, &answer);
	if (error != 0)
		return error_set(err, "%s", gai_strerror(error));
	for (const struct addrinfo *at = answer; at != NULL && count < HOST_ADDRESSES; at = at->ai_next) {
		struct sockaddr_storage endpoint = { 0 };

		if (at->ai_addrlen > sizeof(endpoint))
			continue;
		memcpy(&endpoint, at->ai_addr, at->ai_addrlen);
		addresses[count++] = endpoint_address(&endpoint);
	}
	freeaddrinfo(answer);
	*ret_addresses = addresses;
	*ret_count = sort_addresses(addresses, count);
	return count > 0 || error_set(err, "it has no address");
}

/* ---- the record ---- */

static bool find_recorded(const struct host_names *names, struct arena *arena, const char *name,
			  struct address **ret_addresses, size_t *ret_count)
{
	struct address *const addresses = arena_array(arena, HOST_ADDRESSES, sizeof(*addresses));
	struct span text = names->recorded;

	*ret_addresses = addresses;
	*ret_count = 0;
	while (addresses != NULL && span_left(text) > 0) {
		struct span line = span_until(&text, '\n');

		if (line.failed)
			break;
		if (!span_is(span_word(&line), name))
			continue;
		while (*ret_count < HOST_ADDRESSES && !line.failed &&
		       address_parse(span_word(&line), &addresses[*ret_count]))
			++*ret_count;
		return *ret_count > 0;
	}
	return false;
}

static void note(struct host_names *names, const char *name, const struct address *addresses, size_t count)
{
	char text[ADDRESS_TEXT];

	buffer_text(&names->text, name);
	for (size_t i = 0; i < count; i++) {
		buffer_u8(&names->text, ' ');
		buffer_text(&names->text, address_text(&addresses[i], text));
	}
	buffer_u8(&names->text, '\n');
}

static bool find(struct host_names *names, struct arena *arena, const char *name,
		 struct address **ret_addresses, size_t *ret_count, struct error *err)
{
	if (names->from == NAMES_RECORDED && find_recorded(names, arena, name, ret_addresses, ret_count))
		return true;
	if (ask_resolver(arena, name, ret_addresses, ret_count, err))
		return true;
	if (names->from != NAMES_KEPT || !find_recorded(names, arena, name, ret_addresses, ret_count))
		return false;
	buffer_format(&names->stale, "%s: %s\n", name, err->text);
	return true;
}

static bool look_up(void *context, struct arena *arena, const char *name, struct address **ret_addresses,
		    size_t *ret_count, struct error *err)
{
	struct host_names *const names = context;

	if (!find(names, arena, name, ret_addresses, ret_count, err))
		return false;
	note(names, name, *ret_addresses, *ret_count);
	return !names->text.failed || error_memory(err);
}

void host_names_begin(struct host_names *names, enum host_names_from from, const struct state *state)
{
	const struct entry *const in_force = state_in_force(state);

	*names = (struct host_names){ .lookup = { look_up, names },
				      .from = from,
				      .text = buffer_new(TEXT_LIMIT),
				      .stale = buffer_new(TEXT_LIMIT) };
	if (in_force == NULL ||
	    !state_text_read(state, in_force->number, "names", &names->recorded, NULL, NULL))
		names->recorded = span_of(NULL, 0);
}

void host_names_free(struct host_names *names)
{
	buffer_free(&names->text);
	buffer_free(&names->stale);
}

/* ---- for who changes nothing ---- */

struct reading {
	struct arena *arena;
	const char *folder;
	bool begun;
	struct host_names names;
};

/* The state is read when a name is met, and not before: few policies have any. */
static bool look_up_reading(void *context, struct arena *arena, const char *name,
			    struct address **ret_addresses, size_t *ret_count, struct error *err)
{
	struct reading *const reading = context;
	struct state state;

	if (!reading->begun) {
		(void)state_read(&state, reading->arena, reading->folder, err);
		host_names_begin(&reading->names, NAMES_RECORDED, &state);
		reading->begun = true;
	}
	return find(&reading->names, arena, name, ret_addresses, ret_count, err);
}

const struct host_lookup *host_names_lookup(struct arena *arena, const char *folder)
{
	struct reading *const reading = arena_alloc(arena, sizeof(*reading));
	struct host_lookup *const lookup = arena_alloc(arena, sizeof(*lookup));

	if (reading == NULL || lookup == NULL)
		return NULL;
	*reading = (struct reading){ .arena = arena, .folder = folder != NULL ? folder : STATE_FOLDER };
	*lookup = (struct host_lookup){ look_up_reading, reading };
	return lookup;
}
