/* oracle.c: the Transparent Network Substrate of Oracle Net, by which clients reach a listener ("Net Services
 * Administrator's Guide", "Net Services Reference" of Oracle Database): connect, accept, refuse, redirect. */
#include "base/address.h"
#include "protocols/probes.h"
#include "protocols/tally.h"

#include <ctype.h>
#include <stdio.h>

extern const struct protocol protocol_oracle;

enum {
	HEADER = 8,
	CONNECT = 1,
	ACCEPT = 2,
	REFUSE = 4,
	REDIRECT = 5,
	DATA = 6,
	RESEND = 11,
	VERSION_LEAST = 300,
	VERSION_MOST = 330,
	SIZE_LEAST = 512, /* of a session data unit */
	CONNECT_FIXED = 26,
	LENGTH_MOST = 8192,
};

/* ---- recognising ---- */

static bool is_version(uint16_t version)
{
	return version >= VERSION_LEAST && version <= VERSION_MOST;
}

/* Version, version it is compatible with, options, size of the session data unit. */
static enum verdict is_connect(struct span s, uint16_t length)
{
	uint16_t version, compatible, size, count, offset;

	version = span_u16(&s);
	compatible = span_u16(&s);
	span_skip(&s, 2);
	size = span_u16(&s);
	span_skip(&s, 8);
	count = span_u16(&s);
	offset = span_u16(&s);
	if (s.failed)
		return MORE;
	return is_version(version) && compatible <= version && size >= SIZE_LEAST &&
			       offset >= CONNECT_FIXED && offset <= length && count > 0 &&
			       (count + offset == length || offset == length)
		       ? YES
		       : NO;
}

static enum verdict is_accept(struct span s, uint16_t length)
{
	const uint16_t version = span_u16(&s);
	uint16_t size;

	span_skip(&s, 2);
	size = span_u16(&s);
	if (s.failed)
		return MORE;
	return is_version(version) && (size >= SIZE_LEAST || version >= 315) && length >= 24 && length <= 256
		       ? YES
		       : NO;
}

/* Words in brackets behind their length. */
static enum verdict is_words(struct span s, uint16_t length, unsigned before)
{
	uint16_t count;

	span_skip(&s, before);
	count = span_u16(&s);
	if (s.failed)
		return MORE;
	if (count == 0 || count + HEADER + before + 2 != length)
		return NO;
	if (span_left(s) < 5)
		return MORE;
	return s.at[0] == '(' && isupper(s.at[1]) && isupper(s.at[2]) && isupper(s.at[3]) ? YES : NO;
}

static enum verdict read_header(struct span s, uint16_t *ret_length, uint8_t *ret_type)
{
	const size_t come = span_left(s);

	if ((come > 2 && s.at[2] != 0) || (come > 3 && s.at[3] != 0) || (come > 6 && s.at[6] != 0) ||
	    (come > 7 && s.at[7] != 0) ||
	    (come >= 2 && (load_u16(s.at) < HEADER || load_u16(s.at) > LENGTH_MOST)) ||
	    (come > 4 && (s.at[4] == 0 || s.at[4] > 15)))
		return NO;
	if (come < HEADER)
		return MORE;
	*ret_length = load_u16(s.at);
	*ret_type = s.at[4];
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint16_t length;
	uint8_t type;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = read_header(first, &length, &type);
	if (verdict != YES)
		return verdict;
	span_skip(&first, HEADER);
	if (side == SIDE_CLIENT)
		return type == CONNECT ? is_connect(first, length) : NO;
	switch (type) {
	case ACCEPT: return is_accept(first, length);
	case REFUSE: return is_words(first, length, 2);
	case REDIRECT: return is_words(first, length, 0);
	case RESEND: return length == HEADER ? YES : NO;
	default: return NO;
	}
}

/* ---- reading ---- */

struct conversation {
	uint16_t version, accepted;
	char service[128], sid[64], program[128], host[128], user[64], command[32];
	char server_version[32], error[16], redirect[128];
	const char *result;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->version > 0)
		json_unsigned(json, "version", state->version);
	emit_text(json, "service_name", state->service);
	emit_text(json, "sid", state->sid);
	emit_text(json, "program", state->program);
	emit_text(json, "host", state->host);
	emit_text(json, "user", state->user);
	emit_text(json, "command", state->command);
	json_text(json, "result", state->result);
	if (state->accepted > 0)
		json_unsigned(json, "accepted_version", state->accepted);
	emit_text(json, "server_version", state->server_version);
	emit_text(json, "error", state->error);
	emit_text(json, "redirect", state->redirect);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->version > 0 || state->result != NULL))
		parse_event(parse, state);
	state->told = true;
}

/* What stands behind "(NAME=" up to the bracket that closes it. */
static void find_word(struct span s, const char *name, char *room, size_t size)
{
	const size_t place = text_find(s, name);
	struct span value;

	if (place == SIZE_MAX || room[0] != '\0')
		return;
	span_skip(&s, place + strlen(name));
	value = span_until(&s, ')');
	if (span_left(value) > 0 && *value.at != '(')
		span_copy_text(value, room, size);
}

static void read_connect_data(struct conversation *state, struct span s)
{
	find_word(s, "(SERVICE_NAME=", state->service, sizeof(state->service));
	find_word(s, "(SID=", state->sid, sizeof(state->sid));
	find_word(s, "(PROGRAM=", state->program, sizeof(state->program));
	find_word(s, "(USER=", state->user, sizeof(state->user));
	find_word(s, "(COMMAND=", state->command, sizeof(state->command));
	if (text_find(s, "(CID=") != SIZE_MAX) {
		span_skip(&s, text_find(s, "(CID="));
		find_word(s, "(HOST=", state->host, sizeof(state->host));
	}
}

/* VSNNUM holds the version: major and minor in octets and half octets from the top. */
static void read_refusal(struct conversation *state, struct parse *parse, struct span s)
{
	char number[16] = "";
	uint64_t value;

	find_word(s, "(VSNNUM=", number, sizeof(number));
	find_word(s, "(ERR=", state->error, sizeof(state->error));
	if (!span_number(span_text(number), UINT32_MAX, &value) || value == 0)
		return;
	(void)snprintf(state->server_version, sizeof(state->server_version), "%u.%u.%u.%u.%u",
		       (unsigned)(value >> 24), (unsigned)(value >> 20 & 15), (unsigned)(value >> 12 & 255),
		       (unsigned)(value >> 8 & 15), (unsigned)(value & 255));
	parse_software(parse, SIDE_SERVER, span_text("Oracle Database"), span_text(state->server_version));
}

static void read_connect(struct conversation *state, struct span s)
{
	struct span rest = s;
	uint16_t offset;

	span_skip(&rest, HEADER);
	state->version = span_u16(&rest);
	span_skip(&rest, 16);
	offset = span_u16(&rest);
	span_skip(&s, offset);
	if (!s.failed)
		read_connect_data(state, s);
}

/* The client goes to "(HOST=192.0.2.5)(PORT=1522)"; a name has no address here. */
static void expect_redirected(struct parse *parse, struct span s)
{
	struct expectation next = { .transport = TRANSPORT_TCP,
				    .other = parse->addresses[SIDE_CLIENT],
				    .protocol = &protocol_oracle,
				    .waiting = SIDE_SERVER };
	char host[ADDRESS_TEXT] = "", port[8] = "";
	uint64_t number;

	find_word(s, "(HOST=", host, sizeof(host));
	find_word(s, "(PORT=", port, sizeof(port));
	if (!address_parse(span_text(host), &next.address) ||
	    !span_number(span_text(port), UINT16_MAX, &number) || number == 0)
		return;
	next.port = (uint16_t)number;
	parse_expect(parse, &next);
}

static enum parse_step read_message(struct conversation *state, struct parse *parse, uint8_t type,
				    struct span s)
{
	const struct span whole = s;

	span_skip(&s, HEADER);
	if (parse->side == SIDE_CLIENT) {
		if (type == CONNECT)
			read_connect(state, whole);
		else if (type == DATA)
			read_connect_data(state, s);
		return PARSE_ON;
	}
	switch (type) {
	case ACCEPT:
		state->result = "accepted";
		state->accepted = span_u16(&s);
		break;
	case REFUSE:
		state->result = "refused";
		read_refusal(state, parse, s);
		break;
	case REDIRECT:
		state->result = "redirected";
		span_skip(&s, 2);
		span_copy_text(s, state->redirect, sizeof(state->redirect));
		expect_redirected(parse, s);
		break;
	default: return PARSE_ON;
	}
	end(state, parse);
	return PARSE_DONE;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span message;
		uint16_t length;
		uint8_t type;
		const enum verdict verdict = read_header(*bytes, &length, &type);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, length, &message) != YES)
			break;
		if (read_message(state, parse, type, message) == PARSE_DONE)
			return PARSE_DONE;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_oracle = {
	.name = "oracle",
	.title = "Oracle Net (TNS)",
	DOORS(TCP(1521)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &oracle_probe,
	.probe_state_size = ORACLE_PROBE_STATE,
};
