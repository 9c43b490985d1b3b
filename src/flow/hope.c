/* The few words of a flow. What is heard here changes it just as it would change a conversation, whose
 * streams would see the next bytes in order, and whose recognisers would still wait. */
#include "flow/hope.h"

_Static_assert(sizeof(struct hope) == 64, "a line of the cache");
_Static_assert(HOPE_SAID / 2 < CONVERSATION_TURNS, "each piece may be a turn");

static unsigned bit_of(unsigned end)
{
	return 1u << end;
}

bool hope_next(const struct hope *hope, size_t *at, unsigned *ret_end, struct span *ret_words)
{
	uint8_t head;

	if (*at == hope->used)
		return false;
	head = hope->said[*at];
	*ret_end = head & 1;
	*ret_words = span_of(hope->said + *at + 1, head >> 1);
	*at += 1u + (head >> 1);
	return true;
}

static void say(struct hope *hope, unsigned end, struct span words)
{
	const size_t length = span_left(words);

	hope->said[hope->used] = (uint8_t)(length << 1 | end);
	memcpy(hope->said + hope->used + 1, words.at, length);
	hope->used += (uint8_t)(1 + length);
	hope->lengths[end] += (uint8_t)length;
	hope->next[end] += (uint32_t)length;
}

/* All that an end has said, and these words behind it; in `all`. */
static struct span words_of(const struct hope *hope, unsigned end, struct span more,
			    uint8_t all[static HOPE_SAID])
{
	uint8_t *at = all;
	struct span words;
	unsigned by;

	for (size_t i = 0; hope_next(hope, &i, &by, &words);)
		if (by == end)
			at = mempcpy(at, words.at, span_left(words));
	at = mempcpy(at, more.at, span_left(more));
	return span_of(all, (size_t)(at - all));
}

/* ---- whether it can be heard here ---- */

static bool is_plain(const struct packet *packet)
{
	const uint8_t flags = packet->tcp_flags;

	return (flags & TCP_SYN) == 0 && ((flags & TCP_RST) == 0 || packet->payload_length == 0) &&
	       span_left(packet->payload) == packet->payload_length;
}

static bool has_room(const struct hope *hope, const struct packet *packet)
{
	return hope->used + 1u + packet->payload_length <= HOPE_SAID;
}

/* The other side has nothing that was not seen. */
static bool acknowledges_what_came(const struct hope *hope, unsigned end, const struct packet *packet)
{
	const bool waits = hope->lengths[!end] > 0 && (hope->ended & bit_of(!end)) == 0;

	return !waits || (packet->tcp_flags & TCP_ACK) == 0 ||
	       (int32_t)(packet->acknowledgement - hope->next[!end]) <= 0;
}

/* Its bytes, or its end, come next. */
static bool is_next(const struct hope *hope, const struct flow *flow, unsigned end,
		    const struct packet *packet)
{
	if (hope->lengths[end] > 0)
		return packet->sequence == hope->next[end];
	return packet->payload_length > 0 && begins_whole(flow, end, packet);
}

/* ---- hearing ---- */

bool hope_begin(struct conversations *all, struct flow *flow, unsigned end, const struct packet *packet,
		const struct identify_answer *answer)
{
	struct hope *hope;

	if (!is_plain(packet) || (packet->tcp_flags & TCP_FIN) != 0 || packet->payload_length >= HOPE_SAID ||
	    !begins_whole(flow, end, packet))
		return false;
	hope = pool_take(&all->pool, sizeof(*hope));
	if (hope == NULL)
		return false;
	hope->next[end] = packet->sequence;
	hope->hopeful[end] = answer->hopeful;
	hope->unclear = flow->unclear;
	say(hope, end, packet->payload);
	flow->work = hope;
	flow->hoping = true;
	return true;
}

/* Asks about all that an end has said, with these words. False if it is known now whose they are. */
static bool ask(struct hope *hope, unsigned end, struct span words)
{
	struct identify_question question = { .from_start = true, .transport = TRANSPORT_TCP };
	struct identify_answer answer;
	uint8_t all[HOPE_SAID];

	question.first[end] = words_of(hope, end, words, all);
	question.hopeful = hope->lengths[end] > 0 ? &hope->hopeful[end] : NULL;
	identify(&question, &answer);
	if (answer.protocol != NULL)
		return false;
	hope->hopeful[end] = answer.hopeful;
	if (!answer.more)
		hope->unclear |= (uint8_t)bit_of(end);
	return true;
}

bool hope_hears(struct conversations *all, struct flow *flow, unsigned end, const struct packet *packet)
{
	struct hope *const hope = flow->work;
	const bool ends = (packet->tcp_flags & (TCP_FIN | TCP_RST)) == TCP_FIN;

	if (!is_plain(packet) || !acknowledges_what_came(hope, end, packet))
		return false;
	if ((packet->payload_length == 0 && !ends) || (hope->ended & bit_of(end)) != 0)
		return true;
	if (!is_next(hope, flow, end, packet) || !has_room(hope, packet))
		return false;
	if (packet->payload_length > 0) {
		if ((hope->unclear & bit_of(end)) == 0 && !ask(hope, end, packet->payload))
			return false;
		if (hope->lengths[end] == 0)
			hope->next[end] = packet->sequence;
		say(hope, end, packet->payload);
	}
	hope->ended |= ends ? (uint8_t)bit_of(end) : 0;
	if (hope->unclear == 3 || hope->ended == 3) {
		hope_drop(all, flow);
		flow->settled = true;
	}
	return true;
}

void hope_drop(struct conversations *all, struct flow *flow)
{
	pool_give(&all->pool, flow->work, sizeof(struct hope));
	flow->work = NULL;
	flow->hoping = false;
}
