/* ntlmssp.c: MS-NLMP sections 2.2.1.1 to 2.2.1.3. */
#include "protocols/ntlmssp.h"
#include "protocols/utf16.h"

#include <stdio.h>

enum { UNICODE = 1, WITH_VERSION = 0x02000000, SIGNATURE = 8 };
enum {
	PAIR_END = 0,
	PAIR_COMPUTER = 1,
	PAIR_DOMAIN = 2,
	PAIR_DNS_COMPUTER = 3,
	PAIR_DNS_DOMAIN = 4,
	PAIRS_MOST = 16
};

/* Length, room and offset of a field. */
static struct span read_field(struct span message, struct span *s)
{
	const uint16_t length = span_u16_le(s);
	uint32_t offset;

	span_skip(s, 2);
	offset = span_u32_le(s);
	span_skip(&message, offset);
	return span_take(&message, length);
}

static void copy_text(struct span s, bool unicode, char text[static NTLMSSP_NAME])
{
	if (unicode)
		utf16_text(s, text, NTLMSSP_NAME);
	else
		span_copy_text(s, text, NTLMSSP_NAME);
}

static void read_version(struct span *s, char version[static 16])
{
	const uint8_t major = span_u8(s), minor = span_u8(s);
	const uint16_t build = span_u16_le(s);

	if (!s->failed && major > 0)
		(void)snprintf(version, 16, "%u.%u.%u", major, minor, build);
}

/* The pairs of a challenge name the server and its domain. */
static void read_pairs(struct span pairs, struct ntlmssp *message)
{
	for (int i = 0; i < PAIRS_MOST && span_left(pairs) >= 4; i++) {
		const uint16_t id = span_u16_le(&pairs);
		const struct span value = span_take(&pairs, span_u16_le(&pairs));

		if (value.failed || id == PAIR_END)
			return;
		if (id == PAIR_COMPUTER || id == PAIR_DNS_COMPUTER)
			copy_text(value, true, message->host);
		else if (id == PAIR_DOMAIN || id == PAIR_DNS_DOMAIN)
			copy_text(value, true, message->domain);
	}
}

static void read_challenge(struct span message, struct span s, struct ntlmssp *out)
{
	const struct span target = read_field(message, &s);
	const uint32_t flags = span_u32_le(&s);
	struct span pairs;

	copy_text(target, (flags & UNICODE) != 0, out->domain);
	span_skip(&s, 16); /* challenge, reserved */
	pairs = read_field(message, &s);
	if (flags & WITH_VERSION)
		read_version(&s, out->version);
	if (!pairs.failed)
		read_pairs(pairs, out);
}

static void read_authenticate(struct span message, struct span s, struct ntlmssp *out)
{
	struct span answer, domain, user, host;
	uint32_t flags;

	(void)read_field(message, &s); /* LAN Manager's answer */
	answer = read_field(message, &s);
	domain = read_field(message, &s);
	user = read_field(message, &s);
	host = read_field(message, &s);
	(void)read_field(message, &s); /* session key */
	flags = span_u32_le(&s);
	copy_text(domain, (flags & UNICODE) != 0, out->domain);
	copy_text(user, (flags & UNICODE) != 0, out->user);
	copy_text(host, (flags & UNICODE) != 0, out->host);
	if (flags & WITH_VERSION)
		read_version(&s, out->version);
	out->anonymous = !user.failed && span_left(user) == 0 && span_left(answer) == 0;
}

bool ntlmssp_read(struct span token, struct ntlmssp *ret_message)
{
	const size_t at = span_find(token, "NTLMSSP");
	struct span message = token, s;
	uint32_t type;

	*ret_message = (struct ntlmssp){ 0 };
	if (token.failed || at == SIZE_MAX)
		return false;
	span_skip(&message, at);
	s = message;
	span_skip(&s, SIGNATURE);
	type = span_u32_le(&s);
	if (s.failed || type < NTLMSSP_NEGOTIATE || type > NTLMSSP_AUTHENTICATE)
		return false;
	ret_message->type = (enum ntlmssp_type)type;
	if (type == NTLMSSP_CHALLENGE)
		read_challenge(message, s, ret_message);
	else if (type == NTLMSSP_AUTHENTICATE)
		read_authenticate(message, s, ret_message);
	return true;
}

void ntlmssp_write(struct json *json, const struct ntlmssp *message)
{
	json_open_object(json, "ntlmssp");
	json_text(json, "domain", message->domain);
	json_text(json, "user", message->user);
	json_text(json, "host", message->host);
	if (message->version[0] != '\0')
		json_text(json, "version", message->version);
	json_end(json);
}
