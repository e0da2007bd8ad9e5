"""The SDK over real HTTP against a strict stand-in."""

import logging
import time
from collections.abc import Iterator

import pytest

from lti_tool.llm.cohere import Cohere, CohereEmbedder
from lti_tool.llm.ports import Ask, ModelFault
from tests.standins.cohere import KEY, CohereStandIn, Trouble

SCHEMA = {"type": "object", "properties": {"id": {"type": "string", "enum": ["c01"]}}, "required": ["id"]}
ASK = Ask(
    system="Answer in JSON.",
    data='{"criterion": "cites sources", "competencies": [{"id": "c01", "text": "Citing sources"}]}',
    schema=SCHEMA,
    prompt_version="test.1",
)


@pytest.fixture
def standin() -> Iterator[CohereStandIn]:
    with CohereStandIn() as running:
        yield running
        assert running.complaints == []


def connect(standin: CohereStandIn, key: str = KEY, timeout: float = 5, retries: int = 0) -> Cohere:
    return Cohere(key, standin.url, "chat-model", "rerank-model", "embed-model", timeout, retries)


@pytest.fixture
def cohere(standin: CohereStandIn) -> Iterator[Cohere]:
    with connect(standin) as open_:
        yield open_


def test_an_answer_comes_with_its_use_for_the_ledger(cohere: Cohere, standin: CohereStandIn) -> None:
    written = cohere.writer.write(ASK)
    assert written.value["choices"][0]["id"] == "c01"
    assert (written.use.input_tokens, written.use.output_tokens) == (321, 45)
    assert (written.use.model, written.use.operation, written.use.prompt_version) == ("chat-model", "chat", "test.1")
    assert len(written.use.input_hash) == 64
    sent = standin.calls("/v2/chat")[0].body
    assert sent["model"] == "chat-model"
    assert sent["response_format"]["json_schema"] == SCHEMA


def test_documents_come_back_in_order_of_relevance(cohere: Cohere) -> None:
    reranked = cohere.reranker.rerank("cites sources", ["cooking pasta", "cites all sources", "sources of rivers"])
    assert reranked.order == ((1, 1.0), (2, 0.5), (0, 0.0))
    assert reranked.use.searches == 1


def test_long_lists_are_embedded_96_texts_at_a_time(cohere: Cohere, standin: CohereStandIn) -> None:
    vectors = CohereEmbedder(cohere, "embed-model", dimension=8).embed([f"text {number}" for number in range(200)])
    assert vectors.shape == (200, 8)
    assert [len(call.body["texts"]) for call in standin.calls("/v2/embed")] == [96, 96, 8]
    assert float((vectors[3] ** 2).sum()) == pytest.approx(1)


CHAT_TROUBLES = [
    (Trouble.THROTTLED, "model_throttled", True),
    (Trouble.DOWN, "model_down", True),
    (Trouble.CUT_OFF, "model_cut_off", False),
    (Trouble.NOT_JSON, "model_bad_reply", False),
    (Trouble.EMPTY, "model_empty_reply", False),
    (Trouble.STOPPED_EARLY, "model_cut_off", False),
    (Trouble.CHATTY, "model_bad_reply", False),
]


@pytest.mark.parametrize(("trouble", "reason", "lasting"), CHAT_TROUBLES)
def test_each_trouble_in_a_chat_is_named(
    cohere: Cohere, standin: CohereStandIn, trouble: Trouble, reason: str, lasting: bool
) -> None:
    standin.misbehave("/v2/chat", trouble)
    with pytest.raises(ModelFault) as caught:
        cohere.writer.write(ASK)
    assert (caught.value.reason, caught.value.lasting) == (reason, lasting)
    assert caught.value.words.endswith(".")


@pytest.mark.parametrize(
    "trouble", [Trouble.DOWN, Trouble.CUT_OFF, Trouble.NOT_JSON, Trouble.EMPTY, Trouble.OTHER_SHAPE]
)
def test_no_trouble_passes_for_a_ranking_or_for_vectors(
    cohere: Cohere, standin: CohereStandIn, trouble: Trouble
) -> None:
    standin.misbehave("/v2/rerank", trouble)
    with pytest.raises(ModelFault):
        cohere.reranker.rerank("cites sources", ["one", "two"])
    standin.misbehave("/v2/embed", trouble)
    with pytest.raises(ModelFault):
        CohereEmbedder(cohere, "embed-model", dimension=8).embed(["one", "two"])


def test_a_slow_answer_is_not_waited_for_nor_asked_again(standin: CohereStandIn) -> None:
    standin.misbehave("/v2/chat", Trouble.SLOW)
    started = time.monotonic()
    with connect(standin, timeout=0.3, retries=1) as cohere, pytest.raises(ModelFault) as caught:
        cohere.writer.write(ASK)
    assert caught.value.reason == "model_slow"
    assert time.monotonic() - started < 3
    assert len(standin.calls("/v2/chat")) == 1


def test_throttling_is_tried_again_after_the_time_that_was_asked_for(standin: CohereStandIn) -> None:
    standin.misbehave("/v2/chat", Trouble.THROTTLED)
    started = time.monotonic()
    with connect(standin, retries=1) as cohere:
        assert cohere.writer.write(ASK).value
    assert time.monotonic() - started >= 1
    assert len(standin.calls("/v2/chat")) == 2


def test_a_wrong_key_is_said_and_never_shown(standin: CohereStandIn, caplog: pytest.LogCaptureFixture) -> None:
    key = "a-secret-that-must-not-show"
    with caplog.at_level(logging.DEBUG), connect(standin, key=key) as cohere, pytest.raises(ModelFault) as caught:
        cohere.writer.write(ASK)
    assert caught.value.reason == "model_unauthorised"
    assert caught.value.lasting
    assert "COHERE_API_KEY" in caught.value.next_step
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__, "the SDK's error holds headers: no traceback may print it"
    assert key not in repr(cohere) + str(caught.value) + caplog.text


def test_nobody_at_the_address_is_a_fault_too() -> None:
    with Cohere(KEY, "http://127.0.0.1:9", "chat", "rerank", "embed", timeout=1, retries=0) as cohere:
        with pytest.raises(ModelFault) as caught:
            cohere.writer.write(ASK)
    assert caught.value.reason == "model_unreachable"


def test_the_environment_does_not_change_where_questions_go(
    standin: CohereStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CO_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CO_API_KEY", "another")
    with connect(standin) as cohere:
        assert cohere.writer.write(ASK).value
