#include "output/hardening.h"
#include "base/clock.h"
#include "output/check.h"

enum { LINE = 1024 };

static void door_text(const struct audit_door *door, char text[static 64])
{
	const struct transport *const transport = catalog_transport(door->transport);

	if (transport->has_ports)
		snprintf(text, 64, "%s/%u", transport->name, door->port);
	else
		snprintf(text, 64, "%s", transport->name);
}

/* What to do, one step after the other, each handed to a writer of lines. */
typedef void step_writer(void *context, const char *step);

static void steps(const struct hardening *h, step_writer *write, void *context)
{
	const struct audit_door *const door = h->door;
	char line[LINE];

	if (door->process != NULL && door->process->container != NULL) {
		snprintf(line, sizeof(line), "do not publish the port of container %s, or stop the container",
			 door->process->container);
		write(context, line);
	} else if (h->command != NULL) {
		snprintf(line, sizeof(line), "disable its unit: %s", h->command);
		write(context, line);
	} else if (door->process != NULL) {
		snprintf(line, sizeof(line),
			 "no unit of systemd runs it: find out what started process %u (%s of %s)",
			 door->process->pid, door->process->name, door->user);
		write(context, line);
	} else {
		write(context, "no process that can be seen holds it: look again as root, or at modules of "
			       "the kernel");
	}
	if (door->exposure > EXPOSED_HOST && h->setting != NULL) {
		snprintf(line, sizeof(line), "if only this host needs it, let it listen at 127.0.0.1: %s",
			 h->setting);
		write(context, line);
	} else if (door->exposure > EXPOSED_HOST && door->process != NULL) {
		write(context, "if only this host needs it, let it listen at 127.0.0.1");
	}
	if (h->package != NULL) {
		snprintf(line, sizeof(line), "if nobody needs the program: package %s brought it",
			 h->package);
		write(context, line);
	}
	snprintf(line, sizeof(line), "until then this rule of the policy covers it: %s", h->rule);
	write(context, line);
}

static void print_step(void *context, const char *step)
{
	struct out *const out = context;
	char line[LINE + 2];

	snprintf(line, sizeof(line), "- %s", step);
	screen_paragraph(&out->screen, 4, STYLE_PLAIN, line);
}

void hardening_text(struct out *out, const struct hardening_view *view)
{
	char door[64], line[LINE];

	if (view->count == 0)
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, "The policy wants every door that is open.");
	for (size_t i = 0; i < view->count; i++) {
		const struct hardening *const h = &view->list[i];

		door_text(h->door, door);
		snprintf(line, sizeof(line), "%s  %s  %s", door,
			 h->door->process != NULL ? h->door->process->name : "", h->why);
		screen_paragraph(&out->screen, 0, STYLE_BOLD, line);
		steps(h, print_step, out);
		fputc('\n', out->screen.file);
	}
	if (view->count > 0)
		screen_paragraph(&out->screen, 0, STYLE_DIM,
				 "Nothing of this was done. --write FILE saves it as a script to review.");
	check_incomplete(&out->screen, view->audit);
}

void hardening_json(struct out *out, const struct hardening_view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct hardening *const h = &view->list[i];
		struct json json = event_begin(out, "hardening");

		event_door(&json, h->door);
		json_open_object(&json, "hardening");
		json_text(&json, "why", h->why);
		json_text(&json, "unit", h->unit);
		json_text(&json, "command", h->command);
		json_text(&json, "setting", h->setting);
		json_text(&json, "package", h->package);
		json_text(&json, "rule", h->rule);
		json_text(&json, "exposure", exposure_text(h->door->exposure));
		if (h->door->process != NULL) {
			json_text(&json, "process", h->door->process->name);
			json_text(&json, "container", h->door->process->container);
		}
		json_end(&json);
		event_end(out, &json);
	}
}

/* ---- the script ---- */

/* A name from a process must not end the comment that it stands in. */
static void write_comment(struct buffer *out, const char *text)
{
	buffer_text(out, "# ");
	for (const char *at = text; *at != '\0'; at++)
		buffer_u8(out, *at >= ' ' && *at < 0x7f ? (uint8_t)*at : '?');
	buffer_text(out, "\n");
}

static void script_step(void *context, const char *step)
{
	write_comment(context, step);
}

void hardening_script(struct buffer *out, const struct hardening_view *view)
{
	char when[CLOCK_TEXT], door[64], line[LINE];

	clock_text(clock_wall_us(), when);
	snprintf(line, sizeof(line),
		 "How doors of %s that its policy does not want would be closed; written %.10s.",
		 view->audit->host->name, when);
	buffer_text(out, "#!/bin/sh\n");
	write_comment(out, line);
	buffer_text(out, "# Read it, ask the owners, take the sign before each command that you want, and "
			 "this line away:\n"
			 "echo 'nobody has reviewed this yet' >&2; exit 1\n");
	for (size_t i = 0; i < view->count; i++) {
		const struct hardening *const h = &view->list[i];

		door_text(h->door, door);
		snprintf(line, sizeof(line), "%s (%s): %s", door,
			 h->door->process != NULL ? h->door->process->name : "no process seen", h->why);
		buffer_text(out, "\n");
		write_comment(out, line);
		steps(h, script_step, out);
		if (h->command != NULL)
			buffer_format(out, "#%s\n", h->command);
	}
}
