/* beanstalkd.c: beanstalkd, doc/protocol.txt of its sources: a queue of jobs, asked in lines. Its server is
 * asked for its own figures, and no job. */
#include "protocols/beanstalkd.h"
#include "protocols/lines.h"

enum { STATISTICS = 4096 };

const struct weakness beanstalkd_no_auth = {
	"beanstalkd-no-auth",
	"beanstalkd gives and takes the jobs of everybody",
	2,
	"Let it listen on loopback (beanstalkd -l 127.0.0.1) or in a network of its own clients: it knows no "
	"passwords.",
};
static const struct weakness *const weaknesses[] = { &beanstalkd_no_auth, NULL };

static const struct text_command commands[] = {
	{ "put [0-9]* [0-9]* [0-9]* [0-9]*", YES },
	{ "reserve", YES },
	{ "reserve-with-timeout [0-9]*", YES },
	{ "list-tubes", YES },
	{ "list-tube-used", YES },
	{ "list-tubes-watched", YES },
	{ "stats-tube ?*", YES },
	{ "stats-job [0-9]*", YES },
	{ "use ?*", MORE }, /* tubes are chosen before anything is done */
	{ "watch ?*", MORE },
	{ "ignore ?*", MORE },
};

static const struct text_command answers[] = {
	{ "RESERVED [0-9]* [0-9]*", YES }, { "UNKNOWN_COMMAND", YES },  { "USING ?*", MORE },
	{ "WATCHING [0-9]*", MORE },       { "INSERTED [0-9]*", MORE },
};

/* "OK 971\r\n---\n": an answer whose content begins as YAML does. */
static enum verdict recognise_figures(struct span first)
{
	const enum verdict verdict = recognise_text(first, "OK ");
	const struct span begin = text_first(first, 16);
	size_t at = 3;

	if (verdict != YES)
		return verdict;
	while (span_peek(begin, at) >= '0' && span_peek(begin, at) <= '9')
		at++;
	if (at == 3 && span_left(begin) > at)
		return NO;
	if (span_left(begin) <= at)
		return span_left(begin) < 16 ? MORE : NO;
	span_skip(&first, at);
	return recognise_text(first, "\r\n---\n");
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return text_commands(first, commands, sizeof(commands) / sizeof(*commands));
	verdict = text_commands(first, answers, sizeof(answers) / sizeof(*answers));
	return verdict != NO ? verdict : recognise_figures(first);
}

/* ---- asking ---- */

/* The first word is one that no other server knows, the second has the version. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "stats-tube default\r\nstats\r\n");
}

struct span beanstalkd_version(struct span figures)
{
	static const char key[] = "\nversion: ";
	const size_t at = span_find(figures, key);
	struct span line;

	span_skip(&figures, at == SIZE_MAX ? at : at + sizeof(key) - 1);
	line = span_line(&figures);
	if (span_peek(line, 0) == '"')
		span_skip(&line, 1);
	return line.failed ? line : text_version(line);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span version;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	version = beanstalkd_version(*heard);
	if (version.failed && !ended && span_left(*heard) < STATISTICS)
		return PROBE_WAIT;
	answer_product(answer, span_text("beanstalkd"), version);
	if (!version.failed)
		answer_weakness(answer, &beanstalkd_no_auth, "it told its figures without a login");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_beanstalkd = {
	.name = "beanstalkd",
	.title = "beanstalkd",
	DOORS(TCP(11300)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &beanstalkd_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
	.weakness_by_reach = &beanstalkd_no_auth,
};
