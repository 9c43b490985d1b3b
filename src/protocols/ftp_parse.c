/* ftp_parse.c: FTP between two others. Each command is told with its replies; data connections are announced,
 * first when their address is told, and again with the command that they serve. */
#include "protocols/ftp.h"
#include "protocols/lines.h"
#include "protocols/tls.h"

#include <stdio.h>
#include <strings.h>

enum { PIPELINE = 4, ADDRESS_PARTS = 6, REPLY_LINES = 16, SECURED = 235 /* RFC 2228 */ };

/* A command, and what the server has said to it so far. */
struct command {
	char name[10], data[256]; /* no data of those that carry secrets */
	char user[64];
	char first_reply[128]; /* of the 1xx that came before the reply */
	uint16_t first_code;
	uint16_t data_port; /* where its data goes */
	bool passive;
};

/* What an event is written of: a command, its reply, or both. */
struct exchange {
	const struct command *command; /* NULL: the greeting */
	const struct reply *reply;     /* NULL: none came */
};

struct conversation {
	struct command commands[PIPELINE]; /* in a ring */
	uint32_t sent, answered;           /* commands; what stands between waits for replies */
	char user[64];
	uint16_t data_port; /* announced last, for the next transfer */
	bool passive, greeted;
	bool lost[2];
	struct expectation data;
};

static const struct weakness clear_login = {
	"ftp-clear-login",
	"FTP takes passwords in the clear",
	2,
	"Ask for TLS before the login: force_local_logins_ssl in vsftpd, TLSRequired in ProFTPD; or move to "
	"SFTP.",
};
const struct weakness *const ftp_weaknesses[] = { &clear_login, &ftp_anonymous, NULL };

static void emit_codes(struct json *json, const struct exchange *exchange)
{
	const struct command *const command = exchange->command;
	char code[12];

	json_open_array(json, "completion_code");
	if (command != NULL && command->first_code > 0) {
		(void)snprintf(code, sizeof(code), "%u", command->first_code);
		json_text(json, NULL, code);
	}
	if (exchange->reply != NULL) {
		(void)snprintf(code, sizeof(code), "%u", exchange->reply->code);
		json_text(json, NULL, code);
	}
	json_end(json);
}

static void emit_replies(struct json *json, const struct exchange *exchange)
{
	const struct command *const command = exchange->command;
	struct span lines, line;

	json_open_array(json, "reply");
	if (command != NULL && command->first_code > 0)
		json_text(json, NULL, command->first_reply);
	if (exchange->reply != NULL) {
		lines = exchange->reply->lines;
		for (unsigned n = 0; n < REPLY_LINES && reply_line(&lines, exchange->reply->code, &line); n++)
			json_span(json, NULL, line);
	}
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct exchange *const exchange = record;
	const struct command *const command = exchange->command;

	if (command != NULL) {
		json_text(json, "command", command->name);
		emit_text(json, "command_data", command->data);
		emit_text(json, "user", command->user);
		if (command->data_port != 0) {
			json_text(json, "mode", command->passive ? "passive" : "active");
			json_unsigned(json, "dynamic_port", command->data_port);
		}
	}
	if (exchange->reply != NULL || (command != NULL && command->first_code > 0)) {
		emit_codes(json, exchange);
		emit_replies(json, exchange);
	}
	json_text(json, "reply_received", exchange->reply != NULL ? "yes" : "no");
}

/* ---- data connections ---- */

static bool is_transfer(const char *name)
{
	static const char *const names[] = { "RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The end that waits for the data connection is that one's server, whichever side of this conversation it is.
 * Who waits at the server may be called by another server, to which the client hands the address on (RFC 959
 * 5.2). The address told may be another machine's (RFC 2577), or one behind a NAT: then both are awaited. */
static void announce(struct conversation *state, struct parse *parse, enum side waits,
		     const struct address *told, uint16_t port)
{
	const struct address none = { { 0 } };
	const bool same = told == NULL || address_compare(told, &parse->addresses[waits]) == 0;

	state->data = (struct expectation){
		.transport = TRANSPORT_TCP,
		.address = parse->addresses[waits],
		.port = port,
		.other = same && waits == SIDE_CLIENT ? parse->addresses[SIDE_SERVER] : none,
		.protocol = &protocol_ftp_data,
		.waiting = SIDE_SERVER,
	};
	state->data_port = port;
	state->passive = waits == SIDE_SERVER;
	if (port == 0)
		return;
	parse_expect(parse, &state->data);
	if (!same && !address_is_unspecified(told)) {
		state->data.address = *told;
		parse_expect(parse, &state->data);
	}
}

/* "192,0,2,7,4,1", perhaps in brackets and behind words (RFC 1123 4.1.2.6). */
static bool read_host_port(struct span text, struct address *ret_address, uint16_t *ret_port)
{
	uint8_t parts[ADDRESS_PARTS];
	uint32_t address;

	while (span_left(text) > 0 && (*text.at < '0' || *text.at > '9'))
		span_skip(&text, 1);
	for (size_t i = 0; i < ADDRESS_PARTS; i++) {
		struct span digits = text;
		uint64_t number;

		while (span_left(text) > 0 && *text.at >= '0' && *text.at <= '9')
			span_skip(&text, 1);
		digits.end = text.at;
		if (!span_number(digits, 255, &number) || (i + 1 < ADDRESS_PARTS && span_u8(&text) != ','))
			return false;
		parts[i] = (uint8_t)number;
	}
	address = (uint32_t)parts[0] << 24 | (uint32_t)parts[1] << 16 | (uint32_t)parts[2] << 8 | parts[3];
	*ret_address = address_v4(address);
	*ret_port = (uint16_t)(parts[4] << 8 | parts[5]);
	return true;
}

/* RFC 2428 2, 3: "|1|192.0.2.7|1025|", or "(|||1025|)" in the reply; any character may part. */
static bool read_extended(struct span text, bool *ret_named, struct address *ret_address, uint16_t *ret_port)
{
	const uint8_t part = span_u8(&text);
	uint64_t port;
	struct span address;

	(void)span_until(&text, part);
	address = span_until(&text, part);
	if (text.failed || !span_number(span_until(&text, part), UINT16_MAX, &port))
		return false;
	*ret_named = span_left(address) > 0;
	*ret_port = (uint16_t)port;
	return !*ret_named || address_parse(address, ret_address);
}

static void read_port_command(struct conversation *state, struct parse *parse, const char *name,
			      struct span data)
{
	struct address address;
	uint16_t port;
	bool named;

	if (strcmp(name, "PORT") == 0 && read_host_port(data, &address, &port))
		announce(state, parse, SIDE_CLIENT, &address, port);
	else if (strcmp(name, "EPRT") == 0 && read_extended(data, &named, &address, &port))
		announce(state, parse, SIDE_CLIENT, named ? &address : NULL, port);
}

static void read_passive_reply(struct conversation *state, struct parse *parse, const struct reply *reply)
{
	struct span text = reply_first(reply);
	struct address address;
	uint16_t port;
	bool named;

	if (reply->code == PASSIVE && read_host_port(text, &address, &port)) {
		announce(state, parse, SIDE_SERVER, &address, port);
	} else if (reply->code == EXTENDED_PASSIVE) {
		(void)span_until(&text, '(');
		if (!text.failed && read_extended(text, &named, &address, &port))
			announce(state, parse, SIDE_SERVER, named ? &address : NULL, port);
	}
}

/* The file's name is known only now, when its connection may have been announced already. */
static void begin_transfer(struct conversation *state, struct parse *parse, struct command *command)
{
	char about[sizeof(command->name) + sizeof(command->data)];

	if (state->data_port == 0)
		return;
	command->data_port = state->data_port;
	command->passive = state->passive;
	state->data_port = 0;
	(void)snprintf(about, sizeof(about), "%s%s%s", command->name, command->data[0] != '\0' ? " " : "",
		       command->data);
	state->data.about = about;
	parse_expect(parse, &state->data);
	state->data.about = NULL;
}

/* ---- commands ---- */

static void tell(struct parse *parse, const struct command *command, const struct reply *reply)
{
	parse_event(parse, &(struct exchange){ command, reply });
}

static bool carries_secret(const char *name)
{
	return strcmp(name, "PASS") == 0 || strcmp(name, "ACCT") == 0 || strcmp(name, "ADAT") == 0;
}

static void read_login(struct conversation *state, struct parse *parse, const struct command *command)
{
	if (strcmp(command->name, "USER") == 0)
		memcpy(state->user, command->user, sizeof(state->user));
	else if (strcmp(command->name, "PASS") == 0 && strcasecmp(state->user, "anonymous") != 0 &&
		 strcasecmp(state->user, "ftp") != 0)
		parse_weakness(parse, &clear_login, "a password was sent in the clear for user %s",
			       state->user[0] != '\0' ? state->user : "(not seen)");
}

/* A word of letters, behind the bytes of Telnet that may come before ABOR (RFC 959 4.1.3). */
static bool take_name(struct span *line, char *name, size_t size)
{
	struct span word;

	while (span_peek(*line, 0) >= 0xf0)
		span_skip(line, 1);
	word = text_word(line);
	if (span_left(word) < 3 || span_left(word) >= size)
		return false;
	for (size_t i = 0; i < span_left(word); i++) {
		const uint8_t letter = word.at[i] & ~0x20u;

		if (letter < 'A' || letter > 'Z')
			return false;
		name[i] = (char)letter;
	}
	name[span_left(word)] = '\0';
	return true;
}

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct command command = { .first_code = 0 };
	struct span data;

	if (!take_name(&line, command.name, sizeof(command.name)))
		return;
	data = text_trim(line);
	if (!carries_secret(command.name))
		span_copy_text(data, command.data, sizeof(command.data));
	if (strcmp(command.name, "USER") == 0)
		span_copy_text(data, command.user, sizeof(command.user));
	else
		memcpy(command.user, state->user, sizeof(command.user));
	read_login(state, parse, &command);
	read_port_command(state, parse, command.name, data);
	if (is_transfer(command.name))
		begin_transfer(state, parse, &command);
	if (state->sent - state->answered == PIPELINE)
		tell(parse, &state->commands[state->answered++ % PIPELINE], NULL);
	state->commands[state->sent++ % PIPELINE] = command;
}

static enum parse_step read_commands(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;
	enum verdict whole = YES;

	if (!line_resume(&state->lost[SIDE_CLIENT], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && (whole = line_take(bytes, &line)) == YES) {
		if (!text_is_plain(line))
			return line_refuse(bytes, line);
		read_command(state, parse, line);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* ---- replies ---- */

/* A 1xx goes before the reply; a reply without a command is the greeting, or a last word. */
static void read_reply(struct conversation *state, struct parse *parse, const struct reply *reply)
{
	struct command *const command = &state->commands[state->answered % PIPELINE];

	read_passive_reply(state, parse, reply);
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		state->greeted = reply->code != GREETING_WAIT;
		parse_product(parse, SIDE_SERVER, reply->lines, ftp_products, ftp_product_count);
		tell(parse, NULL, reply);
	} else if (state->answered == state->sent) {
		tell(parse, NULL, reply);
	} else if (reply->code < 200) {
		command->first_code = (uint16_t)reply->code;
		span_copy_text(reply_first(reply), command->first_reply, sizeof(command->first_reply));
	} else {
		if (command->data_port == 0 && (reply->code == PASSIVE || reply->code == EXTENDED_PASSIVE)) {
			command->data_port = state->data_port;
			command->passive = true;
		}
		tell(parse, command, reply);
		state->answered++;
	}
}

/* AUTH has other mechanisms than TLS (RFC 4217 4, RFC 2228 3), behind which both sides protect each line in a
 * form of its own. One that was not seen is taken for TLS. */
static bool may_be_tls(const struct conversation *state)
{
	const struct command *const command = &state->commands[state->answered % PIPELINE];

	return state->answered == state->sent || strcmp(command->name, "AUTH") != 0 ||
	       strncasecmp(command->data, "TLS", 3) == 0 || strncasecmp(command->data, "SSL", 3) == 0;
}

static enum parse_step read_replies(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct reply reply;
	enum verdict whole = MORE;

	if (!line_resume(&state->lost[SIDE_SERVER], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && (whole = reply_take(bytes, &reply)) == YES) {
		const bool tls = may_be_tls(state);

		read_reply(state, parse, &reply);
		if ((reply.code == GOES_ON_WITH_TLS && !tls) || reply.code == SECURED)
			return PARSE_DONE;
		if (reply.code == GOES_ON_WITH_TLS) {
			parse_upgrade(parse, &protocol_tls);
			return PARSE_ON;
		}
	}
	return whole == NO || span_left(*bytes) > LINES_LIMIT ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->side == SIDE_CLIENT ? read_commands(memory, parse, bytes)
					  : read_replies(memory, parse, bytes);
}

/* What was asked before a gap and what is answered behind it cannot be told to belong together. */
static void tell_rest(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	for (; state->answered != state->sent; state->answered++)
		tell(parse, &state->commands[state->answered % PIPELINE], NULL);
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	tell_rest(memory, parse);
	return PARSE_ON;
}

const struct parser ftp_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = tell_rest,
	.emit = emit,
	.leads = true,
};
