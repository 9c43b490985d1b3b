#include "cmd/scan_look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

bool scan_read_number(const struct invocation *invocation, const char *name, uint64_t most, uint64_t *value,
		      struct error *err)
{
	const char *const text = invocation_value(invocation, name);

	if (text == NULL)
		return true;
	return (span_number(span_text(text), most, value) && *value > 0) ||
	       error_set(err, "--%s: '%s' is no number from 1 to %llu", name, text, (unsigned long long)most);
}

bool scan_read_ports(struct scan *scan, struct error *err)
{
	const char *const text = invocation_value(scan->invocation, "ports");
	struct error reason;

	if (text == NULL && scan->view.transport == TRANSPORT_UDP)
		return ports_known(&scan->ports, TRANSPORT_UDP, err);
	if (ports_parse(&scan->ports, span_text(text != NULL ? text : "-"), scan->view.transport, &reason))
		return true;
	return error_set(err, "--ports: %s", reason.text);
}

/* The protocols whose words are said, all in one line. */
static void tell_openings(unsigned transport)
{
	const struct protocol *protocol;
	const char *before = "";

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (protocol->probe == NULL || (protocol->probe->transports & transport) == 0)
			continue;
		fprintf(stderr, "%s%s", before, protocol->name);
		before = ", ";
	}
	fputc('\n', stderr);
}

/* Before anything is sent to addresses that may be others'. */
static void tell_what_is_sent(const struct scan *scan)
{
	const bool udp = scan->view.transport == TRANSPORT_UDP;

	fprintf(stderr,
		"doorward scan: public addresses: %llu doors of %u hosts are asked, "
		"several times where they do not answer; "
		"what is open is asked what it speaks, in harmless requests without login, "
		"by \"" PROBE_IDENTITY "\"\n",
		(unsigned long long)scan->targets.count * scan->ports.count, (unsigned)scan->targets.count);
	if (scan->no_knock)
		return;
	fprintf(stderr, "doorward scan: over %s in the words of: ", udp ? "UDP" : "TCP");
	tell_openings(udp ? PROBE_UDP : PROBE_TCP);
}

bool scan_read_targets(struct scan *scan, struct error *err)
{
	const struct invocation *const invocation = scan->invocation;
	const char *const file = invocation_value(invocation, "targets");
	const struct targets_range *in_public;
	char text[ADDRESS_RANGE_TEXT];

	for (size_t i = 0; i < invocation->argument_count; i++)
		if (!targets_add(&scan->targets, invocation->arguments[i], err))
			return false;
	if (file != NULL && !targets_add_file(&scan->targets, file, err))
		return false;
	targets_sort(&scan->targets);
	if (scan->targets.count == 0)
		return error_set(err, "no target is named");
	in_public = targets_public(&scan->targets);
	scan->is_public = in_public != NULL;
	if (in_public != NULL && invocation_has(invocation, "public"))
		tell_what_is_sent(scan);
	if (in_public == NULL || invocation_has(invocation, "public"))
		return true;
	return error_set(
		err,
		"%s is public. Requests to %llu doors would be sent to hosts that may be others'; if "
		"they are yours, say --public",
		address_range_text(&in_public->range, text),
		(unsigned long long)scan->targets.count * scan->ports.count);
}

/* A network namespace by its name, as `ip netns` has it, or by its path. */
bool scan_enter_namespace(const char *name, struct error *err)
{
	char path[PATH_MAX];
	int fd;
	bool entered;

	(void)snprintf(path, sizeof(path), "%s%s", strchr(name, '/') != NULL ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	entered = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (!entered)
		error_system(err, errno, "--from: cannot enter the network namespace %s", name);
	if (fd >= 0)
		(void)close(fd);
	return entered;
}
