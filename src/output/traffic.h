/* output/traffic.h: what was seen in traffic, for people and for programs: doors, findings, totals, and what
 * was wrong with the input. */
#ifndef OUTPUT_TRAFFIC_H
#define OUTPUT_TRAFFIC_H

#include "audit/traffic.h"
#include "output/output.h"

struct traffic_view {
	const struct traffic_summary *summary;
	const struct engine_counts *counts;
	struct memory *memory; /* what was remembered beyond flows */
	const struct capture_file **files;
	size_t file_count;
	const struct error *unopened; /* files that could not be read at all */
	size_t unopened_count;
	uint64_t kernel_dropped; /* live: packets that the kernel had no room for */
	int64_t now_ns;          /* live: when it ended; 0 of files */
	const char *host;        /* that the policy was asked about; NULL without a policy */
	bool doors;              /* show the doors; else the flows were shown as they ended */
	bool only_stats;
	size_t top; /* doors to show; 0: all */
	int exit_status;
};

void traffic_text(struct out *out, const struct traffic_view *view);
void traffic_json(struct out *out, const struct traffic_view *view);

/* One finding in one line, as it is made. */
void traffic_finding_text(struct out *out, const struct audit *audit, const struct finding *finding);

/* What of the input was not seen, in sentences; none if all was. They live in the arena. */
size_t traffic_incomplete(const struct traffic_view *view, struct arena *arena, const char ***ret_sentences);

/* The same for what is worth knowing and hides nothing. */
size_t traffic_remarks(const struct traffic_view *view, struct arena *arena, const char ***ret_sentences);

/* ---- between the files of this subject ---- */

/* The table of doors. False without memory. */
bool traffic_doors_print(struct out *out, const struct traffic_view *view);

/* "1.2 MB", "1,204". */
enum { QUANTITY_TEXT = 32 };
const char *bytes_text(uint64_t bytes, char text[static QUANTITY_TEXT]);
const char *count_text(uint64_t count, char text[static QUANTITY_TEXT]);

#endif
