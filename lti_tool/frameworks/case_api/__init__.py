"""CASE 1.1 (1EdTech Competencies and Academic Standards Exchange) for other systems to read: `/ims/case/v1p1/...`."""
