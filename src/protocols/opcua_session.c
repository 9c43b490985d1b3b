/* opcua_session.c: ActivateSession of OPC UA: OPC 10000-4 sections 5.7.3 (the request), 7.33 (its header)
 * and 7.41 (who the user is), in the binary encoding of OPC 10000-6 section 5.2. */
#include "protocols/opcua.h"

enum { LISTED_MOST = 16 };

struct span opcua_take_string(struct span *s)
{
	const uint32_t length = span_u32_le(s);

	return span_take(s, length == UINT32_MAX ? 0 : length);
}

/* OPC 10000-6 5.2.2.9; the number is 0 where it has none in the namespace of the standard. */
static uint32_t take_node(struct span *s)
{
	enum { TWO, FOUR, NUMERIC, STRING, GUID, BYTES };
	uint16_t space;
	uint32_t number;

	switch (span_u8(s)) {
	case TWO: return span_u8(s);
	case FOUR:
		space = span_u8(s);
		number = span_u16_le(s);
		break;
	case NUMERIC:
		space = span_u16_le(s);
		number = span_u32_le(s);
		break;
	case STRING:
	case BYTES:
		span_skip(s, 2);
		(void)opcua_take_string(s);
		return 0;
	case GUID: span_skip(s, 2 + 16); return 0;
	default: s->failed = true; return 0;
	}
	return space == 0 ? number : 0;
}

/* 5.2.2.15: a type, how it is encoded, and its octets; fails with s. */
static struct span take_object(struct span *s, uint32_t *ret_type)
{
	enum { NO_BODY };

	*ret_type = take_node(s);
	return span_u8(s) == NO_BODY ? span_take(s, 0) : opcua_take_string(s);
}

static void skip_header(struct span *s)
{
	uint32_t type;

	(void)take_node(s);      /* of the session */
	span_skip(s, 8 + 4 + 4); /* time, number, diagnostics */
	(void)opcua_take_string(s);
	span_skip(s, 4); /* how long it waits */
	(void)take_object(s, &type);
}

/* An array whose items have so many texts each. */
static void skip_list(struct span *s, unsigned texts)
{
	const uint32_t count = span_u32_le(s);

	if (count == UINT32_MAX)
		return;
	if (count > LISTED_MOST)
		s->failed = true;
	for (uint32_t i = 0; i < count * texts && !s->failed; i++)
		(void)opcua_take_string(s);
}

bool opcua_read_login(struct span request, struct opcua_login *ret_login)
{
	enum { ANONYMOUS = 321, USER_NAME = 324, CERTIFICATE = 327, ISSUED = 940 };
	struct span token;
	uint32_t type;

	*ret_login = (struct opcua_login){ .identity = OPCUA_UNKNOWN };
	skip_header(&request);
	(void)opcua_take_string(&request); /* the client's signature: algorithm and value */
	(void)opcua_take_string(&request);
	skip_list(&request, 2); /* certificates of software with their signatures */
	skip_list(&request, 1); /* languages */
	token = take_object(&request, &type);
	if (request.failed)
		return false;
	switch (type) {
	case ANONYMOUS: ret_login->identity = OPCUA_ANONYMOUS; return true;
	case CERTIFICATE: ret_login->identity = OPCUA_CERTIFICATE; return true;
	case ISSUED: ret_login->identity = OPCUA_ISSUED; return true;
	case USER_NAME: break;
	default: return true;
	}
	(void)opcua_take_string(&token); /* the policy's name */
	span_copy_text(opcua_take_string(&token), ret_login->user, OPCUA_USER);
	(void)opcua_take_string(&token); /* the password */
	ret_login->clear = span_left(opcua_take_string(&token)) == 0 && !token.failed;
	ret_login->identity = token.failed ? OPCUA_UNKNOWN : OPCUA_USER_NAME;
	return !token.failed;
}
