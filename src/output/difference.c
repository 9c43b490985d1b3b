#include "output/difference.h"

#include "catalog/catalog.h"

enum { LINE = 1024 };

static const char *const texts[DOOR_TEXTS] = {
	[DOOR_PROTOCOL] = "protocol",
	[DOOR_PRODUCT] = "product",
	[DOOR_VERSION] = "version",
	[DOOR_CERTIFICATE] = "certificate",
};

static bool is_of_door(const struct difference *difference)
{
	return difference->kind == DOOR_OPENED || difference->kind == DOOR_CLOSED ||
	       difference->kind == DOOR_CHANGED;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static const char *or_nothing(const char *text)
{
	return text != NULL ? text : "none";
}

/* ---- text ---- */

/* "http, nginx 1.22.1" */
static void print_server(struct out *out, const char *const *door)
{
	screen_print(&out->screen, STYLE_PLAIN, or_nothing(door[DOOR_PROTOCOL]));
	for (enum door_text which = DOOR_PRODUCT; which <= DOOR_VERSION; which++) {
		if (door[which] == NULL)
			continue;
		fputs(which == DOOR_PRODUCT ? ", " : " ", out->screen.file);
		screen_print(&out->screen, STYLE_PLAIN, door[which]);
	}
}

static void print_changes(struct out *out, const struct difference *difference)
{
	const char *before_it = "";

	for (enum door_text which = 0; which < DOOR_TEXTS; which++) {
		if (same_text(difference->before[which], difference->after[which]))
			continue;
		fprintf(out->screen.file, "%s%s ", before_it, texts[which]);
		screen_print(&out->screen, STYLE_PLAIN, or_nothing(difference->before[which]));
		fputs(" -> ", out->screen.file);
		screen_print(&out->screen, STYLE_PLAIN, or_nothing(difference->after[which]));
		before_it = "; ";
	}
}

void difference_text(struct out *out, const struct difference *difference)
{
	static const struct {
		const char *word;
		enum style style;
	} kinds[DIFFERENCE_KINDS] = {
		[DOOR_OPENED] = { "opened   ", STYLE_BAD },      [DOOR_CLOSED] = { "closed   ", STYLE_GOOD },
		[DOOR_CHANGED] = { "changed  ", STYLE_WARNING }, [HOST_NEW] = { "new host ", STYLE_BAD },
		[HOST_GONE] = { "gone host", STYLE_GOOD },
	};
	FILE *const file = out->screen.file;
	char address[ADDRESS_TEXT];

	screen_print(&out->screen, kinds[difference->kind].style, kinds[difference->kind].word);
	address_text(difference->address, address);
	if (!is_of_door(difference)) {
		fprintf(file, "  %s\n", address);
		return;
	}
	fprintf(file, "  %s %s/%u  ", address, catalog_transport(difference->transport)->name,
		difference->port);
	if (difference->kind == DOOR_CHANGED)
		print_changes(out, difference);
	else
		print_server(out, difference->kind == DOOR_OPENED ? difference->after : difference->before);
	fputc('\n', file);
}

void difference_sums_text(struct out *out, const struct difference_sums *sums)
{
	const uint64_t *const counts = sums->counts;
	char line[LINE];

	if (sums->exit_status != 0)
		fputc('\n', out->screen.file);
	(void)snprintf(line, sizeof(line),
		       "%llu doors opened, %llu closed, %llu changed, %llu the same; %llu hosts new, %llu "
		       "gone, from %s to %s.",
		       (unsigned long long)counts[DOOR_OPENED], (unsigned long long)counts[DOOR_CLOSED],
		       (unsigned long long)counts[DOOR_CHANGED], (unsigned long long)sums->same,
		       (unsigned long long)counts[HOST_NEW], (unsigned long long)counts[HOST_GONE],
		       sums->before, sums->after);
	screen_paragraph(&out->screen, 0, STYLE_BOLD, line);
	if (sums->uncompared == 0)
		return;
	(void)snprintf(line, sizeof(line),
		       "%llu doors are not compared: only one of the scans asked about them to the end.",
		       (unsigned long long)sums->uncompared);
	screen_paragraph(&out->screen, 0, STYLE_PLAIN, line);
}

/* ---- events ---- */

static const char *const kind_ids[DIFFERENCE_KINDS] = {
	[DOOR_OPENED] = "opened", [DOOR_CLOSED] = "closed",  [DOOR_CHANGED] = "changed",
	[HOST_NEW] = "host-new",  [HOST_GONE] = "host-gone",
};

static void write_side(struct json *json, const char *key, const char *const *door)
{
	if (door == NULL)
		return;
	json_open_object(json, key);
	for (enum door_text which = 0; which < DOOR_TEXTS; which++)
		json_text(json, texts[which], door[which]);
	json_end(json);
}

void difference_json(struct out *out, const struct difference *difference)
{
	struct json json = event_begin(out, "difference");

	event_destination(&json, difference->address, is_of_door(difference), difference->port);
	if (is_of_door(difference))
		event_transport(&json, difference->transport);
	json_open_object(&json, "difference");
	json_text(&json, "kind", kind_ids[difference->kind]);
	write_side(&json, "before", difference->before);
	write_side(&json, "after", difference->after);
	json_end(&json);
	event_end(out, &json);
}

void difference_sums_json(struct out *out, const struct difference_sums *sums)
{
	struct json json = event_begin(out, "stats");

	json_open_object(&json, "stats");
	json_unsigned(&json, "opened", sums->counts[DOOR_OPENED]);
	json_unsigned(&json, "closed", sums->counts[DOOR_CLOSED]);
	json_unsigned(&json, "changed", sums->counts[DOOR_CHANGED]);
	json_unsigned(&json, "same", sums->same);
	json_unsigned(&json, "uncompared", sums->uncompared);
	json_unsigned(&json, "hosts_new", sums->counts[HOST_NEW]);
	json_unsigned(&json, "hosts_gone", sums->counts[HOST_GONE]);
	json_number(&json, "exit_status", sums->exit_status);
	json_end(&json);
	event_end(out, &json);
}
