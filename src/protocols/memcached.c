/* memcached.c: memcached, "protocol.txt" and "protocol_binary.txt" of its sources: lines, or packets of a
 * head of 24 octets; over UDP a head of eight before either. */
#include "protocols/memcached.h"
#include "protocols/text.h"

enum { OPCODE_MOST = 0x24, KEY_MOST = 250, STATS_MOST = 16384 };

const struct weakness memcached_no_auth = {
	"memcached-no-auth",
	"memcached answers everybody without a password",
	1,
	"Bind it to the addresses that need it (-l), or ask for SASL (-S) or a password file (-Y).",
};
const struct weakness memcached_udp_open = {
	"memcached-udp",
	"memcached answers over UDP, and so to forged addresses",
	1,
	"Switch UDP off: -U 0.",
};
static const struct weakness *const weaknesses[] = { &memcached_no_auth, &memcached_udp_open,
						     &memcached_clear_login, NULL };

/* ---- recognising ---- */

static const struct text_command commands[] = {
	{ "get ?*", MORE }, /* others have words like it, and it stands alone */
	{ "gets ?*", YES },
	{ "set ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "add ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "replace ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "append ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "prepend ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "cas ?* [0-9]* [0-9-]* [0-9]* [0-9]*", YES },
	{ "incr ?* [0-9]*", YES },
	{ "decr ?* [0-9]*", YES },
	{ "touch ?* [0-9]*", YES },
	{ "ms ?* [0-9]*", YES },
	{ "stats", YES },
	{ "stats items", YES },
	{ "stats slabs", YES },
	{ "stats settings", YES },
	{ "stats sizes", YES },
	{ "flush_all*", YES },
	{ "verbosity [0-9]*", YES },
	{ "version", MORE },
};

static const struct text_command answers[] = {
	{ "VALUE ?* [0-9]* [0-9]*", YES },
	{ "STAT pid [0-9]*", YES },
	{ "STAT [a-z]?* *", YES },
	{ "STORED", YES },
	{ "NOT_STORED", YES },
	{ "VERSION [0-9]*", YES },
	{ "CLIENT_ERROR *", YES },
	{ "SERVER_ERROR *", YES },
};

/* Octets of the extras that a request has: of storing and counting, of what takes a time, of the others none.
 */
static bool are_extras(uint8_t opcode, uint8_t extras)
{
	switch (opcode) {
	case 0x01: /* set, add, replace, and quietly */
	case 0x02:
	case 0x03:
	case 0x11:
	case 0x12:
	case 0x13: return extras == 8;
	case 0x05: /* increment, decrement, and quietly */
	case 0x06:
	case 0x15:
	case 0x16: return extras == 20;
	case 0x08: /* flush */
	case 0x18: return extras == 0 || extras == 4;
	case 0x1b: /* verbosity, touch, get and touch */
	case 0x1c:
	case 0x1d:
	case 0x1e:
	case 0x23:
	case 0x24: return extras == 4;
	default: return extras == 0;
	}
}

/* Set, add, replace, append and prepend, also quietly, and logins. */
static bool has_value(uint8_t opcode)
{
	return (opcode >= 0x01 && opcode <= 0x03) || opcode == 0x0e || opcode == 0x0f ||
	       (opcode >= 0x11 && opcode <= 0x13) || opcode == 0x19 || opcode == 0x1a || opcode == 0x21 ||
	       opcode == 0x22;
}

/* What is got has its flags before it. */
static uint8_t extras_of_answer(uint8_t opcode, uint16_t status)
{
	const bool gets = opcode == 0x00 || opcode == 0x09 || opcode == 0x0c || opcode == 0x0d ||
			  opcode == 0x1d || opcode == 0x1e || opcode == 0x23 || opcode == 0x24;

	return status == 0 && gets ? 4 : 0;
}

static bool is_status(uint16_t status)
{
	return status <= 0x06 || status == 0x20 || status == 0x21 || (status >= 0x81 && status <= 0x86);
}

/* Lengths of the head that fit each other: extras and key lie in the body. */
static enum verdict recognise_binary(struct span first, uint8_t magic)
{
	uint8_t opcode, extras, type;
	uint16_t key, status;
	uint32_t body;

	if (span_left(first) < MEMCACHED_BINARY_HEAD)
		return span_peek(first, 0) == magic && span_peek(first, 1) <= OPCODE_MOST &&
				       span_peek(first, 5) == 0
			       ? MORE
			       : NO;
	if (span_u8(&first) != magic)
		return NO;
	opcode = span_u8(&first);
	key = span_u16(&first);
	extras = span_u8(&first);
	type = span_u8(&first);
	status = span_u16(&first);
	body = span_u32(&first);
	if (opcode > OPCODE_MOST || key > KEY_MOST || type != 0 || body > MEMCACHED_VALUE_MOST ||
	    body < (uint32_t)key + extras)
		return NO;
	if (magic != MEMCACHED_REQUEST)
		return is_status(status) && extras == extras_of_answer(opcode, status) ? YES : NO;
	return are_extras(opcode, extras) && (opcode != 0 || key > 0) &&
			       (has_value(opcode) || body == (uint32_t)key + extras)
		       ? YES
		       : NO;
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	const uint8_t magic = side == SIDE_CLIENT ? MEMCACHED_REQUEST : MEMCACHED_RESPONSE;

	if (span_peek(first, 0) >= 0x80)
		return recognise_binary(first, magic);
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : text_commands(first, answers, sizeof(answers) / sizeof(*answers));
}

/* Whether a binary packet ends with its datagram, or the first of several is a full one. */
static bool fills(struct span packet, uint16_t count)
{
	enum { FULL = 1000 };
	const size_t left = span_left(packet);

	return count > 1 ? left >= FULL
			 : left >= MEMCACHED_BINARY_HEAD &&
				   load_u32(packet.at + 8) == left - MEMCACHED_BINARY_HEAD;
}

/* Request id, sequence number (the others begin anywhere), count of datagrams, zero. */
static enum verdict recognise_datagram(struct span first, enum side side)
{
	uint16_t sequence, count, zero;

	span_skip(&first, 2);
	sequence = span_u16(&first);
	count = span_u16(&first);
	zero = span_u16(&first);
	if (first.failed || zero != 0 || count == 0 || sequence != 0 || span_left(first) == 0)
		return NO;
	if (*first.at >= 0x80 && !fills(first, count))
		return NO;
	return recognise_stream(first, side) == YES ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_UDP   ? recognise_datagram(first, side)
	       : transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream)
					    : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t head[MEMCACHED_UDP_HEAD] = { 0, 1, 0, 0, 0, 1, 0, 0 };

	(void)state;
	if (transport == TRANSPORT_UDP)
		buffer_add(out, head, sizeof(head));
	buffer_text(out, "stats\r\n");
}

/* "STAT pid 12", "STAT version 1.6.18", and so on, until "END"; a datagram may hold the beginning alone. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, line;
	const bool datagram = span_left(rest) >= MEMCACHED_UDP_HEAD && *rest.at < ' ';

	(void)state;
	(void)out;
	if (datagram)
		span_skip(&rest, MEMCACHED_UDP_HEAD);
	if (span_left(rest) > 0 && recognise_stream(rest, SIDE_SERVER) == NO)
		return PROBE_NOT;
	if (span_find(rest, "END\r\n") == SIZE_MAX && !datagram && !ended && span_left(rest) < STATS_MOST)
		return PROBE_WAIT;
	while (line = span_line(&rest), !line.failed && span_begins(line, "STAT ")) {
		struct span key;

		(void)text_word(&line);
		key = text_word(&line);
		if (span_is(key, "version")) {
			answer_fact(answer, "version", text_trim(line));
			answer_product(answer, span_text("memcached"), text_trim(line));
		} else if (span_is(key, "curr_connections")) {
			answer_fact(answer, "curr_connections", text_trim(line));
		}
		answer_weakness(answer, &memcached_no_auth, "stats was answered without authentication");
	}
	if (answer->weakness_count == 0)
		return PROBE_NOT;
	if (datagram)
		answer_weakness(answer, &memcached_udp_open, "stats was answered over UDP");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .transports = PROBE_TCP | PROBE_UDP, .greet = greet, .hear = hear
};

const struct protocol protocol_memcached = {
	.name = "memcached",
	.title = "memcached",
	DOORS(TCP(11211), UDP(11211)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = MEMCACHED_UDP_HEAD + 1,
	MARKS(OCTET(6, 0), OCTET(7, 0)),
	.parser = &memcached_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
