/* qemu_monitor.c: the monitors of QEMU: QMP ("QEMU Machine Protocol" of its documentation), which is JSON,
 * and the one for people. Both greet with the version, and ask nobody for a password. */
#include "protocols/qemu_monitor.h"
#include "protocols/text.h"

#include <stdio.h>

enum { LINE_MOST = 512 };

const struct weakness qemu_monitor_no_auth = {
	"qemu-monitor-no-auth",
	"A virtual machine is controlled by whoever connects",
	1,
	"Let the monitor listen on a socket of Unix or on loopback.",
};
static const struct weakness *const weaknesses[] = { &qemu_monitor_no_auth, NULL };

static const char qmp[] = "{\"QMP\": {", people[] = "QEMU ", monitor[] = " monitor - type 'help'";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER)
		return NO;
	verdict = recognise_text(first, qmp);
	if (verdict != NO)
		return verdict;
	verdict = recognise_text(first, people);
	return verdict == YES ? recognise_in_line(first, LINE_MOST / 8, monitor) : verdict;
}

/* ---- asking ---- */

static uint64_t number_behind(struct span line, const char *key)
{
	const size_t at = span_find(line, key);
	uint64_t number = 0;
	size_t digits = 0;

	if (at == SIZE_MAX)
		return 0;
	span_skip(&line, at + strlen(key));
	while (span_peek(line, digits) >= '0' && span_peek(line, digits) <= '9')
		digits++;
	(void)span_number(span_take(&line, digits), UINT16_MAX, &number);
	return number;
}

static void tell_qmp(struct span line, struct answer *answer)
{
	char version[32];

	(void)snprintf(version, sizeof(version), "%u.%u.%u", (unsigned)number_behind(line, "\"major\": "),
		       (unsigned)number_behind(line, "\"minor\": "),
		       (unsigned)number_behind(line, "\"micro\": "));
	answer_product(answer, span_text("QEMU"), span_text(version));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(&rest);
	if (line.failed && !ended && span_left(*heard) < LINE_MOST)
		return PROBE_WAIT;
	line = text_first(line.failed ? *heard : line, LINE_MOST);
	answer_fact(answer, "monitor", span_text(span_begins(line, qmp) ? "qmp" : "human"));
	if (span_begins(line, qmp)) {
		tell_qmp(line, answer);
	} else {
		span_skip(&line, strlen(people));
		answer_product(answer, span_text("QEMU"), text_word(&line));
	}
	answer_weakness(answer, &qemu_monitor_no_auth, "it greeted without a login");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_qemu_monitor = {
	.name = "qemu-monitor",
	.title = "QEMU monitor",
	DOORS(TCP(4444)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.server_tells = true,
	.parser = &qemu_monitor_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
