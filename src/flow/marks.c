#include "flow/marks.h"

#include <assert.h>

enum {
	REGISTRY_MOST = 256,
	WORDS = MARKS_MOST / 64,
	LENGTHS = 256, /* of datagrams; longer ones are as the last */
};

static uint8_t nth_of[MARKS_MOST];      /* place in the registry */
static uint8_t place_of[REGISTRY_MOST]; /* and back */
static size_t count;
static struct marks_set long_enough[LENGTHS];
static struct marks_set allows[MARK_PLACES][256]; /* by place and octet */

static void add(struct marks_set *set, size_t place)
{
	set->words[place / 64] |= (uint64_t)1 << place % 64;
}

/* The octets of its marks at a place, or all if it has none there. */
static void note_octets(const struct protocol *protocol, size_t at, size_t place)
{
	bool marked = false;

	for (size_t i = 0; i < protocol->mark_count; i++) {
		const struct mark *const mark = &protocol->marks[i];

		for (unsigned octet = mark->low; mark->at == at && octet <= mark->high; octet++)
			add(&allows[at][octet], place);
		marked = marked || mark->at == at;
	}
	for (unsigned octet = 0; !marked && octet < 256; octet++)
		add(&allows[at][octet], place);
}

/* An octet that is marked must be there. */
static size_t least_length(const struct protocol *protocol)
{
	size_t least = protocol->datagram_least;

	for (size_t i = 0; i < protocol->mark_count; i++) {
		assert(protocol->marks[i].at < MARK_PLACES);
		if (least <= protocol->marks[i].at)
			least = protocol->marks[i].at + 1u;
	}
	return least < LENGTHS ? least : LENGTHS - 1;
}

void marks_note(const struct protocol *protocol, size_t nth)
{
	const size_t place = count++;

	assert(place < MARKS_MOST && nth < REGISTRY_MOST);
	nth_of[place] = (uint8_t)nth;
	place_of[nth] = (uint8_t)place;
	for (size_t length = least_length(protocol); length < LENGTHS; length++)
		add(&long_enough[length], place);
	for (size_t at = 0; at < MARK_PLACES; at++)
		note_octets(protocol, at, place);
}

struct marks_set marks_find(struct span datagram)
{
	const size_t length = span_left(datagram), places = length < MARK_PLACES ? length : MARK_PLACES;
	struct marks_set set = long_enough[length < LENGTHS ? length : LENGTHS - 1];

	for (size_t at = 0; at < places; at++)
		for (size_t word = 0; word < WORDS; word++)
			set.words[word] &= allows[at][datagram.at[at]].words[word];
	return set;
}

bool marks_have(const struct marks_set *set, size_t nth)
{
	return (set->words[place_of[nth] / 64] >> place_of[nth] % 64 & 1) != 0;
}

bool marks_next(struct marks_set *set, size_t *ret_nth)
{
	for (size_t word = 0; word < WORDS; word++) {
		if (set->words[word] == 0)
			continue;
		*ret_nth = nth_of[word * 64 + (unsigned)__builtin_ctzll(set->words[word])];
		set->words[word] &= set->words[word] - 1;
		return true;
	}
	return false;
}
