/* nats.c: NATS, "Client Protocol" of its documentation: a server begins with INFO and JSON, and each message
 * is a line, with octets behind it where something is published. */
#include "protocols/lines.h"
#include "protocols/tls.h"

enum { NAME = 96, INFO_MOST = 8192, SUBJECTS = 8 };

static const struct weakness clear_login = {
	"nats-clear-login",
	"NATS takes passwords in the clear",
	2,
	"Let clients use TLS: the block tls of the configuration.",
};
static const struct weakness no_auth = {
	"nats-no-auth",
	"NATS lets everybody in without a password",
	2,
	"Ask for accounts, tokens or keys: the block authorization of the configuration.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &no_auth, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return recognise_text(first, "CONNECT {");
	if (recognise_text(first, "INFO {") != YES)
		return recognise_text(first, "INFO {");
	if (span_find(text_first(first, INFO_MOST / 2), "\"server_id\"") != SIZE_MAX)
		return YES;
	return span_left(first) < INFO_MOST / 2 && span_find(first, "\n") == SIZE_MAX ? MORE : NO;
}

/* The value of a member of a flat JSON object: a text without escapes, a number, true or false; empty
 * without. */
static struct span member(struct span json, const char *key)
{
	const size_t at = span_find(json, key);
	struct span value;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&json, at + strlen(key));
	json = text_trim(json);
	if (span_u8(&json) != ':')
		return span_of(NULL, 0);
	json = text_trim(json);
	if (span_peek(json, 0) == '"') {
		span_skip(&json, 1);
		value = span_until(&json, '"');
		return value.failed ? span_of(NULL, 0) : value;
	}
	value = json;
	for (value.end = value.at; value.end < json.end && strchr(",}] \r\n", *value.end) == NULL;
	     value.end++)
		;
	return value;
}

/* ---- reading ---- */

struct conversation {
	char server_name[NAME], version[24], user[64], client_name[NAME], language[24], client_version[24],
		error[NAME], subjects[SUBJECTS][64];
	uint64_t published, delivered, subscriptions;
	bool auth_required, tls_required, has_secret, connected, judged;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "server_name", state->server_name);
	emit_text(json, "version", state->version);
	json_bool(json, "auth_required", state->auth_required);
	json_bool(json, "tls_required", state->tls_required);
	emit_text(json, "user", state->user);
	emit_text(json, "client_name", state->client_name);
	emit_text(json, "client_lang", state->language);
	emit_text(json, "client_version", state->client_version);
	json_unsigned(json, "published", state->published);
	json_unsigned(json, "delivered", state->delivered);
	json_unsigned(json, "subscriptions", state->subscriptions);
	if (state->subjects[0][0] != '\0') {
		json_open_array(json, "subjects");
		for (size_t i = 0; i < SUBJECTS && state->subjects[i][0] != '\0'; i++)
			json_text(json, NULL, state->subjects[i]);
		json_end(json);
	}
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static void read_info(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span version = member(line, "\"version\"");

	span_copy_text(member(line, "\"server_name\""), state->server_name, sizeof(state->server_name));
	if (state->version[0] == '\0' && span_left(version) > 0)
		parse_software(parse, SIDE_SERVER, span_text("NATS server"), version);
	span_copy_text(version, state->version, sizeof(state->version));
	state->auth_required = span_is(member(line, "\"auth_required\""), "true");
	state->tls_required = span_is(member(line, "\"tls_required\""), "true");
}

static void read_connect(struct conversation *state, struct parse *parse, struct span line)
{
	state->connected = true;
	span_copy_text(member(line, "\"user\""), state->user, sizeof(state->user));
	span_copy_text(member(line, "\"name\""), state->client_name, sizeof(state->client_name));
	span_copy_text(member(line, "\"lang\""), state->language, sizeof(state->language));
	span_copy_text(member(line, "\"version\""), state->client_version, sizeof(state->client_version));
	state->has_secret = span_left(member(line, "\"pass\"")) + span_left(member(line, "\"auth_token\"")) >
			    0;
	if (state->has_secret)
		parse_weakness(parse, &clear_login, "CONNECT with a secret of %s",
			       state->user[0] != '\0' ? state->user : "(no name)");
	if (state->has_secret || state->version[0] == '\0' || state->auth_required)
		return;
	if (span_left(member(line, "\"jwt\"")) + span_left(member(line, "\"nkey\"")) == 0)
		parse_weakness(parse, &no_auth, "INFO asks for no authentication");
}

/* The last word is the number of octets that follow with CR LF. */
static void skip_message(struct parse *parse, struct span line)
{
	const size_t blank = span_find_last(line, ' ');
	uint64_t length;

	if (blank == SIZE_MAX)
		return;
	span_skip(&line, blank + 1);
	if (span_number(line, 1 << 30, &length))
		parse_skip(parse, length + 2);
}

/* The first few, each once. */
static void note_subject(struct conversation *state, struct span subject)
{
	char text[sizeof(state->subjects[0])];

	span_copy_text(subject, text, sizeof(text));
	for (size_t i = 0; i < SUBJECTS; i++) {
		if (strcmp(state->subjects[i], text) == 0)
			return;
		if (state->subjects[i][0] == '\0') {
			memcpy(state->subjects[i], text, sizeof(text));
			return;
		}
	}
}

static void read_line(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line, verb = text_word(&rest);

	line = text_trim(line);
	if (span_is_nocase(verb, "INFO")) {
		read_info(state, parse, rest);
	} else if (span_is_nocase(verb, "CONNECT")) {
		read_connect(state, parse, rest);
	} else if (span_is_nocase(verb, "PUB") || span_is_nocase(verb, "HPUB")) {
		state->published++;
		note_subject(state, text_word(&rest));
		skip_message(parse, line);
	} else if (span_is_nocase(verb, "MSG") || span_is_nocase(verb, "HMSG")) {
		state->delivered++;
		skip_message(parse, line);
	} else if (span_is_nocase(verb, "SUB")) {
		state->subscriptions++;
		note_subject(state, text_word(&rest));
	} else if (span_is_nocase(verb, "-ERR")) {
		span_copy_text(text_trim(rest), state->error, sizeof(state->error));
	}
}

/* A server that asks for TLS says INFO and goes on with it. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span line;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes;
		enum verdict whole;

		if (span_peek(rest, 0) == 0x16 && !state->connected) {
			parse_upgrade(parse, &protocol_tls);
			return PARSE_ON;
		}
		whole = line_take(&rest, &line);
		if (whole == NO || (whole == YES && !text_is_plain(line)))
			return PARSE_BROKEN;
		if (whole == MORE)
			return PARSE_ON;
		*bytes = rest;
		read_line(state, parse, line);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_nats = {
	.name = "nats",
	.title = "NATS",
	DOORS(TCP(4222)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
