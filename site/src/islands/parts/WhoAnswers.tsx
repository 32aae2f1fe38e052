import type { Asked } from "../../lib/conversation";
import { Segments } from "./ui";

/** At most so many side by side. */
const MOST = 3;

/** Who answers: whom the router takes, or two or three models side by side. */
export function WhoAnswers({ asked, models, onAsked }: { asked: readonly Asked[]; models: readonly string[]; onAsked(asked: Asked[]): void }) {
  const beside = asked.length > 1;
  // The cheapest beside the dearest says most.
  const first = (): Asked[] => [models[0]!, models.at(-1)!];
  const put = (at: number, value: string) =>
    onAsked(value === "none" ? asked.filter((_, i) => i !== at) : [...asked.slice(0, at), value || null, ...asked.slice(at + 1)]);
  const places = asked.length < MOST && asked.length <= models.length ? [...asked, undefined] : asked;
  return (
    <div class="option">
      <p class="option-name">Who answers</p>
      <Segments
        label="Who answers"
        value={beside ? "beside" : "router"}
        options={
          models.length > 1
            ? [
                ["router", "Arbiter chooses"],
                ["beside", "Side by side"],
              ]
            : [["router", "Arbiter chooses"]]
        }
        onChange={(value) => onAsked(value === "beside" ? first() : [null])}
      />
      {beside &&
        places.map((one, at) => (
          <label class="field" key={at}>
            <span>{["First", "Second", "Third"][at]}</span>
            <select value={one === undefined ? "none" : (one ?? "")} onChange={(event) => put(at, event.currentTarget.value)}>
              {at > 1 && <option value="none">Nobody</option>}
              {["", ...models]
                .filter((id) => (id === (one ?? "") && one !== undefined) || !asked.includes(id || null))
                .map((id) => (
                  <option key={id} value={id}>
                    {id || "Arbiter’s choice"}
                  </option>
                ))}
            </select>
          </label>
        ))}
    </div>
  );
}
