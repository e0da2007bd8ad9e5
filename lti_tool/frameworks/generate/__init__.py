"""From a brief to a draft framework: by a language model in checked stages, or from open sources by retrieval.

`brief` reads what people say, `documents` what they bring, `bank` holds the open sources, `compose` works without a
key, `stages` with one, `outcome` turns the result into a framework draft. No model loads before it is needed.
"""
