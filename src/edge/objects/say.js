// One call of an object, as one promise: each one that Rust awaits costs as much as the rest of it.

/**
 * Sends `message` to the object of that name. Gives the text of its answer, or the status of one
 * that is no 200.
 */
export async function say(namespace, name, url, message) {
  const response = await namespace.getByName(name).fetch(url, { method: "POST", body: message });
  const text = await response.text();
  return response.status === 200 ? text : response.status;
}
