#include "base/library.h"

#include <dlfcn.h>

bool library_load(const struct library *library, struct error *err)
{
	void *const handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; handle != NULL && i < library->count; i++) {
		library->functions[i] = dlsym(handle, library->names[i]);
		if (library->functions[i] == NULL)
			return error_set(err, "%s", dlerror());
	}
	return handle != NULL || error_set(err, "%s", dlerror());
}
