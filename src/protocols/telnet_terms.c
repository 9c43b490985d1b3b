/* telnet_terms.c: the subnegotiations of Telnet: terminal (RFC 1091, RFC 1079, RFC 1073, RFC 1096), variables
 * (RFC 1572), authentication (RFC 2941) and encryption (RFC 2946). */
#include "protocols/lines.h"
#include "protocols/tally.h"
#include "protocols/telnet.h"

enum {
	TERMINAL_TYPE = 24,
	WINDOW_SIZE = 31,
	TERMINAL_SPEED = 32,
	X_DISPLAY = 35,
	AUTHENTICATION = 37,
	ENCRYPTION = 38,
	NEW_ENVIRONMENT = 39,
	KINDS = 16, /* numbers of kinds that have a bit */
};
enum { IS = 0, INFO = 2 };

/* ---- variables ---- */

enum { VARIABLE, VALUE, ESCAPE, USER_VARIABLE, TEXT = 64 };

/* A name or a value, up to the octet that begins the next: what is escaped, and what would be a command,
 * stands for itself. */
static void take_text(struct span *s, char text[static TEXT])
{
	size_t length = 0;

	while (span_left(*s) > 0 && (*s->at > USER_VARIABLE || *s->at == ESCAPE)) {
		uint8_t octet = span_u8(s);

		if ((octet == ESCAPE || octet == IAC) && span_left(*s) > 0)
			octet = span_u8(s);
		if (length < TEXT - 1)
			text[length++] = (char)octet;
	}
	text[length] = '\0';
}

static void read_variables(struct telnet_terms *terms, struct span s)
{
	while (span_left(s) > 0) {
		const uint8_t kind = span_u8(&s);
		char name[TEXT], value[TEXT] = "";

		if (kind != VARIABLE && kind != USER_VARIABLE)
			return;
		take_text(&s, name);
		if (span_left(s) > 0 && *s.at == VALUE) {
			span_skip(&s, 1);
			take_text(&s, value);
		}
		texts_note(terms->variables, sizeof(terms->variables), span_text(name));
		if (strcmp(name, "USER") == 0)
			span_copy_text(span_text(value), terms->user, sizeof(terms->user));
		else if (strcmp(name, "DISPLAY") == 0)
			span_copy_text(span_text(value), terms->display, sizeof(terms->display));
	}
}

/* ---- security ---- */

static uint16_t bit_of(uint8_t kind)
{
	return kind < KINDS ? (uint16_t)(1u << kind) : 0;
}

/* The server sends pairs of a kind and how it is to be used, the client chooses one, and may say whom it
 * means.
 */
static void read_authentication(struct telnet_terms *terms, enum side side, struct span s)
{
	enum { SEND = 1, NAME = 3 };
	const uint8_t command = span_u8(&s);

	if (side == SIDE_SERVER && command == SEND) {
		while (span_left(s) >= 2) {
			terms->offered |= bit_of(span_u8(&s));
			span_skip(&s, 1);
		}
	} else if (side == SIDE_CLIENT && command == IS && span_left(s) >= 2) {
		terms->chosen = (uint8_t)(1 + span_u8(&s) % UINT8_MAX);
	} else if (side == SIDE_CLIENT && command == NAME) {
		span_copy_text(s, terms->user, sizeof(terms->user));
	}
}

static void read_encryption(struct telnet_terms *terms, struct span s)
{
	enum { SUPPORT = 1, START = 3 };
	const uint8_t command = span_u8(&s);

	if (command == START)
		terms->encrypted = true;
	while (command == SUPPORT && span_left(s) > 0)
		terms->ciphers |= bit_of(span_u8(&s));
}

/* ---- all of them ---- */

static void read_terminal(struct telnet_terms *terms, const struct telnet_command *command)
{
	struct span s = command->content;
	const uint8_t what = span_u8(&s);

	if (command->option == WINDOW_SIZE) {
		s = command->content;
		terms->columns = span_u16(&s);
		terms->rows = span_u16(&s);
	} else if (command->option == NEW_ENVIRONMENT && (what == IS || what == INFO)) {
		read_variables(terms, s);
	} else if (what != IS || s.failed) {
		return;
	} else if (command->option == TERMINAL_TYPE) {
		span_copy_text(s, terms->terminal, sizeof(terms->terminal));
	} else if (command->option == TERMINAL_SPEED) {
		span_copy_text(s, terms->speed, sizeof(terms->speed));
	} else if (command->option == X_DISPLAY) {
		span_copy_text(s, terms->display, sizeof(terms->display));
	}
}

void telnet_read_terms(struct telnet_terms *terms, enum side side, const struct telnet_command *command)
{
	if (command->option == AUTHENTICATION)
		read_authentication(terms, side, command->content);
	else if (command->option == ENCRYPTION)
		read_encryption(terms, command->content);
	else if (side == SIDE_CLIENT)
		read_terminal(terms, command);
}

static void emit_kinds(struct json *json, const char *key, uint16_t kinds, const char *const names[KINDS])
{
	if (kinds == 0)
		return;
	json_open_array(json, key);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds >> i & 1)
			json_text(json, NULL, names[i] != NULL ? names[i] : "unknown");
	json_end(json);
}

void telnet_emit_terms(const struct telnet_terms *terms, struct json *json)
{
	static const char *const authentications[KINDS] = {
		"null", "kerberos_v4", "kerberos_v5", "spx", "mink",   "srp",          "rsa", "ssl",
		NULL,   NULL,          "loki",        "ssa", "kea_sj", "kea_sj_integ", "dss", "ntlm",
	};
	static const char *const ciphers[KINDS] = {
		[0] = "null",           [1] = "des_cfb64",      [2] = "des_ofb64",
		[3] = "des3_cfb64",     [4] = "des3_ofb64",     [8] = "cast5_40_cfb64",
		[9] = "cast5_40_ofb64", [10] = "cast128_cfb64", [11] = "cast128_ofb64",
	};

	emit_text(json, "terminal_type", terms->terminal);
	emit_text(json, "terminal_speed", terms->speed);
	emit_text(json, "x_display", terms->display);
	if (terms->columns > 0) {
		json_unsigned(json, "columns", terms->columns);
		json_unsigned(json, "rows", terms->rows);
	}
	emit_texts(json, "variables", terms->variables);
	emit_kinds(json, "authentications", terms->offered, authentications);
	if (terms->chosen > 0)
		json_text(json, "authentication",
			  terms->chosen <= KINDS && authentications[terms->chosen - 1] != NULL
				  ? authentications[terms->chosen - 1]
				  : "unknown");
	emit_kinds(json, "encryptions", terms->ciphers, ciphers);
	if (terms->encrypted)
		json_bool(json, "encrypted", true);
	emit_text(json, "user", terms->user);
}
