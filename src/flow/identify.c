/* identify.c: the registry as sets. For the first two bytes of a stream, and for each side, a set says who
 * can begin with them; it is computed from the recognisers themselves, since who says NO to a few bytes never
 * says YES to what begins with them. A datagram comes whole, and a single byte of it is no question: there
 * the marks of each protocol (protocols.h) tell for its length and for each octet at the first places who can
 * be meant, and who is in all of these sets is asked, those of the port first. */
#include "flow/identify.h"
#include "flow/marks.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	WORDS = IDENTIFY_MOST / 64,
	PORTS = 1 << 16,
	CONTINUING_MOST = 16,
	FRAMES_MOST = 16,
};

/* Protocols by their place in the registry. */
struct set {
	uint64_t words[WORDS];
};

static const struct protocol *protocols[IDENTIFY_MOST];
static size_t protocol_count;
static struct place {
	const struct protocol *protocol;
	uint16_t number;
} by_address[IDENTIFY_MOST];                               /* sorted, to find numbers */
static const struct protocol *continuing[CONTINUING_MOST]; /* of two datagrams in a row */
static size_t continuing_count;
static struct set over_streams, over_messages;

/* By the first byte of a stream, and by the first two. To know it of all beforehand would take longer than
 * most runs do: those who can begin so are asked when somebody does. Threads that do it at the same time find
 * the same. */
struct beginning {
	_Atomic uint64_t words[WORDS]; /* the last bit of all is set once it is known */
};
static const uint64_t beginning_known = (uint64_t)1 << 63;
static struct beginning stream_bytes[2][256], stream_pairs[2][256][256];

static uint16_t customary_datagram[PORTS];       /* number of the protocol at the port */
static const struct protocol *at_transport[256]; /* without ports */

static struct {
	uint16_t type;
	const struct protocol *protocol;
} in_frames[FRAMES_MOST]; /* that carry no IP packet */
static size_t in_frames_count;

static void set_add(struct set *set, size_t nth)
{
	set->words[nth / 64] |= (uint64_t)1 << nth % 64;
}

static void note_ports(const struct protocol *protocol, size_t nth)
{
	for (size_t i = 0; i < protocol->door_count; i++) {
		const struct catalog_door *const door = &protocol->doors[i];

		for (uint32_t port = door->first; door->transport == TRANSPORT_UDP && port <= door->last;
		     port++)
			if (customary_datagram[port] == 0)
				customary_datagram[port] = (uint16_t)(nth + 1);
	}
}

static void note_transports(const struct protocol *protocol)
{
	for (size_t i = 0; i < protocol->door_count; i++) {
		const uint16_t number = protocol->doors[i].transport;
		const struct transport *const transport = number < 256 ? catalog_transport(number) : NULL;

		if (transport != NULL && !transport->has_ports && at_transport[number] == NULL)
			at_transport[number] = protocol;
	}
}

static void note_frames(const struct protocol *protocol)
{
	for (size_t i = 0; i < protocol->frame_count; i++) {
		assert(in_frames_count < FRAMES_MOST);
		in_frames[in_frames_count].type = protocol->frames[i];
		in_frames[in_frames_count++].protocol = protocol;
	}
}

static int compare_places(const void *left, const void *right)
{
	const uintptr_t a = (uintptr_t)((const struct place *)left)->protocol;
	const uintptr_t b = (uintptr_t)((const struct place *)right)->protocol;

	return (a > b) - (a < b);
}

static void build(void)
{
	const struct protocol *protocol;

	for (size_t nth = 0; (protocol = protocol_nth(nth)) != NULL; nth++) {
		assert(nth < IDENTIFY_MOST - 1);
		by_address[nth] = (struct place){ protocol, (uint16_t)(nth + 1) };
		protocols[protocol_count++] = protocol;
		if (protocol_is_over(protocol, TRANSPORT_TCP))
			set_add(&over_streams, nth);
		if (protocol_is_over(protocol, TRANSPORT_UDP)) {
			marks_note(protocol, nth);
			note_ports(protocol, nth);
		}
		if (protocol_is_over(protocol, TRANSPORT_SCTP))
			set_add(&over_messages, nth);
		note_transports(protocol);
		note_frames(protocol);
		if (protocol->continues != NULL) {
			assert(continuing_count < CONTINUING_MOST);
			continuing[continuing_count++] = protocol;
		}
	}
	qsort(by_address, protocol_count, sizeof(*by_address), compare_places);
}

static void prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, build);
}

uint16_t identify_number(const struct protocol *protocol)
{
	size_t low = 0, high;

	prepare();
	high = protocol_count;
	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (by_address[middle].protocol == protocol)
			return by_address[middle].number;
		if ((uintptr_t)protocol < (uintptr_t)by_address[middle].protocol)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

const struct protocol *identify_protocol(uint16_t number)
{
	prepare();
	return number > 0 && number <= protocol_count ? protocols[number - 1] : NULL;
}

const struct protocol *identify_transport(uint8_t transport)
{
	prepare();
	return at_transport[transport];
}

const struct protocol *identify_frame(uint16_t type)
{
	prepare();
	for (size_t i = 0; i < in_frames_count; i++)
		if (in_frames[i].type == type)
			return in_frames[i].protocol;
	return NULL;
}

/* Asks one; whether it is the one. That it says MORE is noted. */
static bool ask_one(size_t nth, struct span first, enum side side, unsigned transport,
		    struct identify_answer *answer)
{
	const enum verdict verdict = protocols[nth]->recognise(first, side, transport);

	if (verdict != MORE)
		return verdict == YES;
	answer->more = true;
	if (answer->hopeful.count < IDENTIFY_HOPEFUL)
		answer->hopeful.list[answer->hopeful.count++] = (uint8_t)nth;
	else
		answer->hopeful.count = IDENTIFY_HOPEFUL + 1;
	return false;
}

/* Asks those of the set, in the order of the registry; the first that says YES. */
static const struct protocol *ask_set(const struct set *set, struct span first, enum side side,
				      unsigned transport, struct identify_answer *answer)
{
	for (size_t word = 0; word < WORDS; word++) {
		for (uint64_t left = set->words[word]; left != 0; left &= left - 1) {
			const size_t nth = word * 64 + (unsigned)__builtin_ctzll(left);

			if (ask_one(nth, first, side, transport, answer))
				return protocols[nth];
		}
	}
	return NULL;
}

const struct protocol *identify_continued(struct span before, struct span now)
{
	prepare();
	for (size_t i = 0; i < continuing_count; i++) {
		const struct protocol *const protocol = continuing[i];

		if (protocol->recognise(before, SIDE_CLIENT, TRANSPORT_UDP) == MORE &&
		    protocol->recognise(now, SIDE_CLIENT, TRANSPORT_UDP) == MORE &&
		    protocol->continues(before, now))
			return protocol;
	}
	return NULL;
}

const struct protocol *identify_alone(struct span datagram)
{
	prepare();
	for (size_t i = 0; i < continuing_count; i++)
		if (continuing[i]->whole_alone &&
		    continuing[i]->recognise(datagram, SIDE_CLIENT, TRANSPORT_UDP) == MORE)
			return continuing[i];
	return NULL;
}

const struct protocol *identify_time(struct span words, int64_t time_ns)
{
	prepare();
	for (size_t nth = 0; nth < protocol_count; nth++)
		if (protocols[nth]->tells_time != NULL && protocols[nth]->tells_time(words, time_ns))
			return protocols[nth];
	return NULL;
}

static bool recall(const struct beginning *beginning, struct set *ret)
{
	const size_t last = WORDS - 1;

	ret->words[last] = atomic_load_explicit(&beginning->words[last], memory_order_acquire);
	if ((ret->words[last] & beginning_known) == 0)
		return false;
	ret->words[last] &= ~beginning_known;
	for (size_t word = 0; word < last; word++)
		ret->words[word] = atomic_load_explicit(&beginning->words[word], memory_order_relaxed);
	return true;
}

static void keep(struct beginning *beginning, const struct set *set)
{
	const size_t last = WORDS - 1;

	for (size_t word = 0; word < last; word++)
		atomic_store_explicit(&beginning->words[word], set->words[word], memory_order_relaxed);
	atomic_store_explicit(&beginning->words[last], set->words[last] | beginning_known,
			      memory_order_release);
}

/* Those of a set who can begin so, which is kept. */
static struct set narrow(const struct set *from, struct span bytes, enum side side,
			 struct beginning *ret_beginning)
{
	struct set found = { 0 };

	for (size_t word = 0; word < WORDS; word++) {
		for (uint64_t left = from->words[word]; left != 0; left &= left - 1) {
			const size_t nth = word * 64 + (unsigned)__builtin_ctzll(left);

			if (protocols[nth]->recognise(bytes, side, TRANSPORT_TCP) != NO)
				set_add(&found, nth);
		}
	}
	keep(ret_beginning, &found);
	return found;
}

/* Who can begin so. */
static struct set stream_candidates(struct span first, enum side side)
{
	const bool alone = span_left(first) < 2;
	struct beginning *const one = &stream_bytes[side][*first.at],
				*const two = alone ? one : &stream_pairs[side][first.at[0]][first.at[1]];
	struct set set;

	if (recall(two, &set))
		return set;
	if (!recall(one, &set))
		set = narrow(&over_streams, span_of(first.at, 1), side, one);
	return alone ? set : narrow(&set, span_of(first.at, 2), side, two);
}

static const struct protocol *ask_stream(const struct identify_question *question, struct span first,
					 enum side side, struct identify_answer *answer)
{
	const struct identify_hope *const hopeful = question->hopeful;

	if (hopeful == NULL || hopeful->count > IDENTIFY_HOPEFUL) {
		const struct set candidates = stream_candidates(first, side);

		return ask_set(&candidates, first, side, TRANSPORT_TCP, answer);
	}
	for (size_t i = 0; i < hopeful->count; i++)
		if (ask_one(hopeful->list[i], first, side, TRANSPORT_TCP, answer))
			return protocols[hopeful->list[i]];
	return NULL;
}

static const struct protocol *head_of_kin(const struct protocol *protocol)
{
	return protocol->kin != NULL ? protocol->kin : protocol;
}

/* The one of its kin that is at home at a port, if it is not itself. */
static const struct protocol *choose_among_kin(const struct identify_question *question,
					       const struct protocol *found)
{
	for (unsigned end = 2; found != NULL && end-- > 0;) {
		const struct protocol *const home = identify_protocol(
			customary_datagram[question->ports[end]]);

		if (home != NULL && head_of_kin(home) == head_of_kin(found))
			return home;
	}
	return found;
}

/* ---- datagrams ---- */

static const struct protocol *ask_candidates(struct marks_set candidates, struct span first, enum side side,
					     struct identify_answer *answer)
{
	size_t nth;

	while (marks_next(&candidates, &nth))
		if (ask_one(nth, first, side, TRANSPORT_UDP, answer))
			return protocols[nth];
	return NULL;
}

/* The port's protocol is asked before the others, which only saves time: no two say YES to the same bytes. Of
 * kin it tells more. */
static const struct protocol *ask_datagram(const struct identify_question *question,
					   const struct marks_set *candidates, struct span first,
					   enum side side, struct identify_answer *answer)
{
	for (unsigned end = 2; end-- > 0;) {
		const uint16_t number = customary_datagram[question->ports[end]];

		if (number != 0 && marks_have(candidates, number - 1u) &&
		    protocols[number - 1]->recognise(first, side, TRANSPORT_UDP) == YES)
			return protocols[number - 1];
	}
	return choose_among_kin(question, ask_candidates(*candidates, first, side, answer));
}

/* Of one end, as the side that it is taken for. */
static const struct protocol *ask(const struct identify_question *question,
				  const struct marks_set *candidates, unsigned end, enum side side,
				  struct identify_answer *answer)
{
	const struct span first = question->first[end];

	if (span_left(first) == 0)
		return NULL;
	switch (question->transport) {
	case TRANSPORT_TCP: return ask_stream(question, first, side, answer);
	case TRANSPORT_UDP:
	case TRANSPORT_UDPLITE:
	case TRANSPORT_DCCP: return ask_datagram(question, &candidates[end], first, side, answer);
	case TRANSPORT_SCTP: return ask_set(&over_messages, first, side, TRANSPORT_SCTP, answer);
	default: return NULL;
	}
}

void identify(const struct identify_question *question, struct identify_answer *ret_answer)
{
	const unsigned ways = question->from_start ? 1 : 2;
	struct marks_set candidates[2];

	prepare();
	for (unsigned end = 0; end < 2 && question->transport != TRANSPORT_TCP; end++)
		candidates[end] = marks_find(question->first[end]);
	*ret_answer = (struct identify_answer){ 0 };
	for (unsigned swapped = 0; swapped < ways; swapped++) {
		for (unsigned end = 0; end < 2; end++) {
			const struct protocol *const protocol = ask(
				question, candidates, end, end == swapped ? SIDE_CLIENT : SIDE_SERVER,
				ret_answer);

			if (protocol == NULL)
				continue;
			*ret_answer = (struct identify_answer){ .protocol = protocol,
								.decided = end,
								.swapped = swapped != 0 };
			return;
		}
	}
}
