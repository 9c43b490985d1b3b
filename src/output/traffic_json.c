/* The events at the end of traffic: findings, and `stats`. Flows and messages were written as they came. */
#include "base/clock.h"
#include "output/check.h"
#include "output/traffic.h"

/* Words as a key: "tunnel_header_cut_off". */
static void write_count(struct json *json, const char *words, uint64_t count)
{
	char key[64];
	size_t length = 0;

	for (; words[length] != '\0' && length + 1 < sizeof(key); length++)
		key[length] = words[length] == ' ' ? '_' : words[length];
	key[length] = '\0';
	if (count > 0)
		json_unsigned(json, key, count);
}

static void write_problems(struct json *json, const struct engine_counts *counts)
{
	json_open_object(json, "decode_errors");
	for (size_t kind = PACKET_WHOLE + 1; kind < PACKET_PROBLEMS; kind++)
		write_count(json, packet_problem_text((enum packet_problem)kind), counts->problems[kind]);
	json_end(json);
}

static void write_flows(struct json *json, const struct traffic_view *view)
{
	const struct flow_counts *const flows = &view->counts->flows;

	json_open_object(json, "flows");
	json_unsigned(json, "total", flows->flows);
	json_unsigned(json, "most_live", flows->most_live);
	json_open_object(json, "ended");
	for (enum flow_reason reason = 0; reason < REASONS; reason++)
		json_unsigned(json, flow_reason_text(reason), flows->ended[reason]);
	json_end(json);
	json_open_object(json, "by_protocol");
	for (size_t i = 0; i < view->summary->protocol_count; i++)
		json_unsigned(json, view->summary->protocols[i].name, view->summary->protocols[i].flows);
	json_end(json);
	json_unsigned(json, "unanswered", view->summary->unanswered);
	if (view->host != NULL) {
		json_unsigned(json, "judged", view->summary->judged);
		json_unsigned(json, "allowed", view->summary->allowed);
		json_unsigned(json, "kept_out", view->summary->kept_out);
	}
	json_unsigned(json, "left_out", view->summary->left_out_flows);
	json_end(json);
}

static void write_streams(struct json *json, const struct engine_counts *counts)
{
	json_open_object(json, "streams");
	json_unsigned(json, "gaps", counts->stream_gaps);
	json_unsigned(json, "gap_bytes", counts->stream_gap_bytes);
	json_unsigned(json, "overlaps", counts->stream_overlaps);
	json_unsigned(json, "dropped_bytes", counts->unread_dropped);
	json_unsigned(json, "given_up", counts->given_up);
	json_unsigned(json, "parse_errors", counts->parse_errors);
	json_unsigned(json, "stopped_by_gap", counts->stopped[STOP_GAP]);
	json_unsigned(json, "stopped_by_bound", counts->stopped[STOP_BOUND]);
	json_unsigned(json, "stopped_by_memory", counts->stopped[STOP_MEMORY]);
	json_unsigned(json, "stopped_in_middle", counts->stopped[STOP_MIDDLE]);
	json_end(json);
}

static void write_remembered(struct json *json, const struct memory *memory)
{
	struct memory_count counts[MEMORY_ROOMS];
	const size_t count = memory_counts(memory, counts);

	if (count == 0)
		return;
	json_open_object(json, "remembered");
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, counts[i].name);
		json_unsigned(json, "held", counts[i].held);
		json_unsigned(json, "forgotten", counts[i].forgotten);
		json_end(json);
	}
	json_end(json);
}

static void write_checksums(struct json *json, const struct engine_counts *counts)
{
	json_open_object(json, "checksums");
	json_unsigned(json, "verified", counts->checksums_verified);
	for (unsigned i = 0; i < VERIFIED_TRANSPORTS; i++)
		if (counts->checksums_wrong[i] > 0)
			json_unsigned(json, catalog_transport(verified_transports[i])->name,
				      counts->checksums_wrong[i]);
	json_end(json);
}

static void write_packets(struct json *json, const struct engine_counts *counts)
{
	json_unsigned(json, "frames", counts->frames);
	json_unsigned(json, "packets", counts->packets);
	json_unsigned(json, "bytes", counts->bytes);
	json_unsigned(json, "not_ip", counts->not_ip);
	json_unsigned(json, "bad_checksums", counts->bad_checksums);
	if (counts->checksums_verified > 0)
		write_checksums(json, counts);
	json_unsigned(json, "tunnelled", counts->tunnelled);
	json_open_object(json, "fragments");
	json_unsigned(json, "seen", counts->fragments);
	json_unsigned(json, "reassembled", counts->reassembled);
	json_unsigned(json, "overlapping", counts->fragments_overlapping);
	json_unsigned(json, "dropped", counts->fragments_dropped);
	json_unsigned(json, "in_flows", counts->fragments_in_flows);
	json_end(json);
	json_open_object(json, "icmp_errors");
	json_unsigned(json, "seen", counts->icmp_errors);
	json_unsigned(json, "joined", counts->icmp_errors_joined);
	json_end(json);
	json_open_object(json, "expected");
	json_unsigned(json, "announced", counts->expectations);
	json_unsigned(json, "met", counts->expected);
	json_unsigned(json, "dropped", counts->expectations_dropped);
	json_end(json);
	json_open_object(json, "ipsec");
	json_unsigned(json, "good", counts->ipsec_good);
	json_unsigned(json, "bad", counts->ipsec_bad);
	json_unsigned(json, "replayed", counts->ipsec_replayed);
	json_end(json);
}

static void write_file(struct json *json, const struct capture_file *file)
{
	json_open_object(json, NULL);
	json_text(json, "path", file->path);
	json_unsigned(json, "frames", file->frames);
	json_unsigned(json, "bytes", file->bytes);
	json_unsigned(json, "filtered", file->filtered);
	json_unsigned(json, "offset", file->offset);
	json_unsigned(json, "interfaces", file->interfaces);
	json_unsigned(json, "dropped", file->dropped);
	json_unsigned(json, "names", file->names);
	json_unsigned(json, "skipped", file->skipped);
	if (file->truncated)
		json_bool(json, "truncated", true);
	if (file->damaged)
		json_bool(json, "damaged", true);
	json_text(json, "problem", file->problem.text[0] != '\0' ? file->problem.text : NULL);
	json_end(json);
}

static void stats_event(struct out *out, const struct traffic_view *view)
{
	const struct audit *const audit = view->summary->audit;
	char when[CLOCK_TEXT];
	const int64_t last_ns = view->summary->last_ns;
	struct json json = event_begin_at(
		out, clock_text((last_ns != 0 ? last_ns : view->now_ns) / 1000, when), "stats");
	const char **unseen;
	size_t count;

	json_open_object(&json, "stats");
	write_packets(&json, view->counts);
	write_problems(&json, view->counts);
	write_flows(&json, view);
	write_streams(&json, view->counts);
	write_remembered(&json, view->memory);
	json_unsigned(&json, "doors", view->summary->door_count);
	json_unsigned(&json, "kernel_dropped", view->kernel_dropped);
	json_unsigned(&json, "memory", view->counts->flows.memory);
	json_open_array(&json, "files");
	for (size_t i = 0; i < view->file_count; i++)
		write_file(&json, view->files[i]);
	json_end(&json);
	json_unsigned(&json, "findings", audit_counting(audit));
	json_unsigned(&json, "accepted", audit->accepted_count);
	json_unsigned(&json, "notes", audit->note_count);
	json_number(&json, "exit_status", view->exit_status);
	json_end(&json);
	json_open_object(&json, "doorward");
	json_text(&json, "host", view->host);
	json_text(&json, "policy", audit->policy != NULL ? audit->policy->path : NULL);
	json_open_array(&json, "unseen");
	count = traffic_incomplete(view, out->arena, &unseen);
	for (size_t i = 0; i < count; i++)
		json_text(&json, NULL, unseen[i]);
	json_end(&json);
	json_end(&json);
	event_end(out, &json);
}

void traffic_json(struct out *out, const struct traffic_view *view)
{
	const struct audit *const audit = view->summary->audit;

	for (size_t i = 0; i < audit->finding_count && !view->only_stats; i++)
		finding_event(out, audit, &audit->findings[i]);
	stats_event(out, view);
}
