#include "cmd/scan_look.h"
#include "base/clock.h"
#include "cmd/ending.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
	QUEUE_MOST = 2048, /* doors over UDP that wait to be asked */
	PROGRESS_MS = 250,
	DATAGRAM_PASSES = 2,
};

/* ---- results ---- */

static void count_weaknesses(struct scan *scan, const struct answer *answer)
{
	scan->view.weaknesses += answer->weakness_count;
}

/* Over UDP a door is open when it has answered, and only then. */
static bool is_open(const struct scan *scan, const struct knock_result *result)
{
	return scan->view.transport == TRANSPORT_TCP || result->outcome == KNOCK_IDENTIFIED ||
	       result->outcome == KNOCK_UNKNOWN;
}

/* What somebody on the way refuses is filtered. Whoever was silent may be asked again. */
static void count_datagram_door(struct scan *scan, const struct knock_door *door,
				const struct knock_result *result)
{
	uint32_t host, port;

	if (is_open(scan, result)) {
		scan->view.open++;
	} else {
		keeper_take_back(&scan->keeper, door->tag);
		scan->view.closed += result->outcome == KNOCK_REFUSED;
		scan->view.filtered += result->outcome == KNOCK_UNREACHED;
		if (result->outcome == KNOCK_REFUSED)
			judge_refused(&scan->judge, door);
		else if (result->outcome != KNOCK_UNREACHED)
			return;
	}
	if (targets_find(scan->looked_at, &door->address, &host) &&
	    ports_find(&scan->ports, door->port, &port)) {
		const uint64_t number = (uint64_t)host * scan->ports.count + port;

		scan->answered[number / 8] |= (uint8_t)(1u << number % 8);
	}
}

void scan_hear_service(void *context, const struct knock_door *door, const struct knock_result *result)
{
	struct scan *const scan = context;
	struct service_view view = { door, result, scan->targets.count > 1, NULL };

	if (scan->view.transport == TRANSPORT_UDP)
		count_datagram_door(scan, door, result);
	if (!is_open(scan, result))
		return;
	scan->view.identified += result->outcome == KNOCK_IDENTIFIED;
	count_weaknesses(scan, &result->tls);
	count_weaknesses(scan, &result->answer);
	view.audit = judge_door(&scan->judge, door, result);
	scan_clear_progress(scan);
	for (size_t i = 0; i < scan->out_count; i++)
		scan->outs[i].format->service(&scan->outs[i], &view);
}

/* False without memory. */
static bool ask_what_it_speaks(struct scan *scan, uint64_t number, bool no_printer)
{
	struct knock_door door = { .transport = (uint16_t)scan->view.transport, .no_printer = no_printer };

	reach_nth(scan->looked_at, &scan->ports, number, &door.address, &door.interface, &door.port);
	door.tag = keeper_add(&scan->keeper, number);
	return knocking_add(scan->knocking, &door);
}

/* A door that is open, and is not asked anything. */
static void tell_open(struct scan *scan, const struct reach_door *found)
{
	const struct knock_result result = { .outcome = KNOCK_NOT_ASKED,
					     .problem = "open; nobody asked (--no-knock)" };
	const struct knock_door door = { .address = found->address,
					 .interface = found->interface,
					 .transport = TRANSPORT_TCP,
					 .port = found->port };

	(void)keeper_add(&scan->keeper, found->number);
	scan_hear_service(scan, &door, &result);
}

void scan_hear_door(void *context, const struct reach_door *found)
{
	struct scan *const scan = context;

	if (found->state != REACH_OPEN)
		return;
	if (scan->no_knock)
		tell_open(scan, found);
	else if (!scan_printers_note(&scan->printers, &scan->ports, found->number))
		(void)ask_what_it_speaks(scan, found->number, false);
}

/* All doors were looked at, so that it is known who has printers. */
static void ask_those_that_waited(struct scan *scan)
{
	uint64_t number;
	bool no_printer;

	while (scan_printers_next(&scan->printers, &scan->ports, &number, &no_printer))
		(void)ask_what_it_speaks(scan, number, no_printer);
}

/* ---- going on ---- */

static bool all_have_answered(const struct scan *scan)
{
	return scan->view.open + scan->view.closed + scan->view.filtered >= scan->doors;
}

/* All doors of all hosts over UDP, a queue at a time; then those without an answer once more. */
static void add_datagram_doors(struct scan *scan)
{
	while (scan->next < scan->doors && knocking_left(scan->knocking) < QUEUE_MOST) {
		const bool known = (scan->answered[scan->next / 8] >> scan->next % 8 & 1) != 0;

		if (!known && !ask_what_it_speaks(scan, scan->next, false))
			return;
		scan->next++;
	}
	if (scan->next == scan->doors && knocking_left(scan->knocking) == 0 && !all_have_answered(scan) &&
	    scan->view.passes < DATAGRAM_PASSES) {
		scan->view.passes++;
		scan->next = 0;
	}
}

/* Writes where the scan stands. */
static void keep_place(struct scan *scan)
{
	struct resume now = { .next = scan->next, .alive = scan->alive };

	if (scan->reach != NULL)
		now.reach = reach_place(scan->reach);
	if (scan->view.transport == TRANSPORT_UDP) {
		now.closed = scan->view.closed;
		now.filtered = scan->view.filtered;
		now.reach.bits = span_of(scan->answered, scan->doors / 8 + 1);
		now.reach.pass = scan->view.passes;
		now.refused = span_of(scan->judge.refused, sizeof(scan->judge.refused));
	}
	scan->in_trouble = !keeper_write(&scan->keeper, &now, &scan->trouble);
}

static bool take_datagram_place(struct scan *scan, const struct resume *from)
{
	const size_t length = scan->doors / 8 + 1;

	if (span_left(from->refused) != sizeof(scan->judge.refused) ||
	    span_left(from->reach.bits) != length || from->reach.pass > DATAGRAM_PASSES)
		return false;
	memcpy(scan->judge.refused, from->refused.at, sizeof(scan->judge.refused));
	memcpy(scan->answered, from->reach.bits.at, length);
	scan->view.passes = from->reach.pass;
	return true;
}

/* A door that was found before. */
static bool take_door(struct scan *scan, uint64_t number)
{
	struct reach_door found = { .state = REACH_OPEN, .number = number };

	if (!scan->no_knock)
		return ask_what_it_speaks(scan, number, false);
	reach_nth(scan->looked_at, &scan->ports, number, &found.address, &found.interface, &found.port);
	tell_open(scan, &found);
	return true;
}

/* Goes on where an interrupted scan stood. */
bool scan_take_place(struct scan *scan, struct error *err)
{
	const struct resume *const from = &scan->keeper.from;
	const size_t found = span_left(from->found) / sizeof(uint32_t);
	bool good = scan->reach == NULL || reach_go_on(scan->reach, &from->reach);

	good = good && from->next <= scan->doors;
	if (scan->view.transport == TRANSPORT_UDP && good)
		good = take_datagram_place(scan, from);
	scan->next = from->next;
	scan->view.closed = from->closed;
	scan->view.filtered = from->filtered;
	for (size_t i = 0; i < found && good; i++)
		good = resume_found(from, i) < scan->doors && take_door(scan, resume_found(from, i));
	return good || error_set(err, "%s: this is no scan that was interrupted", scan->keeper.path);
}

static bool is_looking(const struct scan *scan)
{
	if (scan->reach != NULL)
		return !reach_ended(scan->reach);
	return scan->next < scan->doors || (scan->doors > 0 && scan->view.transport == TRANSPORT_UDP &&
					    scan->view.passes < DATAGRAM_PASSES && !all_have_answered(scan));
}

void scan_clear_progress(const struct scan *scan)
{
	if (scan->shown_ms > 0)
		fputs("\r\033[K", stderr);
}

bool scan_is_over(const struct scan *scan)
{
	return ending_asked() || scan->in_trouble || clock_monotonic_ms() >= scan->end_ms;
}

/* Of what is looked for: doors, or hosts. */
void scan_show_progress(struct scan *scan, const struct reach *reach, const char *what)
{
	const int64_t now = clock_monotonic_ms();
	const struct reach_counts counts = reach != NULL ? reach_counts(reach) : (struct reach_counts){ 0 };
	const uint64_t all = reach != NULL ? counts.doors : scan->doors;
	const uint64_t done = reach != NULL ? counts.doors - counts.left : scan->next;

	if (!scan->is_watched || all == 0 || now - scan->shown_ms < PROGRESS_MS)
		return;
	scan->shown_ms = now;
	fprintf(stderr, "\r\033[Klooking: %3u%% of %llu %s, pass %u", (unsigned)(done * 100 / all),
		(unsigned long long)all, what, reach != NULL ? counts.pass : 1);
	if (reach != NULL && counts.left > 0 && counts.pace > 0)
		fprintf(stderr, ", %.0f s left", (double)counts.left / counts.pace);
	if (scan->knocking != NULL)
		fprintf(stderr, "; asking %zu", knocking_left(scan->knocking));
}

static void wait_for_either(const struct scan *scan)
{
	struct pollfd ready[2] = { { .fd = knocking_descriptor(scan->knocking), .events = POLLIN } };
	const bool looking = scan->reach != NULL && is_looking(scan);

	if (looking)
		ready[1] = (struct pollfd){ .fd = reach_descriptor(scan->reach), .events = POLLIN };
	(void)poll(ready, looking ? 2 : 1, looking ? 1 : SCAN_WAIT_MS);
}

void scan_go_on(struct scan *scan)
{
	while (!scan_is_over(scan) && (is_looking(scan) || knocking_left(scan->knocking) > 0)) {
		if (scan->reach != NULL)
			reach_turn(scan->reach, 0);
		else
			add_datagram_doors(scan);
		if (!is_looking(scan))
			ask_those_that_waited(scan);
		knocking_turn(scan->knocking, 0);
		scan_show_progress(scan, scan->reach, "doors");
		if (keeper_is_due(&scan->keeper))
			keep_place(scan);
		wait_for_either(scan);
	}
	scan_clear_progress(scan);
	scan->view.incomplete = scan->view.incomplete || is_looking(scan) ||
				knocking_left(scan->knocking) > 0;
	if (!scan->view.incomplete)
		keeper_done(&scan->keeper);
	else if (scan->keeper.path != NULL && !scan->in_trouble)
		keep_place(scan);
}
