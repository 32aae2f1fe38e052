"""The official Python clients against Arbiter: Responses and Messages, whole and streamed."""

import json
import sys
import urllib.request

import anthropic
import openai

url, key, control = sys.argv[1:4]
openai_client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
anthropic_client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)
SUM = "Calculate 17 * 23"
CITY = {"name": "Turin", "people": 850000}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name", "people"],
    "additionalProperties": False,
}


def faults(*rules):
    body = json.dumps([{"match": {"role": "chat"}, **rule} for rule in rules]).encode()
    request = urllib.request.Request(f"{control}/__sim/faults", data=body, method="POST")
    urllib.request.urlopen(request).read()


def saying(text):
    faults({"fault": {"kind": "content", "text": text}})


def calling():
    faults({"fault": {"kind": "tool_call", "name": "weather", "arguments": '{"city":"Turin"}'}})


def ends(status, call):
    try:
        call()
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        assert error.status_code == status, error
        return str(error)
    raise AssertionError("it was answered")


def responses():
    tools = [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}, "strict": False}]
    saying("17 * 23 = 391")
    answer = openai_client.responses.create(model="auto", input=SUM)
    assert answer.output_text == "17 * 23 = 391" and answer.status == "completed", answer
    assert answer.usage.total_tokens > 0
    with openai_client.responses.stream(model="auto", input=SUM) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert text == stream.get_final_response().output_text == "17 * 23 = 391"
    calling()
    called = openai_client.responses.create(model="auto", input="Weather in Turin?", tools=tools).output[-1]
    assert (called.type, called.name, json.loads(called.arguments)) == ("function_call", "weather", {"city": "Turin"})
    with openai_client.responses.stream(model="auto", input="Weather in Turin?", tools=tools) as stream:
        for _ in stream:
            pass
        again = stream.get_final_response().output[-1]
    assert json.loads(again.arguments) == {"city": "Turin"}
    saying("It rains.")
    history = [
        {"role": "user", "content": "Weather in Turin?"},
        called.model_dump(exclude_none=True),
        {"type": "function_call_output", "call_id": called.call_id, "output": "rain"},
    ]
    assert openai_client.responses.create(model="auto", input=history, tools=tools).output_text == "It rains."
    saying(json.dumps(CITY))
    text = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA, "strict": True}}
    assert json.loads(openai_client.responses.create(model="auto", input="Turin?", text=text).output_text) == CITY
    wrong = openai.OpenAI(base_url=f"{url}/v1", api_key="arb_wrong", max_retries=0)
    assert "key" in ends(401, lambda: wrong.responses.create(model="auto", input=SUM))
    ends(400, lambda: openai_client.responses.create(model="auto", input=SUM, previous_response_id="resp_1"))


def messages():
    asked = {"model": "auto", "max_tokens": 500, "messages": [{"role": "user", "content": SUM}]}
    tools = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
    saying("17 * 23 = 391")
    answer = anthropic_client.messages.create(**asked)
    assert answer.content[0].text == "17 * 23 = 391" and answer.stop_reason == "end_turn", answer
    with anthropic_client.messages.stream(**asked) as stream:
        assert "".join(stream.text_stream) == "17 * 23 = 391"
        assert stream.get_final_message().usage.output_tokens > 0
    calling()
    called = anthropic_client.messages.create(**asked, tools=tools)
    use = called.content[-1]
    assert (called.stop_reason, use.name, use.input) == ("tool_use", "weather", {"city": "Turin"})
    with anthropic_client.messages.stream(**asked, tools=tools) as stream:
        assert stream.get_final_message().content[-1].input == {"city": "Turin"}
    saying("It rains.")
    history = [
        *asked["messages"],
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in called.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "rain"}]},
    ]
    assert anthropic_client.messages.create(**{**asked, "messages": history}, tools=tools).content[0].text == "It rains."
    saying(json.dumps(CITY))
    config = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    assert json.loads(anthropic_client.messages.create(**asked, extra_body=config).content[0].text) == CITY
    assert anthropic_client.messages.count_tokens(model="auto", messages=asked["messages"]).input_tokens > 0
    wrong = anthropic.Anthropic(base_url=url, api_key="arb_wrong", max_retries=0)
    assert "key" in ends(401, lambda: wrong.messages.create(**asked))
    faults({"fault": {"kind": "status", "code": 503}})
    ends(529, lambda: anthropic_client.messages.create(**asked))


responses()
messages()
print("all is well")
