/* telnet.c: Telnet. RFC 854 and RFC 855 (commands, options); the names of the options are those of IANA's
 * "Telnet Options". */
#include "protocols/telnet.h"

enum { NEGOTIATION_LIMIT = 1024, OPTION_EXTENDED = 255 };

const struct weakness telnet_clear_login = {
	"telnet-clear-login",
	"Telnet takes passwords in the clear",
	2,
	"Move to SSH, and close this door.",
};
static const struct weakness *const weaknesses[] = { &telnet_clear_login, NULL };

const char *const telnet_options[TELNET_OPTIONS] = {
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
const struct text_product telnet_products[] = {
	{ "BusyBox", "BusyBox telnetd" },
	{ "inetutils", "inetutils telnetd" },
	{ "Welcome to Microsoft Telnet Service", "Microsoft Telnet Service" },
	{ "Hello, this is FRRouting", "FRRouting" }, /* these ask as Cisco's do */
	{ "Hello, this is Quagga", "Quagga" },
	{ "User Access Verification", "Cisco telnet" },
	{ "MikroTik", "MikroTik telnet" },
	{ "OpenWrt", "OpenWrt telnetd" },
	{ "DD-WRT", "DD-WRT telnetd" },
	{ "HP JetDirect", "HP JetDirect" },
	{ "Huawei", "Huawei telnet" },
	{ "ZyXEL", "ZyXEL telnet" },
};
const size_t telnet_product_count = sizeof(telnet_products) / sizeof(*telnet_products);

/* ---- the commands ---- */

static bool is_option(uint8_t option)
{
	/* 138 to 140, and what MUD servers took for themselves: 69, 70, 85 to 93, 200, 201. */
	return option < TELNET_OPTIONS || (option >= 138 && option <= 140) || option == OPTION_EXTENDED ||
	       option == 69 || option == 70 || (option >= 85 && option <= 93) || option == 200 ||
	       option == 201;
}

/* IAC SB option ... IAC SE. */
static enum verdict take_subnegotiation(struct span *s)
{
	for (size_t i = 0; i < TELNET_SUBNEGOTIATION; i++) {
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

enum verdict telnet_take(struct span *s, struct telnet_command *ret_command)
{
	struct span rest = *s;
	struct telnet_command command = { .verb = 0 };
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
	if (command.verb == SB) {
		command.content = rest;
		whole = take_subnegotiation(&rest);
		if (whole == YES)
			command.content.end = rest.at - 2;
	}
	if (whole != YES)
		return whole;
	*s = rest;
	*ret_command = command;
	return YES;
}

/* ---- recognising ---- */

static enum verdict text_follows(struct span s)
{
	enum { ENOUGH = 6 };
	const size_t come = span_left(s);

	for (size_t i = 0; i < come && i < ENOUGH; i++)
		if (s.at[i] >= 0x80 || !text_is_plain(span_of(s.at + i, 1)))
			return NO;
	return come < ENOUGH ? MORE : YES;
}

/* A conversation that opens with options: two of them, or one and text behind it. One alone could be the
 * beginning of a sound file or of text in UTF-16. */
static enum verdict recognise_negotiation(struct span rest)
{
	for (size_t count = 0; span_left(rest) > 0; count++) {
		struct telnet_command command;
		enum verdict whole;

		if (span_peek(rest, 0) != IAC)
			return count > 0 ? text_follows(rest) : NO;
		whole = telnet_take(&rest, &command);
		if (whole != YES || command.verb < SB)
			return whole == MORE ? MORE : NO;
		if (count > 0)
			return YES;
	}
	return MORE;
}

/* The daemons of FRRouting and Quagga greet before they negotiate. */
static const char routing_daemon[] = "\r\nHello, this is ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	(void)transport;
	if (side == SIDE_SERVER && span_peek(first, 0) == '\r')
		return recognise_text(first, routing_daemon);
	if (span_peek(first, 0) != IAC) /* either may begin */
		return NO;
	verdict = recognise_negotiation(text_first(first, NEGOTIATION_LIMIT));
	return verdict == MORE && span_left(first) >= NEGOTIATION_LIMIT ? NO : verdict;
}

/* ---- logins ---- */

enum telnet_question telnet_asks(struct span text)
{
	static const struct {
		const char *text;
		enum telnet_question asks;
	} questions[] = {
		{ "login:", ASKS_USER }, { "username:", ASKS_USER },     { "user name:", ASKS_USER },
		{ "user:", ASKS_USER },  { "password:", ASKS_PASSWORD },
	};

	text = text_trim(text);
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const size_t length = strlen(questions[i].text);

		if (span_left(text) >= length &&
		    text_find(span_of(text.end - length, length), questions[i].text) == 0)
			return questions[i].asks;
	}
	return ASKS_NOTHING;
}

const struct protocol protocol_telnet = {
	.name = "telnet",
	.title = "Telnet",
	DOORS(TCP(23)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &telnet_parser,
	.probe = &telnet_probe,
	.probe_state_size = TELNET_PROBE_STATE,
	.weaknesses = weaknesses,
};
