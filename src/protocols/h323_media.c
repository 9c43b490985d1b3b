/* h323_media.c: what a logical channel of H.245 carries (DataType, in aligned PER): audio and video, with
 * their codecs. */
#include "protocols/h323.h"

static void skip_nonstandard(struct per *per)
{
	if (per_bit(per))
		(void)per_octets(per, 4);
	else
		(void)per_open(per);
	(void)per_open(per);
}

void h323_skip_others(struct per *per)
{
	enum { OTHERS_MOST = 16 };
	const size_t count = per_length(per);

	for (size_t i = 0; i < count && i < OTHERS_MOST && !per->bytes.failed; i++)
		skip_nonstandard(per);
}

/* A number of a range beyond 64K: how many octets it has (one less than them in two bits), and these. */
static void skip_wide(struct per *per)
{
	const unsigned octets = per_bits(per, 2) + 1;

	(void)per_octets(per, octets);
}

static bool read_audio(struct per *per, const char **ret_codec)
{
	static const char *const names[] = { NULL,   "g711a", "g711a", "g711u", "g711u", "g722",
					     "g722", "g722",  "g7231", "g728",  "g729",  "g729a" };
	static const char *const added[] = { "g729b",     "g729ab",          "g7231c",  "gsm",
					     "gsm_half",  "gsm_enhanced",    "generic", "g729",
					     "voiceband", "telephone_event", "tone" };
	enum { G7231 = 8 };
	unsigned choice;

	if (per_bit(per)) {
		choice = per_bits(per, 7);
		*ret_codec = choice < sizeof(added) / sizeof(added[0]) ? added[choice] : NULL;
		(void)per_open(per);
		return !per->bytes.failed;
	}
	choice = per_bits(per, 4);
	if (choice >= sizeof(names) / sizeof(names[0]))
		return false;
	*ret_codec = names[choice];
	if (choice == 0)
		skip_nonstandard(per);
	else
		(void)per_octets(per, 1); /* frames in a packet: 1 to 256 */
	if (choice == G7231)
		(void)per_bit(per);
	return !per->bytes.failed;
}

/* H261VideoCapability. */
static void skip_h261(struct per *per)
{
	const bool extended = per_bit(per), quarter = per_bit(per), common = per_bit(per);

	(void)per_bits(per, 2 * ((unsigned)quarter + common) + 1);
	(void)per_octets(per, 2);
	(void)per_bit(per);
	if (extended)
		per_additions(per, NULL, 0);
}

/* H263VideoCapability: five sizes of picture, and what they may cost. */
static void skip_h263(struct per *per)
{
	enum { SIZES = 5, SIZE_BITS = 5, MARKS = 5 };
	const bool extended = per_bit(per);
	unsigned sizes = 0;
	bool has_buffer, has_most;

	for (unsigned i = 0; i < SIZES; i++)
		sizes += per_bit(per);
	has_buffer = per_bit(per);
	has_most = per_bit(per);
	for (unsigned i = 0; i < sizes; i++)
		(void)per_bits(per, SIZE_BITS);
	skip_wide(per);
	(void)per_bits(per, MARKS);
	if (has_buffer)
		skip_wide(per);
	if (has_most)
		(void)per_octets(per, 2);
	if (extended)
		per_additions(per, NULL, 0);
}

/* GenericCapability: an object identifier says which, of H.264 {0 0 8 241 0 0 1}. */
static const char *generic_name(struct span open)
{
	static const uint8_t h264[] = { 0x00, 0x08, 0x81, 0x71, 0x00, 0x00, 0x01 };
	struct per per = per_of(open);
	struct span identifier;

	(void)per_bits(&per, 6);
	if (per_bits(&per, 3) != 0)
		return "generic";
	identifier = per_open(&per);
	return span_left(identifier) == sizeof(h264) && memcmp(identifier.at, h264, sizeof(h264)) == 0
		       ? "h264"
		       : "generic";
}

static bool read_video(struct per *per, const char **ret_codec)
{
	enum { NONSTANDARD, H261, H263 = 3 };

	if (per_bit(per)) {
		const unsigned choice = per_bits(per, 7);
		const struct span open = per_open(per);

		*ret_codec = choice == 0 ? generic_name(open) : NULL;
		return !per->bytes.failed;
	}
	switch (per_bits(per, 3)) {
	case NONSTANDARD: skip_nonstandard(per); break;
	case H261:
		*ret_codec = "h261";
		skip_h261(per);
		break;
	case H263:
		*ret_codec = "h263";
		skip_h263(per);
		break;
	default: return false;
	}
	return !per->bytes.failed;
}

bool h323_read_media(struct per *per, struct h323_channel *channel)
{
	enum { NONSTANDARD, NOTHING, VIDEO, AUDIO };

	if (per_bit(per)) {
		(void)per_bits(per, 7);
		(void)per_open(per);
		return !per->bytes.failed;
	}
	switch (per_bits(per, 3)) {
	case NONSTANDARD: skip_nonstandard(per); return !per->bytes.failed;
	case NOTHING: return !per->bytes.failed;
	case VIDEO: channel->media = "video"; return read_video(per, &channel->codec);
	case AUDIO: channel->media = "audio"; return read_audio(per, &channel->codec);
	default: return false;
	}
}
