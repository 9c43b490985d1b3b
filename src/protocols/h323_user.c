/* h323_user.c: what H.225.0 (Annex H, in aligned PER) puts into the user data of a message of Q.931: version
 * and aliases, where the channel for H.245 waits, the channels of a fast start (H.323 8.1.7), and messages of
 * H.245 that are tunnelled (H.323 8.2.1). */
#include "protocols/h323.h"

enum {
	CODED_DATA = 0x05, /* user data is coded as X.208 and X.209 have it, which means H.225.0 */
	ADDITIONS = 16,    /* extensions that are looked at */
	ELEMENTS_MOST = 32,
	CONTROL_AT = 2, /* of the extensions of H323-UU-PDU: h245Control */
	NOWHERE = ADDITIONS,
};

/* The choices of h323-message-body. */
enum body { SETUP, PROCEEDING, CONNECT, ALERTING, INFORMATION, RELEASE, FACILITY };

/* SEQUENCE OF OCTET STRING, each of them something of H.245. */
static void read_elements(struct span s, void (*read)(struct span, struct h323_message *),
			  struct h323_message *message)
{
	struct per per = per_of(s);
	const size_t count = per_length(&per);

	for (size_t i = 0; i < count && i < ELEMENTS_MOST && !per.bytes.failed; i++)
		read(per_open(&per), message);
}

static void read_offered(struct span s, struct h323_message *message)
{
	struct per per = per_of(s);

	h323_read_channel(&per, message);
}

static void read_control(struct span s, struct h323_message *message)
{
	(void)h323_read_control(s, message);
}

/* What later versions added to a body: where the fast start is among it, and the address for H.245. */
static void read_additions(struct per *per, unsigned fast, unsigned control, struct h323_message *message)
{
	struct span list[ADDITIONS];

	per_additions(per, list, ADDITIONS);
	if (fast < ADDITIONS && span_left(list[fast]) > 0)
		read_elements(list[fast], read_offered, message);
	if (control < ADDITIONS && span_left(list[control]) > 0) {
		struct per open = per_of(list[control]);

		if (!h323_read_transport(&open, &message->control))
			message->control.port = 0;
	}
}

/* A choice without content of so many bits, or an extension of it. */
static void skip_choice(struct per *per, unsigned bits)
{
	if (per_bit(per)) {
		(void)per_bits(per, 7);
		(void)per_open(per);
	} else {
		(void)per_bits(per, bits);
	}
}

static void skip_services(struct per *per)
{
	const bool extended = per_bit(per);
	bool details;

	(void)per_bits(per, 7);
	details = per_bit(per);
	(void)per_bits(per, 2);
	if (details)
		per_additions(per, NULL, 0);
	if (extended)
		per_additions(per, NULL, 0);
}

/* Setup-UUIE. False where what follows is not found. */
static bool read_setup(struct per *per, struct h323_message *message)
{
	enum { CONFERENCE = 16, FAST = 6 };
	const bool extended = per_bit(per), has_control = per_bit(per), has_source = per_bit(per);
	const bool has_destination = per_bit(per), has_address = per_bit(per), has_info = per_bit(per);
	const bool has_references = per_bit(per), has_services = per_bit(per);
	char other[H323_PARTY];
	struct h323_end end;

	message->version = h323_version(per_open(per));
	if (message->version == 0 || (has_control && !h323_read_transport(per, &message->control)))
		return false;
	if (has_source)
		h323_read_aliases(per, message->calling_alias, sizeof(message->calling_alias));
	if (!h323_read_endpoint(per, message))
		return false;
	if (has_destination)
		h323_read_aliases(per, message->called_alias, sizeof(message->called_alias));
	if (has_address && !h323_read_transport(per, &end))
		return false;
	if (has_info)
		h323_read_aliases(per, other, sizeof(other));
	if (has_references)
		(void)per_octets(per, 2 * per_length(per));
	(void)per_bit(per); /* activeMC */
	(void)per_octets(per, CONFERENCE);
	skip_choice(per, 2); /* conferenceGoal */
	if (has_services)
		skip_services(per);
	skip_choice(per, 2); /* callType */
	if (extended)
		read_additions(per, FAST, NOWHERE, message);
	return !per->bytes.failed;
}

/* CallProceeding-UUIE, Alerting-UUIE and Connect-UUIE. */
static bool read_progress(struct per *per, enum body body, struct h323_message *message)
{
	enum { CONFERENCE = 16, FAST = 4 };
	const bool extended = per_bit(per), has_control = per_bit(per);

	message->version = h323_version(per_open(per));
	if (body == CONNECT && has_control && !h323_read_transport(per, &message->control))
		return false;
	if (!h323_read_endpoint(per, message))
		return false;
	if (body == CONNECT)
		(void)per_octets(per, CONFERENCE);
	else if (has_control && !h323_read_transport(per, &message->control))
		return false;
	if (extended)
		read_additions(per, FAST, NOWHERE, message);
	return !per->bytes.failed;
}

static bool read_information(struct per *per, struct h323_message *message)
{
	enum { FAST = 3 };
	const bool extended = per_bit(per);

	message->version = h323_version(per_open(per));
	if (extended)
		read_additions(per, FAST, NOWHERE, message);
	return !per->bytes.failed;
}

static bool read_release(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), has_reason = per_bit(per);

	message->version = h323_version(per_open(per));
	if (has_reason)
		skip_choice(per, 4);
	if (extended)
		read_additions(per, NOWHERE, NOWHERE, message);
	return !per->bytes.failed;
}

static bool read_facility(struct per *per, struct h323_message *message)
{
	enum { CONFERENCE = 16, CONTROL = 6, FAST = 7 };
	const bool extended = per_bit(per), has_address = per_bit(per), has_alias = per_bit(per);
	const bool has_conference = per_bit(per);
	char other[H323_PARTY];
	struct h323_end end;

	message->version = h323_version(per_open(per));
	if (has_address && !h323_read_transport(per, &end))
		return false;
	if (has_alias)
		h323_read_aliases(per, other, sizeof(other));
	if (has_conference)
		(void)per_octets(per, CONFERENCE);
	skip_choice(per, 2);
	if (extended)
		read_additions(per, FAST, CONTROL, message);
	return !per->bytes.failed;
}

/* Progress-UUIE, which is an extension itself: an identifier of the call, and no security before the
 * channels. */
static void read_announcement(struct span open, struct h323_message *message)
{
	struct per per = per_of(open);
	const bool extended = per_bit(&per), has_control = per_bit(&per), has_security = per_bit(&per);
	const unsigned tokens = per_bits(&per, 2);
	const bool has_fast = per_bit(&per);

	(void)extended;
	message->version = h323_version(per_open(&per));
	if (!h323_read_endpoint(&per, message) ||
	    (has_control && !h323_read_transport(&per, &message->control)) || has_security || tokens != 0)
		return;
	if (per_bit(&per)) /* callIdentifier with extensions */
		return;
	(void)per_octets(&per, 16);
	if (has_fast)
		read_elements(per.bytes, read_offered, message);
}

static bool read_body(struct per *per, enum body body, struct h323_message *message)
{
	switch (body) {
	case SETUP: return read_setup(per, message);
	case PROCEEDING:
	case CONNECT:
	case ALERTING: return read_progress(per, body, message);
	case INFORMATION: return read_information(per, message);
	case RELEASE: return read_release(per, message);
	case FACILITY: return read_facility(per, message);
	default: return false;
	}
}

void h323_read_user_data(struct span data, struct h323_message *message)
{
	struct per per = per_of(data);
	bool extended, other;

	if (span_u8(&per.bytes) != CODED_DATA)
		return;
	(void)per_bits(&per, 2); /* of H323-UserInformation: extensions, user-data */
	extended = per_bit(&per);
	other = per_bit(&per);
	if (per_bit(&per)) { /* a body of later versions: progress, empty, status, ... */
		const unsigned choice = per_bits(&per, 7);
		const struct span open = per_open(&per);

		if (choice == 0)
			read_announcement(open, message);
	} else if (!read_body(&per, (enum body)per_bits(&per, 3), message)) {
		return;
	}
	if (other)
		h323_skip_nonstandard(&per);
	if (extended) {
		struct span list[CONTROL_AT + 1];

		per_additions(&per, list, CONTROL_AT + 1);
		if (span_left(list[CONTROL_AT]) > 0)
			read_elements(list[CONTROL_AT], read_control, message);
	}
}
