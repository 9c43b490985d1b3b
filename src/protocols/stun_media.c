/* stun_media.c: RFC 7983 7 (first octets), RFC 5761 4 (RTCP beside RTP), RFC 8656 12.4 (channels), RFC 5763 5
 * (either end may be the client of DTLS). Each protocol reads with its own parser, and tells its own events.
 */
#include "protocols/stun_media.h"

enum { CHANNEL_HEADER = 4, STATE_MOST = PARSE_STATE_LIMIT };

bool stun_media_is_channel(struct span s)
{
	/* RFC 8656 12 leaves a quarter of what RFC 5766 11 had, and servers still give the rest out. */
	return span_left(s) > 0 && span_peek(s, 0) >> 6 == 1;
}

enum verdict stun_media_take(struct span *s, bool stream, struct span *data)
{
	struct span rest = *s;
	uint16_t length;

	span_skip(&rest, 2); /* the number of the channel */
	length = span_u16(&rest);
	*data = span_take(&rest, length);
	span_skip(&rest, stream ? (4u - length % 4) % 4 : 0);
	if (rest.failed)
		return MORE;
	*s = rest;
	return YES;
}

/* ---- those inside ---- */

/* Its parser, and zeros for its state; false where there is none, or no room. */
static bool begin(struct stun_media *media, enum stun_inside kind, struct parse *parse)
{
	static const char *const names[] = { "dtls", "rtp", "rtcp" };
	static const uint8_t zeros[STATE_MOST];
	const struct protocol *const protocol = protocol_named(span_text(names[kind]));
	struct span state;

	if (media->inside[kind].protocol != NULL)
		return media->inside[kind].state != NULL;
	media->inside[kind].protocol = protocol;
	media->inside[kind].done = true;
	if (protocol == NULL || protocol->parser == NULL)
		return false;
	state = parse_keep(parse, span_of(zeros, protocol->parser->state_size));
	if (span_left(state) == 0)
		return false;
	media->inside[kind].state = (void *)state.at;
	media->inside[kind].done = false;
	return true;
}

static void read_inside(struct stun_media *media, enum stun_inside kind, struct parse *parse,
			struct span bytes)
{
	const struct protocol *const outer = parse->protocol;
	const enum side side = parse->side;

	if (!begin(media, kind, parse) || media->inside[kind].done)
		return;
	parse->protocol = media->inside[kind].protocol;
	if (kind == INSIDE_DTLS && media->turned)
		parse->side = side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
	media->inside[kind].done = parse->protocol->parser->read(media->inside[kind].state, parse, &bytes) !=
				   PARSE_ON;
	parse->side = side;
	parse->protocol = outer;
	parse->upgraded = false;
	parse->skip = parse->want = 0;
}

static bool is_client_hello(struct span s)
{
	enum { HANDSHAKE = 22, RECORD = 13, CLIENT_HELLO = 1 };

	return span_left(s) > RECORD && s.at[0] == HANDSHAKE && s.at[RECORD] == CLIENT_HELLO;
}

void stun_media_read(struct stun_media *media, struct parse *parse, struct span bytes)
{
	const uint8_t first = span_peek(bytes, 0), second = span_peek(bytes, 1);
	struct span data;

	if (span_left(bytes) < 2)
		return;
	if (stun_media_is_channel(bytes) && stun_media_take(&bytes, false, &data) == YES) {
		media->packets++;
		media->bytes += span_left(data);
		if (!stun_media_is_channel(data)) /* there are none in channels */
			stun_media_read(media, parse, data);
	} else if (first >= 20 && first <= 63) {
		if (media->inside[INSIDE_DTLS].protocol == NULL)
			media->turned = is_client_hello(bytes) == (parse->side == SIDE_SERVER);
		read_inside(media, INSIDE_DTLS, parse, bytes);
	} else if (first >> 6 == 2) {
		read_inside(media, second >= 192 && second <= 223 ? INSIDE_RTCP : INSIDE_RTP, parse, bytes);
	}
}

/* ---- the end ---- */

static void emit_channels(const void *record, struct json *json)
{
	const struct stun_media *const media = record;

	json_unsigned(json, "channel_packets", media->packets);
	json_unsigned(json, "channel_bytes", media->bytes);
}

void stun_media_end(struct stun_media *media, struct parse *parse)
{
	const struct protocol *const outer = parse->protocol;

	if (media->packets > 0)
		parse_event_as(parse, outer->name, emit_channels, media);
	for (int kind = 0; kind < INSIDE_KINDS; kind++) {
		const struct protocol *const protocol = media->inside[kind].protocol;

		if (media->inside[kind].state == NULL || protocol->parser->end == NULL)
			continue;
		parse->protocol = protocol;
		protocol->parser->end(media->inside[kind].state, parse);
		parse->protocol = outer;
	}
}
