/* format.c: a policy file in normal form. Statements keep their order and their comments; empty lines keep
 * their groups apart, one at a time. */
#include "policy/format.h"
#include "policy/layout.h"

enum { FORMAT_ARENA = 1 << 30, DOORS_ALIGNED = 40 };

static void write_comment(const struct comment *comment, struct buffer *out)
{
	if (comment->blank_before && out->length > 0)
		buffer_u8(out, '\n');
	buffer_span(out, comment->text);
	buffer_u8(out, '\n');
}

/* Whether the statement begins a group: empty lines stand before it. */
static bool begins_group(const struct source_file *file, const struct statement *statement)
{
	bool blank = statement->blank_before;

	for (size_t i = statement->lead; i < statement->inner; i++)
		blank |= file->comments[i].blank_before;
	return blank;
}

static bool has_more_than_doors(const struct rule *rule)
{
	return rule->from.count > 0 || rule->to.count > 0 || rule->interface_count > 0 || rule->log ||
	       rule->limit.count > 0 || rule->strict || rule->test;
}

/* Rules that need lines of their own for their documentation are not aligned with others. */
static bool is_one_line(const struct rule *rule)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		if (!options[i].on_head && rule_has_option(rule, &options[i]))
			return false;
	}
	return true;
}

static void widen(struct layout *layout, const struct rule *rule, struct buffer *scratch)
{
	unsigned width;

	buffer_clear(scratch);
	buffer_text(scratch, verdict_text(rule->verdict));
	if (rule->direction_given)
		buffer_format(scratch, " %s", direction_text(rule->direction));
	width = (unsigned)scratch->length;
	if (width > layout->verdict_width)
		layout->verdict_width = width;
	if (!has_more_than_doors(rule) || rule->door_count > DOORS_ALIGNED)
		return;
	buffer_clear(scratch);
	doors_format(rule->doors, rule->door_count, scratch);
	width = characters(buffer_read(scratch));
	if (width <= DOORS_ALIGNED && width > layout->doors_width)
		layout->doors_width = width;
}

/* Short rules that follow each other without an empty line have their columns in common. Returns where the
 * group that begins at statement i ends. */
static size_t measure_group(struct layout *layout, const struct policy *policy, size_t i,
			    struct buffer *scratch)
{
	const struct source_file *const file = layout->file;
	size_t end = i;

	layout->verdict_width = layout->doors_width = 0;
	for (; end < file->statement_count; end++) {
		const struct statement *const statement = &file->statements[end];

		if (statement->kind != STATEMENT_RULE || !is_one_line(&policy->rules[statement->index]) ||
		    (end > i && begins_group(file, statement)))
			break;
		widen(layout, &policy->rules[statement->index], scratch);
	}
	return end > i ? end : i + 1;
}

static void write_statement(struct layout *layout, const struct policy *policy,
			    const struct statement *statement, struct buffer *out)
{
	for (size_t i = statement->lead; i < statement->inner; i++)
		write_comment(&layout->file->comments[i], out);
	if (statement->blank_before && out->length > 0)
		buffer_u8(out, '\n');
	layout_gather(layout, policy, statement);
	layout_comments(layout);
	if (!layout->failed)
		layout_write(layout, out);
}

static void write_file(struct layout *layout, const struct policy *policy, struct buffer *scratch,
		       struct buffer *out)
{
	const struct source_file *const file = layout->file;
	const size_t count = file->statement_count;
	size_t group_end = 0;

	for (size_t i = 0; i < count && !layout->failed; i++) {
		if (i >= group_end)
			group_end = measure_group(layout, policy, i, scratch);
		write_statement(layout, policy, &file->statements[i], out);
	}
	for (size_t i = count > 0 ? file->statements[count - 1].end : 0; i < file->comment_count; i++)
		write_comment(&file->comments[i], out);
}

void policy_format(const struct policy *policy, struct buffer *out)
{
	struct layout layout = { .arena = arena_new(FORMAT_ARENA), .file = policy->files };
	struct buffer scratch = buffer_new(SIZE_MAX);

	layout.texts = buffer_new(SIZE_MAX);
	if (layout.arena != NULL)
		write_file(&layout, policy, &scratch, out);
	if (layout.arena == NULL || layout.failed || scratch.failed)
		out->failed = true;
	buffer_free(&layout.texts);
	buffer_free(&scratch);
	arena_free(layout.arena);
}
