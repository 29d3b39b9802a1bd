import { html } from 'hono/html';

/** A piece of HTML whose values are escaped already. */
export type Markup = ReturnType<typeof html>;

/** A whole page of the local cloud. `body` stands in its main landmark. */
export function layout(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local cloud</title>
<link rel="stylesheet" href="/_local/style.css">
</head>
<body>
<header><a href="/_local/">Local cloud</a> <a href="/">The site</a></header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

/** An instant as a person reads it, to the second, in UTC. */
export function instant(at: string | Date): Markup {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** The style sheet: the browser's own colours, light and dark, no wider than the screen. */
export const styleSheet = `:root { color-scheme: light dark; --line: 1px solid color-mix(in srgb, CanvasText 30%, Canvas); }
* { box-sizing: border-box; }
body { max-width: 64rem; margin: 0 auto; padding: 0.75rem 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1, th, td, dd, pre { overflow-wrap: anywhere; }
header, form { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: end; margin: 0.5rem 0; }
button, input { font: inherit; padding: 0.4rem 0.8rem; min-height: 2.75rem; }
label { display: grid; gap: 0.25rem; }
table { width: 100%; border-collapse: collapse; }
caption, th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0; }
dd { margin: 0 0 0.5rem; }
tr, pre, iframe { border: solid transparent; border-top: var(--line); }
pre { white-space: pre-wrap; }
iframe { width: 100%; height: 70vh; background: white; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr, td { display: block; padding: 0.1rem 0; }
}
`;
