/* gdb.c: GDB's remote serial protocol, appendix E of its manual: packets between "$" and "#", a checksum
 * behind them, "+" for each that came whole. Debuggers begin with what they can. */
#include "protocols/tally.h"

enum {
	COMMANDS = 384,
	PATH = 128,
	FILES = 384,
	SUM = 2,               /* digits of the checksum */
	PACKET_MOST = 1 << 15, /* that is read whole */
	INTERRUPT = 3,
};

static const struct weakness no_auth = {
	"gdb-no-auth",
	"A debugger runs and changes programs for whoever connects",
	1,
	"Let gdbserver listen on loopback or on its standard streams (-), and go there through SSH.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const client[] = { "$qSupported", "+$qSupported" };
	static const char *const server[] = { "$PacketSize=", "+$PacketSize=" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_texts(first, side == SIDE_CLIENT ? client : server, 2);
}

/* ---- reading ---- */

struct conversation {
	char commands[COMMANDS], files[FILES]; /* texts */
	char program[PATH];
	uint32_t packets, reads, writes, packet_size;
	bool asked_program, gdbserver, lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "program", state->program);
	emit_texts(json, "commands", state->commands);
	json_unsigned(json, "packets", state->packets);
	json_unsigned(json, "memory_reads", state->reads);
	json_unsigned(json, "memory_writes", state->writes);
	emit_texts(json, "files", state->files);
	if (state->packet_size > 0)
		json_unsigned(json, "packet_size", state->packet_size);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->packets > 0 || state->packet_size > 0)
		parse_event(parse, state);
}

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9'                     ? c - '0'
	       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							: -1;
}

/* Text in pairs of hexadecimal digits, up to where there are no more. */
static void copy_hex(struct span s, char *text, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && span_left(s) >= 2 && digit(s.at[0]) >= 0 && digit(s.at[1]) >= 0) {
		text[length++] = (char)(digit(s.at[0]) * 16 + digit(s.at[1]));
		span_skip(&s, 2);
	}
	text[length] = '\0';
}

/* "qXfer:features:read:target.xml:0,7ff" is qXfer:features, "vRun;2f62;" vRun, "m7ffe,4" m. */
static struct span name_of(struct span packet)
{
	struct span name = packet;
	unsigned colons = span_begins(packet, "qXfer:") || span_begins(packet, "vFile:") ? 1 : 0;

	if (strchr("qQv", *packet.at) == NULL) {
		name.end = name.at + 1;
		return name;
	}
	for (name.end = name.at; name.end < packet.end; name.end++) {
		if (*name.end == ':' && colons-- > 0)
			continue;
		if (strchr(":;,?", *name.end) != NULL)
			break;
	}
	return text_first(name, 32);
}

static void read_command(struct conversation *state, struct span packet)
{
	static const char run[] = "vRun;", file[] = "vFile:open:", program[] = "qXfer:exec-file:read:";
	char path[PATH];

	state->packets++;
	state->reads += *packet.at == 'm' || *packet.at == 'x';
	state->writes += *packet.at == 'M' || *packet.at == 'X';
	state->asked_program = span_begins(packet, program);
	texts_note(state->commands, sizeof(state->commands), name_of(packet));
	if (span_begins(packet, run)) {
		span_skip(&packet, strlen(run));
		copy_hex(packet, state->program, sizeof(state->program));
	} else if (span_begins(packet, file)) {
		span_skip(&packet, strlen(file));
		copy_hex(packet, path, sizeof(path));
		texts_note(state->files, sizeof(state->files), span_text(path));
	}
}

/* "PacketSize=47ff;QPassSignals+;...": what the server can. */
static void read_answer(struct conversation *state, struct parse *parse, struct span packet)
{
	static const char size[] = "PacketSize=";

	if (state->asked_program && *packet.at == 'l') {
		span_skip(&packet, 1);
		span_copy_text(packet, state->program, sizeof(state->program));
	}
	state->asked_program = false;
	if (!span_begins(packet, size))
		return;
	parse_weakness(parse, &no_auth, "qSupported was answered");
	if (!state->gdbserver && span_find(packet, "QStartupWithShell+") != SIZE_MAX) {
		state->gdbserver = true;
		parse_software(parse, SIDE_SERVER, span_text("gdbserver"), span_text(""));
	}
	span_skip(&packet, strlen(size));
	for (state->packet_size = 0; span_left(packet) > 0 && digit(*packet.at) >= 0; span_skip(&packet, 1))
		state->packet_size = state->packet_size << 4 | (uint32_t)digit(*packet.at);
}

/* Between packets stand signs: "+" and "-" for one that came well or ill, and an interrupt. "%" begins what
 * is told unasked. MORE: a packet has not come whole. */
static enum verdict take_packet(struct span *bytes, struct span *ret_packet)
{
	struct span rest = *bytes;
	const uint8_t sign = span_u8(&rest);

	*ret_packet = span_of(NULL, 0);
	if (sign == '+' || sign == '-' || sign == INTERRUPT) {
		*bytes = rest;
		return YES;
	}
	if (sign != '$' && sign != '%')
		return NO;
	*ret_packet = span_until(&rest, '#');
	span_skip(&rest, SUM);
	if (rest.failed)
		return span_left(*bytes) < PACKET_MOST ? MORE : NO;
	*bytes = rest;
	return YES;
}

/* Behind a gap: no packet begins but with this sign, which stands in none. */
static void find_packet(struct conversation *state, enum side side, struct span *bytes)
{
	struct span rest = *bytes;

	(void)span_until(&rest, '$');
	state->lost[side] = rest.failed;
	bytes->at = rest.failed ? bytes->end : rest.at - 1;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (state->lost[parse->side])
		find_packet(state, parse->side, bytes);
	while (span_left(*bytes) > 0) {
		struct span packet;
		const enum verdict whole = take_packet(bytes, &packet);

		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (span_left(packet) == 0)
			continue;
		if (parse->side == SIDE_CLIENT)
			read_command(state, packet);
		else
			read_answer(state, parse, packet);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "$qSupported#37");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_find(*heard, "#") == SIZE_MAX && !ended)
		return PROBE_WAIT;
	answer_weakness(answer, &no_auth, "qSupported was answered");
	if (span_find(*heard, "QStartupWithShell+") != SIZE_MAX)
		answer_product(answer, span_text("gdbserver"), span_text(""));
	buffer_text(out, "+");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_gdb = {
	.name = "gdb",
	.title = "GNU debugger",
	DOORS(TCP(2345)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
