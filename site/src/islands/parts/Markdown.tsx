// Markdown of an answer as Preact nodes. No HTML is ever made from text: what looks like HTML in an
// answer is shown as the text it is, links go to web and mail addresses only, and pictures are
// named rather than loaded.

import { Lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import { Code } from "./Code";
import { DEEPEST, nested } from "./nesting";
import { Scroll } from "./ui";

/** Longer answers, and those nested deeper, are shown as plain text. */
const LONGEST = 100_000;

export function Markdown({ text }: { text: string }) {
  const nodes = useMemo(() => {
    if (text.length > LONGEST || nested(text)) return null;
    try {
      return blocks(Lexer.lex(text, { gfm: true }), 0);
    } catch {
      return null;
    }
  }, [text]);
  return nodes === null ? <pre class="plain">{text}</pre> : <div class="prose">{nodes}</div>;
}

function blocks(tokens: Token[] | undefined, depth: number): ComponentChildren {
  if (depth > DEEPEST) return null;
  return tokens?.map((token, i) => <Block key={i} token={token} depth={depth + 1} />);
}

function inline(tokens: Token[] | undefined, depth: number): ComponentChildren {
  if (depth > DEEPEST) return null;
  return tokens?.map((token, i) => <Inline key={i} token={token} depth={depth + 1} />);
}

function Block({ token, depth }: { token: Token; depth: number }) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      // Below the headings of the page.
      const Heading = (["h3", "h4", "h5", "h6", "h6", "h6"] as const)[Math.min(5, (token as Tokens.Heading).depth - 1)]!;
      return <Heading>{inline(token.tokens, depth)}</Heading>;
    }
    case "paragraph":
      return <p>{inline(token.tokens, depth)}</p>;
    case "text":
      return token.tokens ? <>{inline(token.tokens, depth)}</> : <>{plain(token.text)}</>;
    case "code": {
      const { text, lang } = token as Tokens.Code;
      return <Code text={text} language={lang?.split(/\s/)[0] ?? ""} label={lang ? `Code, ${lang}` : "Code"} />;
    }
    case "blockquote":
      return <blockquote>{blocks(token.tokens, depth)}</blockquote>;
    case "list": {
      const list = token as Tokens.List;
      const items = list.items.map((item, i) => (
        <li key={i}>
          {item.task && <input type="checkbox" checked={Boolean(item.checked)} disabled aria-label={item.checked ? "done" : "open"} />}
          {blocks(
            item.tokens.filter(({ type }) => type !== "checkbox"),
            depth,
          )}
        </li>
      ));
      return list.ordered ? <ol start={typeof list.start === "number" ? list.start : undefined}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return (
        <Scroll label="Table">
          <table class="table compact">
            <thead>
              <tr>
                {header.map((cell, i) => (
                  <th key={i} scope="col">
                    {inline(cell.tokens, depth)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{inline(cell.tokens, depth)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      );
    }
    case "hr":
      return <hr />;
    default:
      return <p class="as-written">{token.raw}</p>;
  }
}

function Inline({ token, depth }: { token: Token; depth: number }) {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens, depth)}</strong>;
    case "em":
      return <em>{inline(token.tokens, depth)}</em>;
    case "del":
      return <del>{inline(token.tokens, depth)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link": {
      const href = safeLink((token as Tokens.Link).href);
      const label = inline(token.tokens, depth);
      return href ? (
        <a href={href} target="_blank" rel="noopener noreferrer nofollow">
          {label}
        </a>
      ) : (
        <>{label}</>
      );
    }
    case "image":
      return <span class="as-written">[picture: {token.text || "without a name"}]</span>;
    case "text":
      return token.tokens ? <>{inline(token.tokens, depth)}</> : <>{plain(token.text)}</>;
    case "escape":
      return <>{token.text}</>;
    default:
      return <>{token.raw}</>;
  }
}

/** The address, if it is one of the web or of mail; null for any other. */
export function safeLink(href: string): string | null {
  try {
    const url = new URL(href);
    return ["https:", "http:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name) => entities[name] ?? whole);
}
