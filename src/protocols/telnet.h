/* telnet.h: what the files of Telnet share: its commands (RFC 854, RFC 855), and where a login asks. */
#ifndef PROTOCOLS_TELNET_H
#define PROTOCOLS_TELNET_H

#include "protocols/parse.h"
#include "protocols/text.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };

enum {
	TELNET_SUBNEGOTIATION = 512, /* octets, at most */
	TELNET_OPTIONS = 50,         /* those with names */
	TELNET_BANNER = 600,
};

/* One command that begins with IAC. */
struct telnet_command {
	uint8_t verb, option; /* option: of WILL to DONT, and of SB */
	struct span content;  /* of SB, with every IAC in it doubled */
};

/* Takes one whole command off s, or leaves s alone. NO: these are not the bytes of a command. */
enum verdict telnet_take(struct span *s, struct telnet_command *ret_command);

/* What the client tells of itself in subnegotiations, and what both say of security. All zero at first. */
struct telnet_terms {
	char terminal[40], speed[24], display[64], user[64];
	char variables[128]; /* names, as texts_note() keeps them */
	uint16_t columns, rows;
	uint16_t offered, ciphers; /* bits: kinds of authentication of the server, of encryption of both */
	uint8_t chosen;            /* by the client: the kind of authentication, plus 1 */
	bool encrypted;            /* what follows */
};
void telnet_read_terms(struct telnet_terms *terms, enum side side, const struct telnet_command *command);
void telnet_emit_terms(const struct telnet_terms *terms, struct json *json);

/* Names of the options below TELNET_OPTIONS. */
extern const char *const telnet_options[TELNET_OPTIONS];

/* Whether the text ends with a question for a name, or for a password. */
enum telnet_question { ASKS_NOTHING, ASKS_USER, ASKS_PASSWORD };
enum telnet_question telnet_asks(struct span text);

extern const struct text_product telnet_products[];
extern const size_t telnet_product_count;
extern const struct weakness telnet_clear_login;

enum { TELNET_PROBE_STATE = 640 };
extern const struct probe telnet_probe;
extern const struct parser telnet_parser;

#endif
