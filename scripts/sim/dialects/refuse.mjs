// Every way to refuse a request, in the usual words and in those of a dialect.

const param = (name) => `Invalid value for '${name}'.`;

// By kind, from what is known of the case: status, message, type, param, code.
const USUAL = {
  key_missing: () => [401, "No API key was given: send Authorization: Bearer KEY.", "invalid_request_error", null, "missing_api_key"],
  key_wrong: () => [401, "Incorrect API key.", "invalid_request_error", null, "invalid_api_key"],
  no_route: ({ path }) => [404, `There is no ${path}.`, "invalid_request_error", null, "unknown_url"],
  no_method: ({ method }) => [405, `${method} is not served here.`, "invalid_request_error", null, "method_not_allowed"],
  invalid: ({ message, param: name = null }) => [400, message ?? param(name), "invalid_request_error", name, null],
  field: ({ name }) => [400, `Unrecognized request argument supplied: ${name}`, "invalid_request_error", null, null],
  unknown: ({ model }) => [404, `The model '${model}' does not exist.`, "invalid_request_error", "model", "model_not_found"],
  endpoint: ({ model, endpoints }) => [
    400,
    `The model '${model}' does not answer on /v1/chat/completions, but on ${endpoints.join(", ")}.`,
    "invalid_request_error",
    "model",
    "unsupported_endpoint",
  ],
  context: ({ context, used, asked }) => [
    400,
    `The model holds ${context} tokens, but ${used} in the messages and ${asked} in the completion were asked for.`,
    "invalid_request_error",
    "messages",
    "context_length_exceeded",
  ],
  images: ({ model }) => [400, `The model '${model}' does not take images.`, "invalid_request_error", "messages", "unsupported_content"],
  tools: ({ model }) => [400, `The model '${model}' does not support tools.`, "invalid_request_error", "tools", "unsupported_parameter"],
  response_format: ({ model }) => [
    400,
    `The model '${model}' does not support response_format.`,
    "invalid_request_error",
    "response_format",
    "unsupported_parameter",
  ],
  credits: () => [402, "The account has no credit left.", "insufficient_quota", null, "insufficient_credits"],
  forbidden: ({ model }) => [403, `This key may not use the model '${model}'.`, "invalid_request_error", null, "model_forbidden"],
  moderation: () => [400, "The request was refused by the content policy.", "invalid_request_error", null, "content_policy_violation"],
  rate: ({ model }) => [429, `Rate limit reached for '${model}'.`, "rate_limit_error", null, "rate_limit_exceeded"],
  quota: () => [429, "The quota of this account is used up.", "insufficient_quota", null, "insufficient_quota"],
  overloaded: () => [503, "The model is overloaded. Try again later.", "server_error", null, "overloaded"],
  server: () => [500, "The server had an error while processing the request.", "server_error", null, null],
};

export const REFUSALS = Object.keys(USUAL);

/** The usual shape of an error. */
export const plainShape = ({ message, type, param: name, code }) => ({ error: { message, type, param: name, code } });

/** A refusal as `dialect` sends it: `{status, headers, body}`. `about` is what is known of the case. */
export function refuse(dialect, kind, about = {}) {
  const [status, message, type, name, code] = USUAL[kind](about);
  const said = { kind, status, message, type, param: name, code, headers: {}, ...dialect.words[kind]?.(about) };
  if (about.status !== undefined) said.status = about.status;
  return { status: said.status, headers: said.headers, body: dialect.shape(said) };
}

/** How a runtime may answer for a model that it does not know, beside its own way. */
export const UNKNOWN_WAYS = ["own", "400", "404", "401", "402", "403", "context", "200", "choice"];

/** The refusal of an unknown model, said in that way; `whole` is false where it is no error answer but a 200. */
export function refuseUnknown(dialect, way, model, used) {
  switch (way) {
    case "400":
    case "404":
      return refuse(dialect, "unknown", { model, status: Number(way) });
    case "401":
      return refuse(dialect, "key_wrong", { model, key: "" });
    case "402":
      return refuse(dialect, "credits", { model });
    case "403":
      return refuse(dialect, "forbidden", { model });
    case "context":
      return refuse(dialect, "context", { model, context: 16, used, asked: 0 });
    default:
      return refuse(dialect, "unknown", { model });
  }
}
