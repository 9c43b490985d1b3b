/* smb_probe.c: asks a server of SMB which dialects it takes, and reads what it says of itself. No session is
 * set up, though one of version 1 is asked how it would be, but where a server wants one the session of
 * NetBIOS below it. MS-SMB2 sections 2.2.3 and 2.2.4, MS-CIFS section 2.2.4.52, MS-SMB section 2.2.4.5, RFC
 * 1002 section 4.3.2, RFC 1001 section 14.1 (names). */
#include "base/clock.h"
#include "protocols/smb.h"

#include <ctype.h>

/* ---- asking ---- */

enum {
	NEGOTIATE_1 = 0x72,
	SETUP_1 = 0x73,
	SMB1_CAN = 0x54, /* Unicode, NT messages and status codes */
	NEGOTIATE_2 = 0,
	SMB1_FLAGS = 0x18,      /* names in any case */
	SMB1_FLAGS2 = 0xc001,   /* Unicode, NT status codes, long names */
	SMB1_EXTENDED = 0x0800, /* the answer has the server's id, and not its domain and name */
	SMB1_CAN_EXTENDED = 0x80000000,

	SIGNING_ENABLED = 1, /* SecurityMode of version 2 */
	SIGNING_REQUIRED = 2,
	SMB1_SIGNING_ENABLED = 4,
	SMB1_SIGNING_REQUIRED = 8,

	DIALECT_2_0_2 = 0x0202,
	DIALECT_2_ANY = 0x02ff,
	DIALECT_3_0 = 0x0300,
	DIALECT_3_1_1 = 0x0311,
	CAN_ENCRYPT = 0x40,

	CONTEXT_INTEGRITY = 1,
	CONTEXT_ENCRYPTION = 2,
	SALT = 32,
	GUID = 16,
};

/* Room for the session header, whose length end_message() fills in. */
static size_t begin_message(struct buffer *out)
{
	buffer_u32(out, 0);
	return out->length;
}

static void end_message(struct buffer *out, size_t begun)
{
	if (!out->failed)
		buffer_set_u32(out, begun - SMB_SESSION_HEADER, (uint32_t)(out->length - begun));
}

static void write_smb1(struct buffer *out, const char *const *dialects, uint16_t flags2)
{
	const size_t begun = begin_message(out);
	size_t octets = 0;

	buffer_text(out, SMB1_BEGINS);
	buffer_u8(out, NEGOTIATE_1);
	buffer_u32(out, 0);
	buffer_u8(out, SMB1_FLAGS);
	buffer_u16_le(out, flags2);
	buffer_fill(out, 0, 20); /* process, signature, tree, user and multiplex ids */
	buffer_u8(out, 0);       /* no parameter words */
	for (size_t i = 0; dialects[i] != NULL; i++)
		octets += strlen(dialects[i]) + 2;
	buffer_u16_le(out, (uint16_t)octets);
	for (size_t i = 0; dialects[i] != NULL; i++) {
		buffer_u8(out, 2);
		buffer_add(out, dialects[i], strlen(dialects[i]) + 1);
	}
	end_message(out, begun);
}

static void write_context(struct buffer *out, size_t message, uint16_t type, const uint16_t *words,
			  size_t count, size_t salt)
{
	while ((out->length - message) % 8 != 0 && !out->failed)
		buffer_u8(out, 0);
	buffer_u16_le(out, type);
	buffer_u16_le(out, (uint16_t)(2 * count + salt));
	buffer_u32(out, 0);
	for (size_t i = 0; i < count; i++)
		buffer_u16_le(out, words[i]);
	buffer_fill(out, 0, salt);
}

/* The second message of a conversation, hence message id 1. */
static void write_smb2(struct buffer *out)
{
	static const uint16_t dialects[] = { DIALECT_2_0_2, 0x0210, DIALECT_3_0, 0x0302, DIALECT_3_1_1 };
	static const uint16_t integrity[] = { 1, SALT, 1 };     /* one hash: SHA-512 */
	static const uint16_t encryption[] = { 4, 2, 1, 4, 3 }; /* AES: 128 GCM, CCM, 256 GCM, CCM */
	enum { DIALECTS = sizeof(dialects) / sizeof(dialects[0]), BODY = 36, CONTEXTS = 112 };
	const size_t begun = begin_message(out);

	buffer_text(out, SMB2_BEGINS);
	buffer_u16_le(out, SMB2_HEADER);
	buffer_fill(out, 0, 6); /* credit charge, status */
	buffer_u16_le(out, NEGOTIATE_2);
	buffer_u16_le(out, 1);  /* credit */
	buffer_fill(out, 0, 8); /* flags, next command */
	buffer_u32_le(out, 1);
	buffer_fill(out, 0, 36); /* rest of the message id, process, tree, session, signature */

	buffer_u16_le(out, BODY);
	buffer_u16_le(out, DIALECTS);
	buffer_u16_le(out, SIGNING_ENABLED);
	buffer_u16_le(out, 0);
	buffer_u32_le(out, CAN_ENCRYPT);
	buffer_add(out, "doorward knocks.", GUID);
	buffer_u32_le(out, CONTEXTS);
	buffer_u16_le(out, 2);
	buffer_u16_le(out, 0);
	for (size_t i = 0; i < DIALECTS; i++)
		buffer_u16_le(out, dialects[i]);
	write_context(out, begun, CONTEXT_INTEGRITY, integrity, 3, SALT);
	write_context(out, begun, CONTEXT_ENCRYPTION, encryption, 5, 0);
	end_message(out, begun);
}

/* Every version answers this one: a server without version 1 takes up its offer of version 2. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char *const dialects[] = { "NT LM 0.12", "SMB 2.002", "SMB 2.\?\?\?", NULL };

	(void)state;
	(void)transport;
	write_smb1(out, dialects, SMB1_FLAGS2);
}

/* Sixteen octets, each as two letters; the last tells a file server (0x20) from a workstation (0). */
static void write_netbios_name(struct buffer *out, const char *name, uint8_t kind)
{
	const size_t length = strlen(name);

	buffer_u8(out, NETBIOS_LETTERS);
	for (size_t i = 0; i < NETBIOS_LETTERS / 2; i++) {
		const bool last = i == NETBIOS_LETTERS / 2 - 1;
		const uint8_t octet = last ? kind : i < length ? (uint8_t)name[i] : ' ';

		buffer_u8(out, (uint8_t)('A' + (octet >> 4)));
		buffer_u8(out, (uint8_t)('A' + (octet & 0xf)));
	}
	buffer_u8(out, 0);
}

/* For servers that want to be called by a name first; this one is anybody's. */
static void greet_other(void *state, struct buffer *out)
{
	buffer_u32(out, (uint32_t)SMB_SESSION_REQUEST << 24 | 2 * (NETBIOS_LETTERS + 2));
	write_netbios_name(out, "*SMBSERVER", ' ');
	write_netbios_name(out, "DOORWARD", 0);
	greet(state, TRANSPORT_TCP, out);
}

/* MS-SMB 2.2.4.6.1: the question of NTLM's first step, in which nobody says who he is. The server asks back
 * for proof, which it does not get, and tells which programs speak. */
static void write_setup(struct buffer *out)
{
	static const char question[] = "NTLMSSP\0\1\0\0\0\x97\x82\x08\xe2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	const size_t begun = begin_message(out);

	buffer_text(out, SMB1_BEGINS);
	buffer_u8(out, SETUP_1);
	buffer_u32(out, 0);
	buffer_u8(out, SMB1_FLAGS);
	buffer_u16_le(out, SMB1_FLAGS2 | SMB1_EXTENDED);
	buffer_fill(out, 0, 20);
	buffer_u8(out, 12); /* parameter words */
	buffer_u8(out, 0xff);
	buffer_fill(out, 0, 3);
	buffer_u16_le(out, 16644); /* the greatest message */
	buffer_u16_le(out, 2);
	buffer_u16_le(out, 1);
	buffer_u32(out, 0);
	buffer_u16_le(out, sizeof(question));
	buffer_u32(out, 0);
	buffer_u32_le(out, SMB1_CAN_EXTENDED | SMB1_CAN);
	buffer_u16_le(out, sizeof(question) + 5);
	buffer_add(out, question, sizeof(question));
	buffer_fill(out, 0, 5); /* alignment, and two names that are empty */
	end_message(out, begun);
}

static void greet_old(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	static const char *const dialects[] = { "NT LM 0.12", NULL };

	(void)state;
	(void)known;
	(void)variant;
	write_smb1(out, dialects, SMB1_FLAGS2 | SMB1_EXTENDED);
	write_setup(out);
}

/* ---- hearing ---- */

const struct weakness smb_1 = {
	"smb-1",
	"SMB 1 is offered",
	1,
	"switch SMB 1 off (Samba: server min protocol = SMB2_10; Windows: remove the feature SMB1Protocol)",
};
const struct weakness smb_signing_not_required = {
	"smb-signing-not-required",
	"SMB messages need not be signed",
	3,
	"require signing (Samba: server signing = mandatory; Windows: RequireSecuritySignature)",
};

struct state {
	bool asked_again;
};
_Static_assert(sizeof(struct state) <= SMB_PROBE_STATE, "smb.h tells the size of the state");

static void tell_signing(struct answer *answer, bool enabled, bool required)
{
	answer_fact(answer, "signing", span_text(required ? "required" : enabled ? "enabled" : "off"));
	if (!required)
		answer_weakness(answer, &smb_signing_not_required, "signing is %s",
				enabled ? "optional" : "off");
}

/* A text in UTF-16 that ends with a zero; what is no character of the basic plane becomes a question mark. */
static void tell_utf16(struct answer *answer, const char *key, struct span *s)
{
	struct buffer text = buffer_new(3 * FACT_VALUE);

	for (uint16_t unit = span_u16_le(s); unit != 0; unit = span_u16_le(s)) {
		if (unit < 0x80) {
			buffer_u8(&text, (uint8_t)unit);
		} else if (unit < 0x800) {
			buffer_u16(&text, (uint16_t)((0xc0 | unit >> 6) << 8 | 0x80 | (unit & 0x3f)));
		} else if (unit >= 0xd800 && unit < 0xe000) {
			buffer_u8(&text, '?');
		} else {
			buffer_u8(&text, (uint8_t)(0xe0 | unit >> 12));
			buffer_u16(&text,
				   (uint16_t)((0x80 | (unit >> 6 & 0x3f)) << 8 | 0x80 | (unit & 0x3f)));
		}
	}
	answer_fact(answer, key, buffer_read(&text));
	buffer_free(&text);
}

/* Samba puts its name into its id: letters, and zeros up to the end. */
static void tell_guid(struct answer *answer, struct span guid)
{
	struct span s = guid;
	const uint32_t first = span_u32_le(&s);
	const uint16_t second = span_u16_le(&s), third = span_u16_le(&s), fourth = span_u16(&s);
	const uint16_t fifth = span_u16(&s);
	const uint32_t last = span_u32(&s);
	size_t letters = 0, zeros = 0;

	if (s.failed)
		return;
	answer_fact_format(answer, "server_guid", "%08x-%04x-%04x-%04x-%04x%08x", first, second, third,
			   fourth, fifth, last);
	while (letters < GUID - 1 &&
	       (islower(span_peek(guid, letters)) || isdigit(span_peek(guid, letters)) ||
		span_peek(guid, letters) == '-' || span_peek(guid, letters) == '_'))
		letters++;
	while (letters + zeros < GUID && span_peek(guid, letters + zeros) == 0)
		zeros++;
	if (letters == 0 || letters + zeros != GUID)
		return;
	answer_product(answer, span_text("Samba smbd"), span_text(""));
	answer_fact(answer, "host", span_take(&guid, letters));
}

/* Which of the two forms of the answer came, a flag in its capabilities tells. */
static void hear_smb1(struct span s, struct answer *answer)
{
	enum { WORDS = 17, NO_DIALECT = 0xffff };
	unsigned words, dialect, security, challenge;
	uint32_t can;

	span_skip(&s, SMB1_HEADER);
	words = span_u8(&s);
	dialect = span_u16_le(&s);
	security = span_u8(&s);
	span_skip(&s, 16); /* limits, session key */
	can = span_u32_le(&s);
	span_skip(&s, 10); /* time, zone */
	challenge = span_u8(&s);
	span_skip(&s, 2);
	if (words == 0 || dialect == NO_DIALECT)
		return;
	answer_weakness(answer, &smb_1, "the server chose the dialect NT LM 0.12");
	if (words != WORDS || s.failed)
		return;
	if (answer_get(answer, "dialect") == NULL) {
		answer_fact(answer, "dialect", span_text("NT LM 0.12"));
		tell_signing(answer, security & SMB1_SIGNING_ENABLED, security & SMB1_SIGNING_REQUIRED);
	}
	if (can & SMB1_CAN_EXTENDED) {
		tell_guid(answer, span_take(&s, GUID));
		return;
	}
	span_skip(&s, challenge);
	tell_utf16(answer, "domain", &s);
	tell_utf16(answer, "host", &s);
}

/* MS-SMB 2.2.4.6.2: behind the token the names of the system and of the program. */
static void hear_setup(struct span s, struct answer *answer)
{
	const struct span message = s;
	const char *program;
	unsigned words, token;

	span_skip(&s, SMB1_HEADER);
	words = span_u8(&s);
	span_skip(&s, 6);
	token = span_u16_le(&s);
	span_skip(&s, 2u + token);
	if (words != 4 || s.failed || (span_peek(message, 11) & 0x80) == 0)
		return;
	span_skip(&s, (size_t)(s.at - message.at) % 2);
	tell_utf16(answer, "native_os", &s);
	tell_utf16(answer, "native_lm", &s);
	program = answer_get(answer, "native_lm");
	if (program != NULL && strncmp(program, "Samba ", strlen("Samba ")) == 0) {
		answer_product(answer, span_text("Samba smbd"), span_text(program + strlen("Samba ")));
		answer->version[strcspn(answer->version, "-+~ ")] = '\0';
	}
}

static void tell_dialect(struct answer *answer, uint16_t dialect)
{
	answer_fact_format(answer, "dialect", "%x.%02x", dialect >> 8, dialect & 0xffu);
}

/* Hundreds of nanoseconds since 1601; a clock that was never set is not told. */
static void tell_time(struct answer *answer, uint64_t time)
{
	enum { PER_MICROSECOND = 10 };
	const uint64_t from_1970 = 116444736000000000u, to_2200 = 189000000000000000u;
	char text[CLOCK_TEXT];

	if (time > from_1970 && time < to_2200)
		answer_fact(answer, "system_time",
			    span_text(clock_text((int64_t)((time - from_1970) / PER_MICROSECOND), text)));
}

static const char *cipher_text(uint16_t cipher)
{
	static const char *const names[] = { NULL, "AES-128-CCM", "AES-128-GCM", "AES-256-CCM",
					     "AES-256-GCM" };

	return cipher < sizeof(names) / sizeof(names[0]) ? names[cipher] : NULL;
}

/* The contexts of a 3.1.1 answer; of interest is the cipher that was chosen. */
static void hear_contexts(struct span message, uint32_t offset, unsigned count, struct answer *answer)
{
	struct span s = message;

	span_skip(&s, offset);
	for (unsigned i = 0; i < count && !s.failed; i++) {
		const uint16_t type = span_u16_le(&s), length = span_u16_le(&s);
		struct span data;

		span_skip(&s, 4);
		data = span_take(&s, length);
		if (type == CONTEXT_ENCRYPTION && span_u16_le(&data) == 1) {
			const char *const cipher = cipher_text(span_u16_le(&data));

			if (cipher != NULL)
				answer_fact(answer, "encryption", span_text(cipher));
		}
		if (span_left(s) > 0)
			span_skip(&s, (8 - length % 8) % 8);
	}
}

/* MS-SMB2 section 2.2.4. False if the server wants to be asked again, for the dialects after 2.0.2. */
static bool hear_smb2(struct span message, struct answer *answer)
{
	struct span s = message;
	uint16_t security, dialect, contexts;
	struct span guid;
	uint32_t can, offset;
	uint64_t time;

	span_skip(&s, SMB2_HEADER + 2);
	security = span_u16_le(&s);
	dialect = span_u16_le(&s);
	contexts = span_u16_le(&s);
	guid = span_take(&s, GUID);
	can = span_u32_le(&s);
	span_skip(&s, 12); /* greatest sizes */
	time = span_u64_le(&s);
	span_skip(&s, 12); /* time of start, place of the security token */
	offset = span_u32_le(&s);
	if (s.failed)
		return true;
	if (dialect == DIALECT_2_ANY)
		return false;
	tell_dialect(answer, dialect);
	tell_signing(answer, security & SIGNING_ENABLED, security & SIGNING_REQUIRED);
	tell_guid(answer, guid);
	tell_time(answer, time);
	if (dialect == DIALECT_3_1_1)
		hear_contexts(message, offset, contexts, answer);
	else if (dialect >= DIALECT_3_0 && can & CAN_ENCRYPT)
		answer_fact(answer, "encryption", span_text("AES-128-CCM"));
	return true;
}

/* Steps over the acceptance of a NetBIOS session. */
static void skip_acceptance(struct span *heard)
{
	struct span s = *heard;

	if (span_u8(&s) == SMB_SESSION_ACCEPTED && span_u24(&s) == 0 && !s.failed)
		*heard = s;
}

/* Cuts the next SMB message off what has come. WAIT: it is not whole; NOT: it is no answer of SMB. */
static enum probe_step next_message(struct span *heard, struct span *message)
{
	enum { MESSAGE_MOST = 16 * 1024 };
	struct span s = *heard;
	const enum verdict verdict = span_left(s) > 0 ? smb_recognise_message(s, SIDE_SERVER) : MORE;
	uint32_t length;

	if (verdict != YES)
		return verdict == NO ? PROBE_NOT : PROBE_WAIT;
	span_skip(&s, 1);
	length = span_u24(&s);
	*message = span_take(&s, length);
	if (s.failed)
		return length > MESSAGE_MOST ? PROBE_NOT : PROBE_WAIT;
	*heard = s;
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	struct span message;
	enum probe_step step;

	skip_acceptance(heard);
	step = next_message(heard, &message);
	if (step == PROBE_WAIT && ended)
		return state->asked_again ? PROBE_DONE : PROBE_NOT;
	if (step != PROBE_DONE)
		return step;
	if (span_begins(message, SMB1_BEGINS)) {
		hear_smb1(message, answer);
		return PROBE_DONE;
	}
	if (hear_smb2(message, answer) || state->asked_again || ended)
		return PROBE_DONE;
	state->asked_again = true;
	write_smb2(out);
	return PROBE_WAIT;
}

static enum probe_step hear_old(void *state, size_t variant, struct span *heard, bool ended,
				struct answer *answer)
{
	struct span message;
	const enum probe_step step = next_message(heard, &message);

	(void)state;
	(void)variant;
	if (step == PROBE_DONE && span_begins(message, SMB1_BEGINS)) {
		if (span_peek(message, 4) == SETUP_1) {
			hear_setup(message, answer);
			return PROBE_DONE;
		}
		hear_smb1(message, answer);
		return ended ? PROBE_DONE : PROBE_WAIT;
	}
	return step == PROBE_WAIT && !ended ? PROBE_WAIT : PROBE_DONE;
}

const struct weakness *const smb_weaknesses[] = { &smb_1, &smb_signing_not_required, &smb_guest, NULL };

const struct probe smb_probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.greet_other = greet_other,
	.hear = hear,
	.variants = 1,
	.greet_more = greet_old,
	.hear_more = hear_old,
};
