"""The copilot: which competencies of a framework does a rubric criterion give evidence for?

`suggest.suggest` is what other rooms call; `domain` holds the values it takes and gives. Only `suggest` and what lies
below it import numpy and the models: import them where they are used, never when the web process starts.
"""
