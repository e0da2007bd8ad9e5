"""The connection check: everything between an LMS and this tool is tried once, and what is wrong is named."""
