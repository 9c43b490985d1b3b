/* nmap: open ports, as -oX or the screen has them. What is filtered, or closed, is no door. */
#include "policy/moving_xml.h"

#include <stdio.h>
#include <string.h>

enum { HOST_NAME = 256 };

/* The host whose ports are listed: each of its addresses stands in a comment before them. */
struct reader {
	struct moving *m;
	struct moving_rule rule;
	char host[HOST_NAME];
	bool port, open, told;
};

static void tell_host(struct reader *r)
{
	if (!r->told && r->host[0] != '\0')
		moving_say(r->m, r->host);
	r->told = true;
}

static void add_host(struct reader *r, struct span address)
{
	const size_t length = strlen(r->host);

	snprintf(r->host + length, sizeof(r->host) - length, "%s%.*s", length > 0 ? ", " : "the host ",
		 (int)(span_left(address) < HOST_NAME ? span_left(address) : HOST_NAME),
		 (const char *)address.at);
	r->told = false;
}

/* "open|filtered" is what nmap says of UDP that did not answer. */
static void take_state(struct reader *r, struct span state)
{
	r->open = span_is(state, "open");
	if (span_is(state, "open|filtered"))
		moving_leave(r->m, "whether it is open is not known");
}

static void take_tag(void *context, const struct moving_tag *tag)
{
	struct reader *const r = context;

	if (span_is(tag->name, "host") && !tag->closes) {
		r->host[0] = '\0';
	} else if (span_is(tag->name, "address") && !moving_attribute(tag, "addr").failed &&
		   !span_is(moving_attribute(tag, "addrtype"), "mac")) {
		add_host(r, moving_attribute(tag, "addr"));
	} else if (span_is(tag->name, "port") && !tag->closes) {
		r->rule = (struct moving_rule){ .verdict = VERDICT_ALLOW,
						.transport = moving_attribute(tag, "protocol"),
						.ports = moving_attribute(tag, "portid") };
		r->port = true;
		r->open = false;
	} else if (span_is(tag->name, "state") && r->port && !tag->closes) {
		take_state(r, moving_attribute(tag, "state"));
	} else if (span_is(tag->name, "service") && r->port && !tag->closes) {
		r->rule.origin = moving_attribute(tag, "name");
		r->rule.comment = moving_attribute(tag, "product");
	} else if (span_is(tag->name, "port") && r->port) {
		if (r->open) {
			tell_host(r);
			moving_write(r->m, &r->rule);
		}
		r->port = false;
	}
}

/* "22/tcp open ssh OpenSSH 9.2p1" */
static void take_line(struct reader *r)
{
	struct span words[WORDS_MOST], line = r->m->line, port;
	const size_t count = moving_words(line, words);
	struct moving_rule rule = { .verdict = VERDICT_ALLOW };

	if (span_begins(line, "Nmap scan report for ")) {
		r->host[0] = '\0';
		span_skip(&line, strlen("Nmap scan report for "));
		add_host(r, line);
		return;
	}
	if (count < 2 || span_find(words[0], "/") == SIZE_MAX ||
	    (!span_is(words[1], "open") && !span_is(words[1], "open|filtered")))
		return;
	take_state(r, words[1]);
	if (!r->open)
		return;
	port = words[0];
	rule.ports = span_until(&port, '/');
	rule.transport = port;
	if (count > 2)
		rule.origin = words[2];
	if (count > 3)
		rule.comment = span_of(words[3].at, (size_t)(words[count - 1].end - words[3].at));
	tell_host(r);
	moving_write(r->m, &rule);
}

void moving_nmap(struct moving *m, struct span text)
{
	struct reader r = { .m = m };
	struct span first = text;

	while (span_left(first) > 0 && first.at[0] <= ' ')
		first.at++;
	if (!span_begins(first, "<")) {
		while (moving_line(m, &text))
			take_line(&r);
		return;
	}
	moving_xml(m, text, take_tag, &r);
}
