/* What a scan found. Services come in the order in which they are known, so their columns have fixed widths;
 * a name that is wider pushes what follows. */
#include "output/scan.h"

#include "catalog/catalog.h"
#include "output/check.h"

enum {
	PORTS_LIMIT = 1 << 16,
	DOOR_TEXT = 32,
	HOST_WIDTH = 16,
	DOOR_WIDTH = 11,
	SPOKEN_WIDTH = 14,
	SEVERITY_WIDTH = 10
};

/* ---- text ---- */

/* A width of 0: the last of its line. */
static void print_padded(const struct screen *screen, const char *text, size_t width)
{
	const size_t length = strlen(text);

	screen_print(screen, STYLE_PLAIN, text);
	if (width > 0)
		fprintf(screen->file, "%*s", (int)(length < width ? width - length : 1), "");
}

void scan_begin_text(struct out *out, const struct scan_beginning *beginning)
{
	fprintf(out->screen.file, "%s%-*s%-*s%s\n", beginning->targets->count > 1 ? "HOST            " : "",
		DOOR_WIDTH, "DOOR", SPOKEN_WIDTH, "SPOKEN", "SERVER");
}

static const char *server_text(struct out *out, const struct knock_result *result)
{
	const struct answer *const answer = &result->answer;

	if (result->outcome == KNOCK_NOT_ASKED && result->problem[0] == '\0')
		return "never spoken to: what it gets it acts on";
	if (result->outcome != KNOCK_IDENTIFIED)
		return result->problem;
	return arena_format(out->arena, "%s%s%s", answer->product, answer->version[0] != '\0' ? " " : "",
			    answer->version);
}

/* In short; what each means and what to do about it stands at the end. */
static void print_findings(struct out *out, const struct audit *audit)
{
	for (size_t i = 0; audit != NULL && i < audit->finding_count; i++) {
		const struct finding *const finding = &audit->findings[i];
		const char *const severity = audit_severity_text(finding->severity);

		fputs("    ", out->screen.file);
		screen_print(&out->screen, severity_style(finding->severity), severity);
		fprintf(out->screen.file, "%*s", SEVERITY_WIDTH - (int)strlen(severity), "");
		screen_hanging(
			&out->screen, 4 + SEVERITY_WIDTH, STYLE_PLAIN,
			arena_format(out->arena, "%s: %s", finding->id,
				     finding->evidence[0] != '\0' ? finding->evidence : finding->title));
	}
}

void service_text(struct out *out, const struct service_view *view)
{
	const struct knock_door *const door = view->door;
	char host[ADDRESS_TEXT], name[64], text[DOOR_TEXT];
	const char *const spoken = knock_spoken(view->result, name);
	const char *const server = server_text(out, view->result);

	if (view->several)
		print_padded(&out->screen, address_text(&door->address, host), HOST_WIDTH);
	(void)snprintf(text, sizeof(text), "%s/%u", catalog_transport(door->transport)->name, door->port);
	print_padded(&out->screen, text, DOOR_WIDTH);
	print_padded(&out->screen, spoken != NULL ? spoken : knock_outcome_text(view->result->outcome),
		     server[0] != '\0' ? SPOKEN_WIDTH : 0);
	screen_print(&out->screen, STYLE_PLAIN, server);
	fputs("\n", out->screen.file);
	print_findings(out, view->audit);
	fflush(out->screen.file);
}

static void print_tallies(struct out *out, const struct scan_view *view)
{
	for (size_t i = 0; i < view->tally_count; i++) {
		const struct scan_tally *const tally = &view->tallies[i];

		finding_heading(&out->screen, &tally->finding);
		fprintf(out->screen.file, "  at %llu door%s\n", (unsigned long long)tally->doors,
			tally->doors == 1 ? "" : "s");
		finding_advice(&out->screen, &tally->finding);
	}
}

static void print_judged(struct out *out, const struct scan_view *view)
{
	if (view->audit == NULL) {
		print_tallies(out, view);
		return;
	}
	findings_text(&out->screen, view->audit);
	check_incomplete(&out->screen, view->audit);
	check_summary(&out->screen, view->audit);
}

enum { HARDWARE_TEXT = 18 };

static char *hardware_text(const uint8_t octets[static 6], char text[static HARDWARE_TEXT])
{
	(void)snprintf(text, HARDWARE_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2],
		       octets[3], octets[4], octets[5]);
	return text;
}

void host_text(struct out *out, const struct reach_door *host)
{
	char address[ADDRESS_TEXT], hardware[HARDWARE_TEXT];

	print_padded(&out->screen, address_text(&host->address, address), HOST_WIDTH);
	print_padded(&out->screen, "there", DOOR_WIDTH);
	fputs(reach_known_text(host->known), out->screen.file);
	if (host->has_hardware)
		fprintf(out->screen.file, ", %s", hardware_text(host->hardware, hardware));
	if (host->round_trip_us > 0)
		fprintf(out->screen.file, ", %.1f ms", (double)host->round_trip_us / 1000);
	fputc('\n', out->screen.file);
}

/* How sure it is. */
static void print_certainty(FILE *file, const struct scan_view *view)
{
	if (view->transport == TRANSPORT_UDP)
		fprintf(file,
			"Over UDP only an answer proves that a door is open, and only ICMP that it is "
			"closed; "
			"silence proves nothing. Hosts tell of about one closed port a second. What did not "
			"answer "
			"was asked %u time%s.\n",
			view->passes, view->passes == 1 ? "" : "s");
	else if (view->late > 0)
		fprintf(file,
			"%llu doors answered only when they were asked again: packets are lost on the way. "
			"What "
			"is without an answer was asked %u times.\n",
			(unsigned long long)view->late, view->passes);
	else if (view->silent > 0)
		fprintf(file, "What is without an answer was asked %u time%s.\n", view->passes,
			view->passes == 1 ? "" : "s");
}

void scan_text(struct out *out, const struct scan_view *view)
{
	FILE *const file = out->screen.file;
	const char *const transport = catalog_transport(view->transport)->name;

	print_judged(out, view);
	fprintf(file, "\n%llu %s door%s open, %llu identified, at ", (unsigned long long)view->open,
		transport, view->open == 1 ? "" : "s", (unsigned long long)view->identified);
	screen_print(&out->screen, STYLE_PLAIN, view->words);
	fprintf(file, "; %llu closed, %llu filtered, %llu without an answer.\n",
		(unsigned long long)view->closed, (unsigned long long)view->filtered,
		(unsigned long long)view->silent);
	fprintf(file, "%llu host%s, %llu port%s, in %.1f s", (unsigned long long)view->hosts,
		view->hosts == 1 ? "" : "s", (unsigned long long)view->ports, view->ports == 1 ? "" : "s",
		(double)view->ms / 1000);
	if (view->transport == TRANSPORT_TCP)
		fprintf(file, "; asked %s, %llu packets in %u pass%s",
			view->half_open ? "half-open" : "by connecting", (unsigned long long)view->asked,
			view->passes, view->passes == 1 ? "" : "es");
	fputs(".\n", file);
	print_certainty(file, view);
	if (view->discovery && view->looked_at < view->hosts)
		fprintf(file,
			"%llu addresses did not answer and were not looked at; --no-discovery looks at "
			"them too.\n",
			(unsigned long long)(view->hosts - view->looked_at));
	if (view->incomplete)
		fputs("The time was up before all was asked: what is not listed may be open.\n", file);
}

/* ---- events ---- */

static void write_ports(struct json *json, const struct ports *ports)
{
	struct buffer text = buffer_new(PORTS_LIMIT);

	for (size_t i = 0; i < ports->range_count; i++) {
		const struct ports_range *const range = &ports->list[i];

		buffer_format(&text, "%s%u", i > 0 ? "," : "", range->first);
		if (range->last > range->first)
			buffer_format(&text, "-%u", range->last);
	}
	json_span(json, "ports", buffer_read(&text));
	buffer_free(&text);
}

void scan_begin_json(struct out *out, const struct scan_beginning *beginning)
{
	const struct targets *const targets = beginning->targets;
	struct json json = event_begin(out, "scan");
	char text[ADDRESS_RANGE_TEXT];

	event_transport(&json, beginning->transport);
	json_open_object(&json, "scan");
	json_open_array(&json, "targets");
	for (size_t i = 0; i < targets->range_count; i++)
		json_text(&json, NULL, address_range_text(&targets->list[i].range, text));
	json_end(&json);
	write_ports(&json, beginning->ports);
	json_end(&json);
	event_end(out, &json);
}

void event_facts(struct json *json, const char *key, const struct answer *answer)
{
	json_open_object(json, key);
	for (size_t i = 0; i < answer->fact_count; i++)
		json_text(json, answer->facts[i].key, answer->facts[i].value);
	json_end(json);
}

static void write_weaknesses(struct json *json, const struct answer *answer)
{
	for (size_t i = 0; i < answer->weakness_count; i++) {
		json_open_object(json, NULL);
		json_text(json, "id", answer->weaknesses[i].weakness->id);
		json_number(json, "severity", answer->weaknesses[i].weakness->severity);
		json_text(json, "evidence", answer->weaknesses[i].evidence);
		json_end(json);
	}
}

static void write_identified(struct json *json, const struct knock_result *result)
{
	const struct answer *const answer = &result->answer;
	const struct protocol *const inner = result->inside_tls != NULL ? result->inside_tls
									: result->protocol;

	json_text(json, "app_proto", inner->name);
	json_bool(json, "tls", result->inside_tls != NULL);
	json_text(json, "product", answer->product[0] != '\0' ? answer->product : NULL);
	json_text(json, "version", answer->version[0] != '\0' ? answer->version : NULL);
	json_text(json, "cpe", result->cpe[0] != '\0' ? result->cpe : NULL);
}

static void write_findings(struct out *out, const struct audit *audit)
{
	for (size_t i = 0; audit != NULL && i < audit->finding_count; i++)
		finding_event(out, audit, &audit->findings[i]);
}

void service_json(struct out *out, const struct service_view *view)
{
	const struct knock_result *const result = view->result;
	struct json json = event_begin(out, "service");

	event_destination(&json, &view->door->address, true, view->door->port);
	event_transport(&json, view->door->transport);
	if (result->outcome == KNOCK_IDENTIFIED)
		write_identified(&json, result);
	json_open_object(&json, "doorward");
	json_text(&json, "outcome", knock_outcome_text(result->outcome));
	json_bool(&json, "starttls", result->answer.starttls);
	event_facts(&json, "facts", &result->answer);
	if (result->tls.fact_count > 0)
		event_facts(&json, "tls_facts", &result->tls);
	json_open_array(&json, "weaknesses");
	write_weaknesses(&json, &result->tls);
	write_weaknesses(&json, &result->answer);
	json_end(&json);
	if (result->outcome == KNOCK_UNKNOWN)
		json_span(&json, "evidence", span_of(result->evidence, result->evidence_length));
	json_text(&json, "problem", result->problem[0] != '\0' ? result->problem : NULL);
	json_end(&json);
	event_end(out, &json);
	write_findings(out, view->audit);
	out_flush(out);
	fflush(out->screen.file);
}

/* Without a policy whatever is worse than a note counts. */
static void write_finding_counts(struct json *json, const struct scan_view *view)
{
	uint64_t counting = 0, notes = 0;

	for (size_t i = 0; i < view->tally_count; i++)
		*(view->tallies[i].finding.severity < AUDIT_NOTE ? &counting
								 : &notes) += view->tallies[i].doors;
	if (view->audit != NULL) {
		counting = audit_counting(view->audit);
		notes = view->audit->note_count;
		json_unsigned(json, "accepted", view->audit->accepted_count);
	}
	json_unsigned(json, "findings", counting);
	json_unsigned(json, "notes", notes);
}

static void write_view(struct json *json, const struct scan_view *view)
{
	if (view->audit == NULL)
		return;
	json_open_object(json, "doorward");
	json_text(json, "host", view->audit->host->name);
	json_text(json, "policy", view->audit->policy->path);
	json_open_array(json, "unseen");
	for (size_t i = 0; i < view->audit->incomplete_count; i++)
		json_text(json, NULL, view->audit->incomplete[i]);
	json_end(json);
	json_end(json);
}

void host_json(struct out *out, const struct reach_door *host)
{
	struct json json = event_begin(out, "host");
	char hardware[HARDWARE_TEXT];

	event_destination(&json, &host->address, false, 0);
	json_open_object(&json, "host");
	json_text(&json, "known_by", reach_known_text(host->known));
	if (host->has_hardware)
		json_text(&json, "mac", hardware_text(host->hardware, hardware));
	if (host->round_trip_us > 0)
		json_number(&json, "round_trip_us", host->round_trip_us);
	json_end(&json);
	event_end(out, &json);
}

void scan_json(struct out *out, const struct scan_view *view)
{
	struct json json;

	write_findings(out, view->audit);
	json = event_begin(out, "stats");
	json_open_object(&json, "stats");
	json_unsigned(&json, "hosts", view->hosts);
	if (view->discovery) {
		json_unsigned(&json, "hosts_seen", view->hosts_seen);
		json_unsigned(&json, "looked_at", view->looked_at);
	}
	json_unsigned(&json, "ports", view->ports);
	json_unsigned(&json, "open", view->open);
	json_unsigned(&json, "closed", view->closed);
	json_unsigned(&json, "filtered", view->filtered);
	json_unsigned(&json, "silent", view->silent);
	json_unsigned(&json, "identified", view->identified);
	json_unsigned(&json, "weaknesses", view->weaknesses);
	write_finding_counts(&json, view);
	json_unsigned(&json, "asked", view->asked);
	json_unsigned(&json, "late", view->late);
	json_unsigned(&json, "passes", view->passes);
	json_bool(&json, "half_open", view->half_open);
	json_bool(&json, "incomplete", view->incomplete);
	json_number(&json, "scan_ms", view->ms);
	json_number(&json, "exit_status", view->exit_status);
	json_end(&json);
	write_view(&json, view);
	event_end(out, &json);
}
