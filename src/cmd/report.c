/* doorward report: the documented ports, protocols and services of this host, for an auditor. */
#include "output/report.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/escape.h"
#include "cmd/command.h"
#include "cmd/gather.h"

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "report on this policy (default: " POLICY_IN_FORCE ")",
	  .completes = COMPLETES_POLICY },
	{ .letter = 'f',
	  .name = "format",
	  .argument = "FORMAT",
	  .help = "md (the default), html, csv or json",
	  .completes = COMPLETES_WORDS,
	  .words = "md html csv json" },
	{ .letter = 'c',
	  .name = "columns",
	  .argument = "NAME|FILE",
	  .help = "these columns: default, ppsm, pci, or a file of yours",
	  .completes = COMPLETES_FILE },
	{ .name = "boundaries",
	  .argument = "FILE",
	  .help = "boundaries that rules name by number",
	  .completes = COMPLETES_FILE },
	{ .name = "no-knock", .help = "do not ask the servers what they speak" },
	{ 0 },
};

/* What the policy was read from, as it was when it was read. */
static bool note_sources(struct report *report, const struct policy *policy)
{
	const char *path;
	struct span text;
	size_t count = 0;

	while (policy != NULL && policy_source(policy, count, &path, &text))
		count++;
	report->sources = arena_array(report->arena, count + 1, sizeof(*report->sources));
	if (report->sources == NULL)
		return false;
	for (; report->source_count < count; report->source_count++) {
		struct report_source *const source = &report->sources[report->source_count];
		uint8_t memory[DIGEST_MOST];
		struct span hash;

		policy_source(policy, report->source_count, &path, &text);
		source->path = path;
		hash = digest(DIGEST_SHA256, text, memory);
		if (span_left(hash) == 0)
			return false;
		hex_text(hash, 0, source->sha256, sizeof(source->sha256));
	}
	return true;
}

static const struct report_format *chosen_format(const struct invocation *invocation)
{
	const char *name = invocation_value(invocation, "format");
	const struct report_format *format = report_formats;

	if (name == NULL)
		name = invocation->json ? "json" : "md";
	while (strcmp(format->name, name) != 0)
		format++;
	return format;
}

static int write_report(const struct invocation *invocation, const struct report *report)
{
	struct error err;
	struct out out;

	if (!out_open(&out, invocation->json, invocation->colour)) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	chosen_format(invocation)->write(&out, report);
	if (!out_close(&out, &err))
		return command_trouble(invocation, &err);
	return audit_status(report->audit);
}

static int make_report(const struct invocation *invocation, struct report *report,
		       const struct policy *policy)
{
	struct error err;

	if (!note_sources(report, policy) || !report_fill(report)) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	return write_report(invocation, report);
}

static bool asks_for_two_formats(const struct invocation *invocation)
{
	const char *const format = invocation_value(invocation, "format");

	return invocation->json && format != NULL && strcmp(format, "json") != 0;
}

/* Columns and boundaries are read first: a mistake in them is told before the host is looked at. */
static bool read_tables(const struct invocation *invocation, struct report *report, struct error *err)
{
	const char *const columns = invocation_value(invocation, "columns");
	const char *const boundaries = invocation_value(invocation, "boundaries");

	return report_read_columns(report, columns != NULL ? columns : "default", err) &&
	       report_read_boundaries(report, boundaries != NULL ? boundaries : "boundaries", err);
}

enum { REPORT_MEMORY = 1 << 30 };

static int run(const struct invocation *invocation)
{
	const struct gather_options wanted = {
		.policy = invocation_value(invocation, "policy"),
		.no_knock = invocation_has(invocation, "no-knock"),
		.progress = true,
	};
	struct report report = {
		.arena = arena_new(REPORT_MEMORY),
		.version = "Doorward " DOORWARD_VERSION,
		.knocked = !wanted.no_knock,
		.made_us = clock_wall_us(),
	};
	struct gathered gathered = { 0 };
	struct error err;
	int status;

	if (asks_for_two_formats(invocation)) {
		arena_free(report.arena);
		return command_usage(invocation, "--json and --format %s are two formats: one is printed",
				     invocation_value(invocation, "format"));
	}
	if (report.arena == NULL) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	if (read_tables(invocation, &report, &err) && gather(&gathered, &wanted, &err)) {
		report.audit = gathered.audit;
		status = make_report(invocation, &report, gathered.policy);
	} else {
		status = command_trouble(invocation, &err);
	}
	gathered_free(&gathered);
	arena_free(report.arena);
	return status;
}

const struct command command_report = {
	.name = "report",
	.summary = "the documented ports, protocols and services, for an auditor",
	.description = "Writes a table with a row for each rule and door of the policy and for each open "
		       "door that no rule "
		       "documents: what it is for, who owns and approved it, what was observed, and whether "
		       "the two agree; "
		       "then the findings with what to do about them. The columns are a file: 'default', "
		       "'ppsm', shaped like "
		       "the rows that eMASS takes, 'pci' for PCI DSS 1.2.5 to 1.2.7, or one of your own. "
		       "Which assessor "
		       "accepts it, the assessor decides. Exit status as of 'doorward check'.",
	.options = options,
	.run = run,
};
