import { useState } from "preact/hooks";

import type { ChatRequest } from "../../api/types";
import { snippets, type Language, type Surface } from "../../lib/snippets";
import { Code } from "./Code";
import { Card, LANGUAGES, Segments } from "./ui";

const languages: Record<Language, string> = { curl: "bash", python: "py", node: "js" };

/** The request as code, to be taken elsewhere. */
export function InCode({ request }: { request: ChatRequest | undefined }) {
  const [surface, setSurface] = useState<Surface>("chat");
  const [language, setLanguage] = useState<Language>("curl");
  const name = { curl: "curl", python: "Python", node: "JavaScript" }[language];
  return (
    <Card
      title="In code"
      aside={
        <span class="hint">
          The key is read from <code>ARBITER_KEY</code>
        </span>
      }
    >
      <div class="row">
        <Segments
          label="Protocol"
          value={surface}
          options={[
            ["chat", "Chat"],
            ["responses", "Responses"],
            ["messages", "Messages"],
          ]}
          onChange={setSurface}
        />
        <Segments label="Language" value={language} options={LANGUAGES} onChange={setLanguage} />
      </div>
      <Code text={snippets(location.origin, null, request, surface)[language]} language={languages[language]} label={`This request in ${name}`} />
    </Card>
  );
}
