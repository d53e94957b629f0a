"""New projects and new modules: files that run at once."""
