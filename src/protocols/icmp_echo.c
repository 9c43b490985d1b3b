/* icmp_echo.c: echo requests and their replies (RFC 792, RFC 4443 section 4), and what does not look like
 * somebody who only asks whether a host is there. Programs that ask fill their messages with a pattern,
 * behind a time of at most sixteen octets, and a host sends back what it was sent; tunnels do neither. */
#include "base/hash.h"
#include "protocols/icmp.h"

enum {
	TIMES = 16,        /* octets at the beginning that may be a time */
	PATTERN_LEAST = 8, /* fewer octets show no pattern, and no lack of one */
	LOOKED_AT = 256,
	DIFFERING_MOST = 3, /* replies with other data than was asked for */
	OPAQUE_MESSAGES = 16,
	OPAQUE_BYTES = 2048,
};

const struct weakness icmp_weakness_tunnel = {
	"icmp-tunnel",
	"data is carried in ICMP echoes",
	2,
	"Find out which program sends them; let only small echo requests pass at the edge of the network.",
};

/* Three of four octets go on from those a period before, or count up. */
static bool has_period(struct span s, size_t period)
{
	const size_t pairs = span_left(s) - period;
	size_t same = 0;

	for (size_t i = period; i < span_left(s); i++)
		same += s.at[i] == s.at[i - period];
	return same * 4 >= pairs * 3;
}

static bool counts_up(struct span s)
{
	size_t next = 0;

	for (size_t i = 1; i < span_left(s); i++)
		next += s.at[i] == (uint8_t)(s.at[i - 1] + 1);
	return next * 4 >= (span_left(s) - 1) * 3;
}

static bool is_opaque(struct span data)
{
	span_skip(&data, TIMES);
	if (data.failed || span_left(data) < PATTERN_LEAST)
		return false;
	data = span_take(&data, span_left(data) < LOOKED_AT ? span_left(data) : LOOKED_AT);
	if (counts_up(data))
		return false;
	for (size_t period = 1; period <= span_left(data) / 2 && period <= 16; period *= 2)
		if (has_period(data, period))
			return false;
	return true;
}

static void note_id(struct icmp_echo *echo, uint16_t id)
{
	for (size_t i = 0; i < echo->id_count; i++)
		if (echo->ids[i] == id)
			return;
	if (echo->id_count < ICMP_ECHO_IDS)
		echo->ids[echo->id_count++] = id;
}

static uint32_t hash_of(struct span s)
{
	return (uint32_t)hash_bytes(s.at, span_left(s)) | 1; /* never that of nothing */
}

/* The same words again and again carry nothing. */
static void note_data(struct icmp_echo *echo, const struct parse *parse, struct span data, uint32_t length)
{
	struct span behind = data;

	echo->bytes += length;
	if (length > echo->largest)
		echo->largest = length;
	if (!is_opaque(data))
		return;
	span_skip(&behind, TIMES);
	if (echo->last_opaque[parse->side] == hash_of(behind))
		return;
	echo->last_opaque[parse->side] = hash_of(behind);
	echo->opaque++;
	echo->opaque_bytes += length;
}

static struct icmp_request *request_of(struct icmp_echo *echo, const struct icmp_request *reply)
{
	for (uint32_t n = 1; n <= ICMP_ECHOES_OPEN; n++) {
		struct icmp_request *const request =
			&echo->requests_seen[(echo->next - n) % ICMP_ECHOES_OPEN];

		if (request->is_used && request->side != reply->side && request->id == reply->id &&
		    request->sequence == reply->sequence)
			return request;
	}
	return NULL;
}

static void note_round_trip(struct icmp_echo *echo, int64_t time_ns)
{
	if (time_ns < 0)
		return;
	if (echo->round_trips == 0 || time_ns < echo->shortest_ns)
		echo->shortest_ns = time_ns;
	if (time_ns > echo->longest_ns)
		echo->longest_ns = time_ns;
	echo->sum_ns += time_ns;
	echo->round_trips++;
}

static void answer(struct icmp_echo *echo, const struct icmp_request *reply)
{
	struct icmp_request *const request = request_of(echo, reply);

	if (request == NULL)
		return;
	if (request->is_answered) {
		echo->duplicates++;
		return;
	}
	request->is_answered = true;
	echo->answered++;
	note_round_trip(echo, reply->time_ns - request->time_ns);
	echo->differing += request->length != reply->length ||
			   (request->captured == reply->captured && request->data != reply->data);
}

static void judge(const struct icmp_echo *echo, struct parse *parse)
{
	if (echo->differing > DIFFERING_MOST)
		parse_weakness(parse, &icmp_weakness_tunnel,
			       "%u of %u replies carry other data than their requests", echo->differing,
			       echo->answered);
	else if (echo->opaque >= OPAQUE_MESSAGES && echo->opaque_bytes >= OPAQUE_BYTES)
		parse_weakness(parse, &icmp_weakness_tunnel,
			       "%u echoes carry %llu bytes that are no pattern and change", echo->opaque,
			       (unsigned long long)echo->opaque_bytes);
}

bool icmp_echo_read(struct icmp_echo *echo, struct parse *parse, bool is_reply, struct span s)
{
	struct icmp_request message = { .time_ns = parse->time_ns, .side = (uint8_t)parse->side };

	message.id = span_u16(&s);
	message.sequence = span_u16(&s);
	if (s.failed)
		return false;
	message.is_used = true;
	message.length = parse->packet->payload_length >= 4 ? parse->packet->payload_length - 4 : 0;
	message.captured = (uint16_t)span_left(s);
	message.data = hash_of(s);
	note_data(echo, parse, s, message.length);
	if (is_reply) {
		echo->replies++;
		answer(echo, &message);
	} else {
		echo->requests++;
		note_id(echo, message.id);
		echo->requests_seen[echo->next++ % ICMP_ECHOES_OPEN] = message;
	}
	judge(echo, parse);
	return true;
}

/* ---- the event ---- */

static void emit_count(struct json *json, const char *key, uint64_t count)
{
	if (count > 0)
		json_unsigned(json, key, count);
}

void icmp_echo_emit(struct json *json, const struct icmp_echo *echo)
{
	if (echo->requests + echo->replies == 0)
		return;
	json_open_object(json, "echo");
	json_unsigned(json, "requests", echo->requests);
	json_unsigned(json, "replies", echo->replies);
	json_unsigned(json, "answered", echo->answered);
	emit_count(json, "duplicates", echo->duplicates);
	json_unsigned(json, "bytes", echo->bytes);
	json_unsigned(json, "largest", echo->largest);
	emit_count(json, "differing", echo->differing);
	emit_count(json, "opaque", echo->opaque);
	if (echo->id_count > 0) {
		json_open_array(json, "ids");
		for (size_t i = 0; i < echo->id_count; i++)
			json_unsigned(json, NULL, echo->ids[i]);
		json_end(json);
	}
	if (echo->round_trips > 0) {
		json_number(json, "rtt_min_us", echo->shortest_ns / 1000);
		json_number(json, "rtt_avg_us", echo->sum_ns / echo->round_trips / 1000);
		json_number(json, "rtt_max_us", echo->longest_ns / 1000);
	}
	json_end(json);
}
