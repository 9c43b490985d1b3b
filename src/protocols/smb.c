/* smb.c: Server Message Block, versions 1 to 3, over TCP: directly, or in a NetBIOS session. MS-CIFS and
 * MS-SMB (version 1), MS-SMB2 (2.0.2 to 3.1.1), RFC 1002 section 4.3 (session service; direct TCP keeps its
 * header).
 *
 * A session message is a zero octet, a length of 24 bits (17 in RFC 1002) and one SMB message, which begins
 * with 0xff "SMB" (version 1), 0xfe "SMB" (2 and 3), 0xfd "SMB" (encrypted) or 0xfc "SMB" (compressed). */
#include "protocols/smb.h"

enum {
	SESSION_MESSAGE = 0x00,

	NETBIOS_NAME = NETBIOS_LETTERS + 2, /* a length, letters, the root of the scope */
	ENCRYPTED_HEADER = 52,
	COMPRESSED_HEADER = 16,

	COMMAND_2_MOST = 0x13, /* SERVER_TO_CLIENT_NOTIFICATION */
	REPLY_1 = 0x80,        /* Flags of version 1 */
	RESPONSE_2 = 1,        /* Flags of version 2 */
};

/* ---- recognising ---- */

/* The fixed part of a version 1 header: the sender's side stands in a flag. */
static bool is_smb1(struct span s, enum side side)
{
	uint8_t flags;

	span_skip(&s, 5); /* command, status */
	flags = span_u8(&s);
	return ((flags & REPLY_1) != 0) == (side == SIDE_SERVER);
}

static bool is_smb2(struct span s, enum side side)
{
	const uint16_t size = span_u16_le(&s);
	uint16_t command;
	uint32_t flags;

	span_skip(&s, 6); /* credit charge, status */
	command = span_u16_le(&s);
	span_skip(&s, 2); /* credits */
	flags = span_u32_le(&s);
	return size == SMB2_HEADER && command <= COMMAND_2_MOST &&
	       ((flags & RESPONSE_2) != 0) == (side == SIDE_SERVER);
}

static bool is_any(struct span s, enum side side)
{
	(void)s;
	(void)side;
	return true;
}

static const struct kind {
	const char *begins;
	size_t least; /* octets of its header */
	bool (*holds)(struct span behind, enum side side);
} kinds[] = {
	{ SMB1_BEGINS, SMB1_HEADER, is_smb1 },
	{ SMB2_BEGINS, SMB2_HEADER, is_smb2 },
	{ "\xfdSMB", ENCRYPTED_HEADER, is_any },
	{ "\xfcSMB", COMPRESSED_HEADER, is_any },
};

enum verdict smb_recognise_message(struct span s, enum side side)
{
	const bool message = span_u8(&s) == SESSION_MESSAGE;
	const size_t length = span_u24(&s);
	const size_t have = span_left(s);

	if (s.failed)
		return MORE;
	for (size_t i = 0; message && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *const kind = &kinds[i];
		const enum verdict begins = recognise_text(s, kind->begins);

		if (begins == NO || length < kind->least)
			continue;
		if (begins == MORE || have < kind->least)
			return MORE;
		span_skip(&s, strlen(kind->begins));
		return kind->holds(s, side) ? YES : NO;
	}
	return NO;
}

/* A name of a session request without scope: 32 letters that stand for 16 octets. */
static bool is_netbios_name(struct span name)
{
	bool letters = span_u8(&name) == NETBIOS_LETTERS;

	for (int i = 0; i < NETBIOS_LETTERS; i++) {
		const uint8_t letter = span_u8(&name);

		letters = letters && letter >= 'A' && letter <= 'P';
	}
	return letters && span_u8(&name) == 0;
}

/* Steps over the request or the acceptance that opens a NetBIOS session, if there is one. */
static enum verdict open_session(struct span *s, enum side side)
{
	const bool request = span_peek(*s, 0) == SMB_SESSION_REQUEST && side == SIDE_CLIENT;
	const bool accepted = span_peek(*s, 0) == SMB_SESSION_ACCEPTED && side == SIDE_SERVER;
	const uint32_t wanted = request ? 2 * NETBIOS_NAME : 0;
	struct span session = *s, called, calling;
	uint32_t length;

	if (!request && !accepted)
		return YES;
	span_skip(&session, 1);
	length = span_u24(&session);
	if (!session.failed && length != wanted)
		return NO;
	called = span_take(&session, wanted / 2);
	calling = span_take(&session, wanted / 2);
	if (request && !session.failed && (!is_netbios_name(called) || !is_netbios_name(calling)))
		return NO;
	if (session.failed || span_left(*s) <= SMB_SESSION_HEADER + wanted)
		return MORE;
	*s = session;
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict session;

	if (transport != TRANSPORT_TCP)
		return NO;
	session = open_session(&first, side);
	return session == YES ? smb_recognise_message(first, side) : session;
}

const struct protocol protocol_smb = {
	.name = "smb",
	.title = "Server Message Block",
	DOORS(TCP(445), TCP(139)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	ALPN("smb"),
	.parser = &smb_parser,
	.probe = &smb_probe,
	.probe_state_size = SMB_PROBE_STATE,
	.weaknesses = smb_weaknesses,
};
