// The dashboard: one island, a tab a view. Every tab is a page of its own on the server, so that
// its address survives a reload; between them only the view changes, and a running answer lives on.

import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";

import { Boundary } from "./parts/Boundary";
import { Closed } from "./parts/Closed";
import { Skeleton } from "./parts/ui";
import { useClosed } from "../state/feed";
import { useOperator } from "../state/key";
import { queryMoved } from "../state/query";
import { Overview } from "./views/Overview";

const Playground = lazy(() => import("./views/Playground"));
const Activity = lazy(() => import("./views/Activity"));
const Models = lazy(() => import("./views/Models"));
const Operate = lazy(() => import("./views/Operate"));
const Key = lazy(() => import("./views/Key"));

export type Tab = "overview" | "playground" | "activity" | "models" | "key" | "operate";

const tabs: readonly (readonly [Tab, string])[] = [
  ["overview", "Overview"],
  ["playground", "Playground"],
  ["activity", "Activity"],
  ["models", "Models"],
  ["key", "API key"],
  ["operate", "Operate"],
];

const pathOf = (tab: Tab) => (tab === "overview" ? "/app/" : `/app/${tab}/`);
const tabOf = (path: string): Tab => tabs.find(([id]) => id !== "overview" && path.startsWith(`/app/${id}`))?.[0] ?? "overview";

export default function App({ tab: first }: { tab: Tab }) {
  const [tab, setTab] = useState<Tab>(first);
  const [seen, setSeen] = useState<Tab[]>([first]);
  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  const operator = useOperator();
  const closed = useClosed();

  useEffect(() => {
    const onPop = () => show(tabOf(location.pathname));
    addEventListener("popstate", onPop);
    return () => removeEventListener("popstate", onPop);
  }, []);

  useEffect(() => {
    // A link within the dashboard changes the view: the page, and what only it holds, stays.
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("main a[href^='/app/']") : null;
      if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      // As it is written: the links of a drawing have no other.
      const to = new URL(link.getAttribute("href")!, location.href);
      history.pushState(null, "", to);
      queryMoved();
      show(tabOf(to.pathname));
      scrollTo(0, 0);
    };
    document.addEventListener("click", onClick);
    return () => document.removeEventListener("click", onClick);
  }, []);

  useEffect(() => {
    document.title = `${name(tab)} · Arbiter`;
    document.querySelector(".tabs a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (moved.current) heading.current?.focus({ preventScroll: true });
  }, [tab]);

  function show(next: Tab) {
    moved.current = true;
    setTab(next);
    setSeen((all) => (all.includes(next) ? all : [...all, next]));
  }

  function go(event: MouseEvent, next: Tab) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (next !== tab || location.search) history.pushState(null, "", pathOf(next));
    queryMoved();
    show(next);
    scrollTo(0, 0);
  }

  const view = (id: Tab) => {
    if (closed && (id === "overview" || id === "activity" || id === "models")) return <Closed />;
    if (id === "overview") return <Overview />;
    if (id === "playground") return <Playground />;
    if (id === "activity") return <Activity />;
    if (id === "models") return <Models />;
    return id === "operate" ? <Operate /> : <Key />;
  };

  return (
    <>
      <nav class="tabs" aria-label="Dashboard">
        <ul>
          {tabs
            .filter(([id]) => id !== "operate" || operator !== null || tab === "operate")
            .map(([id, label]) => (
              <li key={id}>
                <a href={pathOf(id)} aria-current={id === tab ? "page" : undefined} onClick={(event) => go(event, id)}>
                  {label}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <main id="main" class="wrap view">
        <h1 ref={heading} tabIndex={-1} class="view-title">
          {name(tab)}
        </h1>
        {/* The playground stays, so that an answer goes on while another tab is looked at. Each has a
            boundary of its own: one that waits for its code ends the effects of all that is inside. */}
        {tab !== "playground" && (
          <div key={tab}>
            <Boundary>
              <Suspense fallback={<Skeleton lines={6} />}>{view(tab)}</Suspense>
            </Boundary>
          </div>
        )}
        {seen.includes("playground") && (
          <div key="playground" hidden={tab !== "playground"}>
            <Boundary>
              <Suspense fallback={<Skeleton lines={6} />}>{view("playground")}</Suspense>
            </Boundary>
          </div>
        )}
      </main>
    </>
  );
}

function name(tab: Tab): string {
  return tabs.find(([id]) => id === tab)![1];
}
