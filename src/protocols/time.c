/* time.c: Time Protocol, RFC 868: four octets, the seconds since 1900. Any four octets look so; they are a
 * time where they are that of the packet, which one in millions is by chance. */
#include "protocols/parse.h"

enum { WORDS = 4, BOUND_S = 600 }; /* by how much the clocks of both machines may differ */

static const int64_t second_ns = 1000000000, since_1900 = 2208988800;

/* The difference of the server's clock to the one that took the packet; the octets begin again in 2036. */
static int32_t offset_of(struct span words, int64_t time_ns)
{
	const uint32_t told = span_u32(&words), taken = (uint32_t)(time_ns / second_ns + since_1900);

	return (int32_t)(told - taken);
}

static bool tells_time(struct span words, int64_t time_ns)
{
	const int32_t offset = offset_of(words, time_ns);

	return span_left(words) == WORDS && offset >= -BOUND_S && offset <= BOUND_S;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
}

static void emit(const void *record, struct json *json)
{
	const int32_t *const offset = record;

	json_number(json, "offset_s", *offset);
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	int32_t offset;

	(void)state;
	if (parse->side == SIDE_CLIENT || span_left(*bytes) < WORDS) {
		if (parse->side == SIDE_CLIENT)
			bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (parse->transport == TRANSPORT_UDP && span_left(*bytes) != WORDS)
		return PARSE_BROKEN;
	offset = offset_of(*bytes, parse->time_ns);
	bytes->at = bytes->end;
	parse_event(parse, &offset);
	return PARSE_DONE;
}

static const struct parser parser = { .read = read, .emit = emit };

const struct protocol protocol_time = {
	.name = "time",
	.title = "Time Protocol",
	DOORS(TCP(37), UDP(37)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.tells_time = tells_time,
	.parser = &parser,
};
