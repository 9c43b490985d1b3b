/* What was wrong with the input, in words. */
#include "output/traffic.h"

/* Sentences while they are gathered. */
struct sentences {
	struct arena *arena;
	const char **list;
	size_t count, capacity;
};

static void say(struct sentences *all, const char *text)
{
	const char **const list = text != NULL ? arena_grow(all->arena, all->list, all->count, &all->capacity,
							    sizeof(*list))
					       : NULL;

	if (list == NULL)
		return;
	all->list = list;
	list[all->count++] = text;
}

/* "12 frames: words"; nothing for none. */
static void say_count(struct sentences *all, uint64_t count, const char *one, const char *many,
		      const char *words)
{
	char text[QUANTITY_TEXT];

	if (count > 0)
		say(all, arena_format(all->arena, "%s %s %s", count_text(count, text),
				      count == 1 ? one : many, words));
}

static void say_files(struct sentences *all, const struct traffic_view *view)
{
	for (size_t i = 0; i < view->unopened_count; i++)
		say(all, arena_text(all->arena, view->unopened[i].text));
	for (size_t i = 0; i < view->file_count; i++) {
		const struct capture_file *const file = view->files[i];

		if (file->damaged || file->truncated)
			say(all, arena_text(all->arena, file->problem.text[0] != '\0'
								? file->problem.text
								: "the file ends inside its last frame"));
		say_count(all, file->dropped, "packet was", "packets were",
			  "dropped by the capturing side, and are not in the file");
	}
}

size_t traffic_incomplete(const struct traffic_view *view, struct arena *arena, const char ***ret_sentences)
{
	struct sentences all = { .arena = arena };
	const struct engine_counts *const counts = view->counts;

	say_files(&all, view);
	say_count(&all, view->kernel_dropped, "packet was", "packets were",
		  "dropped by the kernel, as reading did not keep up");
	say_count(&all, counts->problems[PACKET_LINK_UNKNOWN], "frame has", "frames have",
		  "a link type that is not read");
	say_count(&all, counts->flows.ended[REASON_MEMORY], "flow was", "flows were",
		  "ended early, as --memory allows no more at once");
	say_count(&all, counts->given_up, "flow was", "flows were",
		  "not read for content, as --memory allows no more at once");
	say_count(&all, view->summary->left_out_flows, "flow belongs", "flows belong",
		  "to doors beyond those that are remembered; the totals hold them");
	if (view->host != NULL && view->summary->flows > 0 && view->summary->judged == 0)
		say(&all, arena_format(arena, "no flow to or from %s: --host says whom the policy is about",
				       view->host));
	*ret_sentences = all.list;
	return all.count;
}

static void say_problems(struct sentences *all, const struct engine_counts *counts)
{
	char text[QUANTITY_TEXT];
	static const char *const words[] = { "packets", "packet" };

	for (size_t kind = PACKET_WHOLE + 1; kind < PACKET_PROBLEMS; kind++) {
		if (kind != PACKET_LINK_UNKNOWN && counts->problems[kind] > 0)
			say(all, arena_format(all->arena, "%s %s not read to the end: %s",
					      count_text(counts->problems[kind], text),
					      words[counts->problems[kind] == 1],
					      packet_problem_text((enum packet_problem)kind)));
	}
}

size_t traffic_remarks(const struct traffic_view *view, struct arena *arena, const char ***ret_sentences)
{
	struct sentences all = { .arena = arena };
	const struct engine_counts *const counts = view->counts;

	say_problems(&all, counts);
	say_count(&all, counts->stream_gaps, "gap", "gaps",
		  "in streams: bytes that the capture does not hold");
	say_count(&all, counts->stream_overlaps, "overlap", "overlaps",
		  "in streams: the bytes that came first were read");
	say_count(&all, counts->fragments_dropped, "fragment", "fragments",
		  "without the rest of its datagram");
	say_count(&all, counts->fragments_overlapping, "fragment", "fragments",
		  "overlapping others: the bytes that came first were read");
	say_count(&all, counts->unread_dropped, "byte", "bytes",
		  "of content dropped at the bounds of streams");
	say_count(&all, counts->parse_errors, "conversation", "conversations",
		  "not read to the end: damaged, or not what they began as");
	say_count(&all,
		  counts->stopped[STOP_GAP] + counts->stopped[STOP_BOUND] + counts->stopped[STOP_MEMORY],
		  "conversation", "conversations", "not read behind bytes that were lost or too many");
	say_count(&all, counts->bad_checksums, "packet", "packets", "with a wrong checksum of IPv4");
	for (unsigned i = 0; i < VERIFIED_TRANSPORTS; i++)
		say_count(&all, counts->checksums_wrong[i], "packet", "packets",
			  arena_format(arena, "with a wrong checksum of %s",
				       catalog_transport(verified_transports[i])->name));
	say_count(&all, counts->expectations_dropped, "announcement", "announcements",
		  "of flows dropped at the bound");
	say_count(&all, counts->ipsec_bad, "packet", "packets", "of IPsec with a wrong integrity value");
	say_count(&all, counts->ipsec_replayed, "packet", "packets", "of IPsec replayed");
	*ret_sentences = all.list;
	return all.count;
}
