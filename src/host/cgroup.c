#include "host/cgroup.h"

#include <stdio.h>

enum { ID_DIGITS = 64, ID_SHOWN = 12, COMPONENTS_MOST = 64 };

static struct span next_component(struct span *path)
{
	struct span part = *path;

	while (span_left(*path) > 0 && *path->at != '/')
		span_skip(path, 1);
	part.end = path->at;
	span_skip(path, span_left(*path) > 0 ? 1 : 0);
	/* systemd puts an underscore before a name that would look like a file of the kernel. */
	if (span_left(part) > 1 && *part.at == '_')
		span_skip(&part, 1);
	return part;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The id of a container: 64 hexadecimal digits. */
static bool is_id(struct span s)
{
	if (span_left(s) != ID_DIGITS)
		return false;
	while (span_left(s) > 0) {
		if (!is_hex(span_u8(&s)))
			return false;
	}
	return true;
}

/* How engines name the group of a container. What stands between `before` and `after` is its id or name;
 * `inside` is the component above, where that is what tells. */
struct pattern {
	const char *engine, *inside, *before, *after;
	bool id;
};

static const struct pattern patterns[] = {
	{ "docker", NULL, "docker-", ".scope", true },
	{ "docker", "docker", "", "", true },
	{ "podman", NULL, "libpod-", ".scope", true },
	{ "podman", NULL, "libpod-", "", true },
	{ "containerd", NULL, "cri-containerd-", ".scope", true },
	{ "containerd", NULL, "nerdctl-", ".scope", true },
	{ "cri-o", NULL, "crio-", ".scope", true },
	{ "cri-o", NULL, "crio-", "", true },
	{ "lxc", NULL, "lxc.payload.", "", false },
	{ "lxc", "lxc", "", "", false },
	{ "lxc", "machine.slice", "machine-lxc\\x2d", ".scope", false },
	{ "nspawn", NULL, "systemd-nspawn@", ".service", false },
	{ "nspawn", "machine.slice", "machine-", ".scope", false },
};

static uint8_t nibble(uint8_t c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* systemd writes a byte that may not stand in a unit's name as \xNN. */
static void unescape(struct span s, char *text, size_t size)
{
	size_t length = 0;

	while (span_left(s) > 0 && length + 1 < size) {
		const uint8_t c = span_u8(&s), high = span_peek(s, 1), low = span_peek(s, 2);

		if (c == '\\' && span_peek(s, 0) == 'x' && is_hex(high) && is_hex(low)) {
			text[length++] = (char)(nibble(high) << 4 | nibble(low));
			span_skip(&s, 3);
		} else {
			text[length++] = (char)c;
		}
	}
	text[length] = '\0';
}

static bool is_machine_of_qemu(struct span name)
{
	return span_begins(name, "qemu\\x2d") || span_begins(name, "qemu-");
}

static bool matches(const struct pattern *pattern, struct span above, struct span component,
		    struct span *ret_name)
{
	if (pattern->inside != NULL && !span_is(above, pattern->inside))
		return false;
	if (!span_begins(component, pattern->before) || !span_ends(component, pattern->after))
		return false;
	*ret_name = component;
	span_skip(ret_name, strlen(pattern->before));
	ret_name->end -= strlen(pattern->after);
	if (span_left(*ret_name) == 0 || ret_name->end < ret_name->at)
		return false;
	return pattern->id ? is_id(*ret_name) : !is_machine_of_qemu(*ret_name);
}

static bool read_container(struct span above, struct span component, char container[CGROUP_CONTAINER])
{
	char name[CGROUP_CONTAINER - 16];
	struct span found;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (!matches(&patterns[i], above, component, &found))
			continue;
		unescape(found, name, sizeof(name));
		snprintf(container, CGROUP_CONTAINER, "%s:%.*s", patterns[i].engine,
			 patterns[i].id ? ID_SHOWN : (int)sizeof(name), name);
		return true;
	}
	return false;
}

/* A pod's container whose engine puts nothing before its id: .../pod<uid>/<id>. */
static bool read_pod(struct span path, struct span component, char container[CGROUP_CONTAINER])
{
	if (span_find(path, "kubepods") == SIZE_MAX || !is_id(component))
		return false;
	snprintf(container, CGROUP_CONTAINER, "kubepods:%.*s", ID_SHOWN, (const char *)component.at);
	return true;
}

static bool is_unit(struct span component)
{
	return span_ends(component, ".service") || span_ends(component, ".scope") ||
	       span_ends(component, ".socket") || span_ends(component, ".mount");
}

/* user@1000.service runs a manager of its own, whose units stand below. */
static bool is_user_manager(struct span component)
{
	return span_begins(component, "user@") && span_ends(component, ".service");
}

static void read_path(struct span path, struct cgroup *cgroup)
{
	const struct span whole = path;
	struct span above = span_of(NULL, 0);
	bool settled = cgroup->unit[0] != '\0', contained = cgroup->container[0] != '\0';

	for (int i = 0; i < COMPONENTS_MOST && span_left(path) > 0; i++) {
		const struct span component = next_component(&path);

		if (!contained)
			contained = read_container(above, component, cgroup->container) ||
				    read_pod(whole, component, cgroup->container);
		if (!settled && span_ends(component, ".slice"))
			span_copy_text(component, cgroup->slice, sizeof(cgroup->slice));
		if (!settled && is_unit(component)) {
			span_copy_text(component, cgroup->unit, sizeof(cgroup->unit));
			settled = !is_user_manager(component);
		}
		above = component;
	}
}

bool cgroup_read(struct span text, struct cgroup *ret_cgroup)
{
	bool any = false;

	*ret_cgroup = (struct cgroup){ 0 };
	if (text.failed)
		return false;
	while (span_left(text) > 0) {
		struct span line = span_line(&text);
		uint64_t hierarchy;

		if (line.failed)
			break;
		if (!span_number(span_until(&line, ':'), INT32_MAX, &hierarchy) ||
		    span_until(&line, ':').failed)
			continue;
		any = true;
		span_skip(&line, span_peek(line, 0) == '/' ? 1 : 0);
		read_path(line, ret_cgroup);
	}
	return any;
}
