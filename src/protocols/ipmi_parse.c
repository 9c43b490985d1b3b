/* ipmi_parse.c: reads conversations with management controllers: who logs in and how (IPMI v2.0, 13.17 to
 * 13.24, and of 1.5 22.16 and 22.17), what is asked (appendix G), and what a controller is. What is encrypted
 * is counted.
 */
#include "protocols/ipmi.h"

#include <stdio.h>

const struct weakness ipmi_no_authentication = {
	"ipmi-no-authentication",
	"The management controller takes commands without authentication",
	1,
	"Disable the authentication type NONE for all privilege levels and cipher suite 0, and keep the "
	"controller in a network of its own.",
};
const struct weakness ipmi_anonymous = {
	"ipmi-anonymous-login",
	"The management controller lets users in who have no name",
	1,
	"Give every user of the controller a name and a password, and disable the one without a name.",
};
const struct weakness ipmi_clear_login = {
	"ipmi-clear-login",
	"The management controller takes passwords in the clear",
	1,
	"Disable the authentication type \"straight password\", and log in as IPMI 2.0 has it.",
};
const struct weakness ipmi_hash_told = {
	"ipmi-hash-told",
	"The management controller gives a hash of the password to whoever names a user",
	2,
	"IPMI 2.0 wants it so: keep the controller in a network of its own, and give its users long random "
	"passwords that are used nowhere else.",
};
const struct weakness ipmi_no_encryption = {
	"ipmi-no-encryption",
	"Commands to the management controller can be read by others",
	3,
	"Use cipher suite 17 or 3 (ipmitool -I lanplus -C 17), and disable IPMI 1.5 and the suites without "
	"encryption.",
};

enum payload {
	MESSAGE,
	SERIAL,
	OPEN_REQUEST = 0x10,
	OPEN_ANSWER,
	RAKP_1,
	RAKP_2,
	RAKP_3,
	RAKP_4,
};
enum { USER_MOST = 16, RANDOM = 16, IDENTIFIER = 16, PRIVILEGE = 0x0f, ALGORITHM = 0x3f, ANSWER = 1 << 2 };
enum { AUTHENTICATION_PASSWORD = 4, PRESENCE_PING = 0x80, PRESENCE_PONG = 0x40 };

struct conversation {
	struct tally commands;
	uint64_t encrypted, serial, errors;
	uint32_t pings, pongs, manufacturer, product;
	const char *version, *authentication, *integrity, *encryption, *privilege, *login, *error;
	char user[USER_MOST + 1], firmware[16], controls[128];
	uint8_t algorithms[3]; /* of RMCP+, as the controller chose them */
	uint8_t type;          /* of 1.5: how commands are authenticated */
	bool has_suite, has_user, has_device;
};

static void emit_if(struct json *json, const char *key, const char *text)
{
	if (text != NULL)
		json_text(json, key, text);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	const int suite = ipmi_suite(state->algorithms);

	emit_if(json, "version", state->version);
	if (state->has_user)
		json_text(json, "user", state->user);
	emit_if(json, "privilege", state->privilege);
	if (state->has_suite && suite >= 0)
		json_unsigned(json, "cipher_suite", (unsigned)suite);
	emit_if(json, "authentication", state->authentication);
	emit_if(json, "integrity", state->integrity);
	emit_if(json, "encryption", state->encryption);
	emit_if(json, "login", state->login);
	emit_if(json, "error", state->error);
	ipmi_emit_commands(json, "commands", &state->commands);
	emit_texts(json, "controls", state->controls);
	json_unsigned(json, "errors", state->errors);
	json_unsigned(json, "encrypted", state->encrypted);
	json_unsigned(json, "serial", state->serial);
	json_unsigned(json, "pings", state->pings);
	json_unsigned(json, "pongs", state->pongs);
	if (!state->has_device)
		return;
	json_unsigned(json, "manufacturer_id", state->manufacturer);
	json_unsigned(json, "product_id", state->product);
	json_text(json, "firmware", state->firmware);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* ---- logging in ---- */

static void keep_user(struct conversation *state, struct span name)
{
	if (name.failed)
		return;
	span_copy_text(name, state->user, sizeof(state->user));
	state->has_user = true;
}

static void note_refusal(struct conversation *state, uint8_t status)
{
	state->login = "refused";
	state->error = ipmi_status(status);
	state->errors++;
}

static void note_login(struct conversation *state, struct parse *parse)
{
	state->login = "accepted";
	state->error = NULL;
	if (state->has_user && state->user[0] == '\0')
		parse_weakness(parse, &ipmi_anonymous, "a session was opened without a name");
}

/* Of the three algorithms each stands in eight octets, which begin with its kind. */
static void read_open_answer(struct conversation *state, struct span s)
{
	const uint8_t status = (span_skip(&s, 1), span_u8(&s));

	if (!s.failed && status != 0) {
		note_refusal(state, status);
		return;
	}
	span_skip(&s, 2 + 2 * sizeof(uint32_t));
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t kind = span_u8(&s);

		span_skip(&s, 3);
		if (kind == i)
			state->algorithms[i] = span_u8(&s) & ALGORITHM;
		span_skip(&s, 3);
	}
	if (s.failed)
		return;
	state->has_suite = true;
	state->authentication = ipmi_algorithm(0, state->algorithms[0]);
	state->integrity = ipmi_algorithm(1, state->algorithms[1]);
	state->encryption = ipmi_algorithm(2, state->algorithms[2]);
}

static void read_rakp_1(struct conversation *state, struct span s)
{
	span_skip(&s, 4 + sizeof(uint32_t) + RANDOM);
	state->privilege = ipmi_privilege(span_u8(&s) & PRIVILEGE);
	span_skip(&s, 2);
	keep_user(state, span_take(&s, span_u8(&s)));
}

/* Who asks has seen that the controller has another password. */
static void read_rakp_3(struct conversation *state, struct span s)
{
	const uint8_t status = (span_skip(&s, 1), span_u8(&s));

	if (!s.failed && status != 0)
		note_refusal(state, status);
}

/* The code is a hash that the password is a key of, over what has been said in the clear. */
static void read_rakp_2(struct conversation *state, struct parse *parse, struct span s)
{
	const uint8_t status = (span_skip(&s, 1), span_u8(&s));

	if (!s.failed && status != 0) {
		note_refusal(state, status);
		return;
	}
	span_skip(&s, 2 + sizeof(uint32_t) + RANDOM + IDENTIFIER);
	if (!s.failed && span_left(s) > 0 && state->has_user)
		parse_weakness(parse, &ipmi_hash_told, "RAKP message 2 has one of user %s", state->user);
}

static void read_rakp_4(struct conversation *state, struct parse *parse, struct span s)
{
	const uint8_t status = (span_skip(&s, 1), span_u8(&s));

	if (s.failed)
		return;
	if (status != 0) {
		note_refusal(state, status);
		return;
	}
	note_login(state, parse);
	if (state->has_suite && state->algorithms[0] == 0)
		parse_weakness(parse, &ipmi_no_authentication, "a session was opened with cipher suite 0");
	if (state->has_suite && state->algorithms[2] == 0)
		parse_weakness(parse, &ipmi_no_encryption, "a session was opened without encryption");
}

/* ---- messages ---- */

static void read_request(struct conversation *state, uint32_t command, struct span data)
{
	tally_add(&state->commands, command >= IPMI_MAKER   ? IPMI_MAKER
				    : command >= IPMI_GROUP ? IPMI_GROUP
							    : command);
	if (command == IPMI_CHALLENGE) {
		state->version = "1.5";
		state->authentication = ipmi_type(span_u8(&data));
		keep_user(state, span_take(&data, USER_MOST));
	} else if (command == IPMI_ACTIVATE) {
		state->type = span_u8(&data);
		state->authentication = ipmi_type(state->type);
		state->privilege = ipmi_privilege(span_u8(&data) & PRIVILEGE);
	} else if (command == IPMI_CHASSIS_CONTROL) {
		const char *const control = ipmi_control(span_u8(&data) & PRIVILEGE);

		if (control != NULL && !data.failed)
			texts_note(state->controls, sizeof(state->controls), span_text(control));
	}
}

/* Get Device ID (20.1): the version of the firmware is a number and two digits. */
static void read_device(struct conversation *state, struct span data)
{
	uint8_t major, minor;

	span_skip(&data, 2);
	major = span_u8(&data) & 0x7f;
	minor = span_u8(&data);
	span_skip(&data, 2);
	state->manufacturer = span_u24_le(&data) & 0xfffff;
	state->product = span_u16_le(&data);
	state->has_device = !data.failed;
	(void)snprintf(state->firmware, sizeof(state->firmware), "%u.%02x", major, minor);
}

static void read_activation(struct conversation *state, struct parse *parse)
{
	note_login(state, parse);
	parse_weakness(parse, &ipmi_no_encryption, "a session of IPMI 1.5 was opened");
	if (state->type == 0)
		parse_weakness(parse, &ipmi_no_authentication, "a session was opened with the type NONE");
}

static void read_answer(struct conversation *state, struct parse *parse, uint32_t command, struct span data)
{
	const uint8_t completion = span_u8(&data);

	if (data.failed)
		return;
	if (completion != 0) {
		if (command == IPMI_CHALLENGE || command == IPMI_ACTIVATE)
			note_refusal(state, completion);
		else
			state->errors++;
	} else if (command == IPMI_DEVICE) {
		read_device(state, data);
	} else if (command == IPMI_ACTIVATE) {
		read_activation(state, parse);
	}
}

/* 13.8: who is meant, what it is about, a sum; who asks, a number, the command, and at the end a sum. */
static void read_message(struct conversation *state, struct parse *parse, struct span s)
{
	uint8_t function, command;

	span_skip(&s, 1);
	function = span_u8(&s);
	span_skip(&s, 3);
	command = span_u8(&s);
	if (s.failed || span_left(s) == 0)
		return;
	s.end--;
	if ((function & ANSWER) == 0)
		read_request(state, (uint32_t)(function >> 2) << 8 | command, s);
	else
		read_answer(state, parse, ((uint32_t)(function & ~ANSWER) >> 2) << 8 | command, s);
}

static void read_payload(struct conversation *state, struct parse *parse, const struct ipmi_frame *frame)
{
	if (frame->payload != MESSAGE && frame->payload != SERIAL && frame->payload < OPEN_REQUEST)
		return;
	state->version = "2.0";
	state->encrypted += frame->encrypted;
	state->serial += frame->payload == SERIAL;
	if (frame->encrypted)
		return;
	switch (frame->payload) {
	case MESSAGE: read_message(state, parse, frame->content); break;
	case OPEN_ANSWER: read_open_answer(state, frame->content); break;
	case RAKP_1: read_rakp_1(state, frame->content); break;
	case RAKP_2: read_rakp_2(state, parse, frame->content); break;
	case RAKP_3: read_rakp_3(state, frame->content); break;
	case RAKP_4: read_rakp_4(state, parse, frame->content); break;
	default: break;
	}
}

static void read_asf(struct conversation *state, struct span s)
{
	uint8_t type;

	span_skip(&s, sizeof(uint32_t));
	type = span_u8(&s);
	state->pings += type == PRESENCE_PING;
	state->pongs += type == PRESENCE_PONG;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span s = *bytes;
	struct ipmi_frame frame;
	uint8_t class;

	span_skip(&s, 3);
	class = span_u8(&s);
	if (s.failed)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	if (class == IPMI_CLASS_ASF) {
		read_asf(state, s);
		return PARSE_ON;
	}
	if (class != IPMI_CLASS || !ipmi_take(s, &frame))
		return PARSE_ON; /* an acknowledgement, or what makers have put there */
	if (frame.authentication == IPMI_RMCP_PLUS) {
		read_payload(state, parse, &frame);
		return PARSE_ON;
	}
	if (frame.authentication == AUTHENTICATION_PASSWORD && parse->side == SIDE_CLIENT)
		parse_weakness(parse, &ipmi_clear_login, "login of user %s", state->user);
	read_message(state, parse, frame.content);
	return PARSE_ON;
}

const struct parser ipmi_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
