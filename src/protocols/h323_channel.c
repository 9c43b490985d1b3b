/* h323_channel.c: logical channels of H.245 (in aligned PER): what is carried and where it comes in (H.245
 * B.2.2, C.3; H.323 8.1.7 for a fast start, which has the channels alone). */
#include "protocols/h323.h"

/* TransportAddress: of one host, or of a group. */
static bool read_address(struct per *per, struct h323_end *ret_end)
{
	enum { UNICAST_IPV6 = 2, GROUP_IPV6 = 1 };
	bool group, extended, wide;
	unsigned choice;
	struct span octets;

	if (per_bit(per))
		return false;
	group = per_bit(per);
	if (per_bit(per))
		return false;
	choice = per_bits(per, group ? 1 : 3);
	wide = choice == (group ? GROUP_IPV6 : UNICAST_IPV6);
	if (!wide && choice != 0)
		return false;
	extended = per_bit(per);
	octets = per_octets(per, wide ? 16 : 4);
	if (octets.failed)
		return false;
	ret_end->address = wide ? address_v6(octets.at) : address_v4(span_u32(&octets));
	octets = per_octets(per, 2);
	ret_end->port = span_u16(&octets);
	if (extended)
		per_additions(per, NULL, 0);
	return !per->bytes.failed;
}

/* H2250LogicalChannelParameters. */
static void read_parameters(struct span open, struct h323_channel *channel)
{
	struct per per = per_of(open);
	bool others, associated, media, guaranteed, control;

	(void)per_bit(&per);
	others = per_bit(&per);
	associated = per_bit(&per);
	media = per_bit(&per);
	guaranteed = per_bit(&per);
	control = per_bit(&per);
	(void)per_bits(&per, 5);
	if (others)
		h323_skip_others(&per);
	(void)per_octets(&per, 1); /* the session */
	if (associated)
		(void)per_bits(&per, 8);
	if (media && !read_address(&per, &channel->rtp))
		return;
	if (guaranteed)
		(void)per_bit(&per);
	if (control)
		(void)read_address(&per, &channel->rtcp);
}

/* H2250LogicalChannelAckParameters. */
static void read_ack_parameters(struct span open, struct h323_channel *channel)
{
	struct per per = per_of(open);
	bool others, session, media, control;

	if (per_bit(&per)) /* of the choice: not H.225.0's */
		return;
	(void)per_bit(&per);
	others = per_bit(&per);
	session = per_bit(&per);
	media = per_bit(&per);
	control = per_bit(&per);
	(void)per_bit(&per);
	if (others)
		h323_skip_others(&per);
	if (session)
		(void)per_bits(&per, 8);
	if (media && !read_address(&per, &channel->rtp))
		return;
	if (control)
		(void)read_address(&per, &channel->rtcp);
}

/* The choice of multiplexParameters: H.225.0's are its first extension. `bits`: of the choices before. */
static bool read_multiplex(struct per *per, unsigned bits, struct h323_channel *channel)
{
	unsigned choice;
	struct span open;

	if (!per_bit(per)) {
		(void)per_bits(per, bits);
		return false;
	}
	choice = per_bits(per, 7);
	open = per_open(per);
	if (choice == 0)
		read_parameters(open, channel);
	return !per->bytes.failed;
}

static uint16_t read_number(struct per *per)
{
	struct span octets = per_octets(per, 2);

	return (uint16_t)(span_u16(&octets) + 1);
}

static void add_channel(struct h323_message *message, const struct h323_channel *channel)
{
	if (message->channel_count < H323_CHANNELS)
		message->channels[message->channel_count++] = *channel;
}

void h323_read_channel(struct per *per, struct h323_message *message)
{
	const bool backwards = (per_bit(per), per_bit(per));
	struct h323_channel there = { .number = read_number(per) }, back = { .reverse = true };
	const bool extended = per_bit(per), port = per_bit(per);

	if (port)
		(void)per_octets(per, 2);
	if (!h323_read_media(per, &there) || !read_multiplex(per, 2, &there))
		return;
	if (extended)
		per_additions(per, NULL, 0);
	if (there.media != NULL && !per->bytes.failed)
		add_channel(message, &there);
	if (backwards) {
		bool multiplexed;

		back.number = there.number;
		(void)per_bit(per);
		multiplexed = per_bit(per);
		if (h323_read_media(per, &back) && multiplexed && read_multiplex(per, 1, &back) &&
		    back.media != NULL)
			add_channel(message, &back);
	}
}

/* OpenLogicalChannelAck: where the media is to be sent stands in an extension. */
void h323_read_channel_ack(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), backwards = per_bit(per);
	struct h323_channel there = { .number = read_number(per) };
	struct span list[2];

	if (backwards) {
		const bool more = per_bit(per), port = per_bit(per), multiplexed = per_bit(per);
		struct h323_channel back = { .number = read_number(per), .reverse = true };

		if (port)
			(void)per_octets(per, 2);
		if (multiplexed && !read_multiplex(per, 0, &back))
			return;
		if (more)
			per_additions(per, NULL, 0);
		add_channel(message, &back);
	}
	if (!extended)
		return;
	per_additions(per, list, 2);
	if (span_left(list[1]) > 0) {
		read_ack_parameters(list[1], &there);
		add_channel(message, &there);
	}
}
