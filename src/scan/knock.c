#include "scan/again.h"
#include "scan/door.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DOOR_MS = 5000, /* a silent door hears every opening that there is */
	AT_ONCE = 4096,
	PER_DOOR = 160,
	DOOR_SHARE = 4, /* conversations that a door wants side by side, and a quarter of a host's places */
	TRIED_AT_ONCE = 64,
	PATIENCE_LEAST = 20,
	CROWD = 256,
	QUEUE_LEAST = 64,
	AGAIN_AT_ONCE = 16,    /* doors */
	AGAIN_LEAST_MS = 1000, /* left of a door's time: less is not worth it */
	TURN_MS = 1000,
};

/* Doors that act on whatever bytes they get, or keep them: the wrong words there do harm, and asking them is
 * not worth it. Other servers refuse what they do not understand.
 *
 * Printers print: 9100 to 9107 take raw pages, 515 is LPD. Controllers in machines and buildings have been
 * seen to stop on words of other protocols: 1962 and 20547 (PLC engineering), 9600 (FINS), 18245 (SRTP),
 * 20000 (DNP3), 34962 to 34964 (PROFINET), 2222 over UDP (inputs and outputs of EtherNet/IP). Metrics are
 * kept under whatever name they have: 2003 and 2004 (Graphite), 8125 (StatsD), 25826 (collectd). */
static const struct catalog_door forbidden[] = {
	{ TRANSPORT_TCP, 515, 515 },     { TRANSPORT_TCP, 1962, 1962 },   { TRANSPORT_TCP, 2003, 2004 },
	{ TRANSPORT_TCP, 8125, 8125 },   { TRANSPORT_TCP, 9100, 9107 },   { TRANSPORT_TCP, 9600, 9600 },
	{ TRANSPORT_TCP, 18245, 18245 }, { TRANSPORT_TCP, 20000, 20000 }, { TRANSPORT_TCP, 20547, 20547 },
	{ TRANSPORT_TCP, 34962, 34964 }, { TRANSPORT_UDP, 502, 502 },     { TRANSPORT_UDP, 515, 515 },
	{ TRANSPORT_UDP, 2003, 2004 },   { TRANSPORT_UDP, 2222, 2222 },   { TRANSPORT_UDP, 8125, 8125 },
	{ TRANSPORT_UDP, 9600, 9600 },   { TRANSPORT_UDP, 18246, 18246 }, { TRANSPORT_UDP, 20000, 20000 },
	{ TRANSPORT_UDP, 25826, 25826 }, { TRANSPORT_UDP, 34962, 34964 },
};

/* Doors where the wrong words do harm, but the right ones none: nothing is said there but what is customary.
 * Controllers: 102 (S7), 502 (Modbus), 2404 (IEC 60870-5-104), 44818 (EtherNet/IP), 47808 and those behind it
 * (BACnet), which are asked who they are, and nothing of what they control. 512 is rexec, which takes any
 * words for a user's name. Of loggers, which write down what comes, 514 and 601 are syslog; rsh, which has
 * 514 over TCP as well, is spoken to where it has shown by closing that it is no logger. 162 takes SNMP
 * traps, and tells its number to whom it does not know. At 1704 and 1705 a server of Snapcast has been seen
 * to end on words of others, and one of iperf 2 at 5001 over UDP. 9101 to 9103 are Bacula's where there is no
 * printer. 4532 and 4533 are radios and aerials (Hamlib), where each letter is a command. */
static const struct catalog_door delicate[] = {
	{ TRANSPORT_TCP, 102, 102 },     { TRANSPORT_TCP, 502, 502 },     { TRANSPORT_TCP, 512, 512 },
	{ TRANSPORT_TCP, 514, 514 },     { TRANSPORT_TCP, 601, 601 },     { TRANSPORT_TCP, 1704, 1705 },
	{ TRANSPORT_TCP, 2404, 2404 },   { TRANSPORT_TCP, 9101, 9103 },   { TRANSPORT_UDP, 162, 162 },
	{ TRANSPORT_UDP, 514, 514 },     { TRANSPORT_TCP, 44818, 44818 }, { TRANSPORT_UDP, 44818, 44818 },
	{ TRANSPORT_UDP, 47808, 47823 }, { TRANSPORT_UDP, 5001, 5001 },   { TRANSPORT_TCP, 4532, 4533 },
};

static bool is_among(const struct catalog_door *doors, size_t count, uint16_t transport, uint16_t port)
{
	for (size_t i = 0; i < count; i++)
		if (doors[i].transport == transport && port >= doors[i].first && port <= doors[i].last)
			return true;
	return false;
}

bool knock_is_forbidden(uint16_t transport, uint16_t port)
{
	return is_among(forbidden, sizeof(forbidden) / sizeof(*forbidden), transport, port);
}

bool knock_is_delicate(uint16_t transport, uint16_t port)
{
	return is_among(delicate, sizeof(delicate) / sizeof(*delicate), transport, port);
}

static struct knock_limits limits_or_usual(const struct knock_limits *limits)
{
	struct knock_limits usual = limits != NULL ? *limits : (struct knock_limits){ 0 };

	usual.door_ms = usual.door_ms > 0 ? usual.door_ms : DOOR_MS;
	usual.at_once = usual.at_once > 0 ? usual.at_once : AT_ONCE;
	usual.per_host = usual.per_host > 0 ? usual.per_host : UINT_MAX;
	usual.per_door = usual.per_door > 0 ? usual.per_door : PER_DOOR;
	usual.doors = usual.doors > 0 ? usual.doors : UINT_MAX;
	return usual;
}

/* Doors that wait to be begun, in a ring. */
struct queue {
	struct knock_door *list; /* owned */
	size_t first, count, capacity;
};

struct knocking {
	struct engine engine;
	struct queue queue;
	size_t begun; /* and not done with */
	struct again again;
	bool asks_again;
	knock_done *done;
	void *context;
};

static bool queue_grow(struct queue *queue)
{
	const size_t capacity = queue->capacity > 0 ? 2 * queue->capacity : QUEUE_LEAST;
	struct knock_door *const list = calloc(capacity, sizeof(*list));

	if (list == NULL)
		return false;
	for (size_t i = 0; i < queue->count; i++)
		list[i] = queue->list[(queue->first + i) % queue->capacity];
	free(queue->list);
	*queue = (struct queue){ .list = list, .count = queue->count, .capacity = capacity };
	return true;
}

static struct knock_door queue_take(struct queue *queue)
{
	const struct knock_door door = queue->list[queue->first];

	queue->first = (queue->first + 1) % queue->capacity;
	queue->count--;
	return door;
}

/* ---- doors as they are found ---- */

bool knocking_add(struct knocking *all, const struct knock_door *door)
{
	struct queue *const queue = &all->queue;

	if (queue->count == queue->capacity && !queue_grow(queue))
		return false;
	queue->list[(queue->first + queue->count++) % queue->capacity] = *door;
	return true;
}

size_t knocking_left(const struct knocking *all)
{
	return all->begun + all->queue.count + all->again.count;
}

int knocking_descriptor(const struct knocking *all)
{
	return all->engine.epoll;
}

/* With fewer places than the doors want, each opening is waited for as much less. */
static unsigned patience_for(const struct knocking *all)
{
	const size_t percent = all->begun > 0 ? (size_t)100 * all->engine.limits.at_once / all->begun : 100;

	return percent >= 100 ? 100 : percent > PATIENCE_LEAST ? (unsigned)percent : PATIENCE_LEAST;
}

static void hand_back(struct knocking *all, const struct knock_door *where, const struct knock_result *result)
{
	if (all->done != NULL)
		all->done(all->context, where, result);
}

/* A door for which there is no memory is handed back as one that was not reached. `lost`, which is kept, is
 * what was heard of it before, or NULL. */
static void begin_one(struct knocking *all, const struct knock_door *where, struct lost *lost)
{
	static const struct knock_result without_memory = { .outcome = KNOCK_UNREACHED,
							    .problem = "out of memory" };
	struct door *const door = door_new(&all->engine, where, lost);

	if (door == NULL) {
		hand_back(all, where, lost != NULL ? &lost->result : &without_memory);
		free(lost);
		return;
	}
	all->begun++;
	all->engine.hosts[engine_host(where)].doors++;
	door_begin(door);
}

/* Doors of a host with which enough is begun wait behind the others. */
static bool may_begin(const struct knocking *all, const struct knock_door *where)
{
	const unsigned most = all->engine.limits.per_host / DOOR_SHARE;

	return all->engine.hosts[engine_host(where)].doors < (most > 0 ? most : 1);
}

/* Those that were lost, when the others are done with. */
static void begin_again(struct knocking *all)
{
	if (all->again.count > 0 && all->begun == 0 && all->queue.count == 0)
		all->asks_again = true;
	while (all->asks_again && all->begun < AGAIN_AT_ONCE && all->again.count > 0) {
		struct lost *const lost = again_take(&all->again);

		begin_one(all, &lost->where, lost);
	}
	all->asks_again = all->asks_again && all->again.count > 0;
}

static void begin_doors(struct knocking *all)
{
	for (size_t tried = 0;
	     tried < TRIED_AT_ONCE && all->queue.count > 0 && all->begun < all->engine.limits.doors;) {
		const struct knock_door where = queue_take(&all->queue);

		if (may_begin(all, &where)) {
			begin_one(all, &where, NULL);
		} else {
			(void)knocking_add(all, &where); /* there is its own place */
			tried++;
		}
	}
	begin_again(all);
	all->engine.patience = patience_for(all);
	all->engine.crowded = all->begun > CROWD;
}

/* Over UDP whoever was silent is asked again anyway. */
static bool is_worth_more(const struct knocking *all, const struct door *door, int64_t spent_ms)
{
	return all->engine.limits.again && door->result.hurried && door->lost == NULL &&
	       door_is_stream(door) && all->done != NULL &&
	       all->engine.limits.door_ms - spent_ms >= AGAIN_LEAST_MS;
}

static void end_one(struct knocking *all, const struct door *door)
{
	const int64_t spent_ms = all->engine.now - door->begun_ms;

	if (is_worth_more(all, door, spent_ms) &&
	    again_add(&all->again, &door->where, &door->result, spent_ms))
		return;
	hand_back(all, &door->where,
		  door->lost != NULL ? again_better(&door->lost->result, &door->result) : &door->result);
}

static void end_doors(struct knocking *all)
{
	while (all->engine.done != NULL) {
		struct door *const door = all->engine.done;

		all->engine.done = door->next_done;
		door->listed = false;
		if (door->held_by > 0)
			continue;
		all->engine.hosts[engine_host(&door->where)].doors--;
		end_one(all, door);
		free(door->lost);
		free(door);
		all->begun--;
	}
}

struct knocking *knocking_new(const struct knock_limits *limits, knock_done *done, void *context,
			      struct error *err)
{
	struct knocking *const all = calloc(1, sizeof(*all));

	if (all == NULL) {
		error_memory(err);
		return NULL;
	}
	*all = (struct knocking){ .engine = { .epoll = -1, .limits = limits_or_usual(limits) },
				  .done = done,
				  .context = context };
	if (engine_open(&all->engine, err))
		return all;
	knocking_free(all);
	return NULL;
}

void knocking_free(struct knocking *all)
{
	if (all == NULL)
		return;
	all->done = NULL;
	engine_close(&all->engine);
	end_doors(all);
	again_free(&all->again);
	free(all->queue.list);
	free(all);
}

void knocking_turn(struct knocking *all, int wait_ms)
{
	begin_doors(all);
	end_doors(all); /* there are those to which nothing is said */
	engine_turn(&all->engine, wait_ms);
	end_doors(all);
}

/* ---- all at once ---- */

static void take_result(void *context, const struct knock_door *door, const struct knock_result *result)
{
	struct knock_result *const results = context;

	results[door->tag] = *result;
}

bool knock(const struct knock_door *doors, size_t count, const struct knock_limits *limits,
	   struct knock_result *results, struct error *err)
{
	struct knocking *const all = knocking_new(limits, take_result, results, err);
	bool done = all != NULL;

	memset(results, 0, count * sizeof(*results));
	for (size_t i = 0; i < count && done; i++) {
		struct knock_door door = doors[i];

		door.tag = i;
		done = knocking_add(all, &door) || error_memory(err);
	}
	while (done && knocking_left(all) > 0)
		knocking_turn(all, TURN_MS);
	knocking_free(all);
	return done;
}

const char *knock_outcome_text(enum knock_outcome outcome)
{
	static const char *const texts[] = {
		[KNOCK_NOT_ASKED] = "not-asked",   [KNOCK_IDENTIFIED] = "identified",
		[KNOCK_UNKNOWN] = "unknown",       [KNOCK_SILENT] = "silent",
		[KNOCK_REFUSED] = "refused",       [KNOCK_UNREACHED] = "unreached",
		[KNOCK_UNFINISHED] = "unfinished",
	};

	return texts[outcome];
}

const char *knock_spoken(const struct knock_result *result, char text[static 64])
{
	if (result->outcome != KNOCK_IDENTIFIED || result->protocol == NULL)
		return NULL;
	(void)snprintf(text, 64, "%s%s%s", result->protocol->name, result->inside_tls != NULL ? ":" : "",
		       result->inside_tls != NULL ? result->inside_tls->name : "");
	return text;
}
