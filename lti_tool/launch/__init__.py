"""Who is here, and from which LMS: platforms, deployments, keys, login, launch, people, courses."""
