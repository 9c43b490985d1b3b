/* opcua.c: OPC Unified Architecture over TCP, OPC 10000-6 (mappings: 7.1 connections, 6.7 secure channels)
 * and OPC 10000-4 (services). Numbers are little-endian. */
#include "protocols/opcua.h"

#include "protocols/probes.h"
#include "protocols/tally.h"

enum {
	HEADER = 8,
	SIZE_MOST = 64 << 20,
	BUFFER_LEAST = 1024, /* the standard asks for 8192; small devices take less */
	URL_MOST = 4096,
	ACK_SIZE = 28,
	SERVICE_AT = 16, /* behind channel, token, sequence and request of a message */
};

static const struct weakness no_security = {
	.id = "opcua-no-security",
	.title = "OPC UA is spoken without signature and encryption",
	.severity = 2,
	.remedy = "Take SecurityPolicy None from the server's endpoints.",
};
static const struct weakness clear_login = {
	.id = "opcua-clear-login",
	.title = "OPC UA takes passwords in clear text",
	.severity = 2,
	.remedy = "Take SecurityPolicy None from the server's endpoints, also from its policies for users.",
};
static const struct weakness *const weaknesses[] = { &no_security, &clear_login, NULL };

/* By the number of the request's binary encoding (OPC 10000-6, annex A.3). */
static const struct code_name service_names[] = {
	{ 422, "find_servers" },
	{ 428, "get_endpoints" },
	{ 461, "create_session" },
	{ 467, "activate_session" },
	{ 473, "close_session" },
	{ 527, "browse" },
	{ 554, "translate_browse_paths" },
	{ 631, "read" },
	{ 664, "history_read" },
	{ 673, "write" },
	{ 712, "call" },
	{ 751, "create_monitored_items" },
	{ 787, "create_subscription" },
	{ 826, "publish" },
};

/* ---- recognising ---- */

static enum verdict read_header(struct span s, const char *types, uint32_t *ret_size)
{
	const size_t come = span_left(s);
	enum verdict best = NO;

	for (; *types != '\0'; types += 3)
		if (memcmp(s.at, types, come < 3 ? come : 3) == 0)
			best = YES;
	if (best == NO || (come > 3 && s.at[3] != 'F' && s.at[3] != 'C' && s.at[3] != 'A'))
		return NO;
	if (come < HEADER)
		return MORE;
	span_skip(&s, 4);
	*ret_size = span_u32_le(&s);
	return *ret_size >= HEADER && *ret_size <= SIZE_MOST ? YES : NO;
}

static enum verdict is_hello(struct span s, uint32_t size)
{
	uint32_t receive, send, url;

	span_skip(&s, 4);
	receive = span_u32_le(&s);
	send = span_u32_le(&s);
	span_skip(&s, 8);
	url = span_u32_le(&s);
	if (s.failed)
		return MORE;
	return receive >= BUFFER_LEAST && send >= BUFFER_LEAST &&
			       (url == UINT32_MAX ? size == 32 : url <= URL_MOST && size == 32 + url)
		       ? YES
		       : NO;
}

static enum verdict is_error(struct span s, uint32_t size)
{
	const uint32_t code = span_u32_le(&s), reason = span_u32_le(&s);

	if (s.failed)
		return MORE;
	return code >> 31 != 0 && (reason == UINT32_MAX ? size == 16 : size == 16 + (uint64_t)reason) ? YES
												      : NO;
}

/* How one begins that is heard from its middle on: a channel is opened or renewed under a policy's name. */
static enum verdict is_open(struct span s)
{
	uint32_t length;

	span_skip(&s, 4);
	length = span_u32_le(&s);
	if (s.failed)
		return MORE;
	return length > 0 && length <= URL_MOST ? recognise_text(s, "http://opcfoundation.org/UA/") : NO;
}

/* Or a message goes through it: the channel and its token have numbers. */
static enum verdict is_message(struct span s, uint32_t size)
{
	const uint32_t channel = span_u32_le(&s), token = span_u32_le(&s);

	if (s.failed)
		return MORE;
	return channel != 0 && token != 0 && size > HEADER + SERVICE_AT ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint8_t letter = *first.at;
	uint32_t size;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = read_header(first, side == SIDE_CLIENT ? "HELOPNMSG" : "ACKERRRHEOPNMSG", &size);
	if (verdict != YES)
		return verdict;
	span_skip(&first, HEADER);
	if (letter == 'O')
		return is_open(first);
	if (letter == 'M')
		return is_message(first, size);
	if (side == SIDE_CLIENT)
		return is_hello(first, size);
	if (letter == 'A')
		return size == ACK_SIZE ? YES : NO;
	if (letter == 'E')
		return is_error(first, size);
	return size >= 16 && size <= 2 * URL_MOST ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct tally services;
	uint32_t requests, answers, version, error;
	char url[256], policy[96], reason[128];
	struct opcua_login login;
	bool plain, failed, told;
};

static void emit(const void *record, struct json *json)
{
	static const char *const identities[] = { NULL, "anonymous", "user_name", "certificate",
						  "issued_token" };
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	emit_text(json, "endpoint_url", state->url);
	emit_text(json, "security_policy", state->policy);
	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	EMIT_TALLY(json, "services", &state->services, service_names);
	json_text(json, "identity", identities[state->login.identity]);
	emit_text(json, "user", state->login.user);
	if (state->failed)
		json_unsigned(json, "error", state->error);
	emit_text(json, "reason", state->reason);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->url[0] != '\0' || state->requests + state->answers > 0 || state->failed))
		parse_event(parse, state);
	state->told = true;
}

/* The policy is the last part of its name: http://opcfoundation.org/UA/SecurityPolicy#None */
static void read_open(struct conversation *state, struct parse *parse, struct span s)
{
	struct span policy;

	span_skip(&s, 4);
	policy = opcua_take_string(&s);
	(void)span_until(&policy, '#');
	if (policy.failed || state->policy[0] != '\0')
		return;
	span_copy_text(policy, state->policy, sizeof(state->policy));
	state->plain = strcmp(state->policy, "None") == 0;
	if (state->plain)
		parse_weakness(parse, &no_security, "security policy None at %s", state->url);
}

/* Type of node id 1: namespace in an octet, number in two. Where nobody heard which policy was agreed on, a
 * service that is known shows that it is none. */
static void read_request(struct conversation *state, struct parse *parse, struct span s)
{
	enum { ACTIVATE_SESSION = 467 };

	span_skip(&s, SERVICE_AT);
	if ((state->plain || state->policy[0] == '\0') && span_u8(&s) == 1 && span_u8(&s) == 0) {
		const uint16_t service = span_u16_le(&s);

		state->plain |= !s.failed && CODE_TEXT(service_names, service) != NULL;
		if (!s.failed && state->plain)
			tally_add(&state->services, service);
		if (state->plain && service == ACTIVATE_SESSION && opcua_read_login(s, &state->login) &&
		    state->login.clear)
			parse_weakness(parse, &clear_login, "password of user %s", state->login.user);
	}
}

static void read_message(struct conversation *state, struct parse *parse, struct span s)
{
	const uint8_t *const head = span_header(&s, HEADER);

	switch (head[0]) {
	case 'H':
		state->version = span_u32_le(&s);
		span_skip(&s, 16);
		span_copy_text(opcua_take_string(&s), state->url, sizeof(state->url));
		break;
	case 'E':
		state->failed = true;
		state->error = span_u32_le(&s);
		span_copy_text(opcua_take_string(&s), state->reason, sizeof(state->reason));
		break;
	case 'O': read_open(state, parse, s); break;
	case 'M':
		state->requests += parse->side == SIDE_CLIENT;
		state->answers += parse->side == SIDE_SERVER;
		if (parse->side == SIDE_CLIENT)
			read_request(state, parse, s);
		break;
	default: break;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		uint32_t size;
		struct span message;
		const enum verdict verdict = read_header(*bytes, "HELACKERRRHEOPNCLOMSG", &size);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, size, &message) != YES)
			break;
		read_message(state, parse, message);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_opcua = {
	.name = "opcua",
	.title = "OPC Unified Architecture",
	DOORS(TCP(4840)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &opcua_probe,
	.weaknesses = weaknesses,
};
