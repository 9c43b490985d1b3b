/* telnet.c: Telnet. RFC 854 and RFC 855 (commands, options); the names of the options are those of IANA's
 * "Telnet Options". Every option is refused politely, so that the server comes to its banner. Nobody is
 * logged in. */
#include "protocols/text.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { NEGOTIATION_LIMIT = 1024, SUBNEGOTIATION_LIMIT = 512, BANNER_LIMIT = 600, REFUSALS_LIMIT = 64 };

struct state {
	bool negotiated;
	uint64_t asked, offered; /* options by their number */
	uint8_t refusals;
	uint16_t length;
	char banner[BANNER_LIMIT];
};

static const char *const option_names[] = {
	"binary",
	"echo",
	"reconnection",
	"suppress-go-ahead",
	"message-size",
	"status",
	"timing-mark",
	"remote-echo",
	"line-width",
	"page-size",
	"carriage-return",
	"horizontal-tabs",
	"horizontal-tab-disposition",
	"form-feed",
	"vertical-tabs",
	"vertical-tab-disposition",
	"line-feed",
	"extended-ascii",
	"logout",
	"byte-macro",
	"data-entry-terminal",
	"supdup",
	"supdup-output",
	"send-location",
	"terminal-type",
	"end-of-record",
	"tacacs-user",
	"output-marking",
	"terminal-location",
	"3270-regime",
	"x.3-pad",
	"window-size",
	"terminal-speed",
	"flow-control",
	"linemode",
	"x-display-location",
	"environment",
	"authentication",
	"encryption",
	"new-environment",
	"tn3270e",
	"xauth",
	"charset",
	"remote-serial-port",
	"com-port-control",
	"suppress-local-echo",
	"start-tls",
	"kermit",
	"send-url",
	"forward-x",
};
enum { OPTIONS = sizeof(option_names) / sizeof(*option_names), OPTION_EXTENDED = 255 };

static const struct text_product products[] = {
	{ "BusyBox", "BusyBox telnetd" },
	{ "inetutils", "inetutils telnetd" },
	{ "Welcome to Microsoft Telnet Service", "Microsoft Telnet Service" },
	{ "User Access Verification", "Cisco telnet" },
	{ "MikroTik", "MikroTik telnet" },
	{ "OpenWrt", "OpenWrt telnetd" },
	{ "DD-WRT", "DD-WRT telnetd" },
	{ "HP JetDirect", "HP JetDirect" },
	{ "Huawei", "Huawei telnet" },
	{ "ZyXEL", "ZyXEL telnet" },
};

/* ---- the commands ---- */

static bool is_option(uint8_t option)
{
	/* 138 to 140, and what MUD servers took for themselves: 69, 70, 85 to 93, 200, 201. */
	return option < OPTIONS || (option >= 138 && option <= 140) || option == OPTION_EXTENDED ||
	       option == 69 || option == 70 || (option >= 85 && option <= 93) || option == 200 ||
	       option == 201;
}

/* One command that begins with IAC. */
struct command {
	uint8_t verb, option; /* option: of WILL to DONT, and of SB */
};

/* IAC SB option ... IAC SE. */
static enum verdict take_subnegotiation(struct span *s)
{
	for (size_t i = 0; i < SUBNEGOTIATION_LIMIT; i++) {
		const uint8_t byte = span_u8(s);
		const uint8_t next = byte == IAC ? span_u8(s) : 0;

		if (s->failed)
			return MORE;
		if (byte == IAC && next == SE)
			return YES;
		if (byte == IAC && next != IAC)
			return NO;
	}
	return NO;
}

/* Takes one whole command off s, or leaves s alone. NO: these are not the bytes of a command. */
static enum verdict take_command(struct span *s, struct command *ret_command)
{
	struct span rest = *s;
	struct command command = { 0, 0 };
	enum verdict whole = YES;

	span_skip(&rest, 1);
	command.verb = span_u8(&rest);
	if (rest.failed)
		return MORE;
	if (command.verb < SE || command.verb == IAC)
		return NO;
	if (command.verb >= SB) {
		command.option = span_u8(&rest);
		if (rest.failed)
			return MORE;
		if (!is_option(command.option))
			return NO;
	}
	if (command.verb == SB)
		whole = take_subnegotiation(&rest);
	if (whole != YES)
		return whole;
	*s = rest;
	*ret_command = command;
	return YES;
}

/* ---- recognising ---- */

/* A conversation that opens with options: two of them, or one and text behind it. One alone could be the
 * beginning of a sound file or of text in UTF-16. */
static enum verdict recognise_negotiation(struct span rest)
{
	for (size_t count = 0; span_left(rest) > 0; count++) {
		struct command command;
		enum verdict whole;

		if (span_peek(rest, 0) != IAC)
			return count > 0 && text_is_plain(span_of(rest.at, 1)) ? YES : NO;
		whole = take_command(&rest, &command);
		if (whole != YES || command.verb < SB)
			return whole == MORE ? MORE : NO;
		if (count > 0)
			return YES;
	}
	return MORE;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	(void)side; /* either may begin */
	(void)transport;
	if (span_peek(first, 0) != IAC)
		return NO;
	verdict = recognise_negotiation(text_first(first, NEGOTIATION_LIMIT));
	return verdict == MORE && span_left(first) >= NEGOTIATION_LIMIT ? NO : verdict;
}

/* ---- asking ---- */

static void tell_option(struct state *state, struct command command, struct answer *answer)
{
	const char *const key = command.verb == DO ? "options_asked" : "options_offered";
	uint64_t *const told = command.verb == DO ? &state->asked : &state->offered;
	const char *const before = answer_get(answer, key);

	if (command.option >= OPTIONS || *told >> command.option & 1)
		return;
	*told |= (uint64_t)1 << command.option;
	answer_fact_format(answer, key, "%s%s%s", before != NULL ? before : "", before != NULL ? ", " : "",
			   option_names[command.option]);
}

/* RFC 854: what a party will or would have the other do is refused with DONT and WONT. */
static void refuse(struct state *state, struct command command, struct buffer *out, struct answer *answer)
{
	if ((command.verb != WILL && command.verb != DO) || state->refusals == REFUSALS_LIMIT)
		return;
	state->refusals++;
	tell_option(state, command, answer);
	buffer_u8(out, IAC);
	buffer_u8(out, command.verb == WILL ? DONT : WONT);
	buffer_u8(out, command.option);
}

static void keep_text(struct state *state, uint8_t byte)
{
	if (state->length + 1u < sizeof(state->banner) && byte != '\0')
		state->banner[state->length++] = (char)byte;
}

/* Nothing follows a question for the name or the password: no need to wait longer. */
static bool ends_with_question(const struct state *state)
{
	static const char *const questions[] = { "login:", "username:", "user name:", "user:", "password:" };
	const struct span text = text_trim(span_of(state->banner, state->length));

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const size_t length = strlen(questions[i]);

		if (span_left(text) >= length &&
		    text_find(span_of(text.end - length, length), questions[i]) == 0)
			return true;
	}
	return false;
}

static void tell_banner(const struct state *state, struct answer *answer)
{
	const struct span text = text_trim(span_of(state->banner, state->length));

	answer_fact(answer, "banner", text);
	(void)text_tell_product(answer, text, products, sizeof(products) / sizeof(*products));
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	struct command command;
	enum verdict whole = YES;

	while (span_left(*heard) > 0 && whole == YES) {
		if (span_peek(*heard, 0) != IAC || span_peek(*heard, 1) == IAC) {
			keep_text(state, span_u8(heard));
			continue;
		}
		whole = take_command(heard, &command);
		if (whole == YES) {
			state->negotiated = true;
			refuse(state, command, out, answer);
		}
	}
	if (whole == NO)
		return PROBE_NOT;
	if (!ended && !(state->negotiated && ends_with_question(state)))
		return PROBE_WAIT;
	tell_banner(state, answer);
	return state->negotiated ? PROBE_DONE : PROBE_NOT;
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_telnet = {
	.name = "telnet",
	.title = "Telnet",
	DOORS(TCP(23)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
};
