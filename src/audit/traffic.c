/* Flows as they end, weaknesses and software as they are told, each added to the row of its door. */
#include "audit/traffic_rooms.h"
#include "base/hash.h"

#include <stdlib.h>

enum { USUAL_DOORS = 16384, TEXT_LIMIT = 1024 };

struct traffic *traffic_new(const struct traffic_options *options)
{
	struct traffic *const traffic = calloc(1, sizeof(*traffic));

	if (traffic == NULL)
		return NULL;
	traffic->options = *options;
	for (size_t kind = 0; kind < ROW_KINDS; kind++) {
		traffic->rows[kind].bound = options->doors > 0 ? options->doors : USUAL_DOORS;
		traffic->rows[kind].threshold = UINT64_MAX;
	}
	return traffic;
}

void traffic_free(struct traffic *traffic)
{
	if (traffic == NULL)
		return;
	for (size_t kind = 0; kind < ROW_KINDS; kind++)
		rows_free(&traffic->rows[kind]);
	free(traffic);
}

/* There are fewer protocols and transports than places. */
static struct traffic_protocol *protocol_row(struct traffic *traffic, const char *name, uint64_t hash)
{
	for (size_t i = 0; i < TRAFFIC_PROTOCOLS; i++) {
		struct traffic_protocol *const row = &traffic->protocols[(hash + i) % TRAFFIC_PROTOCOLS];

		if (row->name == NULL)
			row->name = name;
		if (row->name == name || strcmp(row->name, name) == 0)
			return row;
	}
	return &traffic->protocols[0];
}

static void count_totals(struct traffic *traffic, const struct flow *flow, const char *protocol,
			 uint64_t hash, bool passed)
{
	struct traffic_protocol *const row = protocol_row(traffic, protocol, hash);
	const uint64_t packets = flow->sides[0].packets + flow->sides[1].packets;
	const uint64_t bytes = flow->sides[0].bytes + flow->sides[1].bytes;

	if (traffic->flows == 0 || flow->first_ns < traffic->first_ns)
		traffic->first_ns = flow->first_ns;
	if (traffic->flows == 0 || flow->last_ns > traffic->last_ns)
		traffic->last_ns = flow->last_ns;
	row->flows++;
	row->packets += packets;
	row->bytes += bytes;
	traffic->flows++;
	traffic->packets += packets;
	traffic->bytes += bytes;
	traffic->unanswered += !passed;
}

static bool was_refused(const struct flow *flow)
{
	return flow->icmp_error != 0 ||
	       (flow->transport == TRANSPORT_TCP && (flow->sides[1].seen & SEEN_RST) != 0);
}

static void add_flow(struct row *row, const struct flow *flow, const char *protocol, bool passed)
{
	const char *const turned = flow_turned_into(flow);
	const bool refused = !passed && was_refused(flow);

	if (row->flows == 0 || flow->first_ns < row->first_ns)
		row->first_ns = flow->first_ns;
	if (row->flows == 0 || flow->last_ns > row->last_ns)
		row->last_ns = flow->last_ns;
	row->protocol = protocol;
	row->cast = flow->cast;
	row->flows++;
	row->packets += flow->sides[0].packets + flow->sides[1].packets;
	row->bytes[0] += flow->sides[0].bytes;
	row->bytes[1] += flow->sides[1].bytes;
	row->refused += refused;
	row->unanswered += !passed && !refused;
	row->one_sided += flow->transport == TRANSPORT_TCP && passed &&
			  (flow->sides[0].packets == 0 || flow->sides[1].packets == 0);
	row->expected += flow->identified == IDENTIFIED_EXPECTED;
	row->tunnelled += flow->tunnel != TUNNEL_NONE;
	row->parse_errors += flow->stopped == STOP_DAMAGED;
	row->turned += turned != NULL;
	/* Of several the first by name, so that the order of flows does not matter. */
	if (turned != NULL && (row->turned_into == NULL || strcmp(turned, row->turned_into) < 0))
		row->turned_into = turned;
}

static struct row_key key_of(const struct flow *flow, uint64_t word)
{
	return (struct row_key){
		.server = flow->ends[1],
		.word = word,
		.port = flow_door_number(flow),
		.transport = flow->transport,
	};
}

static void count_judged(struct traffic *traffic, const struct row_key *key)
{
	traffic->judged += key->judged != JUDGED_NOT;
	traffic->allowed += key->judged == JUDGED_ALLOWED;
	traffic->kept_out += key->judged == JUDGED_KEPT_OUT;
}

/* A finding about what the host calls is about whom it calls; about who calls, when it is called. */
static void add_party(struct traffic *traffic, enum row_kind kind, struct row *row, const struct flow *flow)
{
	if (!traffic->options.only_totals && !parties_add(&row->parties, &flow->ends[0]))
		traffic->rows[kind].no_memory = true;
}

void traffic_flow(struct traffic *traffic, const struct flow *flow)
{
	const char *const protocol = flow_app_proto(flow);
	const uint64_t hash = hash_bytes(protocol, strlen(protocol));
	const bool passed = flow_passed(flow);
	struct row_key key = key_of(flow, hash);
	enum row_kind kind = passed ? ROW_ANSWERED : ROW_UNANSWERED;
	struct row *row;

	judge_flow(traffic, flow, protocol, &key);
	count_totals(traffic, flow, protocol, hash, passed);
	count_judged(traffic, &key);
	if (key.judged == JUDGED_PROTOCOL || key.judged == JUDGED_DENIED)
		kind = ROW_FINDING;
	else
		key.judged = key.direction = 0, key.rule = 0; /* one row, whichever rule allows */
	row = rows_touch(&traffic->rows[kind], &key);
	if (row == NULL)
		return;
	add_flow(row, flow, protocol, passed);
	add_party(traffic, kind, row, flow);
}

/* Beside the flows: the first telling is kept, the others are counted. */
static void add_told(struct traffic *traffic, enum row_kind kind, const struct flow *flow, struct span word,
		     struct span text, const struct weakness *weakness, int64_t time_ns, uint64_t frame)
{
	const struct row_key key = key_of(flow, hash_bytes(word.at, span_left(word)));
	struct row *const row = rows_touch(&traffic->rows[kind], &key);

	if (row == NULL)
		return;
	if (row->text == NULL || frame < row->frame) {
		char *const kept = strndup((const char *)text.at,
					   span_left(text) < TEXT_LIMIT ? span_left(text) : TEXT_LIMIT);

		if (kept == NULL) {
			traffic->rows[kind].no_memory = true;
			return;
		}
		free(row->text);
		row->text = kept;
		row->frame = frame;
	}
	if (row->flows == 0 || time_ns < row->first_ns)
		row->first_ns = time_ns;
	if (row->flows == 0 || time_ns > row->last_ns)
		row->last_ns = time_ns;
	row->weakness = weakness;
	row->flows++;
	add_party(traffic, kind, row, flow);
}

void traffic_weakness(struct traffic *traffic, const struct flow *flow, const struct weakness *weakness,
		      const char *evidence, int64_t time_ns, uint64_t frame)
{
	add_told(traffic, ROW_WEAKNESS, flow, span_text(weakness->id), span_text(evidence), weakness, time_ns,
		 frame);
}

void traffic_software(struct traffic *traffic, const struct flow *flow, enum side side, struct span product,
		      struct span version)
{
	char words[TRAFFIC_SOFTWARE], *end = words;

	if (side != SIDE_SERVER || span_left(product) == 0)
		return;
	end += strlen(span_copy_text(product, words, TRAFFIC_SOFTWARE / 2));
	end[0] = ' ';
	if (*span_copy_text(version, end + 1, TRAFFIC_SOFTWARE / 2 - 2) == '\0')
		end[0] = '\0';
	add_told(traffic, ROW_SOFTWARE, flow, span_text(words), span_text(words), NULL, flow->last_ns,
		 flow->first_frame);
}

static void merge_row(struct rows *rows, const struct row *from)
{
	struct row *const row = rows_touch(rows, &from->key);

	if (row != NULL && !row_merge(row, from))
		rows->no_memory = true;
}

void traffic_merge(struct traffic *into, const struct traffic *from)
{
	for (size_t kind = 0; kind < ROW_KINDS; kind++) {
		for (size_t i = 0; i < from->rows[kind].count; i++)
			merge_row(&into->rows[kind], &from->rows[kind].list[i]);
		into->rows[kind].no_memory |= from->rows[kind].no_memory;
	}
	for (size_t i = 0; i < TRAFFIC_PROTOCOLS; i++) {
		const struct traffic_protocol *const other = &from->protocols[i];
		struct traffic_protocol *row;

		if (other->name == NULL)
			continue;
		row = protocol_row(into, other->name, hash_bytes(other->name, strlen(other->name)));
		row->flows += other->flows;
		row->packets += other->packets;
		row->bytes += other->bytes;
	}
	if (from->flows > 0 && (into->flows == 0 || from->first_ns < into->first_ns))
		into->first_ns = from->first_ns;
	if (from->flows > 0 && (into->flows == 0 || from->last_ns > into->last_ns))
		into->last_ns = from->last_ns;
	into->flows += from->flows;
	into->packets += from->packets;
	into->bytes += from->bytes;
	into->unanswered += from->unanswered;
	into->judged += from->judged;
	into->allowed += from->allowed;
	into->kept_out += from->kept_out;
}
