/* mongodb.c: MongoDB Wire Protocol (MongoDB manual, "MongoDB Wire Protocol"): commands, databases, logins and
 * errors. */
#include "protocols/bson.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	HEADER = 16,
	LENGTH_MOST = 48000000,
	OP_REPLY = 1,
	OP_QUERY = 2004,
	OP_COMPRESSED = 2012,
	OP_MSG = 2013,
	COMMANDS = 16,
	COMMAND = 32,
};

static const struct weakness no_auth = {
	.id = "mongodb-no-auth",
	.title = "MongoDB answers everybody without a password",
	.severity = 1,
	.remedy = "Set security.authorization to enabled, and bind to the addresses that need it.",
};
static const struct weakness clear_login = {
	.id = "mongodb-clear-login",
	.title = "MongoDB takes passwords in clear text",
	.severity = 2,
	.remedy = "Demand TLS (net.tls.mode requireTLS), and SCRAM instead of PLAIN.",
};
static const struct weakness *const weaknesses[] = { &no_auth, &clear_login, NULL };

/* ---- messages ---- */

struct header {
	uint32_t length, id, to, code;
};

static bool is_code(uint32_t code)
{
	return code == OP_REPLY || (code >= 2001 && code <= 2007) || (code >= 2010 && code <= OP_MSG);
}

static enum verdict read_header(struct span *s, struct header *ret)
{
	const size_t come = span_left(*s);

	*ret = (struct header){ .length = span_u32_le(s) };
	if (come >= 4 && (ret->length < HEADER + 4 || ret->length > LENGTH_MOST))
		return NO;
	ret->id = span_u32_le(s);
	ret->to = span_u32_le(s);
	ret->code = span_u32_le(s);
	return s->failed ? MORE : is_code(ret->code) ? YES : NO;
}

static bool is_ok(struct span document)
{
	struct bson e;

	if (!bson_find(document, "ok", &e))
		return false;
	return e.type == BSON_DOUBLE ? span_left(e.value) == 8 && e.value.at[7] == 0x3f
				     : span_left(e.value) > 0 && e.value.at[0] == 1;
}

/* The document of a message: the first section of OP_MSG, the query, or what answers it. */
static bool read_document(const struct header *header, struct span s, struct span *ret_document)
{
	switch (header->code) {
	case OP_MSG:
		span_skip(&s, 4);
		if (span_u8(&s) != 0)
			return false;
		break;
	case OP_QUERY:
		span_skip(&s, 4);
		(void)span_until(&s, 0);
		span_skip(&s, 8);
		break;
	case OP_REPLY: span_skip(&s, 20); break;
	default: return false;
	}
	*ret_document = s;
	return !s.failed && span_left(s) > 4;
}

/* ---- recognising ---- */

static enum verdict is_msg(struct span s, const struct header *header)
{
	const uint32_t flags = span_u32_le(&s);
	const uint8_t kind = span_u8(&s);
	const uint32_t length = span_u32_le(&s);

	if (s.failed)
		return MORE;
	return (flags & ~0x10003u) == 0 && kind <= 1 && length >= 5 && length + HEADER + 5 <= header->length
		       ? YES
		       : NO;
}

static enum verdict is_query(struct span s)
{
	const uint32_t flags = span_u32_le(&s);
	size_t at = 0;

	if (s.failed)
		return MORE;
	if ((flags & ~0xfeu) != 0)
		return NO;
	while (at < span_left(s) && at < 128 && isgraph(s.at[at]))
		at++;
	if (at == span_left(s) && at < 128)
		return MORE;
	return at > 2 && at < 128 && s.at[at] == 0 && memchr(s.at, '.', at) != NULL ? YES : NO;
}

static enum verdict is_reply(struct span s, const struct header *header)
{
	const uint32_t flags = span_u32_le(&s);
	uint32_t returned, first;
	uint8_t type; /* of its first element; 0 ends the document */

	span_skip(&s, 12);
	returned = span_u32_le(&s);
	if (s.failed)
		return MORE;
	if ((flags & ~0xfu) != 0 || returned > 10000 || header->to == 0 ||
	    header->length < HEADER + 20 + 5 * returned)
		return NO;
	if (returned == 0)
		return header->length == HEADER + 20 ? YES : NO;
	first = span_u32_le(&s); /* octets of the first document */
	type = span_u8(&s);
	if (s.failed)
		return MORE;
	return first >= 5 && first <= header->length - HEADER - 20 && type <= BSON_LAST &&
			       (type == 0) == (first == 5)
		       ? YES
		       : NO;
}

static enum verdict is_compressed(struct span s)
{
	const uint32_t code = span_u32_le(&s), size = span_u32_le(&s);
	const uint8_t how = span_u8(&s);

	if (s.failed)
		return MORE;
	return is_code(code) && code != OP_COMPRESSED && size <= LENGTH_MOST && how <= 3 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct header header;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = read_header(&first, &header);
	if (verdict != YES)
		return verdict;
	if ((side == SIDE_CLIENT) != (header.to == 0))
		return NO;
	switch (header.code) {
	case OP_MSG: return is_msg(first, &header);
	case OP_QUERY: return side == SIDE_CLIENT ? is_query(first) : NO;
	case OP_REPLY: return side == SIDE_SERVER ? is_reply(first, &header) : NO;
	case OP_COMPRESSED: return is_compressed(first);
	default: return NO;
	}
}

/* ---- reading ---- */

struct conversation {
	struct {
		char name[COMMAND];
		uint32_t count;
	} commands[COMMANDS];
	uint32_t requests, answers, errors, other, wire_version;
	char databases[128], user[64], mechanism[32], driver[64], driver_version[32], application[64];
	char error[128], set_name[64], awaited[COMMAND];
	uint32_t awaited_id;
	bool authenticating, compressed, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "last_error", state->error);
	json_open_object(json, "commands");
	for (size_t i = 0; i < COMMANDS && state->commands[i].count > 0; i++)
		json_unsigned(json, state->commands[i].name, state->commands[i].count);
	if (state->other > 0)
		json_unsigned(json, "other_commands", state->other);
	json_end(json);
	emit_texts(json, "databases", state->databases);
	emit_text(json, "user", state->user);
	emit_text(json, "mechanism", state->mechanism);
	emit_text(json, "driver", state->driver);
	emit_text(json, "driver_version", state->driver_version);
	emit_text(json, "application", state->application);
	emit_text(json, "replica_set", state->set_name);
	if (state->wire_version > 0)
		json_unsigned(json, "max_wire_version", state->wire_version);
	if (state->compressed)
		json_bool(json, "compressed", true);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests + state->answers > 0)
		parse_event(parse, state);
	state->told = true;
}

/* Names become keys of the event: letters, digits and "_" alone. */
static void count_command(struct conversation *state, struct span name)
{
	char text[COMMAND] = "";

	for (size_t i = 0; i + 1 < COMMAND && i < span_left(name); i++)
		text[i] = (char)(isalnum(name.at[i]) ? name.at[i] : '_');
	memcpy(state->awaited, text, sizeof(text));
	for (size_t i = 0; i < COMMANDS; i++) {
		if (state->commands[i].count > 0 && strcmp(state->commands[i].name, text) != 0)
			continue;
		memcpy(state->commands[i].name, text, sizeof(text));
		state->commands[i].count++;
		return;
	}
	state->other++;
}

/* SCRAM (RFC 5802): "n,,n=user,r=..." */
static void read_login(struct conversation *state, struct parse *parse, struct span document)
{
	const struct span mechanism = bson_text(document, "mechanism");
	struct span payload = bson_text(document, "payload");
	const size_t at = span_find(payload, "n=");

	state->authenticating = true;
	if (span_left(mechanism) > 0)
		span_copy_text(mechanism, state->mechanism, sizeof(state->mechanism));
	if (span_is(mechanism, "PLAIN")) {
		(void)span_until(&payload, 0);
		span_copy_text(span_until(&payload, 0), state->user, sizeof(state->user));
		parse_weakness(parse, &clear_login, "PLAIN of user %s", state->user);
	} else if (at != SIZE_MAX && span_begins(mechanism, "SCRAM")) {
		span_skip(&payload, at + 2);
		span_copy_text(span_until(&payload, ','), state->user, sizeof(state->user));
	}
}

/* What OP_QUERY asks: "doors.$cmd" names the database in front of the first dot. */
static void note_asked(struct conversation *state, struct span message)
{
	struct span name;

	span_skip(&message, 4);
	name = span_until(&message, 0);
	name = span_until(&name, '.');
	if (!message.failed && span_left(name) > 0)
		texts_note(state->databases, sizeof(state->databases), name);
}

static void read_request(struct conversation *state, struct parse *parse, const struct header *header,
			 struct span document)
{
	struct span elements = document;
	struct bson first;

	span_skip(&elements, 4);
	if (!bson_take(&elements, &first))
		return;
	if (header->code == OP_QUERY && span_is(first.name, "$query") && first.type == BSON_DOCUMENT) {
		document = elements = first.value;
		span_skip(&elements, 4);
		if (!bson_take(&elements, &first))
			return;
	}
	count_command(state, first.name);
	state->awaited_id = header->id;
	texts_note(state->databases, sizeof(state->databases), bson_text(document, "$db"));
	if (state->driver[0] == '\0') {
		span_copy_text(bson_text(document, "client.driver.name"), state->driver,
			       sizeof(state->driver));
		span_copy_text(bson_text(document, "client.driver.version"), state->driver_version,
			       sizeof(state->driver_version));
		span_copy_text(bson_text(document, "client.application.name"), state->application,
			       sizeof(state->application));
		if (state->driver[0] != '\0')
			parse_software(parse, SIDE_CLIENT, span_text(state->driver),
				       span_text(state->driver_version));
	}
	if (span_is(first.name, "saslStart") || span_is(first.name, "authenticate")) {
		read_login(state, parse, document);
	} else {
		struct bson speculative;

		if (bson_find(document, "speculativeAuthenticate", &speculative) &&
		    speculative.type == BSON_DOCUMENT)
			read_login(state, parse, speculative.value);
	}
}

/* Commands that a server with authorisation refuses to strangers. */
static bool is_of_data(const char *command)
{
	static const char *const names[] = { "find",         "insert",  "update",        "delete",
					     "aggregate",    "count",   "listDatabases", "listCollections",
					     "drop",         "create",  "getLog",        "createIndexes",
					     "dropDatabase", "distinct" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], command) == 0)
			return true;
	return false;
}

static void read_answer(struct conversation *state, struct parse *parse, const struct header *header,
			struct span document)
{
	const bool ok = is_ok(document), awaited = header->to == state->awaited_id;
	struct bson e;

	if (!ok && bson_find(document, "errmsg", &e)) {
		state->errors++;
		span_copy_text(e.value, state->error, sizeof(state->error));
	}
	if (bson_find(document, "maxWireVersion", &e) && e.type == BSON_INT32)
		state->wire_version = span_u32_le(&e.value);
	if (span_left(bson_text(document, "setName")) > 0)
		span_copy_text(bson_text(document, "setName"), state->set_name, sizeof(state->set_name));
	if (awaited && strcasecmp(state->awaited, "buildInfo") == 0 &&
	    span_left(bson_text(document, "version")) > 0)
		parse_software(parse, SIDE_SERVER, span_text("MongoDB"), bson_text(document, "version"));
	if (ok && awaited && !state->authenticating && is_of_data(state->awaited) &&
	    parse->from_start[SIDE_CLIENT])
		parse_weakness(parse, &no_auth, "%s was answered without authentication", state->awaited);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span s = *bytes, message, document;
		struct header header;
		const enum verdict verdict = read_header(&s, &header);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, header.length, &message) != YES)
			break;
		span_skip(&message, HEADER);
		state->compressed |= header.code == OP_COMPRESSED;
		if (parse->side == SIDE_CLIENT)
			state->requests++;
		else
			state->answers++;
		if (!read_document(&header, message, &document))
			continue;
		if (header.code == OP_QUERY)
			note_asked(state, message);
		if (parse->side == SIDE_CLIENT)
			read_request(state, parse, &header, document);
		else
			read_answer(state, parse, &header, document);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void ask(struct buffer *out, uint32_t id, const char *command)
{
	const size_t begin = out->length;
	size_t document;

	buffer_u32_le(out, 0);
	buffer_u32_le(out, id);
	buffer_u32_le(out, 0);
	buffer_u32_le(out, OP_MSG);
	buffer_u32_le(out, 0);
	buffer_u8(out, 0);
	document = out->length;
	buffer_u32_le(out, 0);
	buffer_u8(out, BSON_INT32);
	buffer_add(out, command, strlen(command) + 1);
	buffer_u32_le(out, 1);
	buffer_add(out, "\2$db\0\6\0\0\0admin\0", 16);
	buffer_u8(out, 0);
	if (out->failed)
		return;
	out->bytes[begin] = (uint8_t)(out->length - begin);
	out->bytes[document] = (uint8_t)(out->length - document);
}

/* buildInfo is answered to everybody; listDatabases only where nobody has to log in. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	ask(out, 1, "buildInfo");
	ask(out, 2, "listDatabases");
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard, message, document;
	struct header header;
	const enum verdict verdict = recognise(s, SIDE_SERVER, TRANSPORT_TCP);

	(void)memory;
	(void)out;
	if (verdict == NO)
		return PROBE_NOT;
	if (verdict == MORE || read_header(&s, &header) != YES || span_left(*heard) < header.length) {
		if (!ended)
			return PROBE_WAIT;
		return answer_get(answer, "wire") != NULL ? PROBE_DONE : PROBE_NOT;
	}
	message = span_take(heard, header.length);
	span_skip(&message, HEADER);
	answer_fact(answer, "wire", span_text(header.code == OP_MSG ? "op_msg" : "op_reply"));
	if (!read_document(&header, message, &document))
		return PROBE_DONE;
	answer_fact(answer, "error", bson_text(document, "errmsg"));
	if (header.to == 1) {
		answer_fact(answer, "version", bson_text(document, "version"));
		answer_product(answer, span_text("MongoDB"), bson_text(document, "version"));
		return PROBE_WAIT;
	}
	if (is_ok(document))
		answer_weakness(answer, &no_auth, "listDatabases was answered without authentication");
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_mongodb = {
	.name = "mongodb",
	.title = "MongoDB",
	DOORS(TCP(27017)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
