/* The rows as doors. What nobody answered at a door where something else is spoken belongs to that door. */
#include "audit/traffic_rooms.h"
#include "protocols/protocols.h"

#include <stdlib.h>

/* The rows of some kinds, sorted by their keys. */
struct sorted {
	struct row **list;
	size_t count;
};

static int compare_places(const struct row_key *a, const struct row_key *b)
{
	const int server = address_compare(&a->server, &b->server);

	if (server != 0)
		return server;
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	return a->port < b->port ? -1 : a->port > b->port;
}

static int compare_rows(const void *first, const void *second)
{
	const struct row *const a = *(struct row *const *)first, *const b = *(struct row *const *)second;
	const int place = compare_places(&a->key, &b->key);

	if (place != 0)
		return place;
	if (a->protocol != NULL && b->protocol != NULL && strcmp(a->protocol, b->protocol) != 0)
		return strcmp(a->protocol, b->protocol);
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static bool sort_rows(const struct traffic *traffic, struct arena *arena, enum row_kind first,
		      enum row_kind last, struct sorted *ret_sorted)
{
	size_t total = 1;

	for (enum row_kind kind = first; kind <= last; kind++)
		total += traffic->rows[kind].count;
	*ret_sorted = (struct sorted){ .list = arena_array(arena, total, sizeof(struct row *)) };
	if (ret_sorted->list == NULL)
		return false;
	for (enum row_kind kind = first; kind <= last; kind++) {
		for (size_t i = 0; i < traffic->rows[kind].count; i++)
			ret_sorted->list[ret_sorted->count++] = &traffic->rows[kind].list[i];
	}
	qsort(ret_sorted->list, ret_sorted->count, sizeof(struct row *), compare_rows);
	return true;
}

static bool is_none(const char *protocol)
{
	return strcmp(protocol, "none") == 0;
}

/* One protocol at one place: rows that differ in what the policy said, or in whether somebody answered. */
static size_t same_protocol(const struct sorted *rows, size_t begin)
{
	size_t end = begin + 1;

	while (end < rows->count && compare_places(&rows->list[begin]->key, &rows->list[end]->key) == 0 &&
	       strcmp(rows->list[begin]->protocol, rows->list[end]->protocol) == 0)
		end++;
	return end;
}

/* The port is known for something else than what is spoken there. */
static const struct service *registered_for_other(const struct traffic_door *door)
{
	const struct service *service;

	if (door->expected > 0)
		return NULL;
	for (size_t n = 0; (service = catalog_service_at(door->transport, door->port, n)) != NULL; n++) {
		if (spoken_can_be(door->protocol, service))
			return NULL;
	}
	return catalog_service_at(door->transport, door->port, 0);
}

static bool is_clear_text(const struct traffic_door *door, const struct protocol *protocol)
{
	return door->turned < door->flows && door->cast == CAST_UNICAST &&
	       catalog_scope(&door->server) != SCOPE_HOST &&
	       (protocol->privacy == PRIVACY_CLEAR || protocol->clear_without_tls);
}

static void fill_door(struct traffic_door *door, const struct row *row)
{
	*door = (struct traffic_door){
		.server = row->key.server,
		.port = row->key.port,
		.transport = row->key.transport,
		.cast = row->cast,
		.protocol = row->protocol,
		.turned_into = row->turned_into,
		.parties = parties_count(&row->parties),
		.flows = row->flows,
		.packets = row->packets,
		.bytes_to_server = row->bytes[0],
		.bytes_to_client = row->bytes[1],
		.unanswered = row->unanswered,
		.refused = row->refused,
		.turned = row->turned,
		.expected = row->expected,
		.tunnelled = row->tunnelled,
		.parse_errors = row->parse_errors,
		.one_sided = row->one_sided,
		.first_ns = row->first_ns,
		.last_ns = row->last_ns,
	};
}

/* What its protocol says of it, where that is one of ours. */
static void describe_door(struct traffic_door *door)
{
	const struct protocol *const protocol = protocol_named(span_text(door->protocol));

	if (protocol == NULL)
		return;
	door->registered = registered_for_other(door);
	door->clear_text = is_clear_text(door, protocol);
}

static void describe_doors(struct traffic_summary *summary)
{
	for (size_t i = 0; i < summary->door_count; i++)
		describe_door(&summary->doors[i]);
}

static bool add_door(struct traffic_summary *summary, const struct sorted *rows, size_t begin, size_t end)
{
	struct row sum = { .key = rows->list[begin]->key };
	bool good = true;

	for (size_t i = begin; i < end && good; i++)
		good = row_merge(&sum, rows->list[i]);
	if (good && summary->doors != NULL)
		fill_door(&summary->doors[summary->door_count], &sum);
	summary->door_count += good;
	summary->left_out_flows -= sum.flows;
	summary->left_out_bytes -= sum.bytes[0] + sum.bytes[1];
	parties_free(&sum.parties);
	free(sum.text);
	return good;
}

/* Of the rows of one place, those without content join the one with the most flows, if there is one. */
static size_t join_silent(struct sorted *rows, size_t begin)
{
	size_t end = begin, silent = 0, busiest = begin;
	uint64_t most = 0;

	for (; end < rows->count && compare_places(&rows->list[begin]->key, &rows->list[end]->key) == 0;
	     end++) {
		const struct row *const row = rows->list[end];

		silent += is_none(row->protocol);
		if (!is_none(row->protocol) && row->flows > most) {
			most = row->flows;
			busiest = end;
		}
	}
	if (silent == 0 || most == 0)
		return end;
	for (size_t i = begin; i < end; i++) {
		if (is_none(rows->list[i]->protocol))
			rows->list[i]->protocol = rows->list[busiest]->protocol;
	}
	qsort(rows->list + begin, end - begin, sizeof(struct row *), compare_rows);
	return end;
}

/* All doors are counted; they are listed where there is a list. */
static bool make_doors(struct traffic_summary *summary, struct sorted *rows)
{
	for (size_t begin = 0; begin < rows->count;) {
		const size_t end = join_silent(rows, begin);

		while (begin < end) {
			const size_t next = same_protocol(rows, begin);

			if (!add_door(summary, rows, begin, next))
				return false;
			begin = next;
		}
	}
	return true;
}

static int compare_door(const struct traffic_door *door, const struct row *row)
{
	const struct row_key place = { .server = door->server,
				       .port = door->port,
				       .transport = door->transport };

	return compare_places(&place, &row->key);
}

static bool is_worse(const struct weakness *a, const struct weakness *b)
{
	return a->severity != b->severity ? a->severity < b->severity : strcmp(a->id, b->id) < 0;
}

/* The worst first; what is beyond the bound is among the findings. */
static void add_weakness(struct traffic_door *door, const struct weakness *weakness)
{
	size_t place = door->weakness_count;

	while (place > 0 && is_worse(weakness, door->weaknesses[place - 1]))
		place--;
	if (place == TRAFFIC_WEAKNESSES)
		return;
	if (door->weakness_count < TRAFFIC_WEAKNESSES)
		door->weakness_count++;
	memmove(&door->weaknesses[place + 1], &door->weaknesses[place],
		(door->weakness_count - 1 - place) * sizeof(struct weakness *));
	door->weaknesses[place] = weakness;
}

static void add_note(struct traffic_door *door, const struct row *row)
{
	if (row->weakness != NULL &&
	    parties_count(&row->parties).count < protocol_weakness_parties(row->weakness))
		return; /* nothing by itself */
	if (row->weakness != NULL)
		add_weakness(door, row->weakness);
	else if (door->software[0] == '\0')
		span_copy_text(span_text(row->text), door->software, sizeof(door->software));
	else
		door->software_more++;
}

/* Both are sorted by place; what was told goes to the first door of its place. */
static void add_notes(struct traffic_summary *summary, const struct sorted *notes)
{
	size_t door = 0;

	for (size_t i = 0; i < notes->count; i++) {
		while (door < summary->door_count && compare_door(&summary->doors[door], notes->list[i]) < 0)
			door++;
		if (door < summary->door_count && compare_door(&summary->doors[door], notes->list[i]) == 0)
			add_note(&summary->doors[door], notes->list[i]);
	}
}

static int compare_protocols(const void *first, const void *second)
{
	const struct traffic_protocol *const a = first, *const b = second;

	if (a->flows != b->flows)
		return a->flows > b->flows ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool list_protocols(struct traffic_summary *summary, const struct traffic *traffic,
			   struct arena *arena)
{
	summary->protocols = arena_array(arena, TRAFFIC_PROTOCOLS, sizeof(*summary->protocols));
	if (summary->protocols == NULL)
		return false;
	for (size_t i = 0; i < TRAFFIC_PROTOCOLS; i++) {
		if (traffic->protocols[i].name != NULL)
			summary->protocols[summary->protocol_count++] = traffic->protocols[i];
	}
	if (summary->protocol_count > 0)
		qsort(summary->protocols, summary->protocol_count, sizeof(*summary->protocols),
		      compare_protocols);
	return true;
}

/* With what has been told of them. */
static bool list_doors(struct traffic_summary *summary, const struct traffic *traffic, struct sorted *rows,
		       struct arena *arena)
{
	struct sorted notes;

	summary->doors = arena_array(arena, rows->count + 1, sizeof(*summary->doors));
	if (summary->doors == NULL || !sort_rows(traffic, arena, ROW_WEAKNESS, ROW_SOFTWARE, &notes) ||
	    !make_doors(summary, rows))
		return false;
	describe_doors(summary);
	add_notes(summary, &notes);
	return true;
}

struct traffic_summary *traffic_summary(struct traffic *traffic, struct arena *arena)
{
	struct traffic_summary *const summary = arena_alloc(arena, sizeof(*summary));
	struct sorted rows;

	if (summary == NULL)
		return NULL;
	for (size_t kind = 0; kind < ROW_KINDS; kind++)
		rows_settle(&traffic->rows[kind]);
	*summary = (struct traffic_summary){
		.flows = traffic->flows,
		.packets = traffic->packets,
		.bytes = traffic->bytes,
		.left_out_flows = traffic->flows,
		.left_out_bytes = traffic->bytes,
		.unanswered = traffic->unanswered,
		.first_ns = traffic->first_ns,
		.last_ns = traffic->last_ns,
		.judged = traffic->judged,
		.allowed = traffic->allowed,
		.kept_out = traffic->kept_out,
		.audit = traffic_audit(traffic, arena), /* before rows of silence lose their name */
	};
	if (summary->audit == NULL || !sort_rows(traffic, arena, ROW_FINDING, ROW_UNANSWERED, &rows) ||
	    !(traffic->options.only_totals ? make_doors(summary, &rows)
					   : list_doors(summary, traffic, &rows, arena)) ||
	    !list_protocols(summary, traffic, arena))
		return NULL;
	return summary;
}
