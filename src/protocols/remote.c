#include "protocols/remote.h"
#include "protocols/text.h"

#include <ctype.h>

enum {
	NAME_LEAST = 2,
	NAME_MOST = 64,
	COMMAND_LEAST = 3,
	COMMAND_MOST = 1024,
	PORT_DIGITS = 5,
	RESERVED = 1024,
	RESERVED_FIRST = 512,
	SAID_MOST = 64,
};

static bool is_name(struct span name)
{
	for (; name.at < name.end; name.at++)
		if (!isgraph(*name.at))
			return false;
	return true;
}

/* Names are of one word and short, a command is text. */
static enum verdict take_text(struct span *s, bool name, struct span *ret_text)
{
	struct span rest = *s;
	const size_t most = name ? NAME_MOST : COMMAND_MOST;

	*ret_text = span_until(&rest, '\0');
	if (ret_text->failed)
		*ret_text = *s;
	if (span_left(*ret_text) > most || !text_is_plain(*ret_text) || (name && !is_name(*ret_text)))
		return NO;
	if (rest.failed)
		return MORE;
	if (span_left(*ret_text) == 0)
		return NO;
	*s = rest;
	return YES;
}

/* Without a port, what follows must show what it is: letters with zeros between them are text of two octets
 * each, and rlogin's third text is a terminal with its speed. */
static bool is_user(struct span name)
{
	for (struct span rest = name; rest.at < rest.end; rest.at++)
		if (!isalnum(*rest.at) && strchr("._-", *rest.at) == NULL)
			return false;
	return true;
}

static bool is_command(struct span text)
{
	const size_t slash = span_find_last(text, '/');
	uint64_t speed;

	if (span_left(text) < COMMAND_LEAST)
		return false;
	for (struct span rest = text; rest.at < rest.end; rest.at++)
		if (!isprint(*rest.at))
			return false;
	if (slash != SIZE_MAX)
		span_skip(&text, slash + 1);
	return slash == SIZE_MAX || !span_number(text, UINT32_MAX, &speed);
}

enum verdict remote_take(struct span *s, struct remote_command *ret_command)
{
	struct span rest = *s, digits = rest;
	enum verdict whole = YES;

	while (isdigit(span_peek(rest, 0)))
		span_skip(&rest, 1);
	digits.end = rest.at;
	if (span_left(digits) > PORT_DIGITS || (span_left(rest) > 0 && *rest.at != 0))
		return NO;
	if (span_left(rest) == 0)
		return MORE;
	ret_command->error_port = 0;
	if (span_left(digits) > 0 && !span_number(digits, UINT16_MAX, &ret_command->error_port))
		return NO;
	if (ret_command->error_port > 0 && ret_command->error_port < RESERVED_FIRST)
		return NO;
	span_skip(&rest, 1);
	for (size_t i = 0; i < 3 && whole == YES; i++) {
		whole = take_text(&rest, i < 2, &ret_command->texts[i]);
		if (ret_command->error_port > 0)
			continue;
		if ((i == 0 && !is_user(ret_command->texts[0])) ||
		    (whole == YES && span_left(ret_command->texts[i]) < NAME_LEAST))
			return NO;
	}
	if (whole == YES && ret_command->error_port == 0 && !is_command(ret_command->texts[2]))
		return NO;
	if (whole == YES)
		*s = rest;
	return whole;
}

bool remote_may_be_shell(const struct remote_command *command)
{
	return command->error_port < RESERVED;
}

/* Without a port only the second text tells: who names the same user twice calls a shell, and sends no
 * password. */
bool remote_may_be_execution(const struct remote_command *command)
{
	const struct span user = command->texts[0], other = command->texts[1];

	if (command->error_port != 0)
		return command->error_port >= RESERVED;
	return span_left(user) != span_left(other) || memcmp(user.at, other.at, span_left(user)) != 0;
}

void remote_expect_errors(struct parse *parse, const struct remote_command *command)
{
	if (command->error_port == 0)
		return;
	parse_expect(parse, &(struct expectation){
				    .transport = TRANSPORT_TCP,
				    .address = parse->addresses[SIDE_CLIENT],
				    .port = (uint16_t)command->error_port,
				    .other = parse->addresses[SIDE_SERVER],
				    .protocol = parse->protocol,
				    .waiting = SIDE_SERVER,
				    .about = "errors",
			    });
}

/* A prompt, or a line. */
static bool is_whole(struct span words)
{
	const uint8_t last = span_left(words) > 0 ? words.end[-1] : 0;

	return last == '\n' || last == ':' || last == ' ';
}

enum probe_step remote_hear(struct span *heard, bool ended, struct answer *answer,
			    const struct weakness *weakness)
{
	struct span words = *heard;
	const uint8_t sign = span_u8(&words);

	if (words.failed)
		return probe_step_for(MORE, ended);
	if (sign > 1 || !text_is_plain(words) || (ended && sign == 1 && span_left(words) == 0))
		return PROBE_NOT;
	if (!ended && !is_whole(words))
		return PROBE_WAIT;
	heard->at = heard->end;
	answer_fact(answer, "answer", text_trim(text_first(words, SAID_MOST)));
	answer_weakness(answer, weakness, "it answers whoever calls from a reserved port");
	return PROBE_DONE;
}
