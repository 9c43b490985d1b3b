#include "scan/reach.h"

#include "base/clock.h"
#include "scan/sender.h"
#include "scan/shuffle.h"

#include <poll.h>
#include <stdlib.h>

enum {
	PACE_FIRST = 10000, /* a second */
	PACE_LEAST = 500,
	PACE_MOST = 1000000,
	BURST = 64,         /* sent between two looks at what has come */
	TURN_MS = 4,        /* one turn asks no longer than this: others want to hear what has come to them */
	BUDGET_MS = 10,     /* what was not sent in time is not caught up with for longer than this */
	WINDOW_MS = 20,     /* of time over which answers are held against what was sent; more on long ways */
	WINDOW_LEAST = 256, /* doors that a window has to have asked */
	PATIENCE_LEAST_MS = 100,
	PATIENCE_MOST_MS = 1200,
	PATIENCE_MS = 300,       /* while nothing is known of the way */
	HOSTS_PATIENCE_MS = 400, /* who is just waking up, or settles his addresses, needs some time */
	SAMPLE_EVERY = 16,
	BARREN_LOSSY = 4,
};
enum { DOORS_MOST = 0x7fffffff };

/* How long an answer takes is measured with one door at a time. */
struct sample {
	bool pending;
	uint64_t door;
	int64_t sent_us;
	int64_t rtt_us; /* the longest of late; 0 while none is known */
};

/* How many of those that were asked answer, over a stretch of time. */
struct window {
	int64_t begun_us;
	uint64_t asked, heard;
	double best; /* the best share so far, which slowly fades */
};

struct reach {
	struct reach_options options;
	struct sender *sender; /* owned */
	bool raw, ended;
	uint8_t *answered; /* owned: a bit for each door */
	struct shuffle order;
	uint64_t at; /* of the pass: the next position */
	uint64_t new_in_pass;
	unsigned barren;   /* passes in a row that brought nothing new */
	bool lossy;        /* something answered that had not before */
	int64_t budget_us; /* the moment from which what may be sent is counted */
	int64_t last_sent_us;
	struct sample sample;
	struct window window;
	struct reach_counts counts;
};

/* ---- answers ---- */

static bool number_of(const struct reach *reach, const struct reach_door *door, uint64_t *ret_number)
{
	uint32_t address, port;

	if (!targets_find(reach->options.targets, &door->address, &address) ||
	    !ports_find(reach->options.ports, door->port, &port))
		return false;
	*ret_number = (uint64_t)address * reach->options.ports->count + port;
	return true;
}

static void note_rtt(struct sample *sample, uint64_t number)
{
	int64_t rtt;

	if (!sample->pending || sample->door != number)
		return;
	sample->pending = false;
	rtt = clock_monotonic_us() - sample->sent_us;
	sample->rtt_us = rtt > sample->rtt_us ? rtt : (7 * sample->rtt_us + rtt) / 8;
}

static void heard(void *context, const struct reach_door *answer)
{
	struct reach *const reach = context;
	struct reach_door door = *answer;
	uint64_t number;

	if (!number_of(reach, answer, &number) || (reach->answered[number / 8] >> number % 8 & 1) != 0)
		return;
	reach->answered[number / 8] |= (uint8_t)(1u << number % 8);
	reach->new_in_pass++;
	reach->window.heard++;
	reach->counts.answered[door.state]++;
	reach->counts.late += reach->counts.pass > 1;
	note_rtt(&reach->sample, number);
	door.passes = reach->counts.pass;
	door.number = number;
	targets_nth(reach->options.targets, (uint32_t)(number / reach->options.ports->count), &door.address,
		    &door.interface);
	reach->options.answered(reach->options.context, &door);
}

/* ---- pace ---- */

static void bound_pace(struct reach *reach)
{
	const double most = reach->options.rate > 0 ? reach->options.rate : PACE_MOST;

	if (reach->counts.pace < PACE_LEAST)
		reach->counts.pace = PACE_LEAST;
	if (reach->counts.pace > most)
		reach->counts.pace = most;
}

/* As the order is random, each stretch of time meets the same share of doors that answer, unless something is
 * lost. Where nobody answers nothing is learned, and the pace stays. */
static void adapt(struct reach *reach, int64_t now)
{
	struct window *const window = &reach->window;
	const int64_t length = 4 * reach->sample.rtt_us > WINDOW_MS * 1000 ? 4 * reach->sample.rtt_us
									   : WINDOW_MS * 1000;
	double share;

	if (now - window->begun_us < length || window->asked < WINDOW_LEAST)
		return;
	share = (double)window->heard / (double)window->asked;
	if (window->heard > 0 && share >= 0.9 * window->best)
		reach->counts.pace *= 2;
	else if (window->heard > 0)
		reach->counts.pace *= 0.7;
	bound_pace(reach);
	window->best = share > window->best ? share : 0.98 * window->best;
	window->begun_us = now;
	window->asked = window->heard = 0;
}

/* How many may be sent now. */
static uint64_t allowance(struct reach *reach, int64_t now)
{
	if (now - reach->budget_us > BUDGET_MS * 1000)
		reach->budget_us = now - BUDGET_MS * 1000;
	return (uint64_t)((double)(now - reach->budget_us) * reach->counts.pace / 1e6);
}

/* ---- asking ---- */

static void note_sent(struct reach *reach, uint64_t number)
{
	reach->counts.asked++;
	reach->window.asked++;
	reach->budget_us += (int64_t)(1e6 / reach->counts.pace);
	reach->last_sent_us = clock_monotonic_us();
	if (reach->counts.asked % SAMPLE_EVERY == 0 &&
	    (!reach->sample.pending ||
	     reach->last_sent_us - reach->sample.sent_us > PATIENCE_MOST_MS * 1000LL)) {
		reach->sample.pending = true;
		reach->sample.door = number;
		reach->sample.sent_us = reach->last_sent_us;
	}
}

/* Asks the next door that has not answered. False if it cannot be asked now. */
static bool ask_next(struct reach *reach)
{
	const uint64_t number = shuffle_nth(&reach->order, reach->at);
	struct address address;
	uint32_t interface;

	if ((reach->answered[number / 8] >> number % 8 & 1) == 0) {
		targets_nth(reach->options.targets, (uint32_t)(number / reach->options.ports->count),
			    &address, &interface);
		if (!reach->sender->ask(reach->sender, &address, interface,
					ports_nth(reach->options.ports,
						  (uint32_t)(number % reach->options.ports->count))))
			return false;
		note_sent(reach, number);
	}
	reach->at++;
	return true;
}

/* Between bursts it is heard what has come, so that the kernel's room for it is not passed. */
static void ask_some(struct reach *reach)
{
	const int64_t now = clock_monotonic_us();
	uint64_t left = allowance(reach, now);

	adapt(reach, now);
	while (left > 0 && reach->at < reach->order.count) {
		const uint64_t before = reach->counts.asked;
		bool room = true;

		while (room && reach->counts.asked - before < BURST && reach->counts.asked - before < left &&
		       reach->at < reach->order.count)
			room = ask_next(reach);
		left -= reach->counts.asked - before;
		reach->sender->hear(reach->sender);
		if (!room || clock_monotonic_us() - now > TURN_MS * 1000)
			break;
	}
}

/* ---- passes ---- */

static int64_t patience_us(const struct reach *reach)
{
	const int64_t rtts = 4 * reach->sample.rtt_us;

	if (reach->options.hosts)
		return HOSTS_PATIENCE_MS * 1000;
	if (reach->sample.rtt_us == 0)
		return PATIENCE_MS * 1000;
	return rtts < PATIENCE_LEAST_MS * 1000LL  ? PATIENCE_LEAST_MS * 1000
	       : rtts > PATIENCE_MOST_MS * 1000LL ? PATIENCE_MOST_MS * 1000
						  : rtts;
}

static uint64_t answers(const struct reach *reach)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REACH_STATES; i++)
		sum += reach->counts.answered[i];
	return sum;
}

/* A pass that brought nothing new is the last one, but for the first ones: a single door behind a filter that
 * drops all others could be lost twice. Where something was lost before, several must bring nothing: the last
 * doors that are left are as easily lost again as others. */
static void end_pass(struct reach *reach)
{
	const unsigned pass = reach->counts.pass;

	reach->lossy = reach->lossy || (pass > 1 && reach->new_in_pass > 0);
	reach->barren = reach->new_in_pass > 0 ? 0 : reach->barren + 1;
	reach->ended = answers(reach) == reach->order.count || pass >= REACH_PASSES_MOST ||
		       (pass >= REACH_PASSES_LEAST && reach->barren >= (reach->lossy ? BARREN_LOSSY : 1u));
	if (reach->ended)
		return;
	reach->counts.pass++;
	reach->new_in_pass = 0;
	reach->at = 0;
	reach->window = (struct window){ .begun_us = clock_monotonic_us() };
}

static bool pass_is_over(const struct reach *reach, int64_t now)
{
	return reach->at == reach->order.count &&
	       (answers(reach) == reach->order.count || now - reach->last_sent_us >= patience_us(reach));
}

static int time_to_wait(const struct reach *reach, int64_t now, int wait_ms)
{
	int64_t us;

	if (reach->at < reach->order.count)
		us = reach->budget_us + (int64_t)(1e6 / reach->counts.pace) - now;
	else
		us = reach->last_sent_us + patience_us(reach) - now;
	us = us < 0 ? 0 : us;
	return us / 1000 < wait_ms ? (int)(us / 1000) : wait_ms;
}

void reach_turn(struct reach *reach, int wait_ms)
{
	struct pollfd ready = { .fd = reach->sender->descriptor, .events = POLLIN };
	int64_t now;

	if (reach->ended)
		return;
	ask_some(reach);
	now = clock_monotonic_us();
	if (pass_is_over(reach, now)) {
		end_pass(reach);
		return;
	}
	(void)poll(&ready, 1, time_to_wait(reach, now, wait_ms));
	reach->sender->hear(reach->sender);
}

/* ---- beginning and end ---- */

static struct sender *make_sender(struct reach *reach, struct error *err)
{
	struct sender *sender = NULL;

	if (reach->options.hosts) {
		sender = sender_hosts(reach->options.seed, reach->options.connect, heard, reach, err);
		reach->raw = sender != NULL;
		return sender;
	}
	if (!reach->options.connect)
		sender = sender_raw(reach->options.seed, heard, reach, err);
	reach->raw = sender != NULL;
	return sender != NULL ? sender : sender_connecting(heard, reach, err);
}

struct reach *reach_new(const struct reach_options *options, struct error *err)
{
	const uint64_t doors = (uint64_t)options->targets->count * options->ports->count;
	struct reach *reach;

	if (doors == 0 || doors > DOORS_MOST) {
		error_set(err,
			  doors == 0 ? "there is nothing to ask"
				     : "more than %d doors are not asked in one go",
			  DOORS_MOST);
		return NULL;
	}
	reach = calloc(1, sizeof(*reach));
	if (reach == NULL) {
		error_memory(err);
		return NULL;
	}
	reach->options = *options;
	reach->order = shuffle_of(doors, options->seed);
	reach->counts = (struct reach_counts){ .doors = doors, .pass = 1, .pace = PACE_FIRST };
	bound_pace(reach);
	reach->budget_us = reach->window.begun_us = clock_monotonic_us();
	reach->answered = calloc(doors / 8 + 1, 1);
	if (reach->answered == NULL)
		error_memory(err);
	else
		reach->sender = make_sender(reach, err);
	if (reach->sender != NULL)
		return reach;
	reach_free(reach);
	return NULL;
}

void reach_free(struct reach *reach)
{
	if (reach == NULL)
		return;
	if (reach->sender != NULL)
		reach->sender->free(reach->sender);
	free(reach->answered);
	free(reach);
}

bool reach_ended(const struct reach *reach)
{
	return reach->ended;
}

int reach_descriptor(const struct reach *reach)
{
	return reach->sender->descriptor;
}

struct reach_counts reach_counts(const struct reach *reach)
{
	struct reach_counts counts = reach->counts;

	counts.left = reach->ended ? 0 : reach->order.count - reach->at;
	return counts;
}

bool reach_is_raw(const struct reach *reach)
{
	return reach->raw;
}

void reach_nth(const struct targets *targets, const struct ports *ports, uint64_t number,
	       struct address *ret_address, uint32_t *ret_interface, uint16_t *ret_port)
{
	targets_nth(targets, (uint32_t)(number / ports->count), ret_address, ret_interface);
	*ret_port = ports_nth(ports, (uint32_t)(number % ports->count));
}

/* ---- going on later ---- */

static size_t bits_length(const struct reach *reach)
{
	return (size_t)(reach->order.count / 8 + 1);
}

struct reach_place reach_place(const struct reach *reach)
{
	struct reach_place state = { .at = reach->at,
				     .new_in_pass = reach->new_in_pass,
				     .asked = reach->counts.asked,
				     .pass = reach->counts.pass,
				     .barren = reach->barren,
				     .lossy = reach->lossy,
				     .bits = span_of(reach->answered, bits_length(reach)) };

	memcpy(state.answered, reach->counts.answered, sizeof(state.answered));
	return state;
}

bool reach_go_on(struct reach *reach, const struct reach_place *state)
{
	if (span_left(state->bits) != bits_length(reach) || state->at > reach->order.count ||
	    state->pass == 0 || state->pass > REACH_PASSES_MOST)
		return false;
	memcpy(reach->answered, state->bits.at, bits_length(reach));
	memcpy(reach->counts.answered, state->answered, sizeof(state->answered));
	reach->counts.asked = state->asked;
	reach->counts.pass = state->pass;
	reach->at = state->at;
	reach->new_in_pass = state->new_in_pass;
	reach->barren = state->barren;
	reach->lossy = state->lossy;
	return true;
}

/* ---- hosts ---- */

static struct ports_range host_port = { .first = SENDER_HOST_PORT, .last = SENDER_HOST_PORT };
const struct ports reach_hosts = { .list = &host_port, .range_count = 1, .count = 1 };

const char *reach_known_text(enum reach_known known)
{
	static const char *const texts[] = {
		[KNOWN_BY_TCP] = "tcp", [KNOWN_BY_ECHO] = "echo", [KNOWN_BY_ARP] = "arp",
		[KNOWN_BY_ND] = "nd",   [KNOWN_AS_OWN] = "own",
	};

	return texts[known];
}
