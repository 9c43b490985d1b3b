/* rdp.c: Remote Desktop Protocol, [MS-RDPBCGR] 2.2.1: the X.224 connection request with the negotiation of
 * security, and its confirm. Others use TPKT (RFC 1006) and X.224 as well: H.323, S7, T.120. What is RDP's is
 * the cookie, the negotiation, and Microsoft's keys in the packet that follows. */
#include "protocols/rdp.h"
#include "protocols/text.h"

enum {
	X224_FIXED = 6, /* octets of a connection request that its length counts */
	NEGOTIATION_LENGTH = 8,
};
enum { VARIABLE_LIMIT = 248, FAILURES = 8 };
enum { SYN = 1, ACK = 4, SYN_LOSSY = 0x200, CORRELATION = 0x800, SYN_EXTENDED = 0x1000 };
enum { SIZE_LEAST = 1132, SIZE_MOST = 1232 };

/* 2.2.1.1.1 and 2.2.1.2.1. */
enum { TLS = 1, HYBRID = 2, RDSTLS = 4, HYBRID_EX = 8, AAD = 16, ALL_PROTOCOLS = 31 };
enum { CORRELATION_FOLLOWS = 8, CORRELATION_LENGTH = 36 };

const struct weakness rdp_standard_security = {
	"rdp-standard-security",
	"RDP accepts its own encryption without TLS",
	2,
	"Demand TLS: \"Require use of specific security layer\" (SSL) in Windows, security_layer=tls in "
	"xrdp.",
};
static const struct weakness *const weaknesses[] = { &rdp_standard_security, NULL };

/* ---- packets ---- */

/* TPKT and X.224 of class 0. MORE: it has not come whole. */
enum verdict rdp_take_packet(struct span *s, struct rdp_packet *ret_packet)
{
	struct span rest = *s, body;
	uint16_t whole;
	uint8_t length, kind, class;

	if (span_peek(rest, 0) != RDP_TPKT_VERSION || span_peek(rest, 1) != 0)
		return NO;
	span_skip(&rest, 2);
	whole = span_u16(&rest);
	if (rest.failed)
		return MORE;
	if (whole < RDP_TPKT_HEADER + 1 + X224_FIXED ||
	    whole > RDP_TPKT_HEADER + 1 + X224_FIXED + VARIABLE_LIMIT)
		return NO;
	body = span_take(&rest, whole - RDP_TPKT_HEADER);
	if (rest.failed)
		return MORE;
	length = span_u8(&body);
	kind = span_u8(&body);
	span_skip(&body, 4); /* destination and source reference */
	class = span_u8(&body);
	if (body.failed || class != 0 || length != whole - RDP_TPKT_HEADER - 1)
		return NO;
	*s = rest;
	*ret_packet = (struct rdp_packet){ kind, body };
	return YES;
}

bool rdp_read_negotiation(struct span s, struct rdp_negotiation *ret_negotiation)
{
	struct rdp_negotiation n;

	n.type = span_u8(&s);
	n.flags = span_u8(&s);
	if (span_u16_le(&s) != NEGOTIATION_LENGTH)
		return false;
	n.value = span_u32_le(&s);
	*ret_negotiation = n;
	return !s.failed;
}

/* ---- recognising ---- */

/* "Cookie: mstshash=NAME" or "Cookie: msts=..." for a balancer of load, and the negotiation behind it. */
static bool is_request(struct span variable)
{
	struct rdp_negotiation n;

	if (span_begins(variable, "Cookie: msts")) {
		(void)span_line(&variable);
		return !variable.failed;
	}
	if (!rdp_read_negotiation(variable, &n) || n.type != RDP_NEGOTIATION_REQUEST ||
	    n.value > ALL_PROTOCOLS)
		return false;
	return span_left(variable) ==
	       NEGOTIATION_LENGTH + (n.flags & CORRELATION_FOLLOWS ? (size_t)CORRELATION_LENGTH : 0);
}

static bool is_confirm(struct span variable)
{
	struct rdp_negotiation n;

	if (span_left(variable) != NEGOTIATION_LENGTH || !rdp_read_negotiation(variable, &n))
		return false;
	if (n.type == RDP_NEGOTIATION_RESPONSE)
		return n.value <= AAD && (n.value & (n.value - 1)) == 0;
	return n.type == RDP_NEGOTIATION_FAILURE && n.value > 0 && n.value < FAILURES;
}

/* Clients and servers before RDP 5.2 do not negotiate. What they say next is a T.125 connection with the
 * key of the party: 2.2.1.3 and 2.2.1.4. */
static enum verdict key_follows(struct span rest, enum side side)
{
	struct span body;
	uint16_t whole;

	if (span_left(rest) < RDP_TPKT_HEADER)
		return MORE;
	if (span_u16(&rest) != RDP_TPKT_VERSION << 8)
		return NO;
	whole = span_u16(&rest);
	if (whole < RDP_TPKT_HEADER)
		return NO;
	body = text_first(rest, whole - RDP_TPKT_HEADER);
	if (span_left(body) > 1 && body.at[1] != RDP_DATA)
		return NO;
	if (span_find(body, side == SIDE_CLIENT ? "Duca" : "McDn") != SIZE_MAX)
		return YES;
	return span_left(body) < whole - (size_t)RDP_TPKT_HEADER ? MORE : NO;
}

/* Whoever says strange words is shown out: a disconnect provider ultimatum of T.125, alone in its packet. */
static enum verdict shows_out(struct span first)
{
	static const uint8_t ultimatum[] = { RDP_TPKT_VERSION, 0, 0, 9, 2, RDP_DATA, 0x80 };
	const size_t left = span_left(first), fixed = left < sizeof(ultimatum) ? left : sizeof(ultimatum);

	if (memcmp(first.at, ultimatum, fixed) != 0)
		return NO;
	if (left < sizeof(ultimatum) + 2)
		return left == fixed || (first.at[7] & 0xfc) == 0x20 ? MORE : NO;
	return (first.at[7] & 0xfc) == 0x20 && (first.at[8] & 0x7f) == 0 ? YES : NO;
}

static enum verdict first_packet_says(struct span first, enum side side)
{
	struct rdp_packet packet;
	enum verdict whole = side == SIDE_SERVER ? shows_out(first) : NO;

	if (whole != NO)
		return whole;
	whole = rdp_take_packet(&first, &packet);
	if (whole != YES)
		return whole;
	if (packet.kind != (side == SIDE_CLIENT ? RDP_CONNECTION_REQUEST : RDP_CONNECTION_CONFIRM))
		return NO;
	if (span_left(packet.variable) == 0)
		return key_follows(first, side);
	return (side == SIDE_CLIENT ? is_request : is_confirm)(packet.variable) ? YES : NO;
}

/* [MS-RDPEUDP] 2.2.2: over UDP a connection begins with a packet filled up to the size of the path: what was
 * received last (nothing), window, flags, first sequence number, and the sizes up and down. */
static bool is_datagram(struct span first, enum side side)
{
	const size_t length = span_left(first);
	const uint32_t received = span_u32(&first);
	uint16_t flags, up, down;

	span_skip(&first, 2);
	flags = span_u16(&first);
	span_skip(&first, 4);
	up = span_u16(&first);
	down = span_u16(&first);
	if (first.failed || (flags & ~(SYN | ACK | SYN_LOSSY | CORRELATION | SYN_EXTENDED)) != 0 ||
	    (flags & (SYN | ACK)) != (side == SIDE_CLIENT ? SYN : SYN | ACK))
		return false;
	return (side == SIDE_SERVER || received == UINT32_MAX) && up >= SIZE_LEAST && up <= SIZE_MOST &&
	       down >= SIZE_LEAST && down <= SIZE_MOST && length >= SIZE_LEAST && length <= SIZE_MOST;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport == TRANSPORT_UDP)
		return is_datagram(first, side) ? YES : NO;
	verdict = first_packet_says(text_first(first, RECOGNISE_LIMIT - 1), side);
	return verdict == MORE && span_left(first) >= RECOGNISE_LIMIT ? NO : verdict;
}

/* ---- asking ---- */

static const struct {
	uint32_t protocol;
	const char *name; /* as EVE writes it */
} protocols[] = {
	{ RDP_STANDARD, "rdp" },    { TLS, "ssl" },     { HYBRID, "hybrid" }, { RDSTLS, "rds_tls" },
	{ HYBRID_EX, "hybrid_ex" }, { AAD, "rds_aad" },
};

/* 2.2.1.2.1: what the server says it can, besides. */
static const char *const flag_names[] = {
	"extended_client_data", "dynvc_gfx", NULL, "restricted_admin", "redirected_auth",
};

/* 2.2.1.2.2. */
static const char *const failures[FAILURES] = {
	[1] = "ssl required by server",    [2] = "ssl not allowed by server",
	[3] = "ssl cert not on server",    [4] = "inconsistent flags",
	[5] = "hybrid required by server", [6] = "ssl with user auth required by server",
};

const char *rdp_protocol_text(uint32_t protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return NULL;
}

const char *rdp_flag_text(unsigned nth)
{
	return nth < sizeof(flag_names) / sizeof(*flag_names) ? flag_names[nth] : NULL;
}

const char *rdp_failure_text(uint32_t code)
{
	return code < FAILURES ? failures[code] : NULL;
}

static void say_request(struct buffer *out, uint32_t wanted)
{
	const uint8_t length = X224_FIXED + NEGOTIATION_LENGTH;

	buffer_u8(out, RDP_TPKT_VERSION);
	buffer_u8(out, 0);
	buffer_u16(out, RDP_TPKT_HEADER + 1 + length);
	buffer_u8(out, length);
	buffer_u8(out, RDP_CONNECTION_REQUEST);
	buffer_fill(out, 0, 5); /* references and class */
	buffer_u8(out, RDP_NEGOTIATION_REQUEST);
	buffer_u8(out, 0);
	buffer_u16_le(out, NEGOTIATION_LENGTH);
	buffer_u32_le(out, wanted);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	say_request(out, TLS | HYBRID);
}

static void tell_response(struct rdp_negotiation n, struct answer *answer)
{
	struct buffer flags = buffer_new(FACT_VALUE - 1);

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].protocol == n.value)
			answer_fact(answer, "protocol", span_text(protocols[i].name));
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (n.flags >> i & 1 && flag_names[i] != NULL)
			buffer_format(&flags, "%s%s", flags.length > 0 ? ", " : "", flag_names[i]);
	answer_fact(answer, "server_supports", buffer_read(&flags));
	answer->starttls = n.value != RDP_STANDARD;
	buffer_free(&flags);
}

static void tell_failure(struct rdp_negotiation n, struct answer *answer)
{
	answer_fact_format(answer, "error_code", "%u", n.value);
	if (n.value < FAILURES && failures[n.value] != NULL)
		answer_fact(answer, "reason", span_text(failures[n.value]));
}

/* Takes the confirm. One without a negotiation could come from any server on X.224: that is not enough. */
static enum probe_step hear_confirm(struct span *heard, bool ended, struct rdp_negotiation *ret_negotiation)
{
	struct rdp_packet packet;
	const enum verdict whole = rdp_take_packet(heard, &packet);

	if (whole == MORE && !ended)
		return PROBE_WAIT;
	if (whole != YES || packet.kind != RDP_CONNECTION_CONFIRM)
		return PROBE_NOT;
	return is_confirm(packet.variable) && rdp_read_negotiation(packet.variable, ret_negotiation)
		       ? PROBE_DONE
		       : PROBE_NOT;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct rdp_negotiation n;
	const enum probe_step step = hear_confirm(heard, ended, &n);

	(void)state;
	(void)out;
	if (step != PROBE_DONE)
		return step;
	if (n.type == RDP_NEGOTIATION_FAILURE)
		tell_failure(n, answer);
	else
		tell_response(n, answer);
	if (n.type != RDP_NEGOTIATION_FAILURE && n.value == RDP_STANDARD)
		answer_weakness(answer, &rdp_standard_security, "TLS was offered to it and not taken");
	return PROBE_DONE;
}

static void greet_standard(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)known;
	(void)variant;
	say_request(out, RDP_STANDARD);
}

static enum probe_step hear_standard(void *state, size_t variant, struct span *heard, bool ended,
				     struct answer *answer)
{
	struct rdp_negotiation n;
	const enum probe_step step = hear_confirm(heard, ended, &n);

	(void)state;
	(void)variant;
	if (step == PROBE_DONE && n.type != RDP_NEGOTIATION_FAILURE && n.value == RDP_STANDARD)
		answer_weakness(answer, &rdp_standard_security, "a client that asks for no TLS is accepted");
	return step;
}

static void greet_tls(struct buffer *out)
{
	say_request(out, TLS | HYBRID);
}

static enum probe_step hear_tls(void *state, struct span *heard, bool ended, struct buffer *out)
{
	struct rdp_negotiation n;
	const enum probe_step step = hear_confirm(heard, ended, &n);

	(void)state;
	(void)out;
	return step == PROBE_DONE && (n.type == RDP_NEGOTIATION_FAILURE || n.value == RDP_STANDARD)
		       ? PROBE_NOT
		       : step;
}

static const struct start_tls start_tls = { .greet = greet_tls, .hear = hear_tls };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.start_tls = &start_tls,
	.variants = 1,
	.greet_more = greet_standard,
	.hear_more = hear_standard,
};

const struct protocol protocol_rdp = {
	.name = "rdp",
	.title = "Remote Desktop Protocol",
	DOORS(TCP(3389), UDP(3389)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.datagram_least = SIZE_LEAST,
	MARKS(OCTETS(6, 0x00, 0x1a), OCTET(7, SYN), OCTET(7, SYN | ACK)),
	.parser = &rdp_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
