/* The list of findings: how one is added, what it is called, and in which order they stand. */
#include "audit/rooms.h"
#include "base/buffer.h"

#include <stdarg.h>
#include <stdlib.h>

enum { WORDS_LIMIT = 64 * 1024 };

const char *keep(struct work *work, const char *text)
{
	work->no_memory |= text == NULL;
	return text != NULL ? text : "";
}

static const char *keep_buffer(struct work *work, struct buffer *buffer)
{
	const char *const text = keep(work, arena_span_text(work->arena, buffer_read(buffer)));

	buffer_free(buffer);
	return text;
}

const char *rule_words(struct work *work, const struct rule *rule)
{
	struct buffer words = buffer_new(WORDS_LIMIT);

	rule_format(rule, &words);
	while (words.length > 0 && words.bytes[words.length - 1] == '\n')
		words.length--;
	return keep_buffer(work, &words);
}

/* "tcp/22", "ospf", and in another namespace "tcp/22 in web". */
static const char *door_name(struct work *work, const struct audit_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);
	struct buffer name = buffer_new(WORDS_LIMIT);

	if (transport != NULL)
		buffer_text(&name, transport->name);
	else
		buffer_format(&name, "%u", door->transport);
	if (transport == NULL || transport->has_ports)
		buffer_format(&name, "/%u", door->port);
	if (door->space != 0)
		buffer_format(&name, " in %s", work->input->host->spaces[door->space].name);
	return keep_buffer(work, &name);
}

const char *door_behind(struct work *work, const struct audit_door *door)
{
	const struct host_process *const process = door->process;
	char spoken[64];
	const char *const protocol = door->spoken != NULL ? knock_spoken(door->spoken, spoken) : NULL;
	struct buffer words = buffer_new(WORDS_LIMIT);

	if (work->input->outside != NULL)
		buffer_text(&words, outside_words(work, door));
	else if (process != NULL)
		buffer_format(&words, "%s (%u) of user %s", process->name, process->pid, door->user);
	else
		buffer_format(&words, "%s, socket of user %s",
			      door->unheld ? "no process of this system holds it"
					   : "its process cannot be seen",
			      door->user);
	if (door->unit != NULL)
		buffer_format(&words, ", %s", door->unit);
	if (process != NULL && process->container != NULL)
		buffer_format(&words, ", container %s", process->container);
	if (protocol != NULL)
		buffer_format(&words, "; speaks %s", protocol);
	return keep_buffer(work, &words);
}

static const char *door_as_written(struct work *work, const struct door *door)
{
	struct buffer words = buffer_new(WORDS_LIMIT);

	door_format(door, &words);
	return keep_buffer(work, &words);
}

static const char *subject_of(struct work *work, const struct audit_door *door, const struct rule *rule)
{
	if (door != NULL && door->socket_count > 0)
		return keep(work,
			    arena_format(work->arena, "%s on %s", door_name(work, door), door->addresses));
	if (door != NULL && door->rule_door != NULL)
		return door_as_written(work, door->rule_door);
	if (door != NULL)
		return door_name(work, door);
	return rule != NULL ? rule_words(work, rule) : "";
}

static const char *key_of(struct work *work, const char *id, const struct audit_door *door,
			  const struct rule *rule)
{
	const char *const what = door != NULL ? door_name(work, door) : rule != NULL ? rule->id : "";

	return keep(work, arena_format(work->arena, "%s:%s", id, what));
}

struct finding *finding_add(struct work *work, enum finding_kind kind, const struct audit_door *door,
			    const struct rule *rule, const char *format, ...)
{
	const struct finding_type *const type = &finding_types[kind];
	struct audit *const audit = work->audit;
	struct finding *const list = arena_grow(work->arena, audit->findings, audit->finding_count,
						&work->finding_capacity, sizeof(*list));
	struct buffer evidence = buffer_new(WORDS_LIMIT);
	va_list words;

	if (list == NULL) {
		work->no_memory = true;
		return NULL;
	}
	va_start(words, format);
	buffer_format_list(&evidence, format, words);
	va_end(words);
	audit->findings = list;
	list[audit->finding_count] = (struct finding){
		.kind = kind,
		.id = type->id,
		.key = key_of(work, type->id, door, rule),
		.title = type->title,
		.severity = type->severity,
		.subject = subject_of(work, door, rule),
		.evidence = keep_buffer(work, &evidence),
		.remedy = type->remedy,
		.references = type->references,
		.door = door,
		.rule = rule,
	};
	return &list[audit->finding_count++];
}

static int compare_findings(const void *first, const void *second)
{
	const struct finding *const a = first, *const b = second;

	if ((a->accepted != NULL) != (b->accepted != NULL))
		return a->accepted != NULL ? 1 : -1;
	if (a->severity != b->severity)
		return a->severity - b->severity;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (strcmp(a->id, b->id) != 0)
		return strcmp(a->id, b->id);
	if (a->door != NULL && b->door != NULL && a->door != b->door)
		return a->door < b->door ? -1 : 1;
	if (a->rule != NULL && b->rule != NULL && a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return strcmp(a->subject, b->subject);
}

static int compare_keys(const void *first, const void *second)
{
	const struct finding *const *const a = first, *const *const b = second;
	const int order = strcmp((*a)->key, (*b)->key);

	return order != 0 ? order : *a < *b ? -1 : 1;
}

/* Two programs on one port, or one weakness seen twice: the second and later ones get a number. */
static void make_keys_unique(struct work *work)
{
	struct audit *const audit = work->audit;
	struct finding **const order = arena_array(work->arena, audit->finding_count + 1,
						   sizeof(struct finding *));
	size_t same = 1;

	work->no_memory |= order == NULL;
	if (order == NULL)
		return;
	for (size_t i = 0; i < audit->finding_count; i++)
		order[i] = &audit->findings[i];
	qsort(order, audit->finding_count, sizeof(struct finding *), compare_keys);
	for (size_t i = 1, base = 0; i < audit->finding_count; i++) {
		if (strcmp(order[i]->key, order[base]->key) != 0) {
			base = i;
			same = 1;
			continue;
		}
		order[i]->key = keep(work, arena_format(work->arena, "%s#%zu", order[base]->key, ++same));
	}
}

void findings_sort(struct work *work)
{
	struct audit *const audit = work->audit;

	if (audit->finding_count == 0)
		return;
	qsort(audit->findings, audit->finding_count, sizeof(struct finding), compare_findings);
	make_keys_unique(work);
	for (size_t i = 0; i < audit->finding_count; i++) {
		const struct finding *const finding = &audit->findings[i];
		struct audit_door *const door = finding->door != NULL
							? &audit->doors[finding->door - audit->doors]
							: NULL;

		audit->accepted_count += finding->accepted != NULL;
		audit->note_count += finding->accepted == NULL && finding->severity >= AUDIT_NOTE;
		if (door != NULL && finding->accepted == NULL && finding->severity < AUDIT_NOTE &&
		    (door->worst == 0 || finding->severity < door->worst))
			door->worst = finding->severity;
	}
}
